//! What a picture shows, in the structure of the journey: read from the checked program, drawn or written down by the others.

use crate::words::{self, Words, human, length, listed, share, title};
use journey_compiler::hir::{
    self, CaseValue, Clauses, Exit, FacetId, Journey, JourneyId, Limiting, Occasion, Past, Pause, Program, ReEntry,
    StepKind, Until,
};
use journey_compiler::project::Source;
use journey_grammar::span::Span;
use journey_runtime::report::words::{date, time};
use serde::Serialize;

/// A journey as a picture shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    /// Its name in the program.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What is said of it above its declaration.
    pub doc: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// Its annotations.
    pub tags: Vec<Tag>,
    /// What starts a run.
    pub triggers: Vec<Trigger>,
    /// Who may enter, in words.
    pub only_if: Option<String>,
    /// Goal, exits, pauses and all else that its header says.
    pub notes: Vec<Note>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What is done at any end.
    pub on_leaving: Vec<Step>,
}

/// A line of a file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Place {
    /// Path in the project.
    pub file: String,
    /// From 1.
    pub line: usize,
}

/// An owner.
#[derive(Debug, Clone, Serialize)]
pub struct Owner {
    /// Its name in the program.
    pub name: String,
    /// Its number among the teams: says its colour.
    pub number: usize,
}

/// An annotation.
#[derive(Debug, Clone, Serialize)]
pub struct Tag {
    /// The facet.
    pub facet: String,
    /// The path of the node.
    pub path: String,
    /// Its label.
    pub label: String,
}

/// What starts a run.
#[derive(Debug, Clone, Serialize)]
pub struct Trigger {
    /// `Cart updated`
    pub title: String,
    /// What else is asked.
    pub lines: Vec<String>,
    /// By the calendar.
    pub by_calendar: bool,
    /// The journey that hands over.
    pub from: Option<String>,
}

/// What a clause of the header says.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    /// Which clause.
    pub kind: NoteKind,
    /// `Goal`
    pub label: String,
    /// In words.
    pub text: String,
}

/// Clauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after the clauses")]
pub enum NoteKind {
    Goal,
    Exit,
    Pause,
    StartOver,
    Update,
    Key,
    ReEntry,
    Meanwhile,
    Priority,
    Dates,
    Rollout,
    OnLeaving,
}

/// A step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Its number: steps are numbered as they are read, those of offers included, those on leaving last.
    pub id: usize,
    /// What it does.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
    /// Its text, for those who have it.
    #[serde(skip)]
    pub span: Span,
    /// Its first line as written.
    pub source: String,
    /// Its kind in words: `Task for sales`.
    pub kicker: String,
    /// In words.
    pub title: String,
    /// More of it.
    pub lines: Vec<String>,
    /// The subject of what is sent, or its first words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Channels of a send, in the order in which they are tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Annotations of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What it names: the message, the journey gone to, the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<String>,
    /// Candidates of a next best action.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// Clauses of a stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Where it branches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<Arm>,
    /// The steps inside a stage or a loop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<Step>,
}

/// A way on from a step.
#[derive(Debug, Clone, Serialize)]
pub struct Arm {
    /// What leads here, in words.
    pub label: String,
    /// Its number among the journey's arms, if the program counts it.
    pub point: Option<usize>,
    /// What leads here is that nothing else did.
    pub otherwise: bool,
    /// Its share of an experiment.
    pub share: Option<f64>,
    /// What follows.
    pub steps: Vec<Step>,
}

/// A candidate of a next best action.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    /// Its name in the program.
    pub name: String,
    /// Its number among the journey's arms.
    pub point: usize,
    /// What is done.
    pub steps: Vec<Step>,
}

/// Kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after the steps")]
pub enum Kind {
    Wait,
    WaitUntil,
    WaitUpTo,
    If,
    Branch,
    Experiment,
    NextBestAction,
    Send,
    Set,
    Emit,
    Call,
    Task,
    Repeat,
    StopRepeating,
    Collect,
    Stage,
    Finish,
    GoTo,
}

impl Step {
    /// Whether the run goes on behind it.
    pub fn goes_on(&self) -> bool {
        match self.kind {
            Kind::Finish | Kind::GoTo | Kind::StopRepeating => false,
            Kind::Stage => goes_on(&self.body),
            Kind::Repeat => goes_on(&self.body) || !stops(&self.body).is_empty(),
            _ => self.arms.is_empty() || self.arms.iter().any(|arm| goes_on(&arm.steps)),
        }
    }

