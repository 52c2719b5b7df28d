//! How long runs may stay, and which consent stands before each send.

use journey_compiler::prove::{consent, outlast, stay};
use journey_compiler::testing;
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
        let most = match (stay.most, stay.endless) {
            (Some(most), _) => outlast::length(most),
            (None, Some((_, why))) => format!("no end: {}", outlast::endless(&checked.program, why)),
            (None, None) => "nobody stays".to_string(),
        };
        let _ = writeln!(told, "{name}: {most}");
        for (span, ms) in stay.way {
            let step = checked.sources[usize::from(span.file.0)].text[span.range()].lines().next().unwrap_or_default();
            let _ = writeln!(told, "  {}: {step}", outlast::length(ms));
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
