//! Declarations: from their trees to the tables of the program.

pub mod annotations;
mod calendars;
mod channels;
mod claims;
mod consent;
mod events;
mod journeys;
mod messages;
pub(crate) mod migrations;
mod offers;
mod policies;
mod profile;
mod rendering;
mod segments;
mod taxonomy;
mod taxonomy_file;
mod teams;
pub mod template;
pub mod types;
mod webhooks;

use crate::scope::{Context, Kind};
use journey_grammar::ast::{DateRange, Text};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::FileId;

/// Fills every table but the journeys' steps and the tests. Whatever has a name has its place in its table afterwards, in the
/// order of [`crate::scope::Decls`]. Each part reads only what stands above it here.
pub fn declare(cx: &mut Context) {
    taxonomy::declare(cx);
    teams::declare(cx);
    calendars::declare(cx);
    events::declare(cx);
    profile::declare(cx);
    journeys::declare(cx);
    segments::declare(cx);
    channels::declare(cx);
    webhooks::declare(cx);
    messages::declare(cx);
    policies::declare(cx);
    offers::declare(cx);
    segments::conditions(cx);
    channels::addresses(cx);
    messages::contents(cx);
    offers::terms(cx);
}

/// What needs the whole program: the bodies of offers, migrations, and what policies ask of declarations.
pub fn finish(cx: &mut Context) {
    offers::bodies(cx);
    migrations::declare(cx);
    annotations::required(cx);
    consent::covered(cx);
}

/// The text of a file that the project names, which becomes one of its sources. None when it cannot be read (reported).
fn read(cx: &mut Context, path: &Text) -> Option<(FileId, String)> {
    if let Some(at) = cx.sources.iter().position(|s| s.path == path.text) {
        return Some((FileId(u16::try_from(at).ok()?), cx.sources[at].text.clone()));
    }
    let why = match cx.assets.read(&path.text) {
        Ok(text) => match u16::try_from(cx.sources.len()) {
            Ok(id) => {
                let source = crate::project::Source { path: path.text.clone(), text: text.clone(), pack: false };
                cx.sources.push(source);
                return Some((FileId(id), text));
            }
            Err(_) => "the project names too many files".to_string(),
        },
        Err(why) => why,
    };
    cx.report(
        Diagnostic::new(
            Code::UnreadableFile,
            path.span,
            format!("the file `{}` cannot be read", path.text),
            why.trim_end_matches('.').to_string(),
        )
        .help("paths begin at the folder of `journey.toml`"),
    );
    None
}

/// First and last day of a range; reports one that ends before it begins.
pub fn days(cx: &Context, range: Option<&DateRange>) -> (Option<i64>, Option<i64>) {
    use crate::hir::{Const, Ty, Type};
    let Some(range) = range else { return (None, None) };
    let date = Type { ty: Ty::Date, optional: false };
    let day = |ast: &Option<journey_grammar::ast::Expr>| {
        let value = crate::expr::constant(cx, ast.as_ref()?, Some(&date));
        if let Const::Date(day) = value { Some(day) } else { None }
    };
    let (from, to) = (day(&range.from), day(&range.to));
    if let (Some(first), Some(last)) = (from, to)
        && last < first
    {
        cx.report(
            Diagnostic::new(
                Code::EmptyRange,
                range.span,
                format!("`{}` ends before it begins", cx.text(range.span)),
                "no day lies in it",
            )
            .note("the first and the last day both belong to the range"),
        );
        return (None, None);
    }
    (from, to)
}

/// Whether nothing may be said about what is missing in a declaration.
fn is_broken(cx: &Context, kind: Kind, id: usize) -> bool {
    cx.names.is_broken(kind, id)
}
