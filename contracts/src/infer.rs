//! Declarations made of data: what came decides, and what it rests on is said beside it.

use crate::draft::{self, Draft, Event, Field, can_be_quoted, is_word, round_up};
use crate::observe::{Came, Observed, UNREACHABLE, spelling};
use crate::seen::{Form, Members, Seen};
use journey_compiler::inventory::looks_personal;
use std::collections::{BTreeMap, BTreeSet};

/// A `one of` has at most so many values.
const FEW: usize = 12;

/// Fewer values than these say nothing about what else may come.
const ENOUGH: u64 = 20;

/// Fields of the profile that every project has, and what they are.
const BUILT_IN: [&str; 5] = ["email", "phone", "push_token", "time_zone", "locale"];

/// What other parts of the fields of `identify` mean to the runtime.
const CONSENTS: &str = "consents";

/// What is known beside the data.
#[derive(Debug, Clone, Default)]
pub struct Known<'k> {
    /// Wire names that packs of the standard library declare, with the pack.
    pub packs: BTreeMap<String, &'k str>,
}

/// Declarations that all of these data keep to.
pub fn infer(observed: &Observed, known: &Known) -> Draft {
    let mut draft = Draft::default();
    let mut names = BTreeSet::new();
    let mut records = BTreeSet::new();
    let mut maker = Maker { records: &mut draft.records, names: &mut records };
    for (wire, came) in &observed.events {
        if !can_be_quoted(wire) {
            draft
                .notes
                .push(format!("left out: the event {wire:?} ({}): its name cannot be written", times(came.count)));
            continue;
        }
        let name = draft::name(wire, "event", &mut names);
        let mut event = maker.event(&name, wire, came);
        if let Some(pack) = known.packs.get(wire) {
            event.notes.push(format!("`use {pack}` declares this event: then write `extend event` with what it lacks"));
        }
        draft.events.push(event);
    }
    if observed.identify.count > 0 {
        let profile = maker.profile(&observed.identify);
        draft.profile_notes = profile.notes;
        draft.profile_notes.extend(profile.left_out);
        draft.profile = profile.fields;
    }
    if observed.more > 0 {
        draft.notes.push(format!(
            "left out: {} of events beyond the first {}",
            times(observed.more),
            observed.events.len()
        ));
    }
    draft
}

/// Makes events, and the records of their lists.
struct Maker<'m> {
    records: &'m mut Vec<Event>,
    names: &'m mut BTreeSet<String>,
}

