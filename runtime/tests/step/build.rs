//! A small builder of images by hand, and a world to run them in.

use journey_runtime::batch::{HAS_ID, Item};
use journey_runtime::image::*;
use journey_runtime::input::{Effect, EffectKind, Input as In, InputKind, LeaveHow, Sink, Value};
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use journey_runtime::record::Effects;
use journey_runtime::step::{Customer, Scratch, advance, moment_text, next_wake, step};
use journey_runtime::tables;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub fn ms(ms: i64) -> Span {
    Span { ms, ..Span::default() }
}

pub fn days(days: i32) -> Span {
    Span { days, ..Span::default() }
}

pub fn months(months: i32) -> Span {
    Span { months, ..Span::default() }
}

/// A moment in UTC: `2026-03-01 10:00` or `2026-03-01 10:00:30`.
pub fn t(text: &str) -> i64 {
    let text = if text.len() == 16 { format!("{text}:00Z") } else { format!("{text}Z") };
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// A date in days since 1970.
pub fn d(text: &str) -> i64 {
    t(&format!("{text} 00:00")).div_euclid(DAY)
}

#[derive(Default)]
pub struct Build {
    pub image: Image,
}

/// The channels that every image has.
pub const EMAIL: u16 = 0;
pub const SMS: u16 = 1;
/// The purposes that every image has: the first needs no consent.
pub const SERVICE: u16 = 0;
pub const MARKETING: u16 = 1;
/// Profile fields that every image has.
pub const ZONE: u16 = 0;
pub const LOCALE: u16 = 1;
pub const PHONE: u16 = 2;
pub const SCORE: u16 = 3;
pub const VIP: u16 = 4;

impl Build {
    pub fn new() -> Build {
        let mut b = Build::default();
        b.image.time_zone = "UTC".into();
        b.image.purposes = vec![
            Purpose { name: "service".into(), needs_no_consent: true },
            Purpose { name: "marketing".into(), needs_no_consent: false },
        ];
        for (name, ty, default) in [
            ("time_zone", Ty::Zone, MISSING),
            ("locale", Ty::Text, MISSING),
            ("phone", Ty::Text, MISSING),
            ("score", Ty::Int, 0),
            ("vip", Ty::Bool, 0),
        ] {
            b.profile(name, ty, default);
        }
        b.image.zone_field = Some(ZONE);
        b.image.locale_field = Some(LOCALE);
        let address = b.function("profile.phone", Ty::Text, None, None, vec![Op::Profile { dst: 0, field: PHONE }]);
        b.image.channels = vec![
            Channel { name: "email".into(), address: None, address_text: String::new() },
            Channel { name: "sms".into(), address: Some(address), address_text: "profile.phone".into() },
        ];
        b
    }

    pub fn profile(&mut self, name: &str, ty: Ty, default: Word) -> u16 {
        self.image.profile.push(ProfileField {
            name: name.into(),
            path: name.into(),
            currency_path: None,
            ty,
            optional: default == MISSING,
            bounds: Bounds::default(),
            default,
        });
        (self.image.profile.len() - 1) as u16
    }

    pub fn text(&mut self, text: &str) -> TextId {
        let known = self.image.texts.iter().position(|known| known == text);
        known.unwrap_or_else(|| {
            self.image.texts.push(text.into());
            self.image.texts.len() - 1
        }) as TextId
    }

    /// An event with optional fields of these types.
    pub fn event(&mut self, name: &str, fields: &[(&str, Ty)]) -> u16 {
        let field = |(name, ty): &(&str, Ty)| EventField {
            name: (*name).into(),
            path: (*name).into(),
            currency_path: None,
            ty: ty.clone(),
            optional: true,
            bounds: Bounds::default(),
            default: None,
        };
        self.image.events.push(Event {
            name: name.into(),
            wire: name.into(),
            everyone: false,
            used: true,
            fields: fields.iter().map(field).collect(),
            role: Role::Plain,
        });
        (self.image.events.len() - 1) as u16
    }

    /// A function whose result is register 0.
    pub fn function(&mut self, text: &str, ty: Ty, event: Option<u16>, journey: Option<u16>, mut ops: Vec<Op>) -> FnId {
        ops.push(Op::Return { a: 0 });
        self.image.functions.push(Function { text: text.into(), ops, regs: 4, ty, event, journey, member: 0 });
        (self.image.functions.len() - 1) as FnId
    }

    /// `field cmp value`, the field missing being no.
    fn compares(
        &mut self,
        text: &str,
        read: Op,
        cmp: Cmp,
        value: Word,
        event: Option<u16>,
        journey: Option<u16>,
    ) -> FnId {
        let ops = vec![
            Op::Const { dst: 0, value: 0 },
            read,
            Op::JumpMissing { a: 1, to: 5 },
            Op::Const { dst: 2, value },
            Op::CompareInt { cmp, dst: 0, a: 1, b: 2 },
        ];
        self.function(text, Ty::Bool, event, journey, ops)
    }

    pub fn event_is(&mut self, event: u16, field: u16, cmp: Cmp, value: i64) -> FnId {
        self.compares("the event's field", Op::Event { dst: 1, field }, cmp, value as Word, Some(event), None)
    }

    pub fn profile_is(&mut self, field: u16, cmp: Cmp, value: i64) -> FnId {
        let text = format!("profile.{}", self.image.profile[usize::from(field)].name);
        self.compares(&text, Op::Profile { dst: 1, field }, cmp, value as Word, None, None)
    }

    pub fn slot(&mut self, journey: u16, slot: u16, ty: Ty) -> FnId {
        self.function("slot", ty, None, Some(journey), vec![Op::Slot { dst: 0, slot }])
    }

    pub fn constant(&mut self, ty: Ty, value: Word) -> FnId {
        self.function("constant", ty, None, None, vec![Op::Const { dst: 0, value }])
    }

    /// `now cmp moment`
    pub fn now_is(&mut self, cmp: Cmp, moment: i64) -> FnId {
        let ops = vec![Op::Const { dst: 1, value: moment as Word }, Op::CompareNow { cmp, dst: 0, a: 1 }];
        self.function("now", Ty::Bool, None, None, ops)
    }

    /// `until HH:MM`: the next such moment.
    pub fn next_at(&mut self, time: i64) -> FnId {
        let day = DayRule::Week { days: 0b111_1111, calendar: None };
        let ops = vec![Op::Const { dst: 1, value: time as Word }, Op::NextAt { dst: 0, day, time: 1, zone: None }];
        self.function("until", Ty::Moment, None, None, ops)
    }

    pub fn watch(&mut self, condition: FnId) -> u16 {
        self.image.watches.push(Watch { text: "watched".into(), condition });
        (self.image.watches.len() - 1) as u16
    }

    pub fn message(&mut self, name: &str, purpose: u16) -> u16 {
        self.image.messages.push(Message {
            name: name.into(),
            purpose,
            valid: (None, None),
            renderings: vec![(EMAIL, vec![String::new()]), (SMS, vec![String::new()])],
        });
        (self.image.messages.len() - 1) as u16
    }

    pub fn rule(&mut self, kind: RuleKind, over: Over) -> u16 {
        self.image.rules.push(Rule { policy: "pressure".into(), text: "a rule".into(), kind, over });
        (self.image.rules.len() - 1) as u16
    }

    /// A journey triggered by an event of which nothing is kept, without steps yet.
    pub fn journey(&mut self, name: &str) -> J<'_> {
        let number = self.image.journeys.len() as u16;
        self.image.journeys.push(Journey {
            name: name.into(),
            hash: 1,
            annotations: vec![],
            slots: vec![],
            params: 0,
            key: None,
            at_once: None,
            reentry: ReEntry::AfterFinishing,
            triggers: vec![],
            only_if: None,
            window: (None, None),
            rollout: None,
            priority: 0,
            start_over: vec![],
            updates: vec![],
            goals: vec![],
            exits: vec![],
            pauses: vec![],
            meanwhile: vec![],
            on_leaving: None,
            lasts: None,
            stages: vec![],
            code: vec![],
            step_of: vec![],
            steps: vec![],
            points: vec![],
            places: vec![],
            sends: vec![],
            next_best: vec![],
            zeroed: vec![],
        });
        J { b: self, number, stage: None }
    }

    pub fn world(self) -> World {
        World::new(self.image)
    }
}

