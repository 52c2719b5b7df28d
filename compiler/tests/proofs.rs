//! What is proved of programs without errors: each file of `proofs/` with everything that is found in it. A file whose name begins
//! with `sound` is on the other side of the line: nothing may be said of it.

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
