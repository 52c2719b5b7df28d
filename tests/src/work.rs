//! Work for benchmarks, the same on every run: a large project, and a shop with the events of a year.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
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

/// Seconds of the year over which events lie.
const YEAR: u64 = 31_536_000;

/// Events of a year as JSON lines, as a shop has them: each customer is identified once, and comes back in visits of a few minutes. Three
/// to nine pages are looked at in a visit; in two of five a cart is filled, in one to four updates; two of five such carts are ordered. So
/// about one event in seven is one that the shop's journey reads.
pub fn visits(events: u64, customers: u64) -> String {
    let mut random = Random(7);
    let mut known = vec![false; customers as usize];
    // What is still to come of visits that have begun.
    let mut ahead: BinaryHeap<Reverse<(u64, What)>> = BinaryHeap::new();
    // A visit has 8.2 events in the mean.
    let between = YEAR * 82 / (events * 10).max(1);
    let (mut text, mut written, mut begun, mut visits) = (String::with_capacity(440 * events as usize), 0, 0, 0);
    while written < events {
        let next = ahead.peek().map(|first| first.0.0);
        if next.is_none_or(|at| begun <= at) {
            let customer = random.below(customers);
            let mut at = begun;
            let mut push = |at: u64, what: What| ahead.push(Reverse((at, what)));
            if !std::mem::replace(&mut known[customer as usize], true) {
                push(at, What::Identify { customer });
            }
            for _ in 0..3 + random.below(7) {
                at += 5 + random.below(60);
                push(at, What::Page { customer, page: random.below(300) });
            }
            if random.below(5) < 2 {
                let total = 5 + random.below(300);
                for more in 0..1 + random.below(4) {
                    at += 10 + random.below(60);
                    push(at, What::Cart { customer, cart: visits, total: total + more * 10 });
                }
                if random.below(5) < 2 {
                    push(at + 60, What::Order { customer, cart: visits, total });
                }
            }
            visits += 1;
            begun += 1 + random.below(2 * between.max(1));
        } else if let Some(Reverse((at, what))) = ahead.pop() {
            what.write(&mut text, at, written);
            written += 1;
        }
    }
    text
}

/// Events of a year as JSON lines, evenly over the customers, and most of them at work: six of ten carts, two orders, two page views that
/// nothing reads. The first of each customer says who they are.
pub fn carts(events: u64, customers: u64) -> String {
    let mut random = Random(7);
    let mut known = vec![false; customers as usize];
    let mut text = String::with_capacity(440 * events as usize);
    for number in 0..events {
        let customer = random.below(customers);
        let (cart, total) = (random.below(3), 5 + random.below(300));
        let what = match random.below(10) {
            _ if !std::mem::replace(&mut known[customer as usize], true) => What::Identify { customer },
            0..6 => What::Cart { customer, cart, total },
            6..8 => What::Order { customer, cart, total },
            _ => What::Page { customer, page: total },
        };
        what.write(&mut text, number * YEAR / events, number);
    }
    text
}

/// A message to come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Identify { customer: u64 },
    Page { customer: u64, page: u64 },
    Cart { customer: u64, cart: u64, total: u64 },
    Order { customer: u64, cart: u64, total: u64 },
}

impl What {
    /// A line in the form of the Segment specification; `at` in seconds since the year began.
    fn write(self, text: &mut String, at: u64, number: u64) {
        let (kind, customer) = match self {
            What::Identify { customer } => (r#""type":"identify""#, customer),
            What::Page { customer, .. } => (r#""type":"track","event":"Page Read""#, customer),
            What::Cart { customer, .. } => (r#""type":"track","event":"Cart Updated""#, customer),
            What::Order { customer, .. } => (r#""type":"track","event":"Order Completed""#, customer),
        };
        let moment = timestamp(1_735_689_600 + at as i64);
        let _ = write!(
            text,
            r#"{{{kind},"messageId":"m{number}","userId":"user-{customer}","timestamp":"{moment}","context":{{"ip":"203.0.113.7","locale":"de-DE","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","page":{{"path":"/cart","url":"https://shop.example/cart"}}}},"#
        );
        let written = match self {
            // Every other customer has the app, one in twenty is a good customer.
            What::Identify { customer } => {
                let app = if customer % 2 == 0 { r#","push_token":"device-7""# } else { "" };
                writeln!(
                    text,
                    r#""traits":{{"email":"user-{customer}@example.com","vip":{}{app}}}}}"#,
                    customer % 20 == 0
                )
            }
            What::Page { page, .. } => {
                writeln!(text, r#""properties":{{"path":"/p/{page}","title":"A page that nothing reads"}}}}"#)
            }
            What::Cart { customer, cart, total } => {
                writeln!(
                    text,
                    r#""properties":{{"cart_id":"c{customer}-{cart}","total":{total}.50,"currency":"EUR"}}}}"#
                )
            }
            What::Order { customer, cart, total } => writeln!(
                text,
                r#""properties":{{"cart_id":"c{customer}-{cart}","total":{total}.50,"order_id":"o{number}"}}}}"#
            ),
        };
        written.expect("text takes everything");
    }
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
