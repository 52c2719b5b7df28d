//! Recorded data against the declarations.

use crate::advice;
use crate::observe::{Came, IDENTIFY, Observed, UNREACHABLE, outside, spelling};
use crate::seen::{Form, example};
use journey_compiler::hir::{Field, Program, Ty};
use journey_compiler::project::Source;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Severity, nearest};
use journey_grammar::span::Span;
use journey_runtime::image::Image;
use journey_runtime::ingest::{Decoder, Fault, Line, Problem, Scratch};
use journey_runtime::pool::Pool;
use journey_runtime::time::Zones;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Messages after which texts that were read are forgotten.
const FORGET: u64 = 10_000;

/// Examples of a finding.
const EXAMPLES: usize = 3;

/// Holds messages against the declarations of a program.
pub struct Checker<'p> {
    program: &'p Program,
    image: Image,
    decoder: Decoder,
    zones: Zones,
    pool: Pool,
    scratch: Scratch,
    /// What came, whatever is declared.
    pub observed: Observed,
    lines: u64,
    messages: u64,
    broken: u64,
    broken_of: BTreeMap<String, u64>,
    troubles: BTreeMap<Key, Trouble>,
}

/// What is counted as one trouble.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    contract: String,
    field: Option<String>,
    fault: Fault,
    form: Option<Form>,
}

#[derive(Debug, Clone)]
struct Trouble {
    count: u64,
    reason: String,
    value: Value,
    examples: Vec<Example>,
}

/// A place in the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The line, from 1.
    pub line: u64,
    /// What stood there, as JSON, shortened; none where nothing did.
    pub value: Option<String>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Its code; the severity is the code's.
    #[serde(serialize_with = "code_text")]
    pub code: Code,
    /// The event's name (in the program, else on the wire), `identify`, or `message`.
    pub contract: String,
    /// The field, `items[].price` inside lists.
    pub field: Option<String>,
    /// In words, with the user's names in backticks.
    pub message: String,
    /// How many messages.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// The first of them.
    pub examples: Vec<Example>,
    /// What to do.
    pub help: Option<String>,
    /// Where the declaration stands.
    #[serde(skip)]
    pub declared: Option<Span>,
}

fn code_text<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

/// A declared field and what came for it.
#[derive(Debug, Clone, Serialize)]
pub struct FieldReport {
    /// Its name.
    pub name: String,
    /// Its type with bounds.
    #[serde(rename = "type")]
    pub ty: String,
    /// Messages in which it was missing or `null`.
    pub missing: u64,
    /// It may be.
    pub may_be_missing: bool,
}

/// An event, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct EventReport {
    /// Its name in the program; none when it is not declared.
    pub name: Option<String>,
    /// Its name on the wire.
    pub wire: String,
    /// Messages.
    pub count: u64,
    /// Messages that break the contract.
    pub broken: u64,
    /// Declared fields.
    pub fields: Vec<FieldReport>,
    /// What is sent and not declared, with how often.
    pub undeclared: Vec<(String, u64)>,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Always 1; rises when a meaning changes.
    pub schema_version: u32,
    /// Messages.
    pub messages: u64,
    /// Messages that a run could not use if it read all that is declared.
    pub broken: u64,
    /// What came, by name; `identify` last.
    pub events: Vec<EventReport>,
    /// Declared by the project, and did not come.
    pub did_not_come: Vec<String>,
    /// Findings: broken contracts first, then the more frequent.
    pub findings: Vec<Finding>,
}

