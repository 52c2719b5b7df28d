//! Row `ingest`: from lines of JSON in memory to the five fields that a program reads: who, what, when, how much, from where.
//!
//! 388 bytes a message in the form of the Segment specification. All give the moment as milliseconds, the event as a number, and the
//! amount as a number.

mod ours;
pub mod scan;

use crate::Scale;
use crate::measure::{Contestant, Kind, Race, race, timed};
use crate::random::{Random, mix};
use scan::{Fields, Lines, PADDING, moment};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Write;

/// Names of events on the wire, and how many of five have each.
const EVENTS: [&str; 3] = ["Cart Updated", "Order Completed", "Product Viewed"];
const COUNTRIES: [&str; 7] = ["DE", "FR", "US", "GB", "NL", "ES", "PL"];

/// Lines, and [`PADDING`] behind them.
fn messages(count: usize) -> Vec<u8> {
    let mut random = Random(7);
    let mut text = Vec::with_capacity(count * 400);
    for number in 0..count as u64 {
        let ms = number * 3;
        let [id, user, cart, sku] = [1 << 32, 10_000_000, 1 << 30, 999_999].map(|limit| random.below(limit));
        let [a, b, c] = [255; 3].map(|limit| random.below(limit));
        let event = EVENTS[[0, 0, 0, 1, 2][random.below(5) as usize]];
        writeln!(
            text,
            r#"{{"type":"track","messageId":"ajs-next-{:016x}{id:08x}","userId":"u_{user:012}","event":"{event}","timestamp":"2025-11-21T{:02}:{:02}:{:02}.{:03}Z","properties":{{"cart_id":"c_{cart:010}","value":{}.{:02},"currency":"EUR","products":[{{"sku":"SKU-{sku:06}","price":{}.{:02},"quantity":{}}}]}},"context":{{"ip":"10.{a}.{b}.{c}","country":"{}","library":{{"name":"analytics.js","version":"2.11.1"}}}}}}"#,
            mix(number),
            ms / 3_600_000 % 24,
            ms / 60_000 % 60,
            ms / 1_000 % 60,
            ms % 1_000,
            random.below(500),
            random.below(100),
            random.below(200),
            random.below(100),
            1 + random.below(4),
            COUNTRIES[random.below(7) as usize],
        )
        .expect("memory can be written to");
    }
    text.extend_from_slice(&[0; PADDING]);
    text
}

/// What a message comes to, as a number that depends on all five fields.
#[inline(always)]
fn check(user: &str, event: u16, at: i64, cents: u64, country: &str) -> u64 {
    let last = user.as_bytes().last().copied().unwrap_or_default();
    let first = country.as_bytes().first().copied().unwrap_or_default();
    (at as u64).wrapping_mul(3) + cents * 7 + u64::from(event) * 11 + u64::from(last) * 13 + u64::from(first) * 17
}

#[inline(always)]
fn event(name: &str) -> u16 {
    match name {
        "Cart Updated" => 0,
        "Order Completed" => 1,
        _ => 2,
    }
}

#[inline(always)]
fn of(fields: &Fields<'_>) -> u64 {
    let cents = (fields.value * 100.0).round() as u64;
    check(fields.user, event(fields.event), moment(fields.timestamp), cents, fields.country)
}

#[derive(Deserialize)]
struct Properties {
    value: f64,
}

#[derive(Deserialize)]
struct Place<'a> {
    #[serde(borrow)]
    country: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "userId", borrow)]
    user: Cow<'a, str>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    properties: Properties,
    #[serde(borrow)]
    context: Place<'a>,
}

impl Message<'_> {
    #[inline(always)]
    fn check(&self) -> u64 {
        of(&Fields {
            user: &self.user,
            event: &self.event,
            timestamp: &self.timestamp,
            value: self.properties.value,
            country: &self.context.country,
        })
    }
}

/// The race.
pub fn run(scale: &Scale) -> Result<Vec<Race>, String> {
    let count = if scale.quick { 30_000 } else { 300_000 };
    let padded = messages(count);
    let body = &padded[..padded.len() - PADDING];
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut contestants = vec![
        Contestant::new(Kind::Floor, "Rust by hand, for this shape", "SSE2; checks nothing, no escapes", |_| {
            timed(count, || Lines::new(&padded).map(|fields| of(&fields)).sum())
        }),
        Contestant::new(Kind::Hand, "ends of lines only", "what memory allows", |_| {
            let sample = timed(count, || memchr::memchr_iter(b'\n', body).count() as u64);
            crate::measure::Sample { want: Some(count as u64), ..sample }
        }),
    ];
    contestants.extend(ours::contestants(body, count)?);
    contestants.extend([
        Contestant::new(Kind::Peer, "sonic-rs 0.5, typed", "borrowed texts; SIMD", |_| {
            let one = |line| sonic_rs::from_slice::<Message<'_>>(line).map_or(0, |message| message.check());
            timed(count, || lines(body).map(one).sum())
        }),
        Contestant::new(Kind::Peer, "serde_json, typed, all checked as text before", "borrowed texts", |_| {
            let one = |line| serde_json::from_str::<Message<'_>>(line).map_or(0, |message| message.check());
            timed(count, || std::str::from_utf8(body).map_or(0, |text| text.lines().map(one).sum()))
        }),
        Contestant::new(Kind::Peer, "serde_json, typed", "borrowed texts", |_| {
            let one = |line| serde_json::from_slice::<Message<'_>>(line).map_or(0, |message| message.check());
            timed(count, || lines(body).map(one).sum())
        }),
        Contestant::new(Kind::Peer, "serde_json::Value", "a tree of each message", |_| {
            timed(count, || text.lines().map(tree).sum())
        }),
    ]);
    let title = format!("ingest, {} messages of {} bytes", crate::table::thousands(count as u64), body.len() / count);
    Ok(vec![race("ingest", title, "message", scale.rounds(7), contestants)?])
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut from = 0;
    memchr::memchr_iter(b'\n', body).map(move |to| &body[std::mem::replace(&mut from, to + 1)..to])
}

fn tree(line: &str) -> u64 {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(line) else { return 0 };
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    of(&Fields {
        user: &text(&value["userId"]),
        event: &text(&value["event"]),
        timestamp: &text(&value["timestamp"]),
        value: value["properties"]["value"].as_f64().unwrap_or_default(),
        country: &text(&value["context"]["country"]),
    })
}
