//! The rule in other engines, each with its program compiled before and, where it has one, its machine used again.
//!
//! *bind and evaluate*: the event's seven fields are given to the engine anew, as happens when events come.
//! *evaluate only*: they were given before, which is the engine's best case.

use super::{COUNTRIES, Event, TIERS, TYPES, floor};
use crate::measure::{Contestant, Kind, Sample, timed};
use rust_decimal::Decimal;
use std::sync::Arc;

/// The rule as one expression, in the words of CEL; the offers are compared pairwise as there is no assignment.
const EXPRESSION: &str = r#"kind != "Cart Updated" || !opt_in ? 0 :
 (tier == "platinum" && value >= 250.0 ? 10 :
  (country in ["DE","FR","IT","ES","NL"] && value >= 100.0 ? 20 :
   (days > 90 && value >= 50.0 ? 30 : (tier == "gold" || tier == "silver" ? 40 : 50)))) +
 ((propensity*value*0.1009+18.003 > propensity*value*0.0503+20.017 ?
   (propensity*value*0.4007-20.011 > propensity*value*0.2003+10.009 ?
      (propensity*value*0.4007-20.011 > propensity*value*0.1009+18.003 ? 3 : 1) : (propensity*value*0.2003+10.009 > propensity*value*0.1009+18.003 ? 2 : 1)) :
   (propensity*value*0.4007-20.011 > propensity*value*0.2003+10.009 ?
      (propensity*value*0.4007-20.011 > propensity*value*0.0503+20.017 ? 3 : 0) : (propensity*value*0.2003+10.009 > propensity*value*0.0503+20.017 ? 2 : 0))))"#;

/// The rule as a script.
const SCRIPT: &str = r#"if kind != "Cart Updated" || !opt_in { return 0 }
let branch = if tier == "platinum" && value >= 250.0 { 10 } else if country in ["DE","FR","IT","ES","NL"] && value >= 100.0 { 20 } else if days > 90 && value >= 50.0 { 30 } else if tier == "gold" || tier == "silver" { 40 } else { 50 };
let score = propensity*value; let best = score*0.0503+20.017; let at = 0; let x = score*0.1009+18.003; if x > best { best = x; at = 1; } x = score*0.2003+10.009; if x > best { best = x; at = 2; } x = score*0.4007-20.011; if x > best { at = 3; }
branch + at"#;

/// The events of a round: the next `slice`, and what the rule makes of them.
fn slice(events: &[Event], slice: usize, round: usize) -> (&[Event], u64) {
    let slices = events.len() / slice;
    let part = &events[(round % slices) * slice..][..slice];
    (part, part.iter().map(|event| floor::without_branches(event) as u64).sum())
}

/// Times the rule over values that were prepared for each event of a slice.
fn over<T>(want: u64, prepared: &[T], mut rule: impl FnMut(&T) -> i64) -> Sample {
    let sample = timed(prepared.len(), || prepared.iter().map(|value| rule(value) as u64).sum());
    Sample { want: Some(want), ..sample }
}

fn kind(e: &Event) -> &'static str {
    Event::text(&TYPES, e.kind)
}

fn country(e: &Event) -> &'static str {
    Event::text(&COUNTRIES, e.country)
}

fn tier(e: &Event) -> &'static str {
    Event::text(&TIERS, e.tier)
}

/// An event as such an engine's host has it.
struct Plain {
    kind: String,
    country: String,
    tier: String,
    value: f64,
    propensity: f64,
    cents: i64,
    thousandths: i64,
    days: i64,
    opt_in: bool,
}

fn plain(events: &[Event]) -> Vec<Plain> {
    let one = |e: &Event| Plain {
        kind: kind(e).to_string(),
        country: country(e).to_string(),
        tier: tier(e).to_string(),
        value: e.value,
        propensity: e.propensity,
        cents: (e.value * 100.0).round() as i64,
        thousandths: (e.propensity * 1000.0).round() as i64,
        days: e.days,
        opt_in: e.opt_in != 0,
    };
    events.iter().map(one).collect()
}

/// zen-expression, CEL and rhai; `size` events in each round.
pub fn contestants<'a>(events: &'a [Event], size: usize) -> Result<Vec<Contestant<'a>>, String> {
    let mut all = zen(events, size)?;
    all.extend(cel(events, size)?);
    all.extend(rhai(events, size)?);
    Ok(all)
}

