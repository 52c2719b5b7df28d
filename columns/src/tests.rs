//! Histories: written, read back, and what they hold.

use super::*;
use std::fs::File;
use std::path::Path;

/// Messages of all kinds, plain and odd.
pub(crate) const ODD: &[&str] = &[
    r#"{"type":"track","event":"Order Completed","messageId":"m1","userId":"ana","timestamp":"2026-03-01T10:00:00Z","properties":{"order_id":"o1","total":11.77,"quantity":1,"gift":true,"day":"2026-03-01","at":"2026-03-01T10:00:00.250Z","items":[{"sku":"a","price":1.50},{"sku":"b"}],"coupon":null}}"#,
    r#"{ "type": "track", "event": "Order Completed", "userId": 17, "timestamp": "2026-03-01T10:00:01.000Z", "properties": { "order_id": "o2", "total": 20.0 } }"#,
    r#"{"type":"track","event":"Order Completed","anonymousId":"x","timestamp":"2026-03-01T12:00:02+02:00","receivedAt":"2026-03-01T10:00:03.5Z","properties":{"order_id":5,"total":1e3}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"ana","timestamp":"2026-03-01T10:00:04Z","properties":{"order_id":"o3","order_id":"o4","total":18446744073709551616}}"#,
    r#"{"type":"identify","userId":"ana","timestamp":"2026-03-01T10:00:05Z","traits":{"name":"\ud55c\uad6d","tier":"gold","consents":{"marketing":{"email":true}}},"context":{"locale":"ko-KR","timezone":"Asia/Seoul"}}"#,
    r#"{"type":"alias","previousId":"x","userId":"ana","timestamp":"2026-03-01T10:00:06Z"}"#,
    r#"{"type":"group","userId":"ana","groupId":"g1","timestamp":"2026-03-01T10:00:07Z","traits":{"plan":"pro"}}"#,
    r#"{"type":"page","name":"Home","category":"shop","userId":"bo","timestamp":"2026-03-01T10:00:08Z","properties":{"url":"https:\/\/x"}}"#,
    r#"{"specversion":"1.0","type":"order.completed","source":"/shop","id":"1","subject":"ana","time":"2026-03-01T10:00:09Z","data":{"order_id":"o9","total":3}}"#,
    r#"not json"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","properties":{"order_id":"o"}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"1960-01-01T00:00:00Z"}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T12:00:00Z","receivedAt":"2026-03-01T10:00:00Z"}"#,
    r#"  {"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:10Z","properties":{"total":"free","nested":{"a":{"b":[]},"e":{}}}} "#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:11Z","properties":{"nested":5,"a.b":1,"a":{"b":2}}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","properties":[]}"#,
    r#"{"type":"tr\u0061ck","event":"Order Completed","userId":"bo","timestamp":"2026-03-01T10:00:12Z","%e0":"%e0"}"#,
    r#"{"type":"track","event":"Flight Late","timestamp":"2026-03-01T10:00:13Z","properties":{"flight":"F1"}}"#,
    r#"{"type":"track","event":"Order Completed","userId":"","timestamp":"2026-03-01T10:00:14Z","time":"x"}"#,
    r#"{"type":5,"event":"Order Completed","userId":{"a":1},"timestamp":"2026-03-01T10:00:14Z"}"#,
    r#"{"type":"page","userId":"bo","timestamp":"2026-03-01T10:00:15Z","properties":{"price":-0.0,"big":9007199254740993,"neg":-5}}"#,
];

pub(crate) fn convert(lines: &[u8], to: &Path, options: &Options) -> Written {
    let file = File::create(to).expect("it is created");
    write(|| Ok(lines), file, options, |_| {}).expect("it is written")
}

fn again(from: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    History::open(from).expect("it is a history").write_lines(&mut out, 2, |_| {}).expect("it is read");
    out
}

