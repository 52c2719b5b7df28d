//! How long runs may stay, and which consent stands before each send.

use journey_compiler::prove::{consent, stay, words};
use journey_compiler::testing;
use journey_grammar::span::Span;
use std::fmt::Write;

const PROGRAM: &str = r#"
use std.messaging

event order_placed { total: money  due: moment }

profile { points: int = 0 }

purpose service   "Your account" needs no consent
purpose marketing "News"

policy permission for all journeys {
  require consent for marketing, per channel
  quiet from 21:00 to 08:00 by sms, else hold
}

message hello for service   { email { subject "Hello" body "Hello." } }
message news  for marketing { email { subject "News"  body "News." }  sms { body "News." } }

journey short {
  trigger  on order_placed
  re-entry after finishing

  wait 3 days
  send hello by email
  wait up to 2 days {
    on order_placed { wait 5 days }
    else            { wait 1 day }
  }
}

journey rounds {
  trigger  on order_placed
  re-entry after finishing
  pause    while profile.points > 3, at most 14 days, then go on

  repeat up to 3 times {
    wait 1 week
    if profile.points > 5 { stop repeating }
    send hello by email
  }
  wait 1 month
}

journey held {
  trigger  on order_placed
  re-entry after finishing

  wait 1 day
  send news by sms, else email
}

journey by_data {
  trigger  on order_placed as order
  re-entry after finishing

  wait 1 day
  wait until order.due else continue
  send hello by email
}
"#;

#[test]
fn the_longest_way_is_found() {
    let checked = testing::check(PROGRAM, &[], journey_stdlib::packs());
    assert_eq!(testing::render(&checked), "");
    let mut told = String::new();
    for stay in stay::stays(&checked.program) {
        let name = &checked.program.journeys[stay.journey].name;
        let _ =
            writeln!(told, "{name}: {} by its steps, {}", words::by_steps(&stay), words::most(&checked.program, &stay));
        let text = |span: Span| {
            checked.sources[usize::from(span.file.0)].text[span.range()].lines().next().unwrap_or_default()
        };
        for (span, took) in &stay.way_by_steps {
            let _ = writeln!(told, "  {}: {}", words::length(took.plain()), text(*span));
        }
        for (span, why) in &stay.open {
            let _ = writeln!(told, "  no end: {}: {}", text(*span), words::endless(&checked.program, *why));
        }
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("longest_ways", told);
    });
}

#[test]
fn the_table_of_consent_has_every_send() {
    let checked = testing::check(PROGRAM, &[], journey_stdlib::packs());
    let program = &checked.program;
    let rows: Vec<String> = consent::table(program)
        .iter()
        .map(|row| {
            let (purpose, channel) = (&program.purposes[row.purpose].name, &program.channels[row.channel].name);
            format!("{purpose} by {channel}: {:?}, {} sends", row.rule, row.sends.len())
        })
        .collect();
    assert_eq!(
        rows,
        [
            "service by email: None, 3 sends",
            "marketing by email: Channel, 1 sends",
            "marketing by sms: Channel, 1 sends"
        ]
    );
}