    /// The blocks of steps inside it, without those of offers.
    pub fn blocks(&self) -> impl Iterator<Item = &[Step]> {
        self.arms.iter().map(|arm| arm.steps.as_slice()).chain((!self.body.is_empty()).then_some(&*self.body))
    }
}

/// Whether the run comes out at the end of these steps.
pub fn goes_on(steps: &[Step]) -> bool {
    steps.iter().all(Step::goes_on)
}

/// The numbers of the steps in here that end the loop around them.
pub fn stops(steps: &[Step]) -> Vec<usize> {
    let of = |step: &Step| match step.kind {
        Kind::StopRepeating => vec![step.id],
        Kind::Repeat => Vec::new(),
        _ => step.blocks().flat_map(stops).collect(),
    };
    steps.iter().flat_map(of).collect()
}

impl Picture {
    /// The picture of a journey of a program that has no errors.
    pub fn new(program: &Program, sources: &[Source], journey: JourneyId) -> Picture {
        let words = Words { program, sources };
        let of = &program.journeys[journey];
        let mut reader = Reader { words, journey: of, steps: 0, points: 0, inherited: &of.about.tags };
        let steps = reader.steps(&of.body);
        let on_leaving = reader.steps(&of.on_leaving);
        let mut notes = header(words, of);
        notes.extend(clauses(words, of, &of.clauses));
        rest_of_header(words, of, &mut notes);
        if !on_leaving.is_empty() {
            let all: Vec<String> =
                on_leaving.iter().map(|s| format!("{} {}", s.kicker.to_lowercase(), s.title)).collect();
            notes.push(note(NoteKind::OnLeaving, "At any end", listed(&all, "and")));
        }
        Picture {
            name: of.name.clone(),
            title: title(&of.name),
            doc: of.about.doc.clone(),
            place: place(words, of.about.span),
            owner: of.about.owner.map(|team| Owner { name: program.teams[team].name.clone(), number: team }),
            tags: tags(words, &of.about.tags),
            triggers: of.triggers.iter().map(|t| trigger(words, t)).collect(),
            only_if: of.only_if.as_ref().map(|c| words.expr(c)),
            notes,
            steps,
            on_leaving,
        }
    }

    /// Calls for every step, those of offers and those on leaving included, in order of their numbers.
    pub fn each<'a>(&'a self, each: &mut impl FnMut(&'a Step)) {
        each_of(&self.steps, each);
        each_of(&self.on_leaving, each);
    }
}

fn each_of<'a>(steps: &'a [Step], each: &mut impl FnMut(&'a Step)) {
    for step in steps {
        each(step);
        for offer in &step.offers {
            each_of(&offer.steps, each);
        }
        for arm in &step.arms {
            each_of(&arm.steps, each);
        }
        each_of(&step.body, each);
    }
}

/// An offer's steps as a picture's.
pub fn offer_steps(program: &Program, sources: &[Source], offer: usize) -> Vec<Step> {
    let of = &program.offers[offer];
    // Its steps stand alone: a journey of nothing else.
    let alone = Journey { variables: of.variables.clone(), ..empty(&of.about) };
    let words = Words { program, sources };
    Reader { words, journey: &alone, steps: 0, points: 0, inherited: &of.about.tags }.steps(&of.body)
}

fn empty(about: &hir::About) -> Journey {
    Journey {
        name: String::new(),
        about: about.clone(),
        span: about.span,
        variables: Vec::new(),
        params: 0,
        triggers: Vec::new(),
        only_if: None,
        key: None,
        at_once: None,
        reentry: ReEntry::AfterFinishing,
        start_over: Vec::new(),
        updates: Vec::new(),
        goals: Vec::new(),
        clauses: Clauses::default(),
        priority: 0,
        window: (None, None),
        rollout: None,
        on_leaving: Vec::new(),
        body: Vec::new(),
    }
}

fn place(words: Words<'_>, span: Span) -> Place {
    let (file, line) = words.place(span);
    Place { file: file.to_string(), line }
}