#[test]
fn every_message_comes_back_as_it_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let mut lines = ODD.join("\n").into_bytes();
    lines.extend_from_slice(b"\n{\"type\":\"track\",\"event\":\"\xff\xfe\"}\r\n\n  \nlast");
    let mut expected: Vec<u8> = Vec::new();
    for line in lines.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        expected.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        expected.push(b'\n');
    }
    let expected: Vec<u8> = expected.into_iter().map(|b| if b == 0xfe { 0xff } else { b }).collect();
    for rows in [1, 3, 1000] {
        let written = convert(&lines, &path, &Options { threads: 2, rows });
        assert_eq!(written.messages, ODD.len() as u64 + 2);
        assert_eq!(String::from_utf8_lossy(&again(&path)), String::from_utf8_lossy(&expected), "{rows} rows a group");
        assert_eq!(again(&path), expected);
    }
}

#[test]
fn paths_get_the_columns_that_hold_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let line = |i: u32| {
        format!(
            r#"{{"type":"track","event":"E","userId":"c{i}","messageId":"m{i}","timestamp":"2026-03-01T10:00:00Z","context":{{"ip":"1.1.1.1"}},"properties":{{"whole":{i},"part":{i}.5,"both":{},"yes":{},"word":"w{}","text":"t{i}","day":"2026-03-0{}","at":"2026-03-01T10:00:00.000Z","list":[{i}],"mixed":{},"gone":null}}}}"#,
            if i.is_multiple_of(2) { "1" } else { "1.25" },
            i.is_multiple_of(2),
            i % 3,
            i % 9 + 1,
            if i.is_multiple_of(2) { "\"x\"" } else { "{\"a\":1}" },
        )
    };
    let lines: Vec<String> = (0..500).map(line).collect();
    let written = convert(lines.join("\n").as_bytes(), &path, &Options::default());
    assert_eq!((written.messages, written.as_json, written.customers, written.row_groups), (500, 0, 500, 1));
    let history = History::open(&path).expect("it is a history");
    let columns: Vec<String> = history.about().columns.iter().map(|c| format!("{} {:?}", c.name, c.form)).collect();
    assert_eq!(
        columns,
        [
            "context.ip Word",
            "properties.whole Int",
            "properties.part Number",
            "properties.both Number",
            "properties.yes Bool",
            "properties.word Word",
            "properties.text Text",
            "properties.day Date",
            "properties.at Moment",
            "properties.list Json",
            "properties.mixed Json",
        ]
    );
    assert_eq!(String::from_utf8(again(&path)).expect("it is text"), lines.join("\n") + "\n");
}

#[test]
fn files_that_are_no_histories_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    std::fs::write(&path, "{}").expect("it is written");
    assert!(matches!(History::open(&path), Err(Error::NotParquet(_))));
    convert(ODD.join("\n").as_bytes(), &path, &Options::default());
    assert!(is_parquet(&path));
    let mut bytes = std::fs::read(&path).expect("it is read");
    bytes.truncate(bytes.len() - 10);
    std::fs::write(&path, &bytes).expect("it is written");
    assert!(matches!(History::open(&path), Err(Error::NotParquet(_))));
}

#[test]
fn an_empty_file_is_a_history_of_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let written = convert(b"\n\n", &path, &Options::default());
    assert_eq!((written.messages, written.row_groups), (0, 0));
    assert_eq!(again(&path), b"");
}

#[test]
fn amounts_of_many_sorts_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let line = |i: u32| {
        format!(
            r#"{{"type":"track","event":"Order Completed","messageId":"cdnow-{i:05}","userId":"{:05}","timestamp":"1997-01-01T12:00:00Z","properties":{{"order_id":"o{i:05}","total":{:?},"currency":"USD","quantity":{}}}}}"#,
            i % 1000,
            f64::from(i) / 100.0,
            i % 5
        )
    };
    let lines: Vec<String> = (0..20_000).map(line).collect();
    convert(lines.join("\n").as_bytes(), &path, &Options::default());
    assert!(String::from_utf8(again(&path)).expect("it is text") == lines.join("\n") + "\n");
}
