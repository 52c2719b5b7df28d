//! Whether two trees say the same.

use crate::ast::*;
use crate::span::Span;

/// Whether two files are equal but for where things stand.
pub(super) fn same(mut one: File, mut other: File) -> bool {
    one.forget();
    other.forget();
    one == other
}

/// Forgets all places.
trait Forget {
    fn forget(&mut self);
}

impl Forget for Span {
    fn forget(&mut self) {
        *self = Span::default();
    }
}

impl<T: Forget> Forget for Option<T> {
    fn forget(&mut self) {
        self.iter_mut().for_each(T::forget);
    }
}

impl<T: Forget> Forget for Vec<T> {
    fn forget(&mut self) {
        self.iter_mut().for_each(T::forget);
    }
}

impl<T: Forget> Forget for Box<T> {
    fn forget(&mut self) {
        (**self).forget();
    }
}

impl<A: Forget, B: Forget> Forget for (A, B) {
    fn forget(&mut self) {
        self.0.forget();
        self.1.forget();
    }
}

/// Types without places.
macro_rules! plain {
    ($($name:ty),* $(,)?) => { $(impl Forget for $name { fn forget(&mut self) {} })* };
}

/// Structures, with all their fields: a field that is added to the tree has to be added here.
macro_rules! fields {
    ($($name:ident { $($field:ident),* })*) => {
        $(impl Forget for $name {
            fn forget(&mut self) {
                let $name { $($field),* } = self;
                $($field.forget();)*
            }
        })*
    };
}

/// Enumerations, with all their cases.
macro_rules! cases {
    ($($name:ident { $($case:ident $(($($part:ident),*))? $({$($field:ident),*})?),* $(,)? })*) => {
        $(impl Forget for $name {
            fn forget(&mut self) {
                match self {
                    $($name::$case $(($($part),*))? $({$($field),*})? => { $($($part.forget();)*)? $($($field.forget();)*)? })*
                }
            }
        })*
    };
}

plain!(bool, u32, String, crate::span::FileId, BinaryOp);

fields! {
    Name { text, span }
    Text { text, span }
    Path { parts, span }
    File { file, items }
    Item { span, doc, annotations, broken, decl }
    Annotation { span, facet, path }
    Taxonomy { name, body }
    TaxNode { name, labels, deprecated, links, children, span }
    TaxLink { verb, facet, path }
    Event { name, wire, everyone, source, owner, fields }
    ExtendEvent { name, fields }
    Record { name, fields }
    Field { span, doc, name, ty, personal, from, currency_from, default }
    Type { span, kind, optional }
    Profile { fields }
    Segment { name, condition }
    Purpose { name, label, needs_no_consent }
    Channel { name, address, reports }
    Param { name, ty }
    Message { name, params, purpose, valid, claims, renderings }
    DateRange { span, from, to }
    Claim { name, value }
    Rendering { span, channel, locale, parts }
    Offer { name, eligible, propensity, value, weight, limits, valid, body }
    Limit { span, count, window }
    Policy { name, scope, rules }
    Rule { span, kind, except }
    Webhook { name, params, gives, method, url, retry }
    Calendar { name, file }
    Team { name, address }
    Migrate { journey, from, moves }
    Journey { name, params, header, header_broken, body }
    Clause { span, kind }
    EventRef { span, event, scope, of, alias, condition }
    Scope { any, what, by, span }
    Block { span, steps }
    Step { span, annotations, kind }
    Arm { span, on, becomes, body }
    ExperimentArm { span, holdout, name, share, body }
    Send { message, args, channels, alias, sent, otherwise }
    Arg { name, value }
    FieldValue { name, value }
    Expr { span, kind }
    Test { title, items }
    TestItem { span, kind }
    TestMoment { span, date, time, zone }
}

