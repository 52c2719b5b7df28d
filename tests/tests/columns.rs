//! The claim of histories in columns: a run over Parquet gives the same effects, summary and dead letters, to the byte, as the run over
//! the JSON lines it was made of.

use journey_columns::{History, Options as Writing, Replay};
use journey_runtime::host::memory::{self, Options, Outcome};
use journey_runtime::ingest::{Decoder, moment};
use journey_runtime::program::Program;
use journey_runtime::report::human;
use journey_runtime::report::line;
use journey_runtime::report::summary::Summary;
use journey_tests::{check_folder, check_named, must_compile, repository, work};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Summary, effects and dead letters.
fn told(program: &Program, outcome: &Outcome) -> (String, String, String) {
    // Memory is what it is: texts are shared in the order in which they come.
    let mut summary = Summary::new(&program.image, outcome, Vec::new());
    summary.memory = Default::default();
    let effects: Vec<String> = outcome.effects(program).map(|(who, e)| line::effect(&program.image, who, &e)).collect();
    let dead: Vec<String> = outcome.dead.iter().map(line::dead_letter).collect();
    (human::summary(&summary, 100).to_string(), effects.join("\n"), dead.join("\n"))
}

/// Runs over lines and over columns made of them; gives the outcome of the lines.
fn same(program: &Program, lines: &[u8], rows: u32, options: &Options) -> (String, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.parquet");
    let writing = Writing { threads: 2, rows };
    journey_columns::write(|| Ok(lines), File::create(&path).unwrap(), &writing, |_| {}).unwrap();
    let options = Options { keep_effects: true, ..options.clone() };
    let by_lines = memory::run(program, lines, &options, |_| {}).unwrap();
    let history = History::open(&path).unwrap();
    let decoder = Decoder::new(&program.image);
    let replay = Replay::new(&history, program, &decoder, options.until, options.shard_count());
    let by_columns = memory::run_source(program, &decoder, &replay, &options, |_| {}).unwrap();
    assert_eq!(by_lines.customers, by_columns.customers);
    assert_eq!(by_lines.horizon, by_columns.horizon);
    let (expected, found) = (told(program, &by_lines), told(program, &by_columns));
    assert_eq!(expected.2, found.2, "dead letters");
    assert_eq!(expected.0, found.0, "summary");
    let first = expected.1.lines().zip(found.1.lines()).find(|(a, b)| a != b);
    assert_eq!(first, None, "effects");
    assert_eq!(expected.1, found.1);
    expected
}

fn program(folder: &Path) -> Program {
    let checked = check_folder(folder);
    let mut image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let channels: Vec<String> = image.channels.iter().map(|c| c.name.clone()).collect();
    journey_runtime::host::assume_reachable(&mut image, &channels);
    Program::new(image).unwrap()
}

/// What a column says beside what the line of the effect says under its name.
fn agrees(name: &str, column: &Field, line: Option<&serde_json::Value>) -> bool {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    match (column, line) {
        (Field::Null, None) => true,
        (Field::Str(text), Some(line)) if ["key", "value", "inputs", "annotations"].contains(&name) => {
            json(text).as_ref() == Some(line)
        }
        (Field::Str(text), Some(line)) => line == text,
        (Field::UInt(number), Some(line)) => line == number,
        (Field::TimestampMillis(at), Some(line)) => line.as_str().and_then(moment) == Some(*at),
        (Field::Bytes(id), Some(line)) => {
            let hex: String = id.data().iter().map(|byte| format!("{byte:02x}")).collect();
            line == &hex
        }
        _ => false,
    }
}

#[test]
fn effects_in_columns_say_what_their_lines_say() {
    for name in ["retail", "telco", "saas"] {
        let folder = repository().join("examples").join(name);
        let program = program(&folder);
        let lines = std::fs::read(folder.join("events.jsonl")).unwrap();
        let assume_consent: Vec<String> = program.image.purposes.iter().map(|p| p.name.clone()).collect();
        let options = Options { keep_effects: true, assume_consent, ..Options::default() };
        let outcome = memory::run(&program, &lines[..], &options, |_| {}).unwrap();
        let file = tempfile::tempfile().unwrap();
        let written = journey_columns::write_effects(&program, &outcome, file.try_clone().unwrap(), 2).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let mut rows = reader.get_row_iter(None).unwrap();
        let mut count = 0;
        for (customer, effect) in outcome.effects(&program) {
            let line = line::effect(&program.image, customer, &effect);
            let json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
            let row = rows.next().expect("a row for each effect").unwrap();
            for (name, column) in row.get_column_iter() {
                assert!(agrees(name, column, json.get(name)), "{name}: {column:?}\n{line}");
            }
            let columns: Vec<&String> = row.get_column_iter().map(|(name, _)| name).collect();
            let lost = json.keys().find(|key| !columns.contains(key));
            assert_eq!(lost, None, "{line}");
            count += 1;
        }
        assert!(rows.next().is_none(), "no row too many");
        assert_eq!(written, count, "{name}");
    }
}

