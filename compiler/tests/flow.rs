//! The graph of a journey: its places, its ways, and what passes on them.

use journey_compiler::flow::{End, Graph, NodeKind, least_ms, most_ms};
use journey_compiler::testing;
use std::fmt::Write;

const PROGRAM: &str = r#"
use std.messaging

purpose service "Service" needs no consent
event asked "Asked" { topic: text at most 40  due: moment }
event answered "Answered" { topic: text at most 40 }
message hello for service { email { subject "Hello" body "Hello" } }

journey answer {
  trigger  on asked as question
  re-entry after finishing
  on leaving { send hello by email }

  stage first {
    send hello by email as greeting { sent {} else { finish as "not reached" } }
    repeat up to 3 times {
      wait up to 2 days {
        on answered { stop repeating }
        else        { wait until monday at 09:00 }
      }
    }
  }
  wait until question.due - 1 day at 09:00 { send hello by email } else {}
  experiment last {
    variant a 50 percent { wait 1 month }
    variant b 50 percent { wait until now + 2 hours }
  }
}
"#;

#[test]
fn a_graph_shows_every_way_and_what_passes_on_it() {
    let checked = testing::check(PROGRAM, &[], journey_stdlib::packs());
    assert_eq!(testing::render(&checked), "");
    let graph = Graph::new(&checked.program, 0);
    let name = |node: usize| match graph.nodes[node].kind {
        NodeKind::Entry => "entry".to_string(),
        NodeKind::Leaving => "on leaving".to_string(),
        NodeKind::End(End::Completed, _) => "the end".to_string(),
        NodeKind::End(End::Left, _) => "left".to_string(),
        NodeKind::Step(step) | NodeKind::End(_, Some(step)) => {
            let text = &checked.sources[usize::from(step.span.file.0)].text[step.span.range()];
            text.lines().next().unwrap_or("").trim_end_matches(" {").to_string()
        }
        NodeKind::End(..) => "end".to_string(),
    };
    let mut shown = String::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        let stage = node.stage.map_or(String::new(), |s| format!(" [{}]", graph.stages[s].name));
        let within = node.within.map_or(String::new(), |l| format!(" (of up to {} rounds)", graph.loops[l].times));
        writeln!(shown, "{id:>2} {}{stage}{within}", name(id)).unwrap();
        for way in graph.ways(id) {
            let hours = |ms: i64| (ms as f64 / 3_600_000.0 * 10.0).round() / 10.0;
            let most = way.time.most.map_or("…".to_string(), |m| format!("{}", hours(most_ms(m))));
            let least = hours(least_ms(way.time.least));
            let back = if way.leads_back() { ", back" } else { "" };
            writeln!(shown, "     {:?} → {}, {least} to {most} hours{back}", way.why, way.to).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}
