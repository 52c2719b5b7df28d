//! Purposes and channels.

use super::annotations;
use crate::expr::{self, Env};
use crate::hir::{Channel, Purpose, PurposeId, Ty, Type};
use crate::mentions::Target;
use crate::scope::{Context, Kind, listed};
use journey_grammar::ast::Name;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// Fills [`crate::hir::Program::purposes`] and [`crate::hir::Program::channels`]; addresses come later.
pub fn declare(cx: &mut Context) {
    for id in 0..cx.decls.purposes.len() {
        let declared = cx.decls.purposes[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        cx.program.purposes.push(Purpose {
            name: decl.name.text.clone(),
            label: decl.label.as_ref().map_or_else(|| decl.name.text.clone(), |l| l.text.clone()),
            about,
            needs_no_consent: decl.needs_no_consent,
        });
    }
    for id in 0..cx.decls.channels.len() {
        let declared = cx.decls.channels[id];
        let decl = declared.decl;
        let about = annotations::about(cx, &declared, decl.name.span);
        let reports = reports(cx, &decl.reports);
        cx.program.channels.push(Channel { name: decl.name.text.clone(), about, address: None, reports });
    }
}

/// The events of the receipts a channel gives: `opened` is `message_opened`.
fn reports(cx: &Context, words: &[Name]) -> Vec<usize> {
    let mut events = Vec::new();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for word in words {
        if let Some(earlier) = seen.insert(&word.text, word.span) {
            cx.report(
                Diagnostic::new(
                    Code::DuplicateName,
                    word.span,
                    format!("the receipt `{}` stands twice", word.text),
                    "here again",
                )
                .label(earlier, "here first"),
            );
            continue;
        }
        let event = format!("message_{}", word.text);
        match cx.names.find(Kind::Event, &event) {
            Some(id) => {
                cx.mention(word.span, Target::Declared(Kind::Event, id));
                events.push(id);
            }
            None if cx.names.get(Kind::Event, &event).is_some() || cx.names.is_unclear(Kind::Event) => {}
            None => {
                let known: Vec<&str> =
                    cx.names.of_kind(Kind::Event).filter_map(|e| e.strip_prefix("message_")).collect();
                let near = nearest(&word.text, known.iter().copied());
                let mut d = Diagnostic::new(
                    Code::UnknownReceipt,
                    word.span,
                    format!("there is no receipt `{}`", word.text),
                    near.map_or_else(|| format!("no event `{event}`"), |near| format!("did you mean `{near}`?")),
                )
                .note(format!("a receipt `{}` comes as the event `{event}`", word.text));
                d = match near {
                    Some(near) => d.fix(format!("change it to `{near}`"), word.span, near),
                    None if known.is_empty() => d.help("`use std.messaging` brings in the usual ones"),
                    None => d.help(format!("there are {}", listed(known.iter().copied(), "and"))),
                };
                cx.report(d);
            }
        }
    }
    events
}

/// The addresses of channels, once the profile and segments are known.
pub fn addresses(cx: &mut Context) {
    let text = Type { ty: Ty::Text, optional: true };
    for id in 0..cx.decls.channels.len() {
        if let Some(ast) = &cx.decls.channels[id].decl.address {
            let address = expr::check_expr(cx, &Env::profile(), ast, Some(&text));
            cx.program.channels[id].address = Some(address);
        }
    }
}

/// The purpose of that name. Where there is none (reported), one that stands for it, which asks for nothing.
pub fn purpose_or_stand_in(cx: &mut Context, name: &Name) -> PurposeId {
    if let Some(id) = cx.lookup_purpose(name) {
        return id;
    }
    let known = cx.program.purposes.iter().position(|p| p.name.is_empty());
    known.unwrap_or_else(|| {
        cx.program.purposes.push(Purpose {
            name: String::new(),
            label: String::new(),
            about: Default::default(),
            needs_no_consent: true,
        });
        cx.program.purposes.len() - 1
    })
}