impl<'p> Checker<'p> {
    /// A checker for a program without errors. `sources` are those of its check.
    pub fn new(program: &'p Program, sources: &[Source]) -> Checker<'p> {
        let image = journey_compiler::lower::declared(program, sources);
        Checker {
            program,
            decoder: Decoder::new(&image),
            zones: Zones::new(),
            pool: Pool::new(&image),
            image,
            scratch: Scratch::default(),
            observed: Observed::default(),
            lines: 0,
            messages: 0,
            broken: 0,
            broken_of: BTreeMap::new(),
            troubles: BTreeMap::new(),
        }
    }

    /// Takes the next line, without its newline.
    pub fn line(&mut self, line: &[u8]) {
        self.lines += 1;
        let number = self.lines;
        let read = self.decoder.read(line);
        if let Line::Blank = read {
            return;
        }
        self.messages += 1;
        if self.messages.is_multiple_of(FORGET) {
            self.pool = Pool::new(&self.image);
        }
        let message: Value = serde_json::from_slice(line).unwrap_or(Value::Null);
        let outside = outside(&message);
        if let Some(outside) = &outside {
            self.observed.take(number, outside);
        }
        let problems = match read {
            Line::Message(message) => self.decoder.problems(&message, &self.zones, &mut self.pool, &mut self.scratch),
            Line::Bad(problem) => vec![problem],
            Line::Blank | Line::Unread(..) | Line::Unknown(..) => Vec::new(),
        };
        if problems.is_empty() {
            return;
        }
        self.broken += 1;
        let fields = outside.as_ref().and_then(|o| o.fields);
        let contracts: BTreeSet<&String> = problems.iter().map(|p| &p.contract).collect();
        for contract in contracts {
            *self.broken_of.entry(contract.clone()).or_default() += 1;
        }
        for problem in problems {
            let value = self.value(&message, fields, &problem).unwrap_or(Value::Null);
            self.trouble(number, problem, value);
        }
    }

    fn trouble(&mut self, line: u64, problem: Problem, value: Value) {
        let Problem { contract, field, fault, reason } = problem;
        let form = if fault == Fault::WrongType { Form::of(&value) } else { None };
        // What an envelope lacks has reasons of its own.
        let key = Key { contract, field: field.as_deref().map(pattern), fault, form };
        let shown = Example { line, value: (!value.is_null()).then(|| example(&value)) };
        let trouble =
            self.troubles.entry(key).or_insert_with(|| Trouble { count: 0, reason, value, examples: Vec::new() });
        trouble.count += 1;
        if trouble.examples.len() < EXAMPLES {
            trouble.examples.push(shown);
        }
    }

    /// The value that a problem is about.
    fn value(
        &self,
        message: &Value,
        fields: Option<&serde_json::Map<String, Value>>,
        problem: &Problem,
    ) -> Option<Value> {
        let said = problem.field.as_deref()?;
        let (name, below) = said.split_at(said.find('[').unwrap_or(said.len()));
        let Some((_, field)) = self.declared(&problem.contract, name) else {
            return message.get(name).cloned();
        };
        // Of an amount in another currency, what is wrong is the currency.
        let path = match (&field.currency_path, problem.reason.starts_with("is in ")) {
            (Some(currency), true) => currency,
            _ => &field.path,
        };
        let mut value = match path.strip_prefix('/') {
            Some(path) => path.split('/').try_fold(message, |at, part| at.get(part))?,
            None => {
                let mut parts = path.split('.');
                let first = fields?.get(parts.next()?)?;
                parts.try_fold(first, |at, part| at.get(part))?
            }
        };
        if let Some((index, member)) = below.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            value = value.get(index.parse::<usize>().ok()?)?;
            if let Some(member) = member.strip_prefix('.') {
                let path = record_field(self.program, field, member).map_or(member, |f| f.path.as_str());
                value = path.split('.').try_fold(value, |at, part| at.get(part))?;
            }
        }
        Some(value.clone())
    }