cases! {
    Decl {
        Use(a), Taxonomy(a), Event(a), ExtendEvent(a), Record(a), Profile(a), Segment(a), Purpose(a),
        Channel(a), Message(a), Offer(a), Policy(a), Webhook(a), Calendar(a), Team(a), Journey(a), Test(a),
        Migrate(a), Broken { kind, name },
    }
    TaxonomyBody {
        Nodes(a), File(a),
    }
    TypeKind {
        Named(a), Between { name, low, high }, BoundedText(a), Money(a), OneOf(a), List { of, at_most }, Broken,
    }
    PartValue {
        Text(a), File(a),
    }
    Window {
        Rolling(a), Calendar(a),
    }
    RuleKind {
        Consent { purpose, per_channel }, Cap { limit, purpose, channels, over },
        Gap { gap, purpose, channels, over }, Quiet { from, to, channels, over },
        Deliver { from, to, days, calendar, channels, over }, Annotations { facets, on }, Lasts(a),
    }
    Over {
        Drop, Hold(a),
    }
    ClauseKind {
        Trigger(a), OnlyIf(a), OneRun { key, at_once }, ReEntry(a), StartOver(a), Update { alias, event },
        Goal { event, within, go_on }, Exit { for_good, on }, Pause { on, until, at_most, then_exit },
        Meanwhile { hold, purpose }, Priority(a), Between(a), Rollout(a), OnLeaving(a),
    }
    Occasion {
        Event(a), Condition(a),
    }
    Trigger {
        Event(a), Enters(a), Leaves(a), Condition(a), Every { unit, day, calendar, at, zone, segment },
        Date { date, at, zone }, HandOff(a),
    }
    ReEntry {
        Never { remember }, AfterFinishing, After { duration, exit },
    }
    StepKind {
        Wait { duration, calendar }, WaitUntil { until, past, then }, WaitFor { limit, arms, otherwise },
        If { arms, otherwise }, BranchOn { on, arms, otherwise }, Branch { arms, otherwise },
        Experiment { name, arms }, NextBest { from, offers, rank, otherwise }, Send(a), Set { target, value },
        Emit { event, fields }, Call { webhook, args, alias, then, otherwise },
        Task { team, text, due, done, otherwise }, Repeat { times, body }, StopRepeating,
        Collect { event, alias, window, at_most }, Stage { name, clauses, body }, Finish(a),
        GoTo { journey, args }, Broken,
    }
    Until {
        Clock { at, zone }, Day { day, calendar, at, zone }, Moment(a),
    }
    Past {
        Continue, Finish(a), Block(a),
    }
    Case {
        Path(a), Value(a),
    }
    ExprKind {
        Bool(a), Number(a), Quantity(a, b), Text(a), Date(a), Time(a), Path(a), Now, Today, List(a), Record(a),
        Not(a), Negate(a), Paren(a), Binary { op, op_span, left, right }, Between { value, low, high },
        IsKnown { value, known }, IsDay { value, day, calendar, negated }, InSegment(a),
        At { date, time, zone }, Held { condition, duration },
        Query { function, of, condition, window, by_day }, Field(a, b), Broken,
    }
    TestKind {
        Customer(a, b), At { date, time, zone }, After(a), Does { who, event, of, fields, id },
        DoesRaw { who, event, json, id }, Everyone { event, fields }, Becomes(a, b),
        Consent { who, grants, purpose, channel }, WebhookFails { webhook, times }, WebhookGives(a, b),
        Completes { team, text, who }, Expect(a), Broken,
    }
    TestField {
        Value(a), Consents(a),
    }
    Expect {
        Receives { who, message, channel, at, with }, Nothing { who, from }, Waiting { who, journey, at },
        NotIn { who, journey }, Enters { who, journey, at }, Leaves { who, journey, how, at },
        Converts { who, journey, at }, Refused { who, message, channel, reason, at },
        RefusedEntry { who, journey, reason }, Task { team, text, at }, Profile { who, fields },
        Emits { who, event, with }, Rejected(a),
    }
    LeaveHow {
        Word(a), Label(a),
    }
}