fn tags(words: Words<'_>, tags: &[(FacetId, u32)]) -> Vec<Tag> {
    let tag = |(facet, node): &(FacetId, u32)| {
        let of = &words.program.facets[*facet];
        let path = of.nodes[*node as usize].path.clone();
        Tag { facet: of.name.clone(), path, label: words.node(*facet, *node) }
    };
    tags.iter().map(tag).collect()
}

fn trigger(words: Words<'_>, trigger: &hir::Trigger) -> Trigger {
    let (title, lines) = words.trigger(trigger);
    let by_calendar = matches!(trigger, hir::Trigger::Every { .. } | hir::Trigger::Date { .. });
    let from = match trigger {
        hir::Trigger::HandOff(journey) => Some(words.program.journeys[*journey].name.clone()),
        _ => None,
    };
    Trigger { title, lines, by_calendar, from }
}

fn note(kind: NoteKind, label: &str, text: impl Into<String>) -> Note {
    Note { kind, label: label.to_string(), text: text.into() }
}

/// What is wanted, and who may come in again.
fn header(words: Words<'_>, journey: &Journey) -> Vec<Note> {
    let mut notes = Vec::new();
    for goal in &journey.goals {
        let within = goal.within.as_ref().map_or(String::new(), |d| format!(", within {} of entry", length(d)));
        let go_on = if goal.go_on { "; the run goes on" } else { "" };
        notes.push(note(NoteKind::Goal, "Goal", format!("{}{within}{go_on}", words.event(journey, &goal.event))));
    }
    notes
}

fn rest_of_header(words: Words<'_>, journey: &Journey, notes: &mut Vec<Note>) {
    for (of, _) in &journey.start_over {
        notes.push(note(NoteKind::StartOver, "Starts over", format!("on {}", words.event(journey, of))));
    }
    for (of, variable) in &journey.updates {
        let what = human(&journey.variables[*variable].name);
        notes.push(note(NoteKind::Update, "Updates", format!("{what} on {}", words.event(journey, of))));
    }
    if let Some(key) = &journey.key {
        let once = match journey.at_once {
            Some(1) => ", one at once".to_string(),
            Some(most) => format!(", at most {most} at once"),
            None => String::new(),
        };
        notes.push(note(NoteKind::Key, "One run per", format!("{}{once}", words.expr(key))));
    }
    let again = match &journey.reentry {
        ReEntry::Never { .. } => "never".to_string(),
        ReEntry::AfterFinishing => "after finishing".to_string(),
        ReEntry::AfterEntry(span) => format!("{} after entry", length(span)),
        ReEntry::AfterExit(span) => format!("{} after the end", length(span)),
    };
    notes.push(note(NoteKind::ReEntry, "Comes in again", again));
    if journey.priority != 0 {
        notes.push(note(NoteKind::Priority, "Priority", journey.priority.to_string()));
    }
    match journey.window {
        (None, None) => {}
        (Some(first), None) => notes.push(note(NoteKind::Dates, "Entry", format!("from {}", date(first)))),
        (None, Some(last)) => notes.push(note(NoteKind::Dates, "Entry", format!("to {}", date(last)))),
        (Some(first), Some(last)) => {
            notes.push(note(NoteKind::Dates, "Entry", format!("from {} to {}", date(first), date(last))));
        }
    }
    if let Some(part) = journey.rollout {
        notes.push(note(NoteKind::Rollout, "Rollout", format!("to {} of the customers", share(part))));
    }
}

fn clauses(words: Words<'_>, journey: &Journey, clauses: &Clauses) -> Vec<Note> {
    let mut notes = Vec::new();
    for Exit { on, for_good, .. } in &clauses.exits {
        let label = if *for_good { "Exit for good" } else { "Exit" };
        notes.push(note(NoteKind::Exit, label, occasion(words, journey, on)));
    }
    for Pause { on, until, at_most, then_exit, .. } in &clauses.pauses {
        let mut text = match on {
            Occasion::Event(of) => format!("on {}", words.event(journey, of)),
            Occasion::Condition(condition) => format!("while {}", words.expr(condition)),
        };
        if let Some(until) = until {
            text += &format!(" until {}", words.event(journey, until));
        }
        if let Some(most) = at_most {
            let then = if *then_exit { "exit" } else { "go on" };
            text += &format!(", at most {}, then {then}", length(most));
        }
        notes.push(note(NoteKind::Pause, "Pause", text));
    }
    for (hold, purpose) in &clauses.meanwhile {
        let purpose = human(&words.program.purposes[*purpose].name);
        let what = if *hold { "waits" } else { "is not sent" };
        notes.push(note(NoteKind::Meanwhile, "Meanwhile", format!("{purpose} of other journeys {what}")));
    }
    notes
}

