//! Whether what the compiler calls impossible never happens: every claim becomes a probe in the program, a task that is given out
//! if the claim is wrong, and the reference machine runs it.

use crate::equal::direct::{self, How};
use crate::equal::{guarded, happens, horizon};
use crate::generate::stream::{Said, bytes};
use journey_compiler::hir::{Expr, ExprKind, Journey, Occasion, Program as Checked, Step, StepKind, Ty, Type};
use journey_compiler::prove::flow::{self, Claim, Of, What};
use journey_runtime::batch::Reference;
use journey_runtime::input::EffectKind;
use journey_runtime::program::Program;

/// What the text of a probe begins with.
const PROBE: &str = "claim is wrong: ";

/// What was done, for the count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// Programs that could be run.
    pub programs: usize,
    /// What was claimed of them.
    pub claims: usize,
    /// Claims with a probe.
    pub probes: usize,
    /// Effects of the runs.
    pub effects: usize,
}

/// A program with its probes.
pub struct Probed {
    /// It can be run.
    pub program: Program,
    /// What was claimed.
    pub claims: usize,
    /// Claims with a probe.
    pub probes: usize,
}

/// Compiles a program and puts probes into it; none when it has errors that are not the proofs'.
pub fn probe(text: &str) -> Option<Probed> {
    let checked = crate::check_text(text);
    if !crate::means_something(&checked) {
        return None;
    }
    let claims = flow::found(&checked.program).claims;
    let mut program = checked.program.clone();
    let first = checked.program.offers.len();
    let mut probes =
        Probes { claims: &claims, set: vec![false; claims.len()], of: Of::Declaration, first, made: Vec::new() };
    probes.put(&mut program);
    let set = probes.set.iter().filter(|s| **s).count();
    let image = journey_compiler::lower::lower(&program, &checked.sources);
    match Program::new(image) {
        Ok(program) => Some(Probed { program, claims: claims.len(), probes: set }),
        Err(errors) => panic!("the verifier refuses what the compiler made: {errors:?}"),
    }
}

/// Runs a program with its probes. `Err` tells of the first claim that is wrong.
pub fn hold(probed: &Probed, stream: &[Said]) -> Result<usize, String> {
    let how = How { engine: &Reference, batch: 4096, move_house: 0 };
    let came = guarded("the run", || direct::run(&probed.program, &bytes(stream), horizon(stream), how))?;
    for (who, effect) in &came.effects {
        if let EffectKind::Tasked { text, .. } = &effect.kind
            && text.starts_with(PROBE)
        {
            return Err(format!("{who}: {text}"));
        }
    }
    Ok(came.effects.len())
}

/// One program by chance, over some streams. What fails is kept in `tests/proved`.
pub fn seed(seed: u64, streams: u64, count: usize) -> Result<Done, String> {
    let text = crate::generate::program_that_asks_again(seed).text();
    let probed = guarded("the compiler", || probe(&text)).map_err(|what| format!("seed {seed}: {what}\n{text}"))?;
    let Some(probed) = probed else { return Ok(Done::default()) };
    let mut done = Done { programs: 1, claims: probed.claims, probes: probed.probes, effects: 0 };
    for n in 0..streams {
        let stream = guarded("the first run", || happens(&probed.program, seed * 1_000 + n, count))
            .map_err(|what| format!("seed {seed}: {what}"))?;
        match hold(&probed, &stream) {
            Ok(effects) => done.effects += effects,
            Err(what) => {
                let path = folder().join(format!("seed_{seed}_{n}.journey"));
                let kept = std::fs::create_dir_all(folder())
                    .and_then(|()| std::fs::write(&path, &text))
                    .and_then(|()| std::fs::write(path.with_extension("jsonl"), bytes(&stream)));
                let kept = if kept.is_ok() { path.display().to_string() } else { text };
                return Err(format!("seed {seed}, stream {n}: {what}\nkept in {kept}"));
            }
        }
    }
    Ok(done)
}

/// Where programs are kept of which something wrong was once claimed.
pub fn folder() -> std::path::PathBuf {
    crate::repository().join("tests/proved")
}

struct Probes<'c> {
    claims: &'c [Claim],
    /// Which have one.
    set: Vec<bool>,
    of: Of,
    /// The number of the first offer that is made.
    first: usize,
    /// Offers that are made in the place of others: which, and the task that says that it was chosen.
    made: Vec<(usize, Step)>,
}