/// A journey being built.
pub struct J<'b> {
    pub b: &'b mut Build,
    pub number: u16,
    pub stage: Option<u16>,
}

impl J<'_> {
    pub fn it(&mut self) -> &mut Journey {
        &mut self.b.image.journeys[usize::from(self.number)]
    }

    pub fn slot(&mut self, name: &str, ty: Ty) -> u16 {
        self.it().slots.push(Slot { name: name.into(), ty });
        (self.it().slots.len() - 1) as u16
    }

    /// A trigger that keeps these fields of the event.
    pub fn on(&mut self, event: u16, condition: Option<FnId>, fields: &[(u16, u16)]) -> &mut Self {
        let capture = Capture { fields: fields.to_vec(), ..Capture::default() };
        self.it().triggers.push(Trigger::Event { listener: Listener { condition, ..hear(event) }, capture });
        self
    }

    pub fn pc(&mut self) -> Pc {
        self.it().code.len() as Pc
    }

    /// An instruction that is a step of its own.
    pub fn step(&mut self, id: &str, instr: Instr) -> Pc {
        let stage = self.stage;
        let pc = self.pc();
        let it = self.it();
        let id = format!("{id}#{}", it.steps.len());
        it.steps.push(Step {
            id: id.clone(),
            text: id,
            parent: None,
            stage,
            line: 1,
            file: "x.journey".into(),
            annotations: vec![],
            pc,
        });
        it.step_of.push((it.steps.len() - 1) as u16);
        it.code.push(instr);
        pc
    }

    pub fn stay(&mut self, kind: PlaceKind) -> Pc {
        let stage = self.stage;
        self.it().places.push(Place { stage, kind });
        let place = (self.it().places.len() - 1) as u16;
        self.step("wait", Instr::Stay(place))
    }

    pub fn wait(&mut self, span: Span) -> Pc {
        let next = self.pc() + 1;
        self.stay(PlaceKind::Timer { due: Due::After(span), past: None, next })
    }

    /// A send by channels, in order.
    pub fn send_by(&mut self, message: u16, channels: &[u16], rules: &[u16]) -> Pc {
        let needs = self.b.image.messages[usize::from(message)].purpose != SERVICE;
        let consent = if needs { ConsentRule::Channel } else { ConsentRule::None };
        let stage = self.stage;
        let tries = channels.iter().map(|channel| Try { channel: *channel, consent, rules: rules.to_vec() }).collect();
        self.it().sends.push(Send {
            message,
            inputs: vec![],
            tries,
            offer: None,
            due: None,
            sent_at: None,
            channel: None,
            id: None,
            sent: None,
            refused: None,
            stage,
        });
        let send = (self.it().sends.len() - 1) as u16;
        self.step("send", Instr::Send(send))
    }

    pub fn send(&mut self, message: u16) -> Pc {
        self.send_by(message, &[EMAIL], &[])
    }

    pub fn finish(&mut self) -> u16 {
        self.step("finish", Instr::Finish(None));
        self.number
    }
}

