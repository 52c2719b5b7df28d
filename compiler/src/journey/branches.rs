//! Where ways part: by a condition, by a value, by chance.

use super::run::{Flow, Run};
use super::waits::SuggestArms;
use crate::expr::{self, Place, sizes, walk, words};
use crate::hir::{self, CaseValue, Comparison, Const, Expr, ExprKind, StepKind, Ty, Type};
use crate::mentions::Local;
use journey_grammar::ast::{self, Block, Case, Name};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::{BTreeMap, BTreeSet};

impl Run<'_, '_> {
    /// `if c {} else if {} else {}`, `branch { when c {} else {} }`
    pub fn choose(
        &mut self,
        flow: &mut Flow,
        arms: &[(ast::Expr, Block)],
        otherwise: Option<&Block>,
    ) -> Option<StepKind> {
        let mut rest = flow.clone();
        let mut ways = Vec::new();
        let mut checked = Vec::new();
        for (condition, block) in arms {
            let c = expr::check_condition(self.cx, &rest.env, condition);
            let mut inside = rest.with(rest.env.facts.when(&c, true, &sizes(self.cx)));
            rest = rest.with(rest.env.facts.when(&c, false, &sizes(self.cx)));
            let steps = self.block(&mut inside, block);
            ways.push(inside);
            checked.push((c, steps));
        }
        let otherwise_steps = self.optional_block(&mut rest, otherwise);
        ways.push(rest);
        flow.meet(ways);
        Some(StepKind::If { arms: checked, otherwise: otherwise_steps, has_else: otherwise.is_some() })
    }

    /// `branch on x { a {} b, c {} else {} }`
    pub fn branch_on(
        &mut self,
        flow: &mut Flow,
        span: Span,
        on: &ast::Expr,
        arms: &[(Vec<Case>, Block)],
        otherwise: Option<&Block>,
    ) -> Option<StepKind> {
        let value = expr::check_expr(self.cx, &flow.env, on, None);
        let place = Place::of(&value);
        let mut cases = Cases::new(self, &value, on.span, flow);
        let mut flow_in = flow.clone();
        if cases.unclear {
            flow_in.env.facts.doubt();
        }
        let mut checked = Vec::new();
        let mut at = Vec::new();
        let mut ways = Vec::new();
        let mut rest = flow_in.clone();
        for (written, block) in arms {
            let mut values = Vec::new();
            let mut spans = Vec::new();
            for case in written {
                if let Some(v) = cases.case(self, case) {
                    values.push(v);
                    spans.push(match case {
                        Case::Path(p) => p.span,
                        Case::Value(e) => e.span,
                    });
                }
            }
            at.push(spans);
            if cases.unclear {
                flow_in.env.facts.doubt();
            }
            let mut inside: Option<Flow> = None;
            for v in &values {
                let known = self.knowing(&flow_in, &value, place.as_ref(), v, true);
                rest = self.knowing(&rest, &value, place.as_ref(), v, false);
                inside = Some(match inside {
                    None => known,
                    Some(mut before) => {
                        let other = before.clone();
                        before.meet([other, known]);
                        before
                    }
                });
            }
            let mut inside = inside.unwrap_or_else(|| flow_in.clone());
            let steps = self.block(&mut inside, block);
            ways.push(inside);
            checked.push((values, steps));
        }
        let missing = cases.missing(self);
        if value.ty.ty == Ty::Poison || cases.unclear {
            // Nothing can be said of what is covered.
        } else if let Some(missing) = &missing {
            if let (Some(block), true) = (otherwise, missing.is_empty()) {
                self.cx.report(
                    Diagnostic::new(
                        Code::DeadArm,
                        Span { end: block.span.start + 1, ..block.span },
                        "the `else` is never reached",
                        "every case has its arm above",
                    )
                    .note("without it, a case that is added later is an error here, and not forgotten"),
                );
            } else if otherwise.is_none() && !missing.is_empty() && !self.broken {
                self.not_exhaustive(span, on, missing);
            }
        } else if otherwise.is_none() && !self.broken {
            let kind = words::kind(self.cx, &value.ty.ty);
            self.cx.report(
                Diagnostic::new(
                    Code::NotExhaustive,
                    on.span,
                    format!("{kind} may have other values than these"),
                    "no `else`",
                )
                .note("a customer with another value would have nowhere to go")
                .suggest_arms(self.cx, "add an `else`", span, &["else { }"]),
            );
        }
        let covered = otherwise.is_none();
        let steps = otherwise.map(|b| self.block(&mut rest, b));
        if covered && missing.as_ref().is_some_and(Vec::is_empty) {
            rest.end();
        }
        ways.push(rest);
        flow.meet(ways);
        if value.ty.ty == Ty::Poison {
            return None;
        }
        Some(StepKind::BranchOn { on: value, arms: checked, at, otherwise: steps })
    }