impl Probes<'_> {
    fn put(&mut self, program: &mut Checked) {
        let segments: Vec<Expr> = program.segments.iter().map(|s| s.condition.clone()).collect();
        let mut anywhere: Vec<Step> = segments.iter().flat_map(|s| self.asked(s)).collect();
        for (id, offer) in program.offers.iter_mut().enumerate() {
            self.of = Of::Offer(id);
            if let Some(eligible) = &offer.eligible {
                anywhere.extend(self.asked(eligible));
            }
            // An offer begins with its send.
            let mut rest = offer.body.split_off(1.min(offer.body.len()));
            self.steps(&mut rest);
            offer.body.append(&mut rest);
        }
        let offers: Vec<Option<Expr>> = program.offers.iter().map(|o| o.eligible.clone()).collect();
        for id in 0..program.journeys.len() {
            self.of = Of::Journey(id);
            let mut journey = program.journeys[id].clone();
            let mut first = self.entry(&journey);
            self.steps_with(&mut journey.body, &offers);
            self.steps_with(&mut journey.on_leaving, &offers);
            if journey.start_over.is_empty() {
                first.append(&mut journey.body);
                journey.body = first;
            }
            journey.body.splice(0..0, anywhere.clone());
            program.journeys[id] = journey;
        }
        for (number, (offer, task)) in std::mem::take(&mut self.made).into_iter().enumerate() {
            let mut made = program.offers[offer].clone();
            made.name = format!("{}_{number}", made.name);
            made.body.insert(1, task);
            program.offers.push(made);
        }
    }

    /// Who may come in is asked once more, at the same instant.
    fn entry(&mut self, journey: &Journey) -> Vec<Step> {
        if !journey.start_over.is_empty() {
            return Vec::new();
        }
        journey.only_if.iter().flat_map(|c| self.asked(c)).collect()
    }

    fn task(&self, what: &Claim) -> Step {
        let text = format!("{PROBE}{:?} at {}..{}", kind(&what.what), what.span.start, what.span.end);
        Step { span: what.span, tags: Vec::new(), kind: StepKind::Task { team: 0, text, due: None, outcome: None } }
    }

    /// Whether this place is claimed never to be reached; with its probe.
    fn never(&mut self, is: impl Fn(&Claim) -> bool) -> Option<Step> {
        let mut found = None;
        for (at, claim) in self.claims.iter().enumerate() {
            if claim.of == self.of && is(claim) {
                self.set[at] = true;
                found.get_or_insert_with(|| self.task(claim));
            }
        }
        found
    }

    /// The probes of what is claimed of the parts of a condition, for just before it is asked.
    fn asked(&mut self, condition: &Expr) -> Vec<Step> {
        let mut steps = Vec::new();
        for (at, claim) in self.claims.iter().enumerate() {
            let What::Decided { part, truth, .. } = &claim.what else { continue };
            if claim.of != self.of {
                continue;
            }
            let Some(guards) = guards(condition, part) else { continue };
            self.set[at] = true;
            let wrong = if *truth { not(part) } else { part.clone() };
            let asked = guards.into_iter().rev().fold(wrong, |all, guard| and(guard, all));
            steps.push(when(asked, self.task(claim)));
        }
        steps
    }

    fn steps(&mut self, steps: &mut Vec<Step>) {
        self.steps_with(steps, &[]);
    }

    fn steps_with(&mut self, steps: &mut Vec<Step>, offers: &[Option<Expr>]) {
        for mut step in std::mem::take(steps) {
            let span = step.span;
            steps.extend(self.never(|c| matches!(c.what, What::Step | What::Else) && c.span == span));
            match &mut step.kind {
                StepKind::If { arms, otherwise, .. } => {
                    let mut rest = std::mem::take(otherwise);
                    self.steps_with(&mut rest, offers);
                    for (condition, mut body) in std::mem::take(arms).into_iter().rev() {
                        let mut asked = self.asked(&condition);
                        self.steps_with(&mut body, offers);
                        let kind = StepKind::If { arms: vec![(condition, body)], otherwise: rest, has_else: true };
                        asked.push(Step { span, tags: step.tags.clone(), kind });
                        rest = asked;
                    }
                    steps.append(&mut rest);
                    continue;
                }
                StepKind::BranchOn { on, arms, at, .. } => {
                    let mut before: Vec<Expr> = Vec::new();
                    for (number, (cases, _)) in arms.iter().enumerate() {
                        for (n, case) in cases.iter().enumerate() {
                            let asked = flow::case_as_condition(on, case);
                            if let Some(at) = at.get(number).and_then(|at| at.get(n)).copied()
                                && let Some(task) = self.never(|c| matches!(c.what, What::Case) && c.span == at)
                            {
                                let all = before.iter().rev().fold(asked.clone(), |all, b| and(not(b), all));
                                steps.push(when(all, task));
                            }
                            before.push(asked);
                        }
                    }
                }
                StepKind::WaitFor { arms, otherwise, .. } => {
                    for arm in arms.iter() {
                        if let Occasion::Condition(condition) = &arm.on {
                            let mut asked = self.asked(condition);
                            steps.append(&mut asked);
                        }
                    }
                    let passes = |on: &Occasion, claims: &[Claim]| {
                        let Occasion::Condition(c) = on else { return None };
                        claims.iter().find(|k| matches!(k.what, What::NoWait) && k.span == c.span).map(|k| k.span)
                    };
                    let at_once = arms.iter().find_map(|arm| passes(&arm.on, self.claims));
                    let of_now = |c: &Claim| matches!(c.what, What::NoWait) && Some(c.span) == at_once;
                    if let Some(task) = self.never(of_now) {
                        otherwise.insert(0, task.clone());
                        for arm in arms.iter_mut() {
                            let passes = matches!(&arm.on, Occasion::Condition(c) if Some(c.span) == at_once);
                            if !passes {
                                arm.body.insert(0, task.clone());
                            }
                        }
                    }
                    for arm in arms.iter_mut() {
                        let span = arm.span;
                        let dead = self.never(|c| matches!(c.what, What::Arm) && c.span == span);
                        let ruled_out = match &arm.on {
                            Occasion::Event(event) => event.condition.clone(),
                            Occasion::Condition(_) => None,
                        };
                        // A `where` of which a part never holds lets nobody in.
                        let ruled_out = ruled_out.and_then(|condition| {
                            self.never(|c| match &c.what {
                                What::Decided { part, truth: false, .. } => conjunct(&condition, part),
                                _ => false,
                            })
                        });
                        for task in dead.into_iter().chain(ruled_out) {
                            arm.body.insert(0, task);
                        }
                    }
                }
                StepKind::NextBest { candidates, .. } => {
                    if let Some(task) = self.never(|c| matches!(c.what, What::NoOffer) && c.span == span) {
                        for (offer, _) in candidates.iter() {
                            if let Some(Some(eligible)) = offers.get(*offer) {
                                steps.push(when(eligible.clone(), task.clone()));
                            }
                        }
                    }
                    for (offer, _) in candidates.iter_mut() {
                        let of = *offer;
                        let chosen = |c: &Claim| {
                            matches!(c.what, What::NotChosen { offer, .. } if offer == of) && c.span == span
                        };
                        if let Some(task) = self.never(chosen) {
                            *offer = self.first + self.made.len();
                            self.made.push((of, task));
                        }
                    }
                }
                _ => {}
            }
            for block in step.kind.blocks_mut() {
                self.steps_with(block, offers);
            }
            steps.push(step);
        }
    }
}

