//! Offers.

use crate::Project;
use crate::html::{doc, esc, section, table};
use crate::text;
use journey_compiler::hir::{Offer, Step, StepKind};
use journey_picture::model::offer_steps;
use journey_picture::words::{limit, title};
use journey_runtime::report::words::date;

pub(crate) fn list(p: &Project<'_>) -> String {
    let expr = |e: &Option<_>| e.as_ref().map_or(String::new(), |e| esc(&p.words.expr(e)));
    let rows: Vec<Vec<String>> = p
        .offers
        .iter()
        .map(|offer| {
            let of = &p.program.offers[*offer];
            vec![p.offer("", *offer), expr(&of.eligible), expr(&of.propensity), expr(&of.value), limits(of)]
        })
        .collect();
    let table = table(&["Offer", "For whom", "Chance", "Worth", "At most"], &rows);
    let table = if table.is_empty() { "<p>No offer is declared.</p>".to_string() } else { table };
    p.page("offers.html", "Offers", &format!("<p class=\"kind\">Project</p><h1>Offers</h1>{table}"))
}

fn limits(of: &Offer) -> String {
    esc(&of.limits.iter().map(limit).collect::<Vec<_>>().join(", "))
}

pub(crate) fn page(p: &Project<'_>, offer: usize) -> String {
    let of = &p.program.offers[offer];
    let name = title(&of.name);
    let mut body = format!("<p class=\"kind\">Offer</p><h1>{}</h1>{}", esc(&name), p.chips("../", &of.about));
    body += &doc(of.about.doc.as_ref());
    let mut facts = String::new();
    let mut say = |label: &str, text: String| {
        if !text.is_empty() {
            facts += &format!("<div><dt>{label}</dt><dd>{text}</dd></div>");
        }
    };
    let expr = |e: &Option<_>| e.as_ref().map_or(String::new(), |e| esc(&p.words.expr(e)));
    say("For whom", expr(&of.eligible));
    say("Chance that it is taken", expr(&of.propensity));
    say("Worth", expr(&of.value));
    say("Weight", expr(&of.weight));
    say("At most", limits(of));
    match of.valid {
        (None, None) => {}
        (first, last) => {
            let day = |d: Option<i64>| d.map_or("…".to_string(), date);
            say("When", format!("from {} to {}", day(first), day(last)));
        }
    }
    body += &format!("<dl class=\"notes\">{facts}</dl>");
    let steps = offer_steps(p.program, p.sources, offer);
    body += &section("steps", "What it does", &text::steps(p, "../", &steps, true));
    let journeys: Vec<String> = p
        .journeys
        .iter()
        .filter(|j| chooses(&p.program.journeys[**j].body, offer))
        .map(|j| p.journey("../", *j))
        .collect();
    let used = if journeys.is_empty() {
        "<p>No journey chooses it.</p>".to_string()
    } else {
        format!("<p>{}</p>", journeys.join(", "))
    };
    body += &section("used", "Journeys that may choose it", &used);
    p.page(&format!("offers/{}.html", of.name), &name, &body)
}

fn chooses(steps: &[Step], offer: usize) -> bool {
    steps.iter().any(|step| {
        let here =
            matches!(&step.kind, StepKind::NextBest { candidates, .. } if candidates.iter().any(|(o, _)| *o == offer));
        here || step.kind.blocks().into_iter().any(|block| chooses(block, offer))
    })
}
