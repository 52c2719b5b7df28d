//! Contact pressure, on programs small enough to count by hand: each file of `pressure/` with what is found of it.

use journey_compiler::prove::pressure::{self, Most, Pressure, WINDOWS};
use journey_compiler::testing;
use std::fmt::Write;

const BEFORE: &str = r#"
use std.messaging
purpose marketing "News"
policy consent for all journeys { require consent for marketing, per channel }
event asked "Asked" { id: text at most 40  value: int between 0 and 100  due: moment }
event answered "Answered" { id: text at most 40 }
message news for marketing { email { subject "News" body "News" } push { title "News" body "News" } sms { text "News" } }
message more for marketing { email { subject "More" body "More" } push { title "More" body "More" } sms { text "More" } }
"#;

fn most(most: Most) -> String {
    most.number().map_or("endless".to_string(), |n| n.to_string())
}

fn shown(text: &str) -> String {
    let checked = testing::check(&format!("{BEFORE}{text}"), &[], journey_stdlib::packs());
    assert!(!checked.has_errors(), "{}", testing::render(&checked));
    let program = &checked.program;
    let Pressure { rules, kinds, .. } = pressure::pressure(program);
    let mut out = String::new();
    for worst in kinds {
        let purpose = worst.purpose.map_or("all", |p| &program.purposes[p].name);
        let channel = worst.channel.map_or("any channel", |c| &program.channels[c].name);
        write!(out, "{purpose} by {channel}:").unwrap();
        for (in_window, days) in worst.windows.iter().zip(WINDOWS) {
            let (alone, with) = (most(in_window.alone), most(in_window.with_policies));
            write!(out, "  {days} d {alone}").unwrap();
            if alone != with {
                write!(out, " ({with} with policies)").unwrap();
            }
        }
        out.push('\n');
    }
    for verdict in rules {
        let span = program.policies[verdict.policy].rules[verdict.rule].span;
        let rule = &checked.sources[usize::from(span.file.0)].text[span.range()];
        let (asked, change) = (most(verdict.most), most(verdict.at_change));
        write!(out, "{rule}: {asked} of {}", verdict.allowed).unwrap();
        if asked != change {
            write!(out, ", {change} where clocks change").unwrap();
        }
        writeln!(out, "{}", if verdict.proven() { ": proven" } else { "" }).unwrap();
    }
    out
}

#[test]
fn programs() {
    insta::glob!("pressure/*.journey", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut seen = String::new();
        for part in text.split("// ---\n") {
            writeln!(seen, "{}\n{}", part.trim(), shown(part)).unwrap();
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(seen);
        });
    });
}
