//! Recorded data against declarations, and declarations made of data and of plans.

use journey_compiler::project::Checked;
use journey_compiler::testing;
use journey_contracts::check::{Checker, Report};
use journey_contracts::import::import;
use journey_contracts::infer::{Known, infer};
use journey_contracts::observe::{Observed, outside};
use journey_grammar::codes::Code;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;

fn checked(program: &str) -> Checked {
    let checked = testing::check(program, &[], journey_stdlib::packs());
    assert!(!checked.has_errors(), "{program}\n{}", testing::render(&checked));
    checked
}

fn against(program: &str, events: &str) -> Report {
    let checked = checked(program);
    let mut checker = Checker::new(&checked.program, &checked.sources);
    events.lines().for_each(|line| checker.line(line.as_bytes()));
    checker.finish()
}

/// The findings, one below the other.
fn show(report: &Report) -> String {
    let mut out = format!("{} of {} messages are broken\n", report.broken, report.messages);
    for f in &report.findings {
        let examples: Vec<String> =
            f.examples.iter().map(|e| format!("{}: {}", e.line, e.value.as_deref().unwrap_or("–"))).collect();
        let _ = writeln!(out, "{} {} ({} of {}; {})", f.code, f.message, f.count, f.of, examples.join(", "));
        if let Some(help) = &f.help {
            let _ = writeln!(out, "      {help}");
        }
    }
    for event in &report.events {
        let missing: Vec<String> =
            event.fields.iter().filter(|f| f.missing > 0).map(|f| format!("{} {}", f.name, f.missing)).collect();
        let undeclared: Vec<&str> = event.undeclared.iter().map(|(path, _)| path.as_str()).collect();
        let _ = writeln!(
            out,
            "{} {}: missing [{}] undeclared [{}]",
            event.count,
            event.wire,
            missing.join(", "),
            undeclared.join(", ")
        );
    }
    let _ = writeln!(out, "did not come: {}", report.did_not_come.join(", "));
    out
}

macro_rules! snapshot {
    ($name:expr, $value:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, $value);
        });
    };
}

/// The block of this language below a heading of a page.
fn block(page: &str, heading: &str, language: &str) -> String {
    let rest = &page[page.find(&format!("\n## {heading}\n")).unwrap() + 4..];
    let section = &rest[..rest.find("\n## ").unwrap_or(rest.len())];
    let from = section.find(&format!("```{language}")).unwrap();
    let body = &section[from..][section[from..].find('\n').unwrap() + 1..];
    body[..body.find("\n```").unwrap()].to_string()
}

/// Every code that data raise has a page whose example raises it and no other, and whose mended program and data raise nothing.
#[test]
fn pages_of_data_are_true() {
    for code in Code::ALL.iter().filter(|c| ("J1001"..="J1008").contains(&c.as_str())) {
        assert!(code.page().starts_with(&format!("# {code}: {}\n", code.summary())), "{code}");
        for (heading, expected) in [("Example", vec![*code]), ("Fixed", vec![])] {
            let report = against(&block(code.page(), heading, "journey"), &block(code.page(), heading, "jsonl"));
            let found: Vec<Code> = report.findings.iter().map(|f| f.code).collect();
            assert_eq!(found, expected, "{code} {heading}:\n{}", show(&report));
        }
    }
}

const SHOP: &str = include_str!("data/shop.journey");
const DIRTY: &str = include_str!("data/dirty.jsonl");

/// The dirt of real sources, as their own documentation shows it.
#[test]
fn dirt_is_found_counted_and_explained() {
    snapshot!("dirt", format!("{SHOP}\n{DIRTY}\n{}", show(&against(SHOP, DIRTY))));
}

fn inferred(events: &str) -> String {
    let mut observed = Observed::default();
    for (line, text) in events.lines().enumerate() {
        let message: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        if let Some(outside) = outside(&message) {
            observed.take(line as u64 + 1, &outside);
        }
    }
    infer(&observed, &Known::default()).write().unwrap_or_else(|found| panic!("{found:#?}"))
}

#[test]
fn declarations_of_dirty_data() {
    snapshot!("inferred", format!("{DIRTY}\n{}", inferred(DIRTY)));
}

/// What is inferred of data compiles without a finding, and the same data keep to it.
#[test]
fn data_keep_to_what_is_inferred_of_them() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    for name in ["retail", "saas", "telco"] {
        let events = std::fs::read_to_string(examples.join(name).join("events.jsonl")).unwrap();
        // What cannot be understood, whatever is declared, is no matter of declarations.
        let report = against(&inferred(&events), &events);
        let broken: Vec<&str> = report
            .findings
            .iter()
            .filter(|f| f.code.severity() == journey_grammar::diagnostic::Severity::Error)
            .filter(|f| f.code != Code::UnreadableMessage)
            // Purposes and zones are known to every project, and not of its data.
            .filter(|f| f.contract != "identify" || !matches!(f.field.as_deref(), Some("consents" | "time_zone")))
            .map(|f| f.message.as_str())
            .collect();
        assert!(broken.is_empty(), "{name}: {broken:#?}\n{}", inferred(&events));
    }
}

/// Values as they come: plain ones of every form, lists and objects of them.
fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (1_700_000_000i64..1_800_000_000).prop_map(Value::from),
        (1_700_000_000_000i64..1_800_000_000_000).prop_map(Value::from),
        (-1e6..1e6f64).prop_map(Value::from),
        (0.0..1.0f64).prop_map(Value::from),
        "[a-z]{1,6}".prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("$55.34")),
        Just(json!("2026-03-01")),
        Just(json!("2026-03-01T09:00:00Z")),
        Just(json!("2026-03-01 09:00:00")),
        Just(json!("09:00")),
        Just(json!("EUR")),
    ];
    plain.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "total",
            "currency",
            "cart_id",
            "cartId",
            "items",
            "happened_at",
            "score",
            "for",
            "a.b",
            "/x",
            "",
            "名"
        ])
        .prop_map(str::to_string),
        "[A-Za-z_ $]{1,5}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes: what is inferred of it compiles, and it keeps to it.
    #[test]
    fn inferring_and_checking_agree(
        messages in prop::collection::vec((name(), prop::collection::btree_map(name(), value(), 0..6), any::<bool>()), 1..12)
    ) {
        let mut events = String::new();
        for (event, fields, identify) in messages {
            // An event without a name is none.
            let event = if event.is_empty() { "x".to_string() } else { event };
            let fields = Value::Object(fields.into_iter().collect());
            let message = if identify {
                json!({ "type": "identify", "userId": "u", "timestamp": "2026-03-01T10:00:00Z", "traits": fields })
            } else {
                json!({ "type": "track", "event": event, "userId": "u", "timestamp": "2026-03-01T10:00:00Z", "properties": fields })
            };
            events.push_str(&format!("{message}\n"));
        }
        let declarations = inferred(&events);
        let report = against(&declarations, &events);
        prop_assert_eq!(report.broken, 0, "{}\n{}\n{}", declarations, events, show(&report));
    }
}

/// Plans in the shape in which the tools export them, and what is made of each.
#[test]
fn plans_and_schemas() {
    insta::glob!("data/plans/*.json", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let (kind, draft) = import(&serde_json::from_str(&text).unwrap(), "order").unwrap();
        let written = draft.write().unwrap_or_else(|found| panic!("{found:#?}"));
        checked(&written);
        snapshot!("plan", format!("{text}\n{kind:?}\n\n{written}"));
    });
    assert!(import(&json!({ "hello": 1 }), "order").is_err());
}
