//! Claims as findings.

use super::flow::{Claim, Found, What};
use super::overlap::Overlap;
use crate::hir::{OfferId, Program};
use crate::project::Source;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;

/// Texts of a project.
pub struct Texts<'s>(pub &'s [Source]);

impl Texts<'_> {
    /// What stands there.
    pub fn text(&self, span: Span) -> &str {
        self.0.get(usize::from(span.file.0)).and_then(|s| s.text.get(span.range())).unwrap_or("")
    }

    /// What stands there in backticks, when that is short; else `other`.
    pub fn said(&self, span: Span, other: &str) -> String {
        let text = self.text(span).trim();
        if text.is_empty() || text.len() > 48 || text.contains('\n') { other.into() } else { format!("`{text}`") }
    }

    /// Its first line.
    pub fn head(&self, span: Span) -> Span {
        let first = self.text(span).lines().next().map_or(0, |l| l.trim_end().len()) as u32;
        Span { end: (span.start + first.max(1)).min(span.end), ..span }
    }

    /// Whether it stands in the project, and not in a pack.
    pub fn own(&self, span: Span) -> bool {
        self.0.get(usize::from(span.file.0)).is_some_and(|s| !s.pack)
    }
}

const FOLLOWS: &str = "it follows from a condition that holds on every way to this place";

/// The findings that claims come to.
pub fn report(program: &Program, sources: &[Source], already: &[Diagnostic], flow: &Found) -> Vec<Diagnostic> {
    let texts = Texts(sources);
    let known = |span: Span| {
        already.iter().any(|d| {
            let at = d.span();
            at.file == span.file && at.start < span.end && span.start < at.end
        })
    };
    let own = flow.claims.iter().filter(|c| texts.own(c.span) && !known(c.span));
    let mut found: Vec<Diagnostic> = own.filter_map(|claim| finding(&texts, claim)).collect();
    found.extend(flow.overlaps.iter().filter(|o| texts.own(o.second)).map(|o| overlap(&texts, o)));
    for (offer, before) in super::offers::nowhere(program, &flow.claims) {
        found.push(not_chosen(program, &texts, offer, &before));
    }
    found
}

fn overlap(texts: &Texts, Overlap { first, second, both }: &Overlap) -> Diagnostic {
    let (earlier, later) = (texts.said(*first, "an arm above"), texts.said(*second, "this"));
    Diagnostic::new(
        Code::ArmsOverlap,
        *second,
        format!("{later} and {earlier} can both hold, and the order decides"),
        "asked only when the one above does not hold",
    )
    .label(*first, format!("comes first {}", both.as_deref().unwrap_or("where both hold")))
    .help("let one begin where the other ends, so that their order makes no difference")
}

fn not_chosen(program: &Program, texts: &Texts, offer: OfferId, before: &[(&Claim, OfferId)]) -> Diagnostic {
    let of = &program.offers[offer];
    let mut others: Vec<OfferId> = before.iter().map(|(_, other)| *other).collect();
    others.sort_unstable();
    others.dedup();
    let names: Vec<String> = others.iter().map(|o| format!("`{}`", program.offers[*o].name)).collect();
    let mut d = Diagnostic::new(
        Code::OfferOutranked,
        of.about.span,
        format!("the offer `{}` is never chosen: {} always comes before it", of.name, names.join(" or ")),
        "never the highest rank",
    );
    for other in others {
        d = d.label(program.offers[other].about.span, format!("ranks higher whenever `{}` is eligible", of.name));
    }
    if let Some((claim, _)) = before.first() {
        d = d.label(texts.head(claim.span), "asked for here");
    }
    d.help("limit the other one (`at most 1 per rolling 30 days`), say who it is for, or change what it is worth")
}

fn finding(texts: &Texts, claim: &Claim) -> Option<Diagnostic> {
    let span = claim.span;
    let d = match &claim.what {
        What::Decided { truth, negated, .. } => {
            let (code, so) = match truth == negated {
                true => (Code::NeverHolds, "can never hold"),
                false => (Code::AlwaysHolds, "always holds"),
            };
            let what = texts.said(span, "this");
            let what = if *negated { format!("the opposite of {what}") } else { what };
            let label = if code == Code::NeverHolds { "never so" } else { "always so" };
            Diagnostic::new(code, span, format!("{what} {so} here"), label)
        }
        What::Step => {
            let d = Diagnostic::new(Code::Unreachable, texts.head(span), "nobody comes to this step", "never reached");
            return Some(d.note("the conditions above leave nobody over who goes on"));
        }
        What::Arm => {
            let d = Diagnostic::new(Code::DeadArm, texts.head(span), "nobody comes to this arm", "never reached");
            return Some(match claim.because.first() {
                Some(end) => d
                    .label(*end, "ends the run first")
                    .note("goals and exits come before the run's own waits")
                    .help("take the arm away, or let a goal go on with `continue`"),
                None => d.note("the arms above take every such event"),
            });
        }
        What::Case => {
            let what = texts.said(span, "this case");
            Diagnostic::new(Code::DeadArm, span, format!("{what} cannot be the case here"), "never reached")
        }
        What::Else => {
            let d = Diagnostic::new(Code::DeadArm, texts.head(span), "nobody comes to this `else`", "never reached");
            let d = because(texts, d, &claim.because);
            return Some(d.note("the conditions above leave nobody over"));
        }
        // Said of the offer, once.
        What::NotChosen { .. } => return None,
        What::NoOffer => Diagnostic::new(
            Code::NoOfferHere,
            texts.head(span),
            "none of these offers can ever be chosen here",
            "always goes to the `else`",
        )
        .help("ask for other offers here, or change who they are for"),
        What::NoWait => Diagnostic::new(
            Code::WaitPasses,
            span,
            format!("{} holds already, so nobody waits here", texts.said(span, "this")),
            "passes at once",
        )
        .help("to wait for the next time it comes about, say `when … becomes true`"),
    };
    let explained = because(texts, d, &claim.because);
    Some(match (&claim.what, claim.because.is_empty()) {
        (_, false) => explained.note(FOLLOWS),
        (What::Decided { .. }, true) => explained.note("it follows from what the value may be by its declaration"),
        (_, true) => explained,
    })
}

/// Marks the conditions a finding follows from.
fn because(texts: &Texts, mut d: Diagnostic, because: &[Span]) -> Diagnostic {
    for at in because.iter().filter(|at| !texts.text(**at).is_empty()).take(2) {
        d = d.label(texts.head(*at), "known since here");
    }
    d
}