impl Maker<'_> {
    fn event(&mut self, name: &str, wire: &str, came: &Came) -> Event {
        let mut event = Event { name: name.to_string(), wire: wire.to_string(), ..Event::default() };
        event.everyone = came.nobody == came.count;
        event.notes.push(times(came.count));
        if came.nobody > 0 && !event.everyone {
            event.notes.push(format!("no customer is said in {}: they cannot be used", times(came.nobody)));
        }
        self.fields(&mut event, came, false);
        event
    }

    fn profile(&mut self, came: &Came) -> Event {
        let mut event = Event { name: "profile".to_string(), wire: "identify".to_string(), ..Event::default() };
        event.notes.push(format!("{} of identify", times(came.count)));
        self.fields(&mut event, came, true);
        event
    }

    fn fields(&mut self, event: &mut Event, came: &Came, profile: bool) {
        let mut names = BTreeSet::new();
        if profile {
            names.extend(BUILT_IN.iter().map(|b| b.to_string()));
        }
        let mut spelled: BTreeMap<String, &str> = BTreeMap::new();
        for (path, seen) in &came.fields {
            if profile && (BUILT_IN.contains(&path.as_str()) || path == CONSENTS || path.starts_with("consents.")) {
                continue;
            }
            // What stands in an object is said for itself.
            if seen.only(&[Form::Object])
                && came.fields.keys().any(|p| p.strip_prefix(path.as_str()).is_some_and(|r| r.starts_with('.')))
            {
                continue;
            }
            if !can_be_quoted(path) || path.starts_with('/') {
                let path = path.replace(UNREACHABLE, ".");
                event.left_out.push(format!("left out: {path:?}: its name cannot be written"));
                continue;
            }
            if seen.there == 0 {
                event.left_out.push(format!("left out: `{path}`: always null ({})", times(seen.nulls)));
                continue;
            }
            let beside = currency_beside(came, path);
            let name = draft::name(path, "field", &mut names);
            let made = self.of(&name, &event.name, path, seen, beside.as_ref());
            let Made { ty, evidence, currency } = match made {
                Ok(made) => made,
                Err(why) => {
                    event.left_out.push(format!("left out: `{path}`: {why}"));
                    continue;
                }
            };
            let missing = came.count - seen.there;
            let list = ty.starts_with("list of");
            let mut said = vec![if missing == 0 {
                format!("always there ({})", seen.there)
            } else {
                format!(
                    "{} of {} without it ({:.1} %)",
                    missing,
                    came.count,
                    missing as f64 * 100.0 / came.count as f64
                )
            }];
            said.extend(evidence);
            if let Some(other) = spelled.insert(spelling(path), path) {
                said.push(format!("perhaps the same as `{other}`"));
            }
            let last = path.rsplit('.').next().unwrap_or(path);
            event.fields.push(Field {
                personal: looks_personal(&name) || looks_personal(&last.to_lowercase()),
                optional: !list && (missing > 0 || profile),
                default: (list && (missing > 0 || profile)).then(|| "[]".to_string()),
                name,
                ty,
                path: path.clone(),
                currency,
                doc: None,
                evidence: Some(said.join("; ")),
            });
        }
        if came.more {
            event.left_out.push("left out: more fields than are looked at".to_string());
        }
    }

    /// The type of a field, and what it rests on; or why it has none.
    fn of(
        &mut self,
        name: &str,
        event: &str,
        path: &str,
        seen: &Seen,
        beside: Option<&Beside>,
    ) -> Result<Made, String> {
        let plain = |(ty, evidence)| Made { ty, evidence, currency: None };
        if seen.only(&[Form::List]) {
            let Some(members) = &seen.members else { return Err("lists of nothing".to_string()) };
            return self.list(name, event, members).map(plain);
        }
        if let Some(beside) = beside.filter(|_| numeric(seen) && is_amount(path)) {
            let evidence = Some(format!("{}; amounts in {} by `{}`", range(seen), beside.currency, beside.path));
            return Ok(Made {
                ty: format!("money {}", beside.currency),
                evidence,
                currency: Some(beside.path.clone()),
            });
        }
        scalar(path, seen).map(plain)
    }

    fn list(&mut self, name: &str, event: &str, members: &Members) -> Result<(String, Option<String>), String> {
        let most = round_up((members.most * 2).max(5) as f64);
        let evidence = Some(format!("at most {} members came", members.most));
        if members.count == 0 {
            return Err("its lists were always empty".to_string());
        }
        if members.objects == 0 {
            if members.plain.nulls > 0 {
                return Err(format!("some members are null (line {})", members.plain.first));
            }
            let (ty, _) = scalar("", &members.plain)?;
            if ty.starts_with("list") {
                return Err("lists of lists cannot be declared".to_string());
            }
            return Ok((format!("list of {ty} at most {most}"), evidence));
        }
        if members.objects < members.count {
            return Err("its members are objects and other values".to_string());
        }
        let singular = name.strip_suffix('s').unwrap_or(name);
        let record_name = draft::name(&format!("{event}_{singular}"), "record", self.names);
        let mut record = Event { name: record_name.clone(), ..Event::default() };
        let mut names = BTreeSet::new();
        for (path, seen) in &members.fields {
            if !can_be_quoted(path) || path.contains(['.', '/']) {
                record.left_out.push(format!("left out: {path:?}: its name cannot be written"));
                continue;
            }
            match if seen.there == 0 { Err("always null".to_string()) } else { scalar(path, seen) } {
                Ok((ty, evidence)) if !ty.starts_with("list") => {
                    let missing = members.objects - seen.there;
                    record.fields.push(Field {
                        name: draft::name(path, "field", &mut names),
                        ty,
                        optional: missing > 0,
                        path: path.clone(),
                        evidence: Some(
                            [Some(format!("{} of {}", seen.there, members.objects)), evidence]
                                .into_iter()
                                .flatten()
                                .collect::<Vec<_>>()
                                .join("; "),
                        ),
                        ..Field::default()
                    });
                }
                Ok(_) => record.left_out.push(format!("left out: `{path}`: a record holds no lists")),
                Err(why) => record.left_out.push(format!("left out: `{path}`: {why}")),
            }
        }
        record.notes.push(format!("members of `{event}.{name}`: {} in all", members.objects));
        self.records.push(record);
        Ok((format!("list of {record_name} at most {most}"), evidence))
    }
}

struct Made {
    ty: String,
    evidence: Option<String>,
    currency: Option<String>,
}

/// A currency that stands beside amounts.
struct Beside {
    path: String,
    currency: String,
}

/// The currency that stands beside a field, where it is always the same one.
fn currency_beside(came: &Came, path: &str) -> Option<Beside> {
    let below = path.rfind('.').map_or("", |dot| &path[..=dot]);
    let (path, seen) = came
        .fields
        .iter()
        .find(|(p, _)| p.strip_prefix(below).is_some_and(|last| !last.contains('.') && spelling(last) == "currency"))?;
    let mut values = seen.values.known.keys();
    let (first, more) = (values.next()?, values.next());
    let known = journey_compiler::iso::is_currency(first);
    let alone = more.is_none() && !seen.values.more && known && seen.only(&[Form::Text]) && can_be_quoted(path);
    alone.then(|| Beside { path: path.clone(), currency: first.clone() })
}

/// Words in names of amounts.
const AMOUNTS: &[&str] = &[
    "amount", "balance", "bill", "cost", "discount", "fee", "mrr", "arr", "paid", "price", "refund", "revenue",
    "shipping", "spend", "subtotal", "tax", "total", "value",
];