    /// What is known where the value is (or is not) this case.
    fn knowing(&self, flow: &Flow, value: &Expr, place: Option<&Place>, case: &CaseValue, is: bool) -> Flow {
        let mut facts = flow.env.facts.clone();
        let boolean = |kind| Expr { span: value.span, ty: Type { ty: Ty::Bool, optional: false }, kind };
        match case {
            CaseValue::Missing => {
                let known = boolean(ExprKind::IsKnown(Box::new(value.clone())));
                facts = facts.when(&known, !is, &sizes(self.cx));
            }
            CaseValue::Value(c) => {
                let ty = Type { ty: value.ty.ty.clone(), optional: false };
                let constant = Expr { span: value.span, ty, kind: ExprKind::Const(c.clone()) };
                let equal = ExprKind::Compare(Comparison::Equal, Box::new(value.clone()), Box::new(constant));
                if is && let Some(place) = place {
                    facts.know(place.clone());
                }
                if is || !value.ty.optional {
                    facts = facts.when(&boolean(equal), is, &sizes(self.cx));
                }
            }
            CaseValue::Subtree(..) => {
                if is && let Some(place) = place {
                    facts.know(place.clone());
                }
            }
        }
        flow.with(facts)
    }

    fn not_exhaustive(&self, span: Span, on: &ast::Expr, missing: &[String]) {
        let optional_only = missing.len() == 1 && missing[0] == "missing";
        let what = self.cx.text(on.span);
        let shown: Vec<&String> = missing.iter().take(8).collect();
        let more = missing.len() - shown.len();
        let list = words::listed(&shown);
        let list = if more > 0 { format!("{list} and {more} more") } else { list };
        let mut d = Diagnostic::new(
            Code::NotExhaustive,
            on.span,
            match optional_only {
                true => format!("`{what}` may be missing, and has no arm for that"),
                false => format!("`{what}` may also be {list}"),
            },
            if missing.len() == 1 { "one case has no arm" } else { "these cases have no arm" },
        )
        .note("a customer with another value would have nowhere to go");
        let arms: Vec<String> = missing.iter().map(|m| format!("{m} {{ }}")).collect();
        if missing.len() <= 8 {
            let title =
                if missing.len() == 1 { "add the arm that is missing" } else { "add the arms that are missing" };
            d = d.suggest_arms(self.cx, title, span, &arms);
        }
        self.cx.report(d.suggest_arms(self.cx, "add an `else`", span, &["else { }"]));
    }

