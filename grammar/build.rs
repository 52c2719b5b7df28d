//! Writes the grammar's second reader: `journey.pest` as plain functions, one for each rule.
//!
//! pest remembers for every place what else could have stood there, which is what its errors are made of, and what most of its
//! time goes into. The functions written here remember nothing and look at the next byte before they try a rule. They read what
//! pest reads, and give the same pairs (a test compares them); what they cannot read, pest reads once more and says why.

use pest_meta::ast::RuleType;
use pest_meta::optimizer::{OptimizedExpr as Expr, OptimizedRule, optimize};
use pest_meta::parser;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const GRAMMAR: &str = "src/journey.pest";
/// The rule that pest reads between the parts of a sequence.
const BLANK: &str = "WHITESPACE";

fn main() {
    println!("cargo::rerun-if-changed={GRAMMAR}");
    println!("cargo::rerun-if-changed=build.rs");
    let text = std::fs::read_to_string(GRAMMAR).expect("the grammar is a file of this crate");
    let pairs = parser::parse(parser::Rule::grammar_rules, &text).unwrap_or_else(|e| panic!("{GRAMMAR}: {e}"));
    let rules = parser::consume_rules(pairs).unwrap_or_else(|e| panic!("{GRAMMAR}: {e:?}"));
    let rules: BTreeMap<String, OptimizedRule> = optimize(rules).into_iter().map(|r| (r.name.clone(), r)).collect();
    let code = Writer { rules: &rules, first: firsts(&rules) }.all();
    let folder = std::env::var("OUT_DIR").expect("cargo says where to write");
    std::fs::write(format!("{folder}/quick.rs"), code).expect("cargo's folder can be written to");
}

/// What an expression may begin with, and whether it may take nothing.
#[derive(Clone, PartialEq, Eq, Default)]
struct First {
    bytes: BTreeSet<u8>,
    empty: bool,
}

impl First {
    fn of(bytes: impl IntoIterator<Item = u8>) -> First {
        First { bytes: bytes.into_iter().collect(), empty: false }
    }

    fn join(&mut self, other: &First) {
        self.bytes.extend(&other.bytes);
        self.empty |= other.empty;
    }

    /// A condition on the next byte `c` (0 at the end) without which the expression cannot match.
    fn guard(&self) -> Option<String> {
        if self.empty {
            return None;
        }
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for byte in &self.bytes {
            match ranges.last_mut() {
                Some(last) if last.1 + 1 == *byte => last.1 = *byte,
                _ => ranges.push((*byte, *byte)),
            }
        }
        let ranges: Vec<String> =
            ranges.iter().map(|(a, b)| if a == b { format!("{a}") } else { format!("{a}..={b}") }).collect();
        Some(format!("matches!(s.peek(), {})", ranges.join("|")))
    }
}

fn letters() -> impl Iterator<Item = u8> {
    (b'a'..=b'z').chain(b'A'..=b'Z')
}

/// The rules that pest knows by itself, as far as the grammar uses them: what they begin with, and the function that reads them.
fn built_in(name: &str) -> Option<(First, &'static str)> {
    let beyond = 0x80..=0xff;
    Some(match name {
        "SOI" => (First { empty: true, ..First::default() }, "s.at_start()"),
        "EOI" => (First { empty: true, ..First::default() }, "s.at_end()"),
        "ANY" => (First::of(0..=0xff), "s.any()"),
        "ASCII_DIGIT" => (First::of(b'0'..=b'9'), "s.ascii(|c| c.is_ascii_digit())"),
        "ASCII_ALPHA" => (First::of(letters()), "s.ascii(|c| c.is_ascii_alphabetic())"),
        "ASCII_ALPHA_UPPER" => (First::of(b'A'..=b'Z'), "s.ascii(|c| c.is_ascii_uppercase())"),
        "ASCII_ALPHANUMERIC" => (First::of(letters().chain(b'0'..=b'9')), "s.ascii(|c| c.is_ascii_alphanumeric())"),
        "XID_START" => (First::of(letters().chain(beyond)), "s.char(pest::unicode::XID_START)"),
        "XID_CONTINUE" => {
            (First::of(letters().chain(b'0'..=b'9').chain([b'_']).chain(beyond)), "s.char(pest::unicode::XID_CONTINUE)")
        }
        _ => return None,
    })
}

