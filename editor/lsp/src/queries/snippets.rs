//! Whole constructs to be filled in. `$1` and `${1:text}` are the gaps, in their order; `$0` is where one goes on.

use journey_grammar::parse::Body;

/// A construct: the word it is found by, and its text.
pub type Snippet = (&'static str, &'static str);

const DECLARATIONS: &[Snippet] = &[
    ("journey", "journey ${1:name} {\n  trigger  on ${2:event} as ${3:x}\n  re-entry ${4:never}\n\n  $0\n}"),
    ("message", "message ${1:name} for ${2:marketing} {\n  email {\n    subject \"$3\"\n    body    \"$0\"\n  }\n}"),
    ("event", "event ${1:name} \"${2:Name In The Data}\" {\n  ${3:field}: ${0:text}\n}"),
    ("extend event", "extend event ${1:name} {\n  ${2:field}: ${0:text}\n}"),
    ("record", "record ${1:name} {\n  ${2:field}: ${0:text}\n}"),
    ("profile", "profile {\n  ${1:field}: ${0:text}?\n}"),
    ("segment", "segment ${1:name} = $0"),
    ("purpose", "purpose ${1:name} \"${0:Label}\""),
    ("channel", "channel ${1:name} {\n  address ${0:profile.email}\n}"),
    ("taxonomy", "taxonomy ${1:name} {\n  $0\n}"),
    (
        "offer",
        "offer ${1:name} {\n  eligible ${2:profile.email is known}\n  value    ${3:1 EUR}\n  do       { send ${0:message} by email }\n}",
    ),
    ("policy", "policy ${1:name} for all journeys {\n  require consent for ${2:marketing}, per channel\n  $0\n}"),
    ("webhook", "webhook ${1:name}($2) gives { ${3:field}: ${4:text} } {\n  post \"${0:https://}\"\n}"),
    ("calendar", "calendar ${1:name} from \"${0:holidays.csv}\""),
    ("team", "team ${1:name} \"${0:team@example.com}\""),
    (
        "test",
        "test \"${1:what must be so}\" {\n  customer ana { email: \"ana@example.com\", consents: [${2:marketing}] }\n  at 2026-03-02 10:00\n    ana does ${3:event}\n  expect ana $0\n}",
    ),
    ("use", "use std.$0"),
];

const CLAUSES: &[Snippet] = &[
    ("trigger on", "trigger on ${1:event} as ${0:x}"),
    ("trigger when enters", "trigger when enters ${0:segment}"),
    ("trigger every", "trigger every ${1:monday} at ${0:09:00}"),
    ("trigger from", "trigger from ${0:journey}"),
    ("only if", "only if $0"),
    ("one run per", "one run per ${1:x.id}, at most ${0:10} at once"),
    ("re-entry", "re-entry ${0:never}"),
    ("start over on", "start over on ${0:event}"),
    ("update", "update ${1:x} on ${0:event}"),
    ("goal on", "goal on ${1:event} within ${0:7 days} of entry"),
    ("exit on", "exit on ${0:event}"),
    ("exit when", "exit when $0"),
    ("pause while", "pause while ${1:condition}, at most ${2:14 days}, then ${0:exit}"),
    ("meanwhile hold", "meanwhile hold ${0:marketing}"),
    ("priority", "priority ${0:1}"),
    ("rollout", "rollout ${0:5} percent"),
    ("on leaving", "on leaving {\n  $0\n}"),
];

const STEPS: &[Snippet] = &[
    ("wait", "wait ${0:1 day}"),
    ("wait until", "wait until ${1:monday} at ${0:09:00}"),
    ("wait up to", "wait up to ${1:24 hours} {\n  on ${2:event} { $3 }\n  else { $0 }\n}"),
    ("send", "send ${1:message} by ${0:email}"),
    ("if", "if ${1:condition} {\n  $0\n}"),
    ("if else", "if ${1:condition} {\n  $2\n} else {\n  $0\n}"),
    ("branch on", "branch on ${1:value} {\n  ${2:case} { $3 }\n  else { $0 }\n}"),
    ("branch", "branch {\n  when ${1:condition} { $2 }\n  else { $0 }\n}"),
    ("experiment", "experiment ${1:name} {\n  variant a ${2:50} percent { $3 }\n  variant b ${4:50} percent { $0 }\n}"),
    ("next best action", "next best action {\n  from offers $1\n  rank by ${2:propensity * value}\n  else { $0 }\n}"),
    ("set", "set profile.${1:field} = $0"),
    ("emit", "emit ${1:event} { $0 }"),
    ("call", "call ${1:webhook} as ${2:answer} {\n  $3\n} else {\n  $0\n}"),
    ("task", "task for ${1:team} \"${2:what}\" due in ${0:1 day}"),
    ("repeat", "repeat up to ${1:3} times {\n  $0\n}"),
    ("stop repeating", "stop repeating"),
    ("collect", "collect ${1:event} as ${2:items} for ${3:1 hour}, at most ${0:50}"),
    ("stage", "stage ${1:name} {\n  $0\n}"),
    ("finish", "finish"),
    ("finish as", "finish as \"$0\""),
    ("go to", "go to ${0:journey}"),
];

