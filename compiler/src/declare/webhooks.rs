//! `webhook W(inputs) gives { … } { post "…" retry up to 5 times within 1 hour }`.

use super::types::{self, Place};
use super::{annotations, is_broken};
use crate::expr;
use crate::hir::{Length, Webhook};
use crate::scope::{Context, Kind};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use std::collections::BTreeMap;

const METHODS: [&str; 3] = ["post", "get", "put"];

/// Fills [`crate::hir::Program::webhooks`].
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.webhooks.len() {
        let declared = cx.decls.webhooks[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let params = types::params(cx, &decl.params);
        let answer = format!("the answer of `{}`", decl.name.text);
        let gives = types::fields(cx, &decl.gives, Place::Field, &answer, &mut BTreeMap::new());
        let broken = is_broken(cx, Kind::Webhook, id);
        if !METHODS.contains(&decl.method.text.as_str()) && !broken {
            cx.unknown("kind of call", &decl.method, METHODS, |d| d.help("calls are `post`, `get` and `put`"));
        }
        let url = decl.url.text.trim();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or("");
        if (host.is_empty() || host.contains(char::is_whitespace)) && !broken {
            cx.report(
                Diagnostic::new(
                    Code::BadAddress,
                    decl.url.span,
                    format!("the webhook `{}` cannot be reached at `{url}`", decl.name.text),
                    "not the address of a web page",
                )
                .help("write a whole address, as in `https://example.com/score`"),
            );
        }
        let mut attempts = 1;
        let mut within = Length::default();
        if let Some((times, over)) = &decl.retry {
            attempts = times.saturating_add(1);
            within = expr::length(cx, over);
            if *times == 0 {
                cx.report(
                    Diagnostic::new(
                        Code::ZeroLimit,
                        over.span,
                        format!("the webhook `{}` retries 0 times", decl.name.text),
                        "for nothing",
                    )
                    .help("leave `retry` out, or let it retry once"),
                );
            }
        }
        cx.program.webhooks.push(Webhook {
            name: decl.name.text.clone(),
            about,
            params,
            gives,
            method: decl.method.text.clone(),
            url: url.to_string(),
            attempts,
            within,
        });
    }
}