fn is_amount(path: &str) -> bool {
    let name = draft::name(path, "field", &mut BTreeSet::new());
    name.split('_').any(|word| AMOUNTS.contains(&word))
}

const NUMBERS: &[Form] = &[Form::Int, Form::Number, Form::Seconds, Form::Milliseconds];
const TEXTS: &[Form] = &[
    Form::Text,
    Form::Date,
    Form::Moment,
    Form::MomentWithoutZone,
    Form::Time,
    Form::Duration,
    Form::NumberText,
    Form::AmountText,
    Form::BoolText,
];

fn numeric(seen: &Seen) -> bool {
    // Amounts are millionths in 64 bits.
    seen.only(NUMBERS) && seen.least.abs().max(seen.most.abs()) < 9e12
}

fn range(seen: &Seen) -> String {
    format!("{} to {}", seen.least, seen.most)
}

/// A plain type.
fn scalar(path: &str, seen: &Seen) -> Result<(String, Option<String>), String> {
    if seen.only(&[Form::Bool]) {
        return Ok(("bool".into(), None));
    }
    if seen.only(NUMBERS) {
        return Ok(number(path, seen));
    }
    for (form, ty) in
        [(Form::Date, "date"), (Form::Moment, "moment"), (Form::Time, "time"), (Form::Duration, "duration")]
    {
        if seen.only(&[form]) {
            return Ok((ty.into(), None));
        }
    }
    if seen.only(TEXTS) {
        return Ok(text(path, seen));
    }
    let forms: Vec<String> = seen
        .forms
        .iter()
        .map(|(form, tally)| format!("{} ({}, line {}: {})", form.words(), tally.count, tally.first, tally.example))
        .collect();
    Err(format!("no one type: {}", forms.join(", ")))
}

fn number(path: &str, seen: &Seen) -> (String, Option<String>) {
    let mut said = range(seen);
    let (seconds, millis) = (seen.count(Form::Seconds), seen.count(Form::Milliseconds));
    if seconds + millis == seen.there {
        said.push_str(match (seconds > 0, millis > 0) {
            (true, true) => "; perhaps moments, in seconds and in milliseconds: mend that at the source",
            (true, false) => "; perhaps moments in seconds: sent as `2026-03-01T09:00:00Z` they would be moments",
            _ => "; perhaps moments in milliseconds: sent as `2026-03-01T09:00:00Z` they would be moments",
        });
    }
    if is_amount(path) {
        said.push_str("; perhaps money: of which currency is not said beside it");
    }
    let whole = seen.count(Form::Number) == 0;
    let share = |word| spelling(path).contains(word);
    if !whole
        && seen.least >= 0.0
        && seen.most <= 1.0
        && ["score", "prob", "risk", "propensity", "likelihood"].into_iter().any(share)
    {
        return ("probability".into(), Some(said));
    }
    // Whole numbers beyond 64 bits, and those with places, are numbers.
    let ty = if whole { "int" } else { "number" };
    let scale = seen.least.abs().max(seen.most.abs());
    if scale >= 1e12 {
        return (ty.into(), Some(said));
    }
    // A small scale, seen often enough, is taken as it is.
    let small =
        whole && seen.least >= 0.0 && seen.most <= 10.0 && seen.there >= 2 * ENOUGH && seen.values.known.len() >= 3;
    let (least, most) = match small {
        true => (seen.least, seen.most),
        false => (
            if seen.least < 0.0 { -round_up(seen.least.abs() * 2.0) } else { 0.0 },
            round_up((seen.most.max(0.0) * 2.0).max(1.0)),
        ),
    };
    (format!("{ty} between {least} and {most}"), Some(said))
}

fn text(path: &str, seen: &Seen) -> (String, Option<String>) {
    let values = &seen.values.known;
    let few = !seen.values.more && values.len() >= 2 && values.len() <= FEW;
    let often = seen.there >= ENOUGH && seen.there >= 4 * values.len() as u64;
    let currency = spelling(path).ends_with("currency");
    if few && often && !currency && values.keys().all(|v| is_word(v)) {
        let list: Vec<&str> = values.keys().map(String::as_str).collect();
        return (format!("one of {}", list.join(", ")), Some(format!("{} values came", values.len())));
    }
    let most = [10, 20, 40, 80, 120, 200, 500, 1000].into_iter().find(|n| *n >= seen.longest + seen.longest / 2);
    let most = most.unwrap_or_else(|| round_up(seen.longest as f64 * 2.0) as usize);
    let mut said = format!("longest {}", seen.longest);
    for (form, word) in [
        (Form::NumberText, "numbers"),
        (Form::AmountText, "amounts"),
        (Form::MomentWithoutZone, "moments without a zone"),
        (Form::BoolText, "yes or no"),
    ] {
        if seen.count(form) * 2 > seen.there {
            said.push_str(&format!("; mostly {word} written as text"));
        }
    }
    (format!("text at most {most}"), Some(said))
}

/// `12 messages`
fn times(count: u64) -> String {
    if count == 1 { "1 message".to_string() } else { format!("{count} messages") }
}