/// The constructs that may begin a line of a body.
pub fn of_body(body: Body) -> Vec<Snippet> {
    match body {
        Body::Items => DECLARATIONS.to_vec(),
        Body::Journey => [CLAUSES, STEPS].concat(),
        Body::Block => STEPS.to_vec(),
        Body::Arms => {
            vec![("on", "on ${1:event} { $0 }"), ("when", "when ${1:condition} { $0 }"), ("else", "else { $0 }")]
        }
        Body::Whens => vec![("when", "when ${1:condition} { $0 }"), ("else", "else { $0 }")],
        Body::Cases => vec![("else", "else { $0 }")],
        Body::Variants => {
            vec![("variant", "variant ${1:name} ${2:50} percent { $0 }"), ("holdout", "holdout ${0:10} percent")]
        }
        Body::NextBest => vec![
            ("from offers", "from offers $0"),
            ("rank by", "rank by ${0:propensity * value}"),
            ("else", "else { $0 }"),
        ],
        Body::Outcomes => vec![("sent", "sent { $0 }"), ("else", "else { $0 }")],
        Body::TaskEnds => vec![("done", "done { $0 }"), ("else", "else { $0 }")],
        Body::Policy => vec![
            ("require consent", "require consent for ${0:marketing}, per channel"),
            ("require annotations", "require @${1:owner} on ${0:journey}"),
            ("at most", "at most ${1:3} ${2:marketing} messages per rolling ${3:7 days}, else ${0:drop}"),
            ("at least", "at least ${1:4 hours} between ${2:marketing} messages, else ${0:drop}"),
            ("quiet", "quiet from ${1:21:00} to ${2:08:00} by ${3:sms, push}, else ${0:hold}"),
            ("deliver", "deliver from ${1:09:00} to ${2:17:00} on ${3:weekdays}, else ${0:hold}"),
            ("a run lasts", "a run lasts at most ${0:90 days}"),
        ],
        Body::Offer => vec![
            ("eligible", "eligible $0"),
            ("propensity", "propensity $0"),
            ("value", "value ${0:1 EUR}"),
            ("weight", "weight ${0:1}"),
            ("at most", "at most ${1:2} per rolling ${0:30 days}"),
            ("from", "from ${1:2026-01-01} to ${0:2026-12-31}"),
            ("do", "do { send ${1:message} by ${0:email} }"),
        ],
        Body::Channel => vec![("address", "address ${0:profile.email}"), ("reports", "reports ${0:delivered}")],
        Body::Message => vec![("claim", "claim ${1:name} = $0"), ("from", "from ${1:2026-01-01} to ${0:2026-12-31}")],
        Body::Webhook => vec![
            ("post", "post \"${0:https://}\""),
            ("get", "get \"${0:https://}\""),
            ("retry", "retry up to ${1:5} times within ${0:1 hour}"),
        ],
        Body::Test => vec![
            ("customer", "customer ${1:ana} { email: \"${1:ana}@example.com\", consents: [${0:marketing}] }"),
            ("at", "at ${1:2026-03-02} ${0:10:00}"),
            ("after", "after ${0:1 day}"),
            ("expect", "expect $0"),
            ("everyone sees", "everyone sees ${0:event}"),
        ],
        Body::Customer => vec![("consents", "consents: [${0:marketing}]")],
        _ => Vec::new(),
    }
}

/// A construct without gaps, for editors that have none.
pub fn plain(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}').unwrap_or(inner.len());
            out.push_str(inner[..end].split_once(':').map_or("", |(_, text)| text));
            rest = inner.get(end + 1..).unwrap_or("");
        } else {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    out.push_str(rest);
    out
}
