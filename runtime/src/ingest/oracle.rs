//! The decoder against a naive one that reads the whole message into a tree, on messages nobody has thought of.

use super::tests::shop;
use super::*;
use crate::image::{Bounds, Image, Ty};
use crate::pool::Pool;
use crate::time::Zones;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The row of an order, or the field that is wrong.
fn naive(image: &Image, message: &Value, pool: &mut Pool) -> Result<Vec<Word>, String> {
    let properties = &message["properties"];
    let look = |path: &str| match path.strip_prefix('/') {
        Some(path) => path.split('/').fold(message, |at, name| &at[name]),
        None => path.split('.').fold(properties, |at, name| &at[name]),
    };
    let mut row = Vec::new();
    for field in &image.events[0].fields {
        let word = match look(&field.path) {
            Value::Null => None,
            value => Some(naive_word(image, value, &field.ty, &field.bounds, pool).ok_or(field.name.clone())?),
        };
        if word.is_some() && !currency_fits(field.currency_path.as_deref().map(look)) {
            return Err(field.name.clone());
        }
        row.push(match word.or(field.default) {
            Some(word) => word,
            None if field.optional => MISSING,
            None => return Err(field.name.clone()),
        });
    }
    Ok(row)
}

fn currency_fits(currency: Option<&Value>) -> bool {
    match currency {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("EUR"),
        Some(_) => false,
    }
}

fn naive_word(image: &Image, value: &Value, ty: &Ty, bounds: &Bounds, pool: &mut Pool) -> Option<Word> {
    let between =
        |word: i64| bounds.between.is_none_or(|(a, b)| (a as i64..=b as i64).contains(&word)).then_some(word as Word);
    match (ty, value) {
        (Ty::Bool, Value::Bool(yes)) => Some(Word::from(*yes)),
        (Ty::Int, Value::Number(n)) => between(n.as_f64().filter(|n| n.fract() == 0.0)? as i64),
        (Ty::Money(_), Value::Number(n)) => between((n.as_f64()? * 1e6).round() as i64),
        (Ty::Number, Value::Number(n)) => Some((n.as_f64()? + 0.0).to_bits()),
        (Ty::Probability, Value::Number(n)) => {
            n.as_f64().filter(|n| (0.0..=1.0).contains(n)).map(|n| (n + 0.0).to_bits())
        }
        (Ty::Text, Value::String(text)) => {
            (text.chars().count() <= bounds.at_most.unwrap_or(u32::MAX) as usize).then(|| Word::from(pool.text(text)))
        }
        (Ty::Enum(e), Value::String(text)) => {
            image.enums[usize::from(*e)].values.iter().position(|v| v == text).map(|i| i as Word)
        }
        (Ty::Facet(f), Value::String(text)) => {
            let nodes = &image.facets[usize::from(*f)].nodes;
            let whole = nodes.iter().position(|n| n.path == *text);
            let last: Vec<usize> =
                (0..nodes.len()).filter(|i| nodes[*i].path.rsplit('.').next() == Some(text)).collect();
            whole.or(if last.len() == 1 { Some(last[0]) } else { None }).map(|i| i as Word)
        }
        (Ty::Moment, Value::String(text)) => text.parse::<jiff::Timestamp>().ok().map(|t| t.as_millisecond() as Word),
        (Ty::Date, Value::String(text)) if text.len() == 10 => {
            let date: jiff::civil::Date = text.parse().ok()?;
            let days = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).ok()?.get_days();
            Some(i64::from(days) as Word)
        }
        (Ty::List(list), Value::Array(members)) => {
            if members.len() > list.at_most as usize {
                return None;
            }
            let mut words = Vec::new();
            for member in members {
                for field in &list.fields {
                    let at = |path: &String| path.split('.').fold(member, |at, name| &at[name]);
                    let value = if list.records { at(&field.path) } else { member };
                    if list.records && !(member.is_object() || member.is_null()) {
                        return None;
                    }
                    let word = match value {
                        Value::Null if field.optional => MISSING,
                        Value::Null => return None,
                        value => naive_word(image, value, &field.ty, &field.bounds, pool)?,
                    };
                    if word != MISSING && !currency_fits(field.currency_path.as_ref().map(at)) {
                        return None;
                    }
                    words.push(word);
                }
            }
            Some(Word::from(pool.list(&words)))
        }
        _ => None,
    }
}

