//! What is proved of programs without errors: each file of `proofs/` with everything that is found in it. A file whose name begins
//! with `sound` is on the other side of the line: nothing may be said of it.

use journey_compiler::prove::{consent, flow, goals, pressure, stay};
use journey_compiler::testing;

#[test]
fn proofs() {
    insta::glob!("proofs/*.journey", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let checked = testing::check(&text, &[], journey_stdlib::packs());
        let found = testing::render(&checked);
        if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("sound")) {
            assert_eq!(found, "", "{}", path.display());
            return;
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(found);
        });
    });
}

/// A journey of so many branches in a row, or inside one another.
fn branches(count: usize, inside: bool) -> String {
    let mut text = String::from(
        "use std.messaging\nevent bought { count: int }\nprofile { points: int = 0 }\n\
         purpose service \"Service\" needs no consent\nmessage hello for service { email { subject \"Hello\" body \"Hello.\" } }\n\
         journey long {\n  trigger on bought as order\n  re-entry after finishing\n",
    );
    for n in 0..count {
        text.push_str(&format!(
            "if order.count > {n} and (profile.points > {n} or profile.points < {}) {{ wait 1 hour\n",
            n / 2
        ));
        if !inside {
            text.push_str("} else { send hello by email }\n");
        }
    }
    text.push_str(if inside { "send hello by email\n" } else { "" });
    text.push_str(&"}\n".repeat(if inside { count + 1 } else { 1 }));
    text
}

/// A journey of so many of everything, one after the other: branches on values of their own, waits for events, rounds, sends.
fn everything(count: usize) -> String {
    let fields: String = (0..count).map(|n| format!("  f{n}: int between 0 and 100\n")).collect();
    let mut text = format!(
        "use std.messaging\nevent bought {{ count: int }}\nprofile {{\n  points: int = 0\n}}\nevent asked {{\n{fields}}}\n\
         purpose service \"Service\" needs no consent\nmessage hello for service {{ email {{ subject \"Hello\" body \"Hello.\" }} }}\n\
         policy calm for all journeys {{ quiet from 21:00 to 08:00 by email, else hold }}\n\
         journey long {{\n  trigger on asked as order\n  re-entry after finishing\n"
    );
    for n in 0..count {
        text.push_str(&format!(
            "  if order.f{n} > {} {{\n    wait 1 hour\n  }} else {{\n    send hello by email\n  }}\n\
             \x20 wait up to 1 day {{\n    on bought where count > {n} {{ }}\n    else {{ }}\n  }}\n\
             \x20 repeat up to 2 times {{\n    wait 1 day\n    if profile.points > {n} {{ stop repeating }}\n  }}\n",
            n % 90
        ));
    }
    text.push_str("}\n");
    text
}

/// What is looked through grows as the journey does, also where each branch asks for a value of its own.
#[test]
fn the_work_grows_as_the_journey_does() {
    let work = |count: usize| {
        let checked = testing::check(&everything(count), &[], journey_stdlib::packs());
        assert_eq!(testing::render(&checked), "");
        flow::found(&checked.program).work as f64
    };
    let (few, some, many) = (work(50), work(100), work(200));
    assert!(some < 2.2 * few && many < 2.2 * some, "{few}, {some}, {many}");
}

/// The other proofs come to an end on a journey of five hundred of everything.
#[test]
fn all_proofs_end_on_a_long_journey() {
    let checked = testing::check(&everything(500), &[], journey_stdlib::packs());
    assert_eq!(testing::render(&checked), "");
    let program = &checked.program;
    let found = pressure::pressure(program);
    assert!(!found.kinds.is_empty());
    let stays = stay::stays(program);
    assert!(stays[0].by_steps.ms > 1_000 * 86_400_000, "{:?}", stays[0].by_steps);
    assert!(goals::unmet(program, &stays).is_empty());
    assert_eq!(consent::table(program).len(), 1);
}

/// Five hundred branches have 2^500 ways through them; ways are met again, so that nobody walks them one by one.
#[test]
fn five_hundred_branches_in_a_row_are_walked_once() {
    let checked = testing::check(&branches(500, false), &[], journey_stdlib::packs());
    assert_eq!(testing::render(&checked), "");
}

#[test]
fn branches_as_deep_as_they_may_be_are_walked_once() {
    let checked = testing::check(&branches(40, true), &[], journey_stdlib::packs());
    assert_eq!(testing::render(&checked), "");
}