    /// `experiment N { variant a 45 percent {} holdout 10 percent }`
    pub fn experiment(
        &mut self,
        flow: &mut Flow,
        span: Span,
        name: &Name,
        arms: &[ast::ExperimentArm],
    ) -> Option<StepKind> {
        match self.experiments.get(&name.text) {
            Some(earlier) => self.cx.report(
                Diagnostic::new(
                    Code::ExperimentTwice,
                    name.span,
                    format!("two experiments of this journey are called `{}`", name.text),
                    "called so again",
                )
                .label(*earlier, "called so first")
                .note("the arm is drawn from the name and the customer: both would always draw alike"),
            ),
            None => {
                self.experiments.insert(name.text.clone(), name.span);
                self.cx.define(Local::Experiment, name.span);
            }
        }
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut total = Some(0.0);
        let mut checked = Vec::new();
        let mut ways = Vec::new();
        for arm in arms {
            if let Some(earlier) = seen.insert(&arm.name.text, arm.name.span) {
                self.cx.report(
                    Diagnostic::new(
                        Code::ExperimentTwice,
                        arm.name.span,
                        format!("two arms are called `{}`", arm.name.text),
                        "called so again",
                    )
                    .label(earlier, "called so first"),
                );
            }
            let share = self.share(&arm.share);
            total = total.zip(share).map(|(t, s)| t + s);
            let mut inside = flow.clone();
            let steps = self.optional_block(&mut inside, arm.body.as_ref());
            ways.push(inside);
            checked.push((arm.name.text.clone(), share.unwrap_or(0.0), steps));
        }
        flow.meet(ways);
        if let Some(total) = total
            && (total - 1.0).abs() > 1e-9
            && !self.broken
        {
            let percent = |x: f64| format!("{}", (x * 100.0 * 1e6).round() / 1e6);
            let off = if total < 1.0 {
                format!("{} percent of the customers go nowhere", percent(1.0 - total))
            } else {
                format!("{} percent too many", percent(total - 1.0))
            };
            let mut d = Diagnostic::new(
                Code::SharesOff,
                name.span,
                format!("the shares of `{}` add up to {} percent", name.text, percent(total)),
                off,
            );
            for arm in arms {
                d = d.label(arm.share.span, self.cx.text(arm.share.span).to_string());
            }
            if total < 1.0 && !arms.iter().any(|a| a.holdout) {
                let rest = format!("holdout {} percent", percent(1.0 - total));
                d = d.suggest_arms(self.cx, "hold the rest out", span, &[rest]);
            }
            self.cx.report(d);
        }
        Some(StepKind::Experiment { name: name.text.clone(), arms: checked })
    }
}

/// The cases of a branch, as they are read.
struct Cases {
    ty: Ty,
    optional: bool,
    /// What is branched on, for findings.
    text: String,
    span: Span,
    /// Values taken, and where.
    values: Vec<(Const, Span)>,
    /// Nodes taken, and where.
    nodes: Vec<(u32, Span)>,
    missing: Option<Span>,
    /// Values that are known to be impossible here.
    possible: Option<BTreeSet<u16>>,
    /// A case could not be read.
    unclear: bool,
}

impl Cases {
    fn new(run: &Run, value: &Expr, span: Span, flow: &Flow) -> Cases {
        let place = Place::of(value);
        Cases {
            ty: value.ty.ty.clone(),
            optional: value.ty.optional,
            text: run.cx.text(span).to_string(),
            span,
            values: Vec::new(),
            nodes: Vec::new(),
            missing: None,
            possible: place.and_then(|p| flow.env.facts.values(&p).cloned()),
            unclear: walk::is_poisoned(value),
        }
    }

    fn case(&mut self, run: &Run, case: &Case) -> Option<CaseValue> {
        if self.ty == Ty::Poison {
            return None;
        }
        let (span, ast) = match case {
            Case::Path(p) => (p.span, ast::Expr { span: p.span, kind: ast::ExprKind::Path(p.clone()) }),
            Case::Value(e) => (e.span, e.clone()),
        };
        if let Case::Path(p) = case
            && p.text() == "missing"
            && !self.is_value("missing", run)
        {
            return self.missing_case(run, span);
        }
        let ast = match case {
            Case::Path(p) if self.ty == Ty::Bool && matches!(p.text().as_str(), "true" | "false") => {
                ast::Expr { span, kind: ast::ExprKind::Bool(p.text() == "true") }
            }
            _ => ast,
        };
        if let (Ty::Facet(facet), Case::Path(path)) = (&self.ty, case) {
            let Some(node) = run.cx.lookup_node(*facet, path) else {
                self.unclear = true;
                return None;
            };
            return self.node_case(run, *facet, node, span);
        }
        let wanted = Type { ty: self.ty.clone(), optional: false };
        let Some(constant) = expr::constant_in(run.cx, &ast, Some(&wanted), &run.cx.program.time_zone) else {
            self.unclear = true;
            return None;
        };
        if let Some((_, earlier)) = self.values.iter().find(|(c, _)| *c == constant) {
            self.dead(run, span, *earlier, "taken there already");
            return None;
        }
        let small = match &constant {
            Const::Bool(b) => Some(u16::from(*b)),
            Const::Enum(_, v) => Some(*v),
            _ => None,
        };
        if let (Some(possible), Some(v)) = (&self.possible, small)
            && !possible.contains(&v)
        {
            run.cx.report(
                Diagnostic::new(
                    Code::DeadArm,
                    span,
                    format!("`{}` cannot be `{}` here", self.text, run.cx.text(span)),
                    "never reached",
                )
                .note("it follows from a condition that holds on every way to this place"),
            );
            return None;
        }
        self.values.push((constant.clone(), span));
        Some(CaseValue::Value(constant))
    }