/// What each rule begins with: computed until nothing is added.
fn firsts(rules: &BTreeMap<String, OptimizedRule>) -> BTreeMap<String, First> {
    let mut firsts: BTreeMap<String, First> = rules.keys().map(|name| (name.clone(), First::default())).collect();
    loop {
        let next = rules.iter().map(|(name, rule)| (name.clone(), first(&rule.expr, &firsts))).collect();
        if next == firsts {
            return firsts;
        }
        firsts = next;
    }
}

fn first(expr: &Expr, firsts: &BTreeMap<String, First>) -> First {
    match expr {
        Expr::Str(text) => match text.bytes().next() {
            Some(byte) => First::of([byte]),
            None => First { empty: true, ..First::default() },
        },
        Expr::Ident(name) => match built_in(name) {
            Some((first, _)) => first,
            None => firsts.get(name).cloned().unwrap_or_default(),
        },
        Expr::PosPred(_) | Expr::NegPred(_) | Expr::Skip(_) => {
            // They may take nothing; what is skipped may begin with anything.
            let bytes = if matches!(expr, Expr::Skip(_)) { (0..=0xff).collect() } else { BTreeSet::new() };
            First { bytes, empty: true }
        }
        Expr::Seq(left, right) => {
            let mut all = first(left, firsts);
            if all.empty {
                // Blanks may stand between the two.
                all.bytes.extend(firsts.get(BLANK).iter().flat_map(|f| &f.bytes));
                all.empty = false;
                all.join(&first(right, firsts));
            }
            all
        }
        Expr::Choice(left, right) => {
            let mut all = first(left, firsts);
            all.join(&first(right, firsts));
            all
        }
        Expr::Opt(inner) | Expr::Rep(inner) => First { empty: true, ..first(inner, firsts) },
        Expr::RestoreOnErr(inner) => first(inner, firsts),
        other => panic!("{GRAMMAR}: the quick reader does not know {other:?}; teach it to build.rs"),
    }
}

struct Writer<'g> {
    rules: &'g BTreeMap<String, OptimizedRule>,
    first: BTreeMap<String, First>,
}

