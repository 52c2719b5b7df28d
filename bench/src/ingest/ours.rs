//! Journey's reader, directed by what a program reads.

use super::check;
use crate::measure::{Contestant, Kind, timed};
use crate::source;
use journey_runtime::image::Word;
use journey_runtime::ingest::{Decoded, Decoder, Found, Line, Scratch};
use journey_runtime::pool::Pool;
use std::rc::Rc;

/// A program that reads the five fields.
const SOURCE: &str = r#"
event cart_updated "Cart Updated" { value: number  country: text at most 2 from "/context/country" }
event order_completed "Order Completed" { value: number  country: text at most 2 from "/context/country" }
event product_viewed "Product Viewed" { value: number  country: text at most 2 from "/context/country" }

segment reads =
  sum(cart_updated.value where country == "DE" by day in last 2 days) > 1 and
  sum(order_completed.value where country == "DE" by day in last 2 days) > 1 and
  sum(product_viewed.value where country == "DE" by day in last 2 days) > 1

purpose service "Service" needs no consent
channel screen {}
message hello for service { screen { body "Hello" } }

journey greets {
  trigger  when enters reads
  re-entry never
  send hello by screen
}
"#;

/// Our reader: JSON to rows of words.
pub fn contestants<'a>(body: &'a [u8], count: usize) -> Result<Vec<Contestant<'a>>, String> {
    let program = Rc::new(source::program("reads", SOURCE)?);
    let image = &program.image;
    let event = |wire: &str| image.events.iter().position(|event| event.wire == wire).unwrap_or(usize::MAX);
    let numbers = super::EVENTS.map(event);
    let [value, country] = ["value", "country"]
        .map(|name| image.events[numbers[0]].fields.iter().position(|field| field.name == name).unwrap_or(usize::MAX));
    let decoder = Decoder::new(image);
    let what = "checks all, keeps ids of messages; rows of words";
    Ok(vec![Contestant::new(Kind::Ours, "Journey", what, move |_| {
        let mut pool = Pool::new(&program.image);
        let (mut scratch, mut found) = (Scratch::default(), Found::default());
        let mut rows: Vec<Word> = Vec::new();
        timed(count, || {
            let mut sum = 0;
            let mut messages = Vec::new();
            for piece in pieces(body) {
                messages.clear();
                found.clear();
                decoder.lines(piece, &mut found, |_, line| {
                    if let Line::Message(message) = line {
                        messages.push(message);
                    }
                });
                for message in &messages {
                    rows.clear();
                    let decoded = decoder.append(message, &found, &program.zones, &mut pool, &mut scratch, &mut rows);
                    let Ok(Decoded::Row(event)) = decoded else { continue };
                    let event = numbers.iter().position(|number| *number == usize::from(event)).unwrap_or_default();
                    let cents = (f64::from_bits(rows[value]) * 100.0).round() as u64;
                    let country = pool.word(rows[country]);
                    sum += check(&message.customer, event as u16, message.happened_at, cents, country);
                }
            }
            sum
        })
    })])
}

/// Pieces of whole lines, as a host cuts a file.
fn pieces(mut body: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = body.len().min(1 << 20);
        let end = memchr::memrchr(b'\n', &body[..end]).map_or(body.len(), |at| at + 1);
        let (piece, rest) = body.split_at(end);
        body = rest;
        (!piece.is_empty()).then_some(piece)
    })
}
