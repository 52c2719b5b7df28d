//! What a program does with messages of a shape, worked out once: which columns give which words.

use crate::form::Form;
use crate::line::Kind;
use crate::shape::{Mark, Part, Shape, Source};
use crate::tree::Column;
use journey_runtime::image::{Bounds, Image, MISSING, Role, Ty, Word};
use rustc_hash::FxHashMap;

/// Where Segment tells of consent.
const CONSENT_UPDATED: &str = "Segment Consent Preference Updated";

/// What is done with messages of a shape and an event.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Not declared.
    Unknown,
    /// Nothing reads it.
    Unread,
    /// It is read as JSON: what it means is not plain from its shape.
    Json,
    /// The same, before customers are told apart.
    First,
    /// An event, column by column.
    Event(EventPlan),
    /// What becomes known of the customer.
    Identify(IdentifyPlan),
}

/// How an event's row is made.
#[derive(Debug)]
pub(crate) struct EventPlan {
    pub(crate) event: u16,
    /// A word for each field.
    pub(crate) slots: Vec<Slot>,
    /// What else must hold.
    pub(crate) checks: Vec<u16>,
}

/// How the profile changes.
#[derive(Debug)]
pub(crate) struct IdentifyPlan {
    pub(crate) slots: Vec<(u16, Slot)>,
    pub(crate) checks: Vec<u16>,
    /// Purpose, channel, and the column that says yes or no.
    pub(crate) consents: Vec<(u16, Option<u16>, u16)>,
}

/// Where a word comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Slot {
    Word(Word),
    /// Index into [`Plans::readings`].
    Reading(u16),
}

/// Whose field a word is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Of {
    Event(u16),
    Profile,
}

/// How a column's values become words.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Index into the file's columns of paths.
    pub(crate) column: u16,
    pub(crate) how: How,
}

/// The ways.
#[derive(Debug)]
pub(crate) enum How {
    Bool,
    /// As they stand: whole numbers, days.
    Whole(Bounds),
    /// Moments.
    Moment(Bounds),
    Money(Bounds),
    /// Numbers, with the least and the most.
    Number(Option<(f64, f64)>),
    /// Texts, with the most characters.
    Text(Option<u32>),
    /// As the decoder reads the JSON value.
    Json(Of, u16),
    /// A check: the currency must be this one. The word is 1.
    Currency(String),
    /// A check: one of these names.
    Names(Vec<String>),
}

/// All plans of a row group.
pub(crate) struct Plans<'a> {
    image: &'a Image,
    columns: &'a [Column],
    by_wire: &'a FxHashMap<String, u16>,
    pub(crate) all: Vec<Plan>,
    pub(crate) readings: Vec<Reading>,
    known: FxHashMap<(u16, Of, u16), u16>,
}

/// What stands at a path of a shape.
enum At {
    Absent,
    Null,
    Value(Mark),
    /// Something that only the decoder understands.
    Odd,
}