/// Some value, often one that would fit somewhere.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-20i64..20).prop_map(Value::from),
        (-99_999i64..99_999).prop_map(|n| json!(n as f64 / 1000.0)),
        (0u32..=100).prop_map(|n| json!(f64::from(n) / 100.0)),
        prop::sample::select(vec![
            "o1",
            "gold",
            "iron",
            "shoes",
            "sale",
            "apparel.sale",
            "EUR",
            "eur",
            "USD",
            "",
            "ünïcode",
            "a\"\\b\n"
        ])
        .prop_map(Value::from),
        prop::sample::select(vec![
            "2026-03-01",
            "2024-02-29",
            "2023-02-29",
            "2026-03-01T10:00:00Z",
            "2026-03-01T10:00:00.5+02:00",
            "2026-03-01T10:00:00"
        ])
        .prop_map(Value::from),
        "[a-z😀]{0,8}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["sku", "price", "amount", "currency", "quantity", "code", "category", "x"]);
    leaf().prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone().prop_map(String::from), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Fields in any order, most of them good.
fn properties() -> impl Strategy<Value = Vec<(String, Value)>> {
    let good = |name: &str, values: Vec<Value>| (Just(name.to_string()), prop::sample::select(values)).boxed();
    let item = json!({"sku": "a1", "price": {"amount": 9.95, "currency": "EUR"}, "quantity": 1, "more": [1]});
    let any_field = prop::sample::select(vec![
        "order_id",
        "total",
        "currency",
        "promotion",
        "count",
        "weight",
        "chance",
        "tier",
        "ships_at",
        "day",
        "gift",
        "items",
        "tags",
        "other",
    ]);
    let field = prop_oneof![
        2 => good("order_id", vec![json!("o1"), json!("o2")]),
        2 => good("total", vec![json!(49.99), json!(0), json!(-3.5)]),
        1 => good("promotion", vec![json!({"code": "A", "category": "shoes"}), json!({"code": null})]),
        1 => good("tier", vec![json!("gold"), json!("bronze")]),
        1 => good("items", vec![json!([item]), json!([]), json!([{"sku": "b"}, null])]),
        1 => good("tags", vec![json!(["a", "b"]), json!(["a"])]),
        3 => (any_field.prop_map(String::from), value()).boxed(),
    ];
    (
        Just(vec![("order_id".to_string(), json!("o1")), ("total".to_string(), json!(20))]),
        prop::collection::vec(field, 0..8),
        any::<bool>(),
    )
        .prop_map(|(mut needed, rest, with)| {
            if !with {
                needed.clear();
            }
            needed.extend(rest);
            needed
        })
        .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_decoder_agrees_with_a_naive_one(properties in properties()) {
        let image = shop();
        let fields: Vec<String> = properties.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.clone()))).collect();
        let line = format!(
            r#"{{"properties":{{{}}},"event":"Order Completed","userId":"ana","timestamp":"2026-03-01T10:00:00Z","context":{{"groupId":"g"}}}}"#,
            fields.join(",")
        );
        let mut pool = Pool::new(&image);
        let expected = naive(&image, &serde_json::from_str(&line).expect("it is JSON"), &mut pool);
        let decoder = Decoder::new(&image);
        let mut scratch = Scratch::default();
        let Line::Message(message) = decoder.read(line.as_bytes()) else { panic!("{line}") };
        let found = decoder.decode(&message, &Zones::new(), &mut pool, &mut scratch);
        match (expected, found) {
            (Ok(row), Ok(())) => {
                let [InputKind::Event { row: found, .. }] = &scratch.inputs[..] else { panic!("{line}") };
                prop_assert_eq!(&row, found, "{}", line);
            }
            (Err(field), Err(problem)) => {
                let named = problem.field.unwrap_or_default();
                prop_assert_eq!(named.split(['[', '.']).next().unwrap_or_default(), field, "{}", line);
            }
            (expected, found) => prop_assert!(false, "{}: expected {:?}, found {:?}", line, expected, found),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let image = shop();
        let decoder = Decoder::new(&image);
        if let Line::Message(message) = decoder.read(&bytes) {
            let _ = decoder.decode(&message, &Zones::new(), &mut Pool::new(&image), &mut Scratch::default());
        }
    }

    #[test]
    fn no_broken_message_makes_it_panic(properties in properties(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let image = shop();
        let fields: Vec<String> = properties.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.clone()))).collect();
        let line = format!(r#"{{"event":"Order Completed","userId":"ana","timestamp":"2026-03-01T10:00:00Z","properties":{{{}}}}}"#, fields.join(","));
        let mut line = line.into_bytes();
        let at = at.index(line.len());
        line[at] = byte;
        if cut {
            line.truncate(at);
        }
        let decoder = Decoder::new(&image);
        if let Line::Message(message) = decoder.read(&line) {
            let _ = decoder.decode(&message, &Zones::new(), &mut Pool::new(&image), &mut Scratch::default());
        }
    }
}