    /// The fields of a contract: an event's by its name in the program, else the profile's.
    fn fields_of(&self, contract: &str) -> Vec<&'p Field> {
        if contract == IDENTIFY {
            return self.program.profile.iter().map(|f| &f.field).collect();
        }
        let event = self.program.events.iter().find(|e| e.name == contract);
        event.map_or_else(Vec::new, |e| e.fields.iter().collect())
    }

    fn declared(&self, contract: &str, name: &str) -> Option<(usize, &'p Field)> {
        self.fields_of(contract).into_iter().enumerate().find(|(_, f)| f.name == name)
    }

    /// What was found, after the last line.
    pub fn finish(self) -> Report {
        let mut findings: Vec<Finding> =
            self.troubles.iter().map(|(key, trouble)| self.broken_contract(key, trouble)).collect();
        self.unknown_events(&mut findings);
        let mut events = Vec::new();
        for (wire, came) in &self.observed.events {
            let event = self.program.events.iter().find(|e| e.wire == *wire);
            let contract = event.map(|e| e.name.clone());
            events.push(self.event(contract, wire, came, &mut findings));
        }
        if self.observed.identify.count > 0 {
            events.push(self.event(Some(IDENTIFY.to_string()), IDENTIFY, &self.observed.identify, &mut findings));
        }
        let did_not_come = self.program.events.iter().filter(|e| !e.about.from_pack);
        let did_not_come =
            did_not_come.filter(|e| !self.observed.events.contains_key(&e.wire)).map(|e| e.name.clone()).collect();
        findings.sort_by(|a, b| {
            let order = |f: &Finding| (f.code.severity() != Severity::Error, std::cmp::Reverse(f.count));
            (order(a), a.code, &a.contract, &a.field, &a.message).cmp(&(
                order(b),
                b.code,
                &b.contract,
                &b.field,
                &b.message,
            ))
        });
        Report { schema_version: 1, messages: self.messages, broken: self.broken, events, did_not_come, findings }
    }

    fn came(&self, contract: &str) -> u64 {
        if contract == IDENTIFY {
            return self.observed.identify.count;
        }
        let wire = self.program.events.iter().find(|e| e.name == contract).map(|e| e.wire.as_str());
        wire.and_then(|wire| self.observed.events.get(wire)).map_or(self.messages, |came| came.count)
    }

    fn broken_contract(&self, key: &Key, trouble: &Trouble) -> Finding {
        let Key { contract, field, fault, form } = key;
        let declared = field.as_deref().and_then(|name| {
            let (list, member) = name.split_once("[]").map_or((name, None), |(l, m)| (l, m.strip_prefix('.')));
            let (_, field) = self.declared(contract, list)?;
            match member {
                Some(member) => record_field(self.program, field, member),
                None => Some(field),
            }
        });
        let name = match field {
            Some(field) => format!("`{contract}.{field}`"),
            None => format!("`{contract}`"),
        };
        let program = self.program;
        let (code, message, help) = match (fault, declared) {
            (Fault::Missing, Some(field)) => {
                (Code::LackingField, format!("{name} is missing"), Some(advice::missing(program, field)))
            }
            (Fault::WrongType, Some(field)) => {
                let is = form.map_or("another kind of value", Form::words);
                let help = form.map(|form| advice::form(program, field, form, &trouble.value));
                (Code::OtherForm, format!("{name} is declared `{}`, and {is} comes", program.field_text(field)), help)
            }
            (Fault::OutOfBounds, Some(field)) => {
                (Code::BeyondBounds, format!("{name} {}", trouble.reason), Some(advice::bounds(program, field)))
            }
            (Fault::UnknownValue, Some(field)) => {
                let help = advice::unknown_value(program, field, &trouble.value);
                (Code::StrangeValue, format!("{name}: {}", trouble.reason), Some(help))
            }
            (Fault::Missing, None) => (Code::LackingField, format!("{name} is missing"), None),
            (Fault::WrongType, None) => (Code::OtherForm, format!("{name} {}", trouble.reason), None),
            (Fault::OutOfBounds, None) => (Code::BeyondBounds, format!("{name} {}", trouble.reason), None),
            (Fault::UnknownValue, None) => (Code::StrangeValue, format!("{name}: {}", trouble.reason), None),
            (
                Fault::NotJson
                | Fault::UnknownKind
                | Fault::NoCustomer
                | Fault::NoTime
                | Fault::AheadOfReceipt
                | Fault::Unusable,
                _,
            ) => (Code::UnreadableMessage, format!("{name} {}", trouble.reason), None),
        };
        Finding {
            code,
            contract: contract.clone(),
            field: field.clone(),
            message,
            count: trouble.count,
            of: self.came(contract),
            examples: trouble.examples.clone(),
            help,
            declared: declared.map(|f| f.span).filter(|s| *s != Span::default()),
        }
    }

    /// Events that are not declared. Those spelled like one that is are likely to be that one.
    fn unknown_events(&self, findings: &mut Vec<Finding>) {
        let wires = || self.program.events.iter().map(|e| e.wire.as_str());
        for (wire, came) in &self.observed.events {
            if wires().any(|known| known == wire) {
                continue;
            }
            let same = wires().find(|known| spelling(known) == spelling(wire));
            let near = same.or_else(|| nearest(wire, wires()));
            let (code, help) = match (same, near) {
                (Some(same), _) => {
                    (Code::OtherSpelling, format!("at the source: call it `{same}`; names are compared letter by letter"))
                }
                (None, Some(near)) => (Code::UndeclaredEvent, format!("is it `{near}`? else declare it, or leave it be: what nobody reads costs nothing")),
                (None, None) => (
                    Code::UndeclaredEvent,
                    "declare it if a journey is to know of it (`journey infer` writes the declaration); what nobody reads costs nothing".to_string(),
                ),
            };
            let message = match same {
                Some(same) => format!("the event `{wire}` comes, and `{same}` is declared"),
                None => format!("the event `{wire}` comes, and is not declared"),
            };
            findings.push(Finding {
                code,
                contract: wire.clone(),
                field: None,
                message,
                count: came.count,
                of: self.messages,
                examples: vec![Example { line: came.first, value: None }],
                help: Some(help),
                declared: None,
            });
        }
    }

    fn event(&self, contract: Option<String>, wire: &str, came: &Came, findings: &mut Vec<Finding>) -> EventReport {
        let fields = contract.as_deref().map_or_else(Vec::new, |c| self.fields_of(c));
        let called = contract.clone().unwrap_or_else(|| wire.to_string());
        let declared: BTreeSet<&str> = fields
            .iter()
            .flat_map(|f| [Some(f.path.as_str()), f.currency_path.as_deref()])
            .flatten()
            .chain(if wire == IDENTIFY { Some("consents") } else { None })
            .collect();
        let covered = |path: &str| {
            declared.iter().any(|d| *d == path || path.strip_prefix(d).is_some_and(|rest| rest.starts_with('.')))
        };
        let above =
            |path: &str| declared.iter().any(|d| d.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
        let undeclared: Vec<(&String, &crate::seen::Seen)> = came
            .fields
            .iter()
            .filter(|(path, seen)| {
                // An object is said by what is in it.
                !path.contains(UNREACHABLE) && !covered(path) && !above(path) && !seen.only(&[Form::Object])
            })
            .collect();
        // Of what nothing is declared, nothing is said.
        if contract.is_some() {
            for (path, seen) in &undeclared {
                let same = declared.iter().find(|d| spelling(d) == spelling(path));
                // A near name only where the two never stand in one message.
                let near = nearest(path, declared.iter().copied()).filter(|near| {
                    let other = came.fields.get(*near).map_or(0, |f| f.there);
                    other + seen.there <= came.count
                });
                let Some(meant) = same.copied().or(near) else { continue };
                let (message, help) = match same {
                    Some(_) => (
                        format!("`{called}` sends `{path}`, and `{meant}` is declared"),
                        format!("at the source: call it `{meant}` everywhere; names are compared letter by letter"),
                    ),
                    None => (
                        format!("`{called}` sends `{path}`, where `{meant}` is missing"),
                        format!("is it `{meant}`? else declare it, or leave it be"),
                    ),
                };
                findings.push(self.of_field(Code::OtherSpelling, &called, path, message, seen, came.count, help));
            }
        }
        self.spellings(&called, came, &declared, findings);
        for (path, seen) in &came.fields {
            let (seconds, millis) = (seen.count(Form::Seconds), seen.count(Form::Milliseconds));
            if seconds > 0 && millis > 0 && seen.only(&[Form::Seconds, Form::Milliseconds]) {
                let message =
                    format!("`{called}.{path}` mixes seconds ({seconds}) and milliseconds ({millis}) since 1970");
                let help =
                    "at the source: send a text such as `2026-03-01T09:00:00Z`, and declare a `moment`".to_string();
                let mut finding = self.of_field(Code::MixedUnits, &called, path, message, seen, came.count, help);
                finding.examples = [Form::Seconds, Form::Milliseconds]
                    .iter()
                    .filter_map(|form| seen.forms.get(form))
                    .map(|t| Example { line: t.first, value: Some(t.example.clone()) })
                    .collect();
                findings.push(finding);
            }
        }
        let reports = fields
            .iter()
            .filter(|f| !f.path.starts_with('/'))
            .filter(|f| wire != IDENTIFY || f.span != Span::default() || came.fields.contains_key(&f.path))
            .map(|f| FieldReport {
                name: f.name.clone(),
                ty: self.program.field_text(f),
                missing: came.count - came.fields.get(&f.path).map_or(0, |seen| seen.there).min(came.count),
                may_be_missing: f.ty.optional || f.default.is_some(),
            })
            .collect();
        EventReport {
            broken: self.broken_of.get(&called).copied().unwrap_or(0),
            name: contract,
            wire: wire.to_string(),
            count: came.count,
            fields: reports,
            undeclared: undeclared.into_iter().map(|(path, seen)| (path.clone(), seen.there + seen.nulls)).collect(),
        }
    }

    /// One field under several names, none of which is declared.
    fn spellings(&self, called: &str, came: &Came, declared: &BTreeSet<&str>, findings: &mut Vec<Finding>) {
        let mut groups: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for path in came.fields.keys() {
            groups.entry(spelling(path)).or_default().push(path);
        }
        for paths in groups.values().filter(|paths| paths.len() > 1) {
            if paths.iter().any(|p| declared.contains(p.as_str())) {
                continue;
            }
            let said: Vec<String> = paths.iter().map(|p| format!("`{p}` ({})", came.fields[*p].there)).collect();
            let message = format!("`{called}` sends one field under {} names: {}", paths.len(), said.join(", "));
            let help = "at the source: one name everywhere; names are compared letter by letter".to_string();
            let seen = &came.fields[paths[0]];
            let mut finding = self.of_field(Code::OtherSpelling, called, paths[0], message, seen, came.count, help);
            finding.count = paths.iter().map(|p| came.fields[*p].there).sum();
            finding.examples =
                paths.iter().take(EXAMPLES).map(|p| Example { line: came.fields[*p].first, value: None }).collect();
            findings.push(finding);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a finding")]
    fn of_field(
        &self,
        code: Code,
        contract: &str,
        path: &str,
        message: String,
        seen: &crate::seen::Seen,
        of: u64,
        help: String,
    ) -> Finding {
        Finding {
            code,
            contract: contract.to_string(),
            field: Some(path.to_string()),
            message,
            count: seen.there + seen.nulls,
            of,
            examples: vec![Example { line: seen.first, value: None }],
            help: Some(help),
            declared: None,
        }
    }
}

/// A field of the records in a list.
fn record_field<'p>(program: &'p Program, list: &Field, member: &str) -> Option<&'p Field> {
    let Ty::List(of) = &list.ty.ty else { return None };
    let Ty::Record(record) = **of else { return None };
    program.records[record].fields.iter().find(|f| f.name == member)
}

/// `items[2].price` as `items[].price`.
fn pattern(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut inside = false;
    for c in field.chars() {
        match c {
            '[' => inside = true,
            ']' => {
                inside = false;
                out.push_str("[]");
            }
            _ if inside => {}
            c => out.push(c),
        }
    }
    out
}