#[test]
fn examples_run_the_same_over_columns() {
    for name in ["retail", "telco", "saas"] {
        let folder = repository().join("examples").join(name);
        let program = program(&folder);
        let lines = std::fs::read(folder.join("events.jsonl")).unwrap();
        let assume_consent: Vec<String> = program.image.purposes.iter().map(|p| p.name.clone()).collect();
        for (rows, threads) in [(1 << 20, 1), (300, 2)] {
            let assume_consent = assume_consent.clone();
            let options = Options { threads, assume_consent, ..Options::default() };
            let (_, effects, _) = same(&program, &lines, rows, &options);
            assert!(effects.lines().count() > 500, "{name}: {}", effects.lines().count());
        }
    }
}

#[test]
fn real_orders_run_the_same_over_columns() {
    let folder = repository().join("examples/cdnow");
    let program = program(&folder);
    let mut lines = Vec::new();
    let file = File::open(folder.join("orders.jsonl.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(file).take(1 << 21).read_to_end(&mut lines).unwrap();
    let options = Options { threads: 2, assume_consent: vec!["marketing".into()], ..Options::default() };
    same(&program, &lines, 5_000, &Options { until: Some(870_000_000_000), ..options });
}

#[test]
fn a_shop_where_most_events_are_not_read_runs_the_same_over_columns() {
    let checked = check_named("shop", work::SHOP);
    must_compile("the shop", &checked);
    let image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    let program = Program::new(image).unwrap();
    let mut lines = work::visits(30_000, 3_000).into_bytes();
    // The last of all is one that nothing reads, and so is the last of an event that is not declared.
    for (name, second) in [("Page Read", 40), ("Search", 30), ("Page Read", 20)] {
        let line = format!(
            r#"{{"type":"track","event":"{name}","messageId":"{second}","userId":"user-1","timestamp":"2026-03-01T10:00:{second}Z"}}"#
        );
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
    }
    for (rows, threads, until) in [(1 << 17, 1, None), (20_000, 2, None), (20_000, 2, Some(1_750_000_000_000))] {
        let assume_consent = vec!["marketing".to_string()];
        let options = Options { threads, until, assume_consent, ..Options::default() };
        let (summary, effects, _) = same(&program, &lines, rows, &options);
        assert!(effects.lines().count() > 1_000, "{summary}");
    }
}

/// Everything an event may say, and what it must not.
const PROGRAM: &str = r#"use std.segment
use std.messaging

event order "Order Completed" {
  order_id: text at most 8
  total:    money from "total" in "currency"
  quantity: int? between 0 and 10
  weight:   number?
  chance:   probability?
  gift:     bool?
  day:      date?
  at:       moment?
  lasts:    duration?
  tier:     one of gold, silver = silver
  tags:     list of text at most 3 = []
  group_id: text? from "/context/groupId"
  nested:   text? from "nested.a.b"
}

event flight_late "Flight Late" for everyone { order_id: text at most 20 from "flight" }

event ignored "Ignored" { x: int }

profile {
  tier:   one of gold, silver = silver
  points: int = 0
}

purpose marketing "Marketing"

policy permission for all journeys {
  require consent for marketing, per channel
}

message note(
  order_id: text, total: money, quantity: int?, weight: number?, chance: probability?, gift: bool?, day: date?, at: moment?,
  lasts: duration?, group_id: text?, nested: text?, points: int
) for marketing {
  email { subject "x"  body "{{ order_id }}" }
}

message seen(name: text?, url: text?) for marketing {
  email { subject "x"  body "x" }
}

journey orders {
  trigger  on order as it
  one run  per it.order_id, at most 5 at once
  re-entry after finishing

  branch on it.tier {
    gold   { }
    silver { wait 1 minute }
  }
  if "a" in it.tags {
    wait 1 minute
  }
  send note(
    order_id: it.order_id, total: it.total, quantity: it.quantity, weight: it.weight, chance: it.chance, gift: it.gift, day: it.day,
    at: it.at, lasts: it.lasts, group_id: it.group_id, nested: it.nested, points: profile.points
  ) by email
  wait up to 1 day {
    on flight_late for this it { send seen(name: it.order_id, url: it.group_id) by email }
    else                       { }
  }
}

journey pages {
  trigger  on page_viewed as page
  re-entry after finishing

  send seen(name: page.name, url: page.url) by email
  if profile.tier == gold {
    wait 1 hour
  }
}
"#;

const LINES: &[&str] = &[
    r#"{"type":"track","event":"Order Completed","messageId":"m1","userId":"ana","timestamp":"2026-03-01T10:00:00Z","properties":{"order_id":"o1","total":11.77,"quantity":1,"gift":true,"day":"2026-03-01","at":"2026-03-01T10:00:00.250Z","tags":["a","b"],"tier":"gold","weight":0.5}}"#,
    r#"{ "type": "track", "event": "Order Completed", "userId": 17, "timestamp": "2026-03-01T10:00:01.000Z", "properties": { "order_id": "o2", "total": 20.0, "currency": "eur", "chance": 0.25 } }"#,
    r#"{"type":"track","event":"Order Completed","anonymousId":"x","timestamp":"2026-03-01T12:00:02+02:00","receivedAt":"2026-03-01T10:00:03.5Z","properties":{"order_id":"o5","total":1e3}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"ana","timestamp":"2026-03-01T10:00:04Z","properties":{"order_id":"o3","order_id":"o4","total":18446744073709551616}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"ana","timestamp":"2026-03-01T10:00:04Z","properties":{"order_id":"o3","order_id":"o4","total":5}}"#,
    r#"{"type":"track","event":"Flight Late","timestamp":"2026-03-01T10:00:04Z","properties":{"flight":"o4"}}"#,
    r#"{"type":"identify","userId":"ana","timestamp":"2026-03-01T10:00:05Z","traits":{"name":"\ud55c\uad6d","tier":"gold","points":null,"consents":{"marketing":{"email":true}}},"context":{"locale":"ko-KR","timezone":"Asia/Seoul"}}"#,
    r#"{"type":"identify","userId":"bo","timestamp":"2026-03-01T10:00:05Z","traits":{"tier":"gold","points":5,"email":"bo@example.com","consents":{"marketing":true}}}"#,
    r#"{"type":"identify","userId":"bo","timestamp":"2026-03-01T10:00:05Z","traits":{"tier":"iron"}}"#,
    r#"{"type":"identify","userId":"cy","timestamp":"2026-03-01T10:00:05Z","traits":{"consents":{"nothing":true}}}"#,
    r#"{"type":"identify","userId":"cy","timestamp":"2026-03-01T10:00:05Z","context":{"consent":{"categoryPreferences":{"marketing":true,"other":false}}}}"#,
    r#"{"type":"alias","previousId":"x","userId":"ana","timestamp":"2026-03-01T10:00:06Z"}"#,
    r#"{"type":"alias","userId":"ana","timestamp":"2026-03-01T10:00:06Z"}"#,
    r#"{"type":"track","event":"Order Completed","anonymousId":"x","timestamp":"2026-03-01T10:00:07Z","properties":{"order_id":"o6","total":6,"quantity":11}}"#,
    r#"{"type":"track","event":"Order Completed","anonymousId":"x","timestamp":"2026-03-01T10:00:07Z","properties":{"order_id":"o6","total":6,"quantity":10}}"#,
    r#"{"type":"group","userId":"ana","groupId":"g1","timestamp":"2026-03-01T10:00:07Z","traits":{"plan":"pro"}}"#,
    r#"{"type":"page","name":"Home","category":"shop","userId":"bo","timestamp":"2026-03-01T10:00:08Z","properties":{"url":"https:\/\/x"}}"#,
    r#"{"type":"page","name":"Home","userId":"bo","timestamp":"2026-03-01T10:00:08Z","properties":{"name":"Other","url":"u"}}"#,
    r#"{"type":"page","name":5,"userId":"bo","timestamp":"2026-03-01T10:00:08Z"}"#,
    r#"{"type":"screen","userId":"bo","timestamp":"2026-03-01T10:00:08Z"}"#,
    r#"{"specversion":"1.0","type":"Order Completed","source":"/shop","id":"1","subject":"ana","time":"2026-03-01T10:00:09Z","data":{"order_id":"o9","total":3}}"#,
    r#"{"specversion":"1.0","type":"identify","source":"/shop","id":"2","subject":"ana","time":"2026-03-01T10:00:09Z","data":{"tier":"silver"}}"#,
    r#"not json"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","properties":{"order_id":"o"}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"1960-01-01T00:00:00Z"}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T12:00:00Z","receivedAt":"2026-03-01T10:00:00Z"}"#,
    r#"  {"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:10Z","properties":{"order_id":"o7","total":"free","nested":{"a":{"b":[]},"e":{}}}} "#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:11Z","properties":{"order_id":"o7","total":4,"nested":5,"a.b":1,"a":{"b":2}}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:11Z","properties":{"order_id":"o8","total":4,"nested":{"a":{"b":"deep"}}},"context":{"groupId":"g7"}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":[]}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"much too long","total":4}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":null,"total":4}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"oa","total":4,"currency":"USD"}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"ob","total":4,"currency":"EUR","tags":["a","b","c","d"]}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"oc","total":0.123456789,"currency":"EUR","tags":[null]}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"od","total":0.123456789,"currency":"EUR","chance":1.5}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"oe","total":0.1234565,"currency":"EUR","chance":1,"weight":-0.0,"lasts":"PT1H","at":"2026-03-01T10:00:00"}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"dee","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"of","total":2.5,"currency":"EUR","chance":1,"weight":-0.0,"lasts":"PT1H","quantity":3.0}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"dee","timestamp":"2026-03-01T10:00:12Z","properties":{"order_id":"of","total":9007199254740993,"quantity":2.5}}"#,
    r#"{"type":"tr\u0061ck","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","%e0":"%e0","properties":{"order_id":"og","total":2}}"#,
    r#"{"type":"track","event":"Flight Late","timestamp":"2026-03-01T10:00:13Z","properties":{"flight":7}}"#,
    r#"{"type":"track","event":"Flight Late","timestamp":"2026-03-01T10:00:13Z","properties":{"flight":"of"}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"","timestamp":"2026-03-01T10:00:14Z","time":"x"}"#,
    r#"{"type":5,"event":"Order Completed","userId":{"a":1},"anonymousId":"eve","timestamp":"2026-03-01T10:00:14Z","properties":{"order_id":"oh","total":2}}"#,
    r#"{"type":"track","event":"consent_granted","userId":"bo","timestamp":"2026-03-01T10:00:15Z","properties":{"purpose":"marketing","channel":"email"}}"#,
    r#"{"type":"track","event":"consent_granted","userId":"bo","timestamp":"2026-03-01T10:00:15Z","properties":{"purpose":"unheard of"}}"#,
    r#"{"type":"track","event":"Segment Consent Preference Updated","userId":"bo","timestamp":"2026-03-01T10:00:15Z","context":{"consent":{"categoryPreferences":{"marketing":false}}}}"#,
    r#"{"type":"track","event":"Unheard Of","userId":"bo","timestamp":"2026-03-01T10:00:16Z"}"#,
    r#"{"type":"track","event":"Unheard Of","timestamp":"2026-03-01T10:00:16Z"}"#,
    r#"{"type":"track","event":"Ignored","userId":"bo","timestamp":"never","properties":{"x":"y"}}"#,
    r#"{"type":"track","event":"Ignored","userId":"bo","timestamp":"2026-03-01T10:00:18Z","properties":{"x":1}}"#,
    r#"{"type":"track","event":"Order Completed","messageId":"m1","userId":"ana","timestamp":"2026-03-03T10:00:00Z","properties":{"order_id":"o1","total":11.77}}"#,
    r#"{"type":"track","event":"Order Completed","messageId":"m2","userId":"bo","timestamp":"2026-03-04T10:00:00Z","properties":{"order_id":"oz","total":11.77}}"#,
];

#[test]
fn odd_messages_mean_the_same_in_columns() {
    let checked = check_named("odd", PROGRAM);
    must_compile("odd", &checked);
    let mut image = journey_compiler::lower::lower(&checked.program, &checked.sources);
    journey_runtime::host::assume_reachable(&mut image, &["email".to_string()]);
    let program = Program::new(image).unwrap();
    let mut text = LINES.join("\n").into_bytes();
    text.extend_from_slice(b"\n{\"type\":\"track\",\"event\":\"\xff\xfe\"}\r\n\n  \nlast");
    // The same once more with many plain messages around, so that columns have types.
    let mut more = Vec::new();
    for i in 0..3_000u32 {
        more.extend_from_slice(
            format!(
                r#"{{"type":"track","event":"Order Completed","messageId":"n{i}","userId":"u{}","timestamp":"2026-02-0{}T10:00:00Z","properties":{{"order_id":"{}","total":{}.5,"currency":"EUR","quantity":{},"gift":false,"day":"2026-02-01","at":"2026-02-01T10:00:00Z","weight":{i},"tier":"silver","tags":["x"]}}}}"#,
                i % 97,
                i / 600 + 1,
                i % 50,
                i,
                i % 10,
            )
            .as_bytes(),
        );
        more.push(b'\n');
        if i.is_multiple_of(60)
            && let Some(line) = LINES.get(i as usize / 60)
        {
            more.extend_from_slice(line.as_bytes());
            more.push(b'\n');
        }
    }
    for lines in [&text, &more] {
        for (rows, threads, until) in
            [(1 << 20, 1, None), (5, 2, None), (700, 2, None), (10, 2, Some(1_772_359_210_000))]
        {
            let options = Options { threads, until, assume_consent: vec!["marketing".into()], ..Options::default() };
            let (_, _, dead) = same(&program, lines, rows, &options);
            assert!(dead.lines().count() >= 10, "{dead}");
        }
    }
}