fn kind(what: &What) -> String {
    match what {
        What::Decided { truth, .. } => format!("always {truth}"),
        other => format!("{other:?}"),
    }
}

fn boolean(of: &Expr, kind: ExprKind) -> Expr {
    Expr { span: of.span, ty: Type { ty: Ty::Bool, optional: false }, kind }
}

fn not(e: &Expr) -> Expr {
    boolean(e, ExprKind::Not(Box::new(e.clone())))
}

fn and(a: Expr, b: Expr) -> Expr {
    let of = a.clone();
    boolean(&of, ExprKind::And(Box::new(a), Box::new(b)))
}

fn when(condition: Expr, task: Step) -> Step {
    let span = task.span;
    let kind = StepKind::If { arms: vec![(condition, vec![task])], otherwise: Vec::new(), has_else: false };
    Step { span, tags: Vec::new(), kind }
}

fn same(a: &Expr, b: &Expr) -> bool {
    a.span == b.span && a == b
}

/// What must hold for a part of a condition to be asked; none when it is no part of it.
fn guards(condition: &Expr, part: &Expr) -> Option<Vec<Expr>> {
    if same(condition, part) {
        return Some(Vec::new());
    }
    match &condition.kind {
        ExprKind::Not(a) => guards(a, part),
        ExprKind::And(a, b) | ExprKind::Or(a, b) => guards(a, part).or_else(|| {
            let mut all = guards(b, part)?;
            all.insert(0, if matches!(condition.kind, ExprKind::And(..)) { (**a).clone() } else { not(a) });
            Some(all)
        }),
        _ => None,
    }
}

/// Whether all of a condition fails when a part does.
fn conjunct(condition: &Expr, part: &Expr) -> bool {
    same(condition, part) || matches!(&condition.kind, ExprKind::And(a, b) if conjunct(a, part) || conjunct(b, part))
}
