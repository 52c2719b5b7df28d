//! What a failing test looks like: the time-line, and what was expected where it differs; and the same for programs.

use journey_compiler::lower::{lower, lower_tests};
use journey_runtime::program::Program;
use journey_runtime::testing::{self, show};
use journey_tests::{check_named, must_compile};

const PROGRAM: &str = r#"
use std.messaging

event cart_updated { cart_id: text at most 40, value: money }
event order_completed { cart_id: text at most 40 }
event asked { what: text }
event wished { sku: text at most 10 }
event back_in_stock for everyone { sku: text at most 10 }

purpose marketing "News"
policy permission for all journeys { require consent for marketing, per channel }
team sales "sales@example.com"
webhook stock(what: text) gives { left: int } { post "https://example.com" retry up to 3 times within 1 hour }

message reminder(cart: cart_updated) for marketing {
  email { subject "Your cart" body "{{ cart.value }}" }
  push  { title "Your cart" body "It waits." }
}
message news for marketing { email { subject "News" body "News" } }

profile { tier: one of bronze, gold = bronze }

journey carts {
  trigger  on cart_updated as cart
  one run  per cart.cart_id, at most 10 at once
  re-entry after finishing
  goal     on order_completed for this cart within 3 days of entry
  wait 1 hour
  send reminder(cart) by push, else email
  if profile.tier == gold { task for sales "Call them" due in 1 day }
  wait 1 day
}

journey answers {
  trigger  on asked as question
  re-entry after finishing
  call stock(question.what) as answer {
    if answer.left > 0 { send news by email }
  } else { finish as "no answer" }
}

journey restocked {
  trigger  on wished as wish
  re-entry after finishing
  wait up to 2 days {
    on back_in_stock { send news by email }
    else {}
  }
}

test "all is well" {
  customer ana { email: "ana@example.com", consents: [marketing] }
  at 2026-03-01 10:00
    ana does cart_updated { cart_id: "c1", value: 80 EUR }
  after 2 hours
  expect ana receives reminder by email at 11:00 with { value: 80 EUR }
  expect ana is waiting in carts
    ana does order_completed { cart_id: "c1" }
  expect ana converts in carts
  expect ana leaves carts at goal
}

test "another channel and another hour" {
  customer ana { email: "ana@example.com", push_token: "p", consents: [marketing by push] }
  at 2026-03-01 10:00
    ana does cart_updated { cart_id: "c1", value: 80 EUR }
  after 1 day
  expect ana receives reminder by email at 2026-03-01 11:30
}

test "nothing, it was thought" {
  customer ana { email: "ana@example.com", consents: [marketing] }
  at 2026-03-01 10:00
    ana does cart_updated { cart_id: "c1", value: 80 EUR }
  after 2 hours
  expect ana receives nothing
  expect ana leaves carts at end
}

test "one more than expected" {
  customer ana { email: "ana@example.com", consents: [marketing] }
  customer ben { email: "ben@example.com", consents: [marketing] }
  at 2026-03-01 10:00
    ana does cart_updated { cart_id: "c1", value: 80 EUR }
    ben does cart_updated { cart_id: "c2", value: 10 EUR }
  after 2 hours
  expect ana receives reminder by email
}

test "after the last word" {
  customer ana { email: "ana@example.com", consents: [marketing] }
  at 2026-03-01 10:00
    ana does wished { sku: "s1" }
  expect ana is waiting in restocked
    everyone sees back_in_stock { sku: "s1" }
}

test "no consent" {
  customer ana { email: "ana@example.com", tier: gold }
  at 2026-03-01 10:00
    ana does cart_updated { cart_id: "c1", value: 80 EUR }
    ana does raw cart_updated { "cart_id": "c1" }
  after 2 hours
  expect rejected because missing
  expect task for sales "Call them" at 11:00
  expect ana is refused reminder by push because no consent
  expect ana is refused reminder by email because capped
  expect profile of ana { tier: bronze }
}

test "answers come as the test says" {
  customer ana { email: "ana@example.com", consents: [marketing] }
  stock fails twice
  stock gives { left: 3 }
  at 2026-03-01 10:00
    ana does asked { what: "a" }
  after 2 hours
  expect ana leaves answers at "no answer" at 2026-03-01 11:00
    ana does asked { what: "b" }
  after 2 hours
  expect ana leaves answers at "no answer" at 2026-03-01 13:00
    ana does asked { what: "c" }
  expect ana receives news
}
"#;

#[test]
fn failing_tests_show_what_happened_and_what_differs() {
    let checked = check_named("carts.journey", PROGRAM);
    must_compile("carts", &checked);
    let program = Program::new(lower(&checked.program, &checked.sources)).expect("it verifies");
    let plan = lower_tests(&checked.program, &checked.sources);
    let results = testing::run(&program, &plan, None);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("failing-human", show::human(&program, &results));
        insta::assert_snapshot!("failing-coverage", show::coverage(&results.coverage));
        insta::assert_snapshot!("failing-json", format!("{:#}", show::json(&program, &results)));
        insta::assert_snapshot!("failing-junit", show::junit(&program, &results));
    });
    let one = testing::run(&program, &plan, Some("all is well"));
    assert_eq!((one.tests.len(), one.failed()), (1, 0));
}