fn zen<'a>(events: &'a [Event], size: usize) -> Result<Vec<Contestant<'a>>, String> {
    use rust_decimal::prelude::ToPrimitive;
    use zen_expression::variable::VariableMap;
    use zen_expression::{Isolate, Scope, Variable, vm::VM};
    let source = EXPRESSION.replace("||", "or").replace("&&", "and").replace("!opt_in", "not opt_in");
    let compiled = Isolate::new().compile_standard(&source).map_err(|error| format!("zen-expression: {error:?}"))?;
    let bind = |e: &Plain| {
        let mut map = VariableMap::with_capacity(8);
        map.insert_str("kind", Variable::String(e.kind.as_str().into()));
        map.insert_str("value", Variable::Number(Decimal::new(e.cents, 2)));
        map.insert_str("country", Variable::String(e.country.as_str().into()));
        map.insert_str("tier", Variable::String(e.tier.as_str().into()));
        map.insert_str("days", Variable::Number(e.days.into()));
        map.insert_str("opt_in", Variable::Bool(e.opt_in));
        map.insert_str("propensity", Variable::Number(Decimal::new(e.thousandths, 3)));
        Variable::from_object(map)
    };
    let number = |v: Variable| v.as_number().and_then(|n| n.to_i64()).unwrap_or(-1);
    let (again, mut vm, mut other) = (compiled.clone(), VM::new(), VM::new());
    Ok(vec![
        Contestant::new(Kind::Peer, "zen-expression 2.1, evaluate only", "byte code, decimal numbers", move |round| {
            let (part, want) = slice(events, size, round);
            let scopes: Vec<Scope> = plain(part).iter().map(|e| Scope::new(bind(e))).collect();
            over(want, &scopes, |scope| again.evaluate_with_scope(scope, &mut vm).map_or(-1, number))
        }),
        Contestant::new(
            Kind::Peer,
            "zen-expression 2.1, bind and evaluate",
            "an object of seven fields",
            move |round| {
                let (part, want) = slice(events, size, round);
                over(want, &plain(part), |e| compiled.evaluate_with(bind(e), &mut other).map_or(-1, number))
            },
        ),
    ])
}

fn cel<'a>(events: &'a [Event], size: usize) -> Result<Vec<Contestant<'a>>, String> {
    use cel::{Context, Env, Value};
    let env = Arc::new(Env::stdlib());
    let program = Arc::new(env.compile(EXPRESSION).map_err(|error| format!("cel: {error:?}"))?);
    fn bind(env: &Arc<Env>, e: &Plain) -> Context<'static, 'static> {
        let mut context = Context::with_env(env.clone());
        context.add_variable_from_value("kind", e.kind.clone());
        context.add_variable_from_value("value", e.value);
        context.add_variable_from_value("country", e.country.clone());
        context.add_variable_from_value("tier", e.tier.clone());
        context.add_variable_from_value("days", e.days);
        context.add_variable_from_value("opt_in", e.opt_in);
        context.add_variable_from_value("propensity", e.propensity);
        context
    }
    fn number(value: Value) -> i64 {
        if let Value::Int(number) = value { number } else { -1 }
    }
    let (again, others) = (program.clone(), env.clone());
    Ok(vec![
        Contestant::new(Kind::Peer, "cel 0.15, evaluate only", "Common Expression Language, a tree", move |round| {
            let (part, want) = slice(events, size, round);
            let contexts: Vec<Context<'_, '_>> = plain(part).iter().map(|e| bind(&env, e)).collect();
            over(want, &contexts, |context| program.execute(context).map_or(-1, number))
        }),
        Contestant::new(Kind::Peer, "cel 0.15, bind and evaluate", "a context of seven variables", move |round| {
            let (part, want) = slice(events, size, round);
            over(want, &plain(part), |e| again.execute(&bind(&others, e)).map_or(-1, number))
        }),
    ])
}

fn rhai<'a>(events: &'a [Event], size: usize) -> Result<Vec<Contestant<'a>>, String> {
    use rhai::{Engine, ImmutableString, OptimizationLevel, Scope};
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::Full);
    engine.set_max_expr_depths(0, 0);
    let tree = engine.compile(SCRIPT).map_err(|error| format!("rhai: {error}"))?;
    let mut scope = Scope::new();
    Ok(vec![Contestant::new(
        Kind::Peer,
        "rhai 1.27, bind and evaluate",
        "a script, its tree optimised",
        move |round| {
            let (part, want) = slice(events, size, round);
            over(want, &plain(part), |e| {
                scope.clear();
                scope.push("kind", ImmutableString::from(e.kind.as_str()));
                scope.push("value", e.value);
                scope.push("country", ImmutableString::from(e.country.as_str()));
                scope.push("tier", ImmutableString::from(e.tier.as_str()));
                scope.push("days", e.days);
                scope.push("opt_in", e.opt_in);
                scope.push("propensity", e.propensity);
                engine.eval_ast_with_scope::<i64>(&mut scope, &tree).unwrap_or(-1)
            })
        },
    )])
}