    fn is_value(&self, word: &str, run: &Run) -> bool {
        match &self.ty {
            Ty::Enum(id) => run.cx.program.enums.get(*id).is_some_and(|e| e.values.iter().any(|v| v == word)),
            Ty::Facet(id) => run.cx.program.facets.get(*id).is_some_and(|f| f.by_last.contains_key(word)),
            _ => false,
        }
    }

    fn missing_case(&mut self, run: &Run, span: Span) -> Option<CaseValue> {
        if !self.optional {
            run.cx.report(
                Diagnostic::new(Code::DeadArm, span, format!("`{}` is never missing here", self.text), "never reached")
                    .label(self.span, "always there"),
            );
            return None;
        }
        if let Some(earlier) = self.missing {
            self.dead(run, span, earlier, "taken there already");
            return None;
        }
        self.missing = Some(span);
        Some(CaseValue::Missing)
    }

    fn node_case(&mut self, run: &Run, facet: usize, node: u32, span: Span) -> Option<CaseValue> {
        let f = &run.cx.program.facets[facet];
        let above = self.nodes.iter().find(|(n, _)| (*n..f.nodes[*n as usize].end).contains(&node));
        if let Some((n, earlier)) = above {
            let why = format!("`{}` covers it", f.nodes[*n as usize].path);
            self.dead(run, span, *earlier, &why);
            return None;
        }
        self.nodes.push((node, span));
        Some(CaseValue::Subtree(facet, node))
    }

    fn dead(&self, run: &Run, span: Span, earlier: Span, why: &str) {
        run.cx.report(
            Diagnostic::new(
                Code::DeadArm,
                span,
                format!("the case `{}` is never reached", run.cx.text(span)),
                "never reached",
            )
            .label(earlier, why),
        );
    }

    /// The cases without an arm, in words; none when they cannot be counted.
    fn missing(&self, run: &Run) -> Option<Vec<String>> {
        let mut missing = match &self.ty {
            Ty::Bool => self.missing_values(&["false", "true"], |v| Const::Bool(v == 1)),
            Ty::Enum(id) => {
                let values = &run.cx.program.enums.get(*id)?.values;
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.missing_values(&values, |v| Const::Enum(*id, v))
            }
            Ty::Facet(id) => {
                let f = run.cx.program.facets.get(*id)?;
                let mut missing = Vec::new();
                let mut at = 0;
                while at < f.nodes.len() {
                    self.missing_nodes(f, at as u32, &mut missing);
                    at = f.nodes[at].end as usize;
                }
                missing
            }
            _ => return None,
        };
        if self.optional && self.missing.is_none() {
            missing.push("missing".into());
        }
        Some(missing)
    }

    fn missing_values(&self, names: &[&str], constant: impl Fn(u16) -> Const) -> Vec<String> {
        let mut missing = Vec::new();
        for (v, name) in (0u16..).zip(names) {
            let possible = self.possible.as_ref().is_none_or(|p| p.contains(&v));
            if possible && !self.values.iter().any(|(c, _)| *c == constant(v)) {
                missing.push(name.to_string());
            }
        }
        missing
    }

    /// The uppermost nodes of a subtree that no case covers.
    fn missing_nodes(&self, f: &hir::Facet, node: u32, missing: &mut Vec<String>) {
        if self.nodes.iter().any(|(n, _)| *n == node) {
            return;
        }
        // A value may be the node itself, so its children alone do not cover it.
        missing.push(f.nodes[node as usize].path.clone());
    }
}