impl Writer<'_> {
    fn all(&self) -> String {
        let mut code = String::new();
        let entries: Vec<&String> =
            self.rules.keys().filter(|r| r.starts_with("line_of_") || *r == "only_expr").collect();
        code += "pub(super) fn read_rule(rule: Rule, s: &mut State<'_>) -> bool {\n    match rule {\n";
        for entry in &entries {
            let _ = writeln!(code, "        Rule::{entry} => free_{entry}(s),");
        }
        code += "        _ => false,\n    }\n}\n\n";
        assert!(
            !self.rules.contains_key("COMMENT"),
            "{GRAMMAR}: the quick reader does not know COMMENT; teach it to build.rs"
        );
        let mut wanted: Vec<(String, bool)> = entries.iter().map(|e| ((*e).clone(), false)).collect();
        wanted.push((BLANK.to_string(), true));
        let mut done = BTreeSet::new();
        while let Some((name, bound)) = wanted.pop() {
            if done.insert((name.clone(), bound)) {
                self.rule(&self.rules[&name], bound, &mut wanted, &mut code);
            }
        }
        code
    }

    /// A rule as a function. `bound`: it is called where blanks count and no pairs are made.
    fn rule(&self, rule: &OptimizedRule, bound: bool, wanted: &mut Vec<(String, bool)>, code: &mut String) {
        let name = &rule.name;
        let blanks_count = bound || rule.ty == RuleType::Atomic;
        let body = self.expr(&rule.expr, blanks_count, wanted);
        let guard = match self.first[name].guard() {
            Some(guard) => format!("    if !{guard} {{\n        return false;\n    }}\n"),
            None => String::new(),
        };
        let kind = if bound { "bound" } else { "free" };
        let body = match rule.ty {
            RuleType::Normal | RuleType::Atomic if !bound => format!("s.pair(Rule::r#{name}, |s| {body})"),
            RuleType::Normal | RuleType::Atomic | RuleType::Silent => format!("s.deeper(|s| {body})"),
            ref other => panic!("{GRAMMAR}: the quick reader does not know {other:?} ({name}); teach it to build.rs"),
        };
        let _ = writeln!(code, "pub(super) fn {kind}_{name}(s: &mut State<'_>) -> bool {{\n{guard}    {body}\n}}\n");
    }

    /// An expression of type `bool`: whether it matched. Where it did not, nothing has changed.
    fn expr(&self, expr: &Expr, bound: bool, wanted: &mut Vec<(String, bool)>) -> String {
        match expr {
            Expr::Str(text) => format!("s.text({text:?})"),
            Expr::Ident(name) => {
                if let Some((_, code)) = built_in(name) {
                    let pair = name == "EOI" && !bound;
                    return if pair { format!("s.pair(Rule::EOI, |s| {code})") } else { code.to_string() };
                }
                wanted.push((name.clone(), bound));
                format!("{}_{name}(s)", if bound { "bound" } else { "free" })
            }
            Expr::PosPred(inner) => format!("s.ahead(|s| {})", self.expr(inner, bound, wanted)),
            Expr::NegPred(inner) => format!("!s.ahead(|s| {})", self.expr(inner, bound, wanted)),
            Expr::Seq(..) => {
                let skip = if bound { "" } else { "s.blanks() && " };
                let parts: Vec<String> = in_line(expr).into_iter().map(|part| self.expr(part, bound, wanted)).collect();
                format!("s.all(|s| {})", parts.join(&format!(" && {skip}")))
            }
            Expr::Choice(..) => {
                let parts: Vec<String> =
                    in_line(expr).into_iter().map(|part| self.guarded(part, bound, wanted)).collect();
                format!("({})", parts.join(" || "))
            }
            Expr::Opt(inner) => format!("s.perhaps(|s| {})", self.guarded(inner, bound, wanted)),
            Expr::Rep(inner) => {
                let method = if bound { "many" } else { "many_apart" };
                format!("s.{method}(|s| {})", self.guarded(inner, bound, wanted))
            }
            Expr::Skip(texts) => format!("s.up_to(&{texts:?})"),
            // Nothing is kept on pest's stack.
            Expr::RestoreOnErr(inner) => self.expr(inner, bound, wanted),
            other => panic!("{GRAMMAR}: the quick reader does not know {other:?}; teach it to build.rs"),
        }
    }

    /// Likewise, behind a look at the next byte.
    fn guarded(&self, expr: &Expr, bound: bool, wanted: &mut Vec<(String, bool)>) -> String {
        let code = self.expr(expr, bound, wanted);
        // The function of a rule looks by itself, but a look here saves the call.
        match first(expr, &self.first).guard() {
            Some(guard) => format!("({guard} && {code})"),
            None => code,
        }
    }
}

/// The parts of a sequence or a choice.
fn in_line(expr: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    let mut rest = expr;
    let choice = matches!(expr, Expr::Choice(..));
    loop {
        match rest {
            Expr::Choice(part, next) if choice => {
                parts.push(&**part);
                rest = next;
            }
            Expr::Seq(part, next) if !choice => {
                parts.push(&**part);
                rest = next;
            }
            last => {
                parts.push(last);
                return parts;
            }
        }
    }
}