/// Listens for an event.
pub fn hear(event: u16) -> Listener {
    Listener { event, key: None, of: None, condition: None }
}

/// An arm of a wait for an event.
pub fn arm(event: u16, next: Pc) -> WaitArm {
    WaitArm { on: Occasion::Event(hear(event)), becomes: None, capture: Capture::default(), next }
}

/// What a step gives, as lines.
#[derive(Default)]
pub struct Story {
    pub effects: Vec<Effect>,
    pub told: Vec<String>,
}

impl Sink for Story {
    const TELLS: bool = true;
    fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
    fn told(&mut self, _time: i64, _journey: Option<u16>, _run: u32, _step: Option<u16>, text: String) {
        self.told.push(text);
    }
}

/// How many inputs the lean machine has declined, and done.
pub static COUNTS: [std::sync::atomic::AtomicUsize; 2] =
    [std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0)];

/// One customer and their program.
pub struct World {
    pub program: Program,
    pub pool: Pool,
    pub scratch: Scratch,
    pub id: String,
    pub state: Vec<Word>,
    pub story: Story,
    pub now: i64,
}

impl World {
    pub fn new(image: Image) -> World {
        let program = match Program::new(image) {
            Ok(program) => program,
            Err(errors) => panic!("{}", errors.iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")),
        };
        let pool = Pool::new(&program.image);
        let scratch = Scratch::new(&program);
        World { program, pool, scratch, id: "ana".into(), state: vec![], story: Story::default(), now: i64::MIN }
    }

    pub fn text(&mut self, text: &str) -> Word {
        Word::from(self.pool.text(text))
    }

    pub fn advance(&mut self, until: i64, inclusive: bool) -> &mut Self {
        let (before, told) = (self.state.clone(), self.story.effects.len());
        let customer = Customer { id: &self.id };
        let World { program, pool, scratch, state, story, .. } = self;
        advance(program, pool, scratch, &customer, state, until, inclusive, story);
        self.agrees_with_tables(before, told, |shared, words| tables::advance(shared, 0, words, until, inclusive));
        self
    }

    /// The lean machine does the same to the byte, or says that it does not, and then has changed nothing but by instants that it did.
    fn agrees_with_tables(
        &self,
        before: Vec<Word>,
        told: usize,
        work: impl Fn(&mut tables::Shared<'_>, &mut tables::Words<'_>) -> Result<(), tables::Declined>,
    ) {
        struct Name<'a>(&'a str);
        impl tables::Names for Name<'_> {
            fn name(&self, _: u32) -> &str {
                self.0
            }
        }
        let mut pool = self.pool.clone();
        let known = tables::Tables::new(&self.program);
        // Enough room, and just what there was.
        for room in [200, 0] {
            let mut words = before.clone();
            words.resize(before.len() + room, 0xdead);
            let mut words = tables::Words { words: &mut words, len: before.len() };
            let mut out = Effects::default();
            let mut shared = tables::Shared {
                program: &self.program,
                tables: &known,
                pool: &mut pool,
                names: &Name(&self.id),
                scratch: &mut tables::Scratch::new(&self.program),
                out: &mut out,
            };
            let done = work(&mut shared, &mut words);
            let effects: Vec<Effect> = out
                .iter()
                .map(|record| journey_runtime::record::materialise(&self.program, &pool, &out, &self.id, record))
                .collect();
            match done {
                Ok(()) => {
                    assert_eq!(words.words[..words.len], self.state);
                    assert_eq!(effects, self.story.effects[told..]);
                }
                Err(_) => assert_eq!(effects, self.story.effects[told..told + effects.len()]),
            }
            if room == 200 {
                COUNTS[usize::from(done.is_ok())].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    /// Time goes to this moment, included.
    pub fn until(&mut self, moment: &str) -> &mut Self {
        self.now = t(moment);
        self.advance(t(moment), true)
    }

    pub fn at(&mut self, moment: &str) -> &mut Self {
        self.now = t(moment);
        self
    }

    pub fn input(&mut self, kind: InputKind) -> &mut Self {
        self.advance(self.now, false);
        let (before, told) = (self.state.clone(), self.story.effects.len());
        let customer = Customer { id: &self.id };
        let World { program, pool, scratch, state, story, .. } = self;
        let input = In { seen: self.now, kind };
        step(program, pool, scratch, &customer, state, &input, story);
        if let InputKind::Profile { .. } | InputKind::Consent { .. } = &input.kind {
            let kind = &input.kind;
            self.agrees_with_tables(before, told, |shared, words| tables::known(shared, 0, words, self.now, kind));
        } else if let InputKind::Event { event, happened_at, id, row } = input.kind {
            let flags = if id.is_some() { HAS_ID } else { 0 };
            let item = Item { event, flags, seen: self.now, happened_at, id: id.unwrap_or(0), ..Item::default() };
            self.agrees_with_tables(before, told, |shared, words| tables::event(shared, 0, words, &item, &row));
        }
        self
    }

    pub fn does(&mut self, event: u16, row: &[Word]) -> &mut Self {
        let kind = InputKind::Event { event, happened_at: self.now, id: None, row: row.to_vec() };
        self.input(kind)
    }

    pub fn becomes(&mut self, field: u16, word: Word) -> &mut Self {
        self.input(InputKind::Profile { id: None, changes: vec![(field, word)] })
    }

    pub fn agrees(&mut self, purpose: u16, granted: bool) -> &mut Self {
        self.input(InputKind::Consent { purpose, channel: None, granted })
    }

    pub fn moves_to(&mut self, zone: &str) -> &mut Self {
        let zone = self.text(zone);
        self.becomes(self::ZONE, zone)
    }

    pub fn next_wake(&self) -> Option<String> {
        next_wake(&self.state).map(|at| self.time(at))
    }

    fn time(&self, at: i64) -> String {
        moment_text(self.program.zones.get(self.program.zone), at)
    }

    /// What has happened since the last call, a line each.
    #[track_caller]
    pub fn expect(&mut self, lines: &[&str]) -> &mut Self {
        let effects = std::mem::take(&mut self.story.effects);
        let story: Vec<String> = effects.iter().map(|effect| self.line(effect)).collect();
        assert_eq!(story, lines, "\n{}", story.iter().map(|line| format!("{line:?},\n")).collect::<String>());
        self
    }

    /// Only the sends, exits and the like whose line has this word.
    #[track_caller]
    pub fn expect_only(&mut self, word: &str, lines: &[&str]) -> &mut Self {
        let effects = std::mem::take(&mut self.story.effects);
        let story: Vec<String> =
            effects.iter().map(|effect| self.line(effect)).filter(|line| line.contains(word)).collect();
        assert_eq!(story, lines, "\n{}", story.iter().map(|line| format!("{line:?},\n")).collect::<String>());
        self
    }

    pub fn line(&self, effect: &Effect) -> String {
        let image = &self.program.image;
        let message = |m: &u16| image.messages[usize::from(*m)].name.as_str();
        let channel = |c: &u16| image.channels[usize::from(*c)].name.as_str();
        let what = match &effect.kind {
            EffectKind::Entered { key, from, joined } => {
                let key = key.as_ref().map(|key| format!(" {}", words(key))).unwrap_or_default();
                let from =
                    from.map(|from| format!(" from {}", image.journeys[usize::from(from)].name)).unwrap_or_default();
                format!("{}{key}{from}", if *joined { "joined" } else { "entered" })
            }
            EffectKind::StartedOver => "started over".into(),
            EffectKind::Updated => "updated".into(),
            EffectKind::EntryRefused { reason, .. } => format!("refused entry: {}", reason.words()),
            EffectKind::Assigned { experiment, arm } => {
                format!("experiment {}: {}", image.texts[*experiment as usize], image.texts[*arm as usize])
            }
            EffectKind::Converted => "converted".into(),
            EffectKind::Left { how } => match how {
                LeaveHow::Goal => "left at goal".into(),
                LeaveHow::LateGoal => "left at goal, late".into(),
                LeaveHow::Exit(text) => format!("left: {text}"),
                LeaveHow::PauseTooLong => "left: paused too long".into(),
                LeaveHow::TooLong => "left: lasted too long".into(),
                LeaveHow::End => "left at end".into(),
                LeaveHow::Label(label) => format!("left as {label}"),
                LeaveHow::HandedOff(to) => format!("left to {}", image.journeys[usize::from(*to)].name),
                LeaveHow::OutOfFuel => "left: out of fuel".into(),
            },
            EffectKind::Sent { message: m, channel: c, locale, inputs, .. } => {
                let inputs: String = inputs.iter().map(|(name, value)| format!(" {name}={}", words(value))).collect();
                let locale = if locale.is_empty() { String::new() } else { format!(" in {locale}") };
                format!("sent {} by {}{locale}{inputs}", message(m), channel(c))
            }
            EffectKind::Refused { message: m, channel: c, reason, .. } => {
                format!("refused {} by {}: {}", message(m), channel(c), reason.words())
            }
            EffectKind::Held { message: m, channel: c, reason, until, .. } => {
                let until = until.map(|at| format!(" until {}", self.time(at))).unwrap_or_default();
                format!("held {} by {}: {}{until}", message(m), channel(c), reason.words())
            }
            EffectKind::Set { field, value } => {
                format!("set {} = {}", image.profile[usize::from(*field)].name, words(value))
            }
            EffectKind::Emitted { event, .. } => format!("emitted {}", image.events[usize::from(*event)].name),
            EffectKind::Called { webhook, .. } => format!("called {}", image.webhooks[usize::from(*webhook)].name),
            EffectKind::Tasked { text, due, .. } => {
                format!("task {text}{}", due.map(|at| format!(" due {}", self.time(at))).unwrap_or_default())
            }
            EffectKind::Paused { reason } => format!("paused: {reason}"),
            EffectKind::Resumed => "resumed".into(),
            EffectKind::Rejected { contract, reason, .. } => format!("rejected {contract}: {reason}"),
        };
        let who = effect.journey.map_or("-", |journey| image.journeys[usize::from(journey)].name.as_str());
        format!("{} {who}#{} {what}", self.time(effect.time), effect.run)
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Missing => "missing".into(),
        Value::Int(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(members) => format!("[{}]", members.iter().map(words).collect::<Vec<_>>().join(" ")),
        Value::Record(fields) => {
            format!("({})", fields.iter().map(|(_, value)| words(value)).collect::<Vec<_>>().join(","))
        }
        other => format!("{other:?}"),
    }
}