impl<'a> Plans<'a> {
    pub(crate) fn new(image: &'a Image, columns: &'a [Column], by_wire: &'a FxHashMap<String, u16>) -> Plans<'a> {
        Plans { image, columns, by_wire, all: Vec::new(), readings: Vec::new(), known: FxHashMap::default() }
    }

    /// The plan for messages of a shape, and an event where they have one.
    pub(crate) fn plan(&mut self, shape: &Shape, event: Option<&str>) -> Plan {
        let cloud = shape.kind == Kind::Event;
        let wire = match (shape.kind, event) {
            (Kind::Track | Kind::Event, Some(event)) => event,
            (Kind::Page, _) => "page",
            (Kind::Screen, _) => "screen",
            (Kind::Group, _) => "group",
            (Kind::Identify, _) => "identify",
            _ => return Plan::First,
        };
        let root = &shape.root;
        if wire == "identify" {
            return self.identify(root, if cloud { "data" } else { "traits" });
        }
        let known = self.by_wire.get(wire).copied();
        match known {
            Some(event) if self.image.events[usize::from(event)].used => {
                if self.image.events[usize::from(event)].everyone {
                    Plan::First
                } else if wire == CONSENT_UPDATED {
                    Plan::Json
                } else {
                    self.event(shape, event).map_or(Plan::Json, Plan::Event)
                }
            }
            _ if !cloud && wire == CONSENT_UPDATED => Plan::Json,
            Some(_) => Plan::Unread,
            None => Plan::Unknown,
        }
    }

    fn event(&mut self, shape: &Shape, event: u16) -> Option<EventPlan> {
        let (root, image) = (&shape.root, self.image);
        let fields = match shape.kind {
            Kind::Event => "data",
            Kind::Group if root.child("traits").is_some() => "traits",
            _ => "properties",
        };
        let below = match root.child(fields) {
            Some(part @ Part::Object(_)) => Some(part),
            None | Some(Part::Null) => None,
            _ => return None,
        };
        let page = matches!(shape.kind, Kind::Page | Kind::Screen);
        let mut plan = EventPlan { event, slots: Vec::new(), checks: Vec::new() };
        let declared = &image.events[usize::from(event)];
        for (i, field) in (0u16..).zip(&declared.fields) {
            let mut at = self.at(root, below, &field.path);
            // Name and category of a page may stand at the message's root.
            let first = field.path.split('.').next().unwrap_or_default();
            if page && matches!(first, "name" | "category") && root.child(first).is_some() {
                let there = below.is_some_and(|below| below.child(first).is_some());
                match first == field.path {
                    true if !there => at = self.at(root, Some(root), first),
                    true => {}
                    false => return None,
                }
            }
            let slot = match at {
                At::Odd => return None,
                At::Absent | At::Null => Slot::Word(match (field.default, field.optional) {
                    (Some(word), _) => word,
                    (None, true) => MISSING,
                    (None, false) => return None,
                }),
                At::Value(mark) => {
                    let path = field.currency_path.as_deref();
                    self.currency(root, below, path, &field.ty, &mut plan.checks)?;
                    self.reading(mark, Of::Event(event), i, &field.ty, &field.bounds)?
                }
            };
            plan.slots.push(slot);
        }
        if let Role::Consent { purpose, channel, .. } = declared.role {
            let purposes: Vec<String> = image.purposes.iter().map(|p| p.name.clone()).collect();
            let channels: Vec<String> = image.channels.iter().map(|c| c.name.clone()).collect();
            for (field, names) in [(Some(purpose), purposes), (channel, channels)] {
                match field.map(|field| (field == purpose, plan.slots[usize::from(field)])) {
                    Some((_, Slot::Reading(reading))) => {
                        let column = self.readings[usize::from(reading)].column;
                        plan.checks.push(self.check(column, How::Names(names)));
                    }
                    Some((false, Slot::Word(MISSING))) | None => {}
                    Some((_, Slot::Word(_))) => return None,
                }
            }
        }
        Some(plan)
    }

    fn identify(&mut self, root: &Part, fields: &str) -> Plan {
        self.identified(root, fields).map_or(Plan::Json, Plan::Identify)
    }

    fn identified(&mut self, root: &Part, fields: &str) -> Option<IdentifyPlan> {
        let image = self.image;
        let below = match root.child(fields) {
            Some(part @ Part::Object(_)) => Some(part),
            None | Some(Part::Null) => None,
            _ => return None,
        };
        let mut plan = IdentifyPlan { slots: Vec::new(), checks: Vec::new(), consents: Vec::new() };
        for (i, field) in (0u16..).zip(&image.profile) {
            let slot = match self.at(root, below, &field.path) {
                At::Odd => return None,
                At::Absent => continue,
                At::Null => Slot::Word(field.default),
                At::Value(mark) => {
                    let path = field.currency_path.as_deref();
                    self.currency(root, below, path, &field.ty, &mut plan.checks)?;
                    self.reading(mark, Of::Profile, i, &field.ty, &field.bounds)?
                }
            };
            plan.slots.push((i, slot));
        }
        let context = match root.child("context") {
            None | Some(Part::Null) => None,
            Some(part @ Part::Object(_)) => Some(part),
            _ => return None,
        };
        if let Some(context) = context {
            for (field, name) in [(image.zone_field, "timezone"), (image.locale_field, "locale")] {
                let there = field.is_some_and(|field| plan.slots.iter().any(|(known, _)| *known == field));
                if field.is_some() && !there && context.child(name).is_some() {
                    return None;
                }
            }
            if context.child("consent").is_some() {
                return None;
            }
        }
        match below.and_then(|below| below.child("consents")) {
            None | Some(Part::Null) => {}
            Some(Part::Object(purposes)) => {
                for (name, part) in purposes {
                    let purpose = image.purposes.iter().position(|p| p.name == *name)? as u16;
                    match part {
                        Part::Null => {}
                        Part::Value(mark) => plan.consents.push((purpose, None, self.yes_or_no(*mark)?)),
                        Part::Object(channels) => {
                            for (name, part) in channels.iter().filter(|(_, part)| *part != Part::Null) {
                                let channel = image.channels.iter().position(|c| c.name == *name)? as u16;
                                let Part::Value(mark) = part else { return None };
                                plan.consents.push((purpose, Some(channel), self.yes_or_no(*mark)?));
                            }
                        }
                        Part::Literal(_) => return None,
                    }
                }
            }
            _ => return None,
        }
        Some(plan)
    }

    fn yes_or_no(&self, mark: Mark) -> Option<u16> {
        match mark.source {
            Source::Column(column) if self.columns[usize::from(column)].form == Form::Bool => Some(column),
            _ => None,
        }
    }

    /// What stands at a path: below the fields, or with a `/` in front from the root.
    fn at(&self, root: &Part, below: Option<&Part>, path: &str) -> At {
        let (start, names) = match path.strip_prefix('/') {
            Some(path) => (Some(root), path.split('/').collect::<Vec<_>>()),
            None => (below, path.split('.').collect()),
        };
        let Some(mut part) = start else { return At::Absent };
        for name in names {
            match part {
                Part::Object(_) => match part.child(name) {
                    Some(child) => part = child,
                    None => return At::Absent,
                },
                Part::Null | Part::Literal(_) => return At::Absent,
                // JSON text may hold what is looked for.
                Part::Value(Mark { source: Source::Column(column), .. })
                    if self.columns[usize::from(*column)].form == Form::Json =>
                {
                    return At::Odd;
                }
                Part::Value(_) => return At::Absent,
            }
        }
        match part {
            Part::Null => At::Null,
            Part::Value(mark) => At::Value(*mark),
            Part::Object(_) | Part::Literal(_) => At::Odd,
        }
    }

    /// Adds the check of an amount's currency; none when only the decoder can say.
    fn currency(
        &mut self,
        root: &Part,
        below: Option<&Part>,
        path: Option<&str>,
        ty: &Ty,
        checks: &mut Vec<u16>,
    ) -> Option<()> {
        let (Some(path), Ty::Money(expected)) = (path, ty) else { return Some(()) };
        match self.at(root, below, path) {
            At::Absent | At::Null => Some(()),
            At::Value(Mark { source: Source::Column(column), .. })
                if matches!(self.columns[usize::from(column)].form, Form::Word | Form::Text) =>
            {
                let check = self.check(column, How::Currency(expected.clone()));
                checks.push(check);
                Some(())
            }
            At::Value(_) | At::Odd => None,
        }
    }

    fn check(&mut self, column: u16, how: How) -> u16 {
        self.readings.push(Reading { column, how });
        (self.readings.len() - 1) as u16
    }

    fn reading(&mut self, mark: Mark, of: Of, field: u16, ty: &Ty, bounds: &Bounds) -> Option<Slot> {
        let Source::Column(column) = mark.source else { return None };
        if let Some(known) = self.known.get(&(column, of, field)) {
            return Some(Slot::Reading(*known));
        }
        let limits = || match (&bounds.between, ty) {
            (Some((least, most)), _) => Some((f64::from_bits(*least), f64::from_bits(*most))),
            (None, Ty::Probability) => Some((0.0, 1.0)),
            _ => None,
        };
        let how = match (self.columns[usize::from(column)].form, ty) {
            (Form::Bool, Ty::Bool) => How::Bool,
            (Form::Int, Ty::Int) | (Form::Date, Ty::Date) => How::Whole(bounds.clone()),
            (Form::Int | Form::Number, Ty::Money(_)) => How::Money(bounds.clone()),
            (Form::Int | Form::Number, Ty::Number | Ty::Percent | Ty::Probability) => How::Number(limits()),
            (Form::Moment, Ty::Moment) => How::Moment(bounds.clone()),
            (Form::Word | Form::Text, Ty::Text) => How::Text(bounds.at_most),
            _ => How::Json(of, field),
        };
        let reading = self.check(column, how);
        self.known.insert((column, of, field), reading);
        Some(Slot::Reading(reading))
    }
}