fn occasion(words: Words<'_>, journey: &Journey, on: &Occasion) -> String {
    match on {
        Occasion::Event(of) => format!("on {}", words.event(journey, of)),
        Occasion::Condition(condition) => format!("when {}", words.expr(condition)),
    }
}

/// Reads steps, and numbers them and their arms as the compiled program does.
struct Reader<'a> {
    words: Words<'a>,
    journey: &'a Journey,
    steps: usize,
    points: usize,
    inherited: &'a [(FacetId, u32)],
}

impl Reader<'_> {
    fn steps(&mut self, steps: &[hir::Step]) -> Vec<Step> {
        steps.iter().map(|step| self.step(step)).collect()
    }

    fn point(&mut self) -> usize {
        self.points += 1;
        self.points - 1
    }

    /// An arm that the program counts.
    fn arm(&mut self, label: impl Into<String>, steps: &[hir::Step]) -> Arm {
        let point = Some(self.point());
        Arm { label: label.into(), point, otherwise: false, share: None, steps: self.steps(steps) }
    }

    fn otherwise(&mut self, label: impl Into<String>, steps: &[hir::Step]) -> Arm {
        Arm { otherwise: true, ..self.arm(label, steps) }
    }

    /// An arm of which the program says nothing.
    fn implied(label: &str, steps: Vec<Step>) -> Arm {
        Arm { label: label.to_string(), point: None, otherwise: true, share: None, steps }
    }

    fn step(&mut self, step: &hir::Step) -> Step {
        let id = self.steps;
        self.steps += 1;
        let own: Vec<_> = step.tags.iter().filter(|t| !self.inherited.contains(t)).copied().collect();
        let mut made = Step {
            id,
            kind: Kind::Wait,
            place: place(self.words, self.first(step.span)),
            span: step.span,
            source: self.headline(step.span),
            kicker: String::new(),
            title: String::new(),
            lines: Vec::new(),
            quote: None,
            channels: Vec::new(),
            tags: tags(self.words, &own),
            names: None,
            offers: Vec::new(),
            notes: Vec::new(),
            arms: Vec::new(),
            body: Vec::new(),
        };
        self.fill(&mut made, step);
        made
    }

    /// Where a step itself begins, behind its annotations.
    fn first(&self, span: Span) -> Span {
        let text = self.words.source(span);
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let words = line.trim_start();
            if !words.trim().is_empty() && !words.starts_with('@') && !words.starts_with("//") {
                at += line.len() - words.len();
                break;
            }
            at += line.len();
        }
        Span { start: span.start + at.min(text.len()) as u32, ..span }
    }

    /// The first line of a step, without its opening brace.
    fn headline(&self, span: Span) -> String {
        let text = self.words.source(self.first(span));
        let line = text.lines().next().unwrap_or("");
        let line = line.split(" //").next().unwrap_or("").trim_end();
        line.strip_suffix('{').unwrap_or(line).trim_end().to_string()
    }

    /// What follows these words in the first line of a step.
    fn as_written(&self, span: Span, words: &str) -> String {
        let line = self.headline(span);
        // A block of one step may stand on the same line.
        let line = line.split('{').next().unwrap_or("").trim_end();
        let start = self.first(span).start;
        let rest = Span { start, end: start + line.len() as u32, ..span };
        let text = self.words.phrase(rest);
        text.strip_prefix(words).unwrap_or(&text).trim().to_string()
    }

    fn fill(&mut self, made: &mut Step, step: &hir::Step) {
        let words = self.words;
        let program = words.program;
        let mut say = |kind, kicker: &str, title: String| {
            made.kind = kind;
            made.kicker = kicker.to_string();
            made.title = title;
        };
        match &step.kind {
            StepKind::Wait(_) => say(Kind::Wait, "Wait", self.as_written(step.span, "wait")),
            StepKind::WaitUntil { until, past, then } => {
                say(Kind::WaitUntil, "Wait until", self.until(until));
                let reached = (!then.is_empty()).then(|| self.arm("in time", then));
                let past = match past {
                    None => None,
                    Some(Past::Continue) => {
                        if reached.is_none() {
                            made.lines.push("if it is past: goes on".into());
                        }
                        Some(Self::implied("already past", Vec::new()))
                    }
                    Some(Past::Finish(label)) => {
                        let end = Step {
                            kind: Kind::Finish,
                            kicker: "Finish".into(),
                            title: label.clone().unwrap_or_default(),
                            ..self.nothing(made)
                        };
                        Some(Self::implied("already past", vec![end]))
                    }
                    Some(Past::Steps(steps)) => Some(self.otherwise("already past", steps)),
                };
                let matters = reached.is_some() || past.as_ref().is_some_and(|arm| !arm.steps.is_empty());
                if matters && let Some(past) = past {
                    made.arms
                        .push(reached.unwrap_or_else(|| Arm { otherwise: false, ..Self::implied("in time", vec![]) }));
                    made.arms.push(past);
                }
            }
            StepKind::WaitFor { limit, arms, otherwise } => {
                let written = self.as_written(step.span, "wait up to");
                let late = match limit {
                    Limiting::Length(_) => format!("after {written}"),
                    Limiting::Moment(_) => "not by then".to_string(),
                };
                say(Kind::WaitUpTo, "Wait up to", written);
                for arm in arms {
                    let label = match &arm.on {
                        Occasion::Event(of) => words.event(self.journey, of),
                        Occasion::Condition(c) if arm.becomes => format!("{} becomes true", words.expr(c)),
                        Occasion::Condition(c) => words.expr(c),
                    };
                    made.arms.push(self.arm(label, &arm.body));
                }
                made.arms.push(self.otherwise(format!("else: {late}"), otherwise));
            }
            StepKind::If { arms, otherwise, has_else } => {
                if let [(condition, steps)] = arms.as_slice() {
                    say(Kind::If, "If", words.expr(condition));
                    made.arms.push(self.arm("yes", steps));
                } else {
                    say(Kind::If, "Branch", "The first that holds".into());
                    for (condition, steps) in arms {
                        made.arms.push(self.arm(words.expr(condition), steps));
                    }
                }
                let label = if arms.len() == 1 { "no" } else { "else" };
                made.arms.push(if *has_else {
                    self.otherwise(label, otherwise)
                } else {
                    Self::implied(label, Vec::new())
                });
            }
            StepKind::BranchOn { on, arms, otherwise, .. } => {
                say(Kind::Branch, "Branch on", words.expr(on));
                for (cases, steps) in arms {
                    let cases: Vec<String> = cases.iter().map(|c: &CaseValue| words.case(c)).collect();
                    made.arms.push(self.arm(listed(&cases, "or"), steps));
                }
                if let Some(steps) = otherwise {
                    made.arms.push(self.otherwise("else", steps));
                }
            }
            StepKind::Experiment { name, arms } => {
                say(Kind::Experiment, "Experiment", title(name));
                made.names = Some(name.clone());
                for (arm, part, steps) in arms {
                    made.arms.push(Arm { share: Some(*part), ..self.arm(human(arm), steps) });
                }
            }
            StepKind::NextBest { candidates, otherwise } => {
                say(Kind::NextBestAction, "Next best action", "The best of these offers".into());
                if let Some((_, rank)) = candidates.first() {
                    made.lines.push(format!("ranked by {}", words.expr(rank)));
                }
                for (offer, _) in candidates {
                    let of = &program.offers[*offer];
                    let point = self.point();
                    let steps = self.steps(&of.body);
                    made.offers.push(Offer { name: of.name.clone(), point, steps });
                }
                let none = self.otherwise("none fits", otherwise);
                if none.steps.is_empty() {
                    made.lines.push("if none fits: goes on".into());
                } else {
                    made.arms = vec![Arm { otherwise: false, ..Self::implied("an offer", Vec::new()) }, none];
                }
            }
            StepKind::Send(send) => {
                let message = &program.messages[send.message];
                say(Kind::Send, "Send", title(&message.name));
                made.names = Some(message.name.clone());
                made.lines.push(words.channels(send));
                made.channels = send.channels.iter().map(|c| program.channels[*c].name.clone()).collect();
                let quote = send.channels.first().and_then(|channel| first_words(message, *channel));
                made.quote = quote.map(|template| words.template(template)).filter(|text| !text.is_empty());
                if let Some((sent, refused)) = &send.outcome {
                    made.arms = vec![self.arm("sent", sent), self.otherwise("not sent", refused)];
                }
            }
            StepKind::Set { field, value } => {
                let name = human(&program.profile[*field].field.name);
                say(Kind::Set, "Set", format!("{name} = {}", words.expr(value)));
            }
            StepKind::Emit { event, .. } => say(Kind::Emit, "Emit", human(&program.events[*event].name)),
            StepKind::Call { webhook, then, otherwise, .. } => {
                let webhook = &program.webhooks[*webhook];
                say(Kind::Call, "Call", title(&webhook.name));
                made.lines.push(format!("tried up to {} times within {}", webhook.attempts, length(&webhook.within)));
                let arms = vec![self.arm("answers", then), self.otherwise("no answer", otherwise)];
                if arms.iter().any(|arm| !arm.steps.is_empty()) {
                    made.arms = arms;
                }
            }
            StepKind::Task { team, text, due, outcome } => {
                let team = &program.teams[*team];
                say(Kind::Task, &format!("Task for {}", human(&team.name)), text.clone());
                made.names = Some(team.name.clone());
                made.lines.extend(due.map(|due| format!("due in {}", length(&due))));
                if let Some((done, late)) = outcome {
                    made.arms = vec![self.arm("done", done), self.otherwise("not done in time", late)];
                }
            }
            StepKind::Repeat { times, body } => {
                say(Kind::Repeat, "Repeat", format!("up to {times} times"));
                made.body = self.steps(body);
            }
            StepKind::StopRepeating => say(Kind::StopRepeating, "Stop repeating", String::new()),
            StepKind::Collect { event, window, at_most, .. } => {
                say(Kind::Collect, "Collect", words::capital(&words.event(self.journey, event)));
                made.lines.push(format!("for {}, at most {at_most}", length(window)));
            }
            StepKind::Stage { name, clauses: of, body } => {
                say(Kind::Stage, "Stage", title(name));
                made.names = Some(name.clone());
                made.notes = clauses(words, self.journey, of);
                made.body = self.steps(body);
            }
            StepKind::Finish(label) => say(Kind::Finish, "Finish", label.clone().unwrap_or_default()),
            StepKind::GoTo { journey, .. } => {
                let name = &program.journeys[*journey].name;
                say(Kind::GoTo, "Go to", title(name));
                made.names = Some(name.clone());
            }
        }
    }

    /// A step at the same place that has nothing of its own.
    fn nothing(&self, of: &Step) -> Step {
        Step {
            lines: Vec::new(),
            quote: None,
            channels: Vec::new(),
            tags: Vec::new(),
            names: None,
            offers: Vec::new(),
            notes: Vec::new(),
            arms: Vec::new(),
            body: Vec::new(),
            ..of.clone()
        }
    }

    fn until(&self, until: &Until) -> String {
        let words = self.words;
        match until {
            Until::Moment(moment) => words.expr(moment),
            Until::Next { day, at, zone } => {
                let zone = zone.as_ref().map_or(String::new(), |z| format!(" in {}", words.expr(z)));
                let at = match &at.kind {
                    hir::ExprKind::Const(hir::Const::Time(ms)) => time(*ms),
                    _ => words.expr(at),
                };
                match day {
                    hir::DayRule::Week { days: 0b111_1111, calendar: None } => format!("{at}{zone}"),
                    day => format!("{} at {at}{zone}", words.day(day)),
                }
            }
        }
    }
}

/// The subject or title, or the first words of what is sent by this channel in the default locale.
pub fn first_words(message: &hir::Message, channel: hir::ChannelId) -> Option<&hir::Template> {
    let rendering = message.renderings.iter().find(|r| r.channel == channel && r.locale.is_empty())?;
    let part = ["subject", "title", "text"].iter().find_map(|wanted| rendering.parts.iter().find(|(n, _)| n == wanted));
    Some(&part.or(rendering.parts.first())?.1)
}
