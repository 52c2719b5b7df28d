//! Work for benchmarks, the same on every run: a large project, and a shop with the events of a year.

use std::fmt::Write;

/// Journeys of the large project.
pub const JOURNEYS: usize = 275;

/// A shop with one journey: an abandoned cart with consent, caps and quiet hours.
pub const SHOP: &str = r#"use std.messaging

event cart_updated "Cart Updated" {
  cart_id: text at most 40
  value:   money from "total"
}
event order_completed "Order Completed" {
  cart_id: text at most 40
  total:   money
}

purpose marketing "News and offers"

policy contact_pressure for all journeys {
  require consent for marketing, per channel
  at most 3 marketing messages per rolling 7 days, else drop
  quiet from 21:00 to 08:00 by push, else hold
}

message reminder(value: money) for marketing {
  email { subject "You left something behind"  body "{{ value }}" }
  push  { title "Still thinking it over?"  body "{{ value }}" }
}

profile { vip: bool = false }

journey abandoned_cart {
  trigger    on cart_updated as cart where cart.value >= 20 EUR
  one run    per cart.cart_id, at most 10 at once
  re-entry   7 days after entry
  start over on cart_updated for this cart as cart
  goal       on order_completed for this cart within 3 days of entry

  wait 1 hour
  send reminder(cart.value) by push, else email as note
  wait up to 24 hours {
    on message_clicked of note { wait 4 hours }
    else {
      if cart.value >= 200 EUR or profile.vip { send reminder(cart.value) by email }
    }
  }
}
"#;

/// Events of a year as JSON lines, evenly over the customers: six of ten carts, two orders, two page views that nothing reads.
pub fn events(events: u64, customers: u64) -> String {
    let mut random = Random(7);
    let start: i64 = 1_735_689_600;
    let mut text = String::with_capacity(400 * events as usize);
    for number in 0..events {
        let customer = random.below(customers);
        let at = start + (number as i64 * 31_536_000 / events as i64);
        let moment = timestamp(at);
        let cart = random.below(3);
        let total = 5 + random.below(300);
        let (name, rest) = match random.below(10) {
            0..6 => ("Cart Updated", format!(r#""cart_id":"c{customer}-{cart}","total":{total}.50,"currency":"EUR""#)),
            6..8 => (
                "Order Completed",
                format!(r#""cart_id":"c{customer}-{cart}","total":{total}.50,"order_id":"o{number}""#),
            ),
            _ => ("Page Read", format!(r#""path":"/p/{total}","title":"A page that nothing reads""#)),
        };
        let _ = writeln!(
            text,
            r#"{{"type":"track","event":"{name}","messageId":"m{number}","userId":"user-{customer}","timestamp":"{moment}","context":{{"ip":"203.0.113.7","locale":"de-DE","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","page":{{"path":"/cart","url":"https://shop.example/cart"}}}},"properties":{{{rest}}}}}"#
        );
    }
    text
}

/// `2025-01-01T00:00:00Z` and later, by the civil-from-days algorithm of Howard Hinnant.
fn timestamp(seconds: i64) -> String {
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", clock / 3600, clock / 60 % 60, clock % 60)
}

/// A project of ten thousand lines, with [`JOURNEYS`] journeys.
pub fn large_project() -> Vec<(String, String)> {
    large_project_of(JOURNEYS)
}

/// A project of so many journeys: files with the same forty lines under other names, and what they share.
pub fn large_project_of(journeys: usize) -> Vec<(String, String)> {
    let mut files = vec![(
        "shared.journey".to_string(),
        r#"use std.messaging
use std.ecommerce

purpose marketing "News and offers"
taxonomy campaign { retention { win_back  cart_recovery }  growth { upsell } }
team lifecycle "lifecycle@example.com"
profile { tier: one of bronze, silver, gold = bronze  points: int = 0  country: text? }
policy contact_pressure for all journeys {
  require consent for marketing, per channel
  at most 3 marketing messages per rolling 7 days, else drop
}
"#
        .to_string(),
    )];
    for n in 0..journeys {
        files.push((
            format!("journey_{n}.journey"),
            format!(
                r#"message note_{n}(order: order_completed) for marketing {{
  email {{
    subject "Your order {{{{ order.order_id otherwise 'of today' }}}}"
    body    "Thank you, number {n}."
  }}
  push {{ title "Thank you"  body "Number {n}" }}
}}

segment busy_{n} = count(order_completed where total is known and total >= {n} EUR in last 30 days) >= 3

/// Number {n}.
@campaign retention.win_back
@owner    lifecycle
journey flow_{n} {{
  trigger  on order_completed as order where order.total is known and order.total >= {n} EUR
  only if  profile.country is known and profile.country in ["DE", "AT", "CH"]
  re-entry 7 days after entry
  goal     on order_completed within 30 days of entry
  exit     when profile.points > {limit}

  wait {hours} hours
  send note_{n}(order) by push, else email as first

  wait up to 3 days {{
    on message_clicked of first {{ wait 1 day }}
    else {{ send note_{n}(order) by email }}
  }}

  branch on profile.tier {{
    gold   {{ finish as "gold" }}
    silver {{ wait until monday at 09:00 }}
    bronze {{
      if in busy_{n} {{ wait 2 weeks }} else {{ wait 1 month }}
    }}
  }}
  send note_{n}(order) by email
}}
"#,
                limit = 1000 + n,
                hours = n % 20 + 1
            ),
        ));
    }
    files
}

/// Marsaglia's xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}
