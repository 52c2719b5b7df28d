//! Expressions of a wanted kind, of what is in sight.

use super::random::Random;
use super::world::{ENUMS, FACETS, Field, Ty, World};
use super::written::{self, amount, clock, constant, date, days, int, share, span, zone};

/// A name in sight that has fields, or stands for itself (`fields` empty names).
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What can be asked of it; a field without a name is the variable itself.
    pub fields: Vec<Field>,
    /// The event it is, whole, when it is one and always there.
    pub event: Option<usize>,
}

/// How far an expression may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The profile, histories, segments, time, and the variables.
    Run,
    /// The same without variables, and the clock only where it can be watched.
    Watched,
    /// Fields of the event, and constants.
    Event,
}

/// What is in sight.
#[derive(Debug, Clone)]
pub struct Sight<'w> {
    /// What is declared.
    pub world: &'w World,
    /// Variables of the run.
    pub variables: Vec<Variable>,
    /// Fields that stand bare, of the event or list member a `where` is about.
    pub bare: Vec<Field>,
    /// How far to look.
    pub reach: Reach,
    /// How deep questions stand in questions.
    pub depth: usize,
    /// Places that were asked of lately: asking the same again may be decided already.
    pub asked: Vec<String>,
}

/// A place that can be read.
struct Place {
    path: String,
    ty: Ty,
    optional: bool,
}

impl<'w> Sight<'w> {
    /// Nothing but what is declared.
    pub fn new(world: &'w World, reach: Reach) -> Sight<'w> {
        Sight { world, variables: Vec::new(), bare: Vec::new(), reach, depth: 0, asked: Vec::new() }
    }

    /// The same in the `where` of an event.
    pub fn at(&self, event: usize) -> Sight<'w> {
        let mut at = self.clone();
        at.bare = self.world.fields_of(event).to_vec();
        at
    }

    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        let mut push = |path: String, f: &Field| places.push(Place { path, ty: f.ty, optional: f.optional });
        for f in &self.bare {
            push(f.name.clone(), f);
        }
        if self.reach == Reach::Event {
            return places;
        }
        for f in &self.world.profile {
            push(format!("profile.{}", f.name), f);
        }
        for v in &self.variables {
            for f in &v.fields {
                let path = if f.name.is_empty() { v.name.clone() } else { format!("{}.{}", v.name, f.name) };
                // What stands in nearer is meant more often.
                push(path.clone(), f);
                push(path, f);
            }
        }
        places
    }

    fn of_kind(&self, random: &mut Random, wanted: impl Fn(Ty) -> bool) -> Option<Place> {
        let mut places: Vec<Place> = self.places().into_iter().filter(|p| wanted(p.ty)).collect();
        if self.world.again {
            if random.percent(75) && places.iter().any(|p| self.asked.contains(&p.path)) {
                places.retain(|p| self.asked.contains(&p.path));
            }
        } else if places.iter().any(|p| !self.asked.contains(&p.path)) {
            places.retain(|p| !self.asked.contains(&p.path));
        }
        if places.is_empty() { None } else { Some(places.swap_remove(random.below(places.len()))) }
    }

    /// Nothing is held against places that were asked of before: time has passed.
    pub fn forget(&mut self) {
        if !self.world.again {
            self.asked.clear();
        }
    }

    /// A value that is always there.
    pub fn value(&mut self, random: &mut Random, ty: Ty) -> String {
        self.depth += 1;
        let deep = self.depth > 3;
        let text = match (if deep { 0 } else { random.weighted(&[10, 4]) }, ty) {
            (1, _) => self.worked_out(random, ty),
            _ => self.leaf(random, ty),
        };
        self.depth -= 1;
        text
    }

    fn leaf(&mut self, random: &mut Random, ty: Ty) -> String {
        if random.percent(75)
            && let Some(place) = self.of_kind(random, |t| t == ty)
        {
            if !place.optional {
                return place.path;
            }
            if !matches!(ty, Ty::Ints | Ty::Texts | Ty::Items) {
                return format!("({} otherwise {})", place.path, constant(random, ty));
            }
        }
        match ty {
            Ty::Date if random.percent(20) && self.reach == Reach::Run => "today".to_string(),
            Ty::Moment if random.percent(20) && self.reach == Reach::Run => "now".to_string(),
            _ => constant(random, ty),
        }
    }

    fn worked_out(&mut self, random: &mut Random, ty: Ty) -> String {
        let op = *random.pick(&["+", "-", "*"]);
        let sum = *random.pick(&["+", "-"]);
        match ty {
            Ty::Int if random.percent(40) => self.count(random).unwrap_or_else(|| int(random)),
            Ty::Int => format!("({} {op} {})", self.value(random, Ty::Int), self.value(random, Ty::Int)),
            Ty::Number => match random.below(4) {
                0 => format!("({} {op} {})", self.value(random, Ty::Number), self.value(random, Ty::Int)),
                1 => format!("({} / {})", self.read(random, Ty::Int), self.read(random, Ty::Number)),
                2 => format!("({} / {})", self.read(random, Ty::Money), self.read(random, Ty::Money)),
                _ => format!("({} {op} {})", self.value(random, Ty::Number), self.value(random, Ty::Number)),
            },
            Ty::Percent => {
                format!("({} {sum} {})", self.value(random, Ty::Percent), self.value(random, Ty::Probability))
            }
            Ty::Money => match random.below(4) {
                0 => format!("({} {sum} {})", self.value(random, Ty::Money), self.value(random, Ty::Money)),
                1 => format!("({} * {})", self.value(random, Ty::Money), self.value(random, Ty::Number)),
                2 => format!("({} * {})", self.value(random, Ty::Probability), self.value(random, Ty::Money)),
                _ => match self.sum(random) {
                    Some(text) => text,
                    None => format!("({} / {})", self.value(random, Ty::Money), 1 + random.below(9)),
                },
            },
            Ty::Dollars => format!("({} * {})", self.value(random, Ty::Dollars), self.value(random, Ty::Int)),
            Ty::Duration => format!("({} - {})", self.value(random, Ty::Moment), self.value(random, Ty::Moment)),
            Ty::Date => format!("({} {sum} {})", self.read(random, Ty::Date), days(random)),
            Ty::Moment => match random.below(4) {
                0 => format!("({} at {})", self.value(random, Ty::Date), clock(random)),
                1 => format!("({} at {} in \"{}\")", self.read(random, Ty::Date), clock(random), zone(random)),
                2 => format!("({} {sum} {})", self.read(random, Ty::Moment), self.value(random, Ty::Duration)),
                _ => format!("({} {sum} {})", self.read(random, Ty::Moment), span(random)),
            },
            Ty::Bool => self.condition(random),
            other => self.leaf(random, other),
        }
    }

    /// A value that is not only written out, where there is one to read.
    fn read(&mut self, random: &mut Random, ty: Ty) -> String {
        match self.of_kind(random, |t| t == ty) {
            Some(p) if p.optional => format!("({} otherwise {})", p.path, not_zero(random, ty)),
            Some(p) => p.path,
            None => not_zero(random, ty),
        }
    }

    /// A condition.
    pub fn condition(&mut self, random: &mut Random) -> String {
        self.depth += 1;
        let text = if self.depth > 3 { self.simple(random) } else { self.compound(random) };
        self.depth -= 1;
        text
    }

    fn compound(&mut self, random: &mut Random) -> String {
        match random.weighted(&[10, 2, 2, 1]) {
            0 => self.simple(random),
            1 => format!("({} and {})", self.condition(random), self.condition(random)),
            2 => format!("({} or {})", self.condition(random), self.condition(random)),
            _ => format!("not ({})", self.simple(random)),
        }
    }

    fn simple(&mut self, random: &mut Random) -> String {
        let far = self.reach != Reach::Event;
        let near = u32::from(far);
        match random.weighted(&[14, 3 * near, 2 * near, 2 * near, near, near, 2]) {
            1 => self.counted(random),
            2 => self.remembered(random).unwrap_or_else(|| self.comparison(random)),
            3 => self.clocked(random).unwrap_or_else(|| self.comparison(random)),
            4 => self.held(random).unwrap_or_else(|| self.comparison(random)),
            5 => self.in_segment(random).unwrap_or_else(|| self.comparison(random)),
            6 => self.of_list(random).unwrap_or_else(|| self.comparison(random)),
            _ => self.comparison(random),
        }
    }

    fn comparison(&mut self, random: &mut Random) -> String {
        let Some(place) = self.of_kind(random, |t| !matches!(t, Ty::Ints | Ty::Texts | Ty::Items)) else {
            return if self.reach == Reach::Event {
                "happened_at >= (2025-06-01 at 00:00 in \"UTC\")".to_string()
            } else {
                format!("{} >= {}", self.count(random).unwrap_or_else(|| "profile.p".to_string()), 1 + random.below(4))
            };
        };
        self.asked.push(place.path.clone());
        if self.asked.len() > 6 {
            self.asked.remove(0);
        }
        if place.optional {
            return match random.below(5) {
                0 => format!("{} is known", place.path),
                1 => format!("{} is missing", place.path),
                2 => {
                    let asked = self.compared(random, &place.path, place.ty);
                    format!("({} is known and {asked})", place.path)
                }
                _ => {
                    let path = format!("({} otherwise {})", place.path, constant(random, place.ty));
                    self.compared(random, &path, place.ty)
                }
            };
        }
        self.compared(random, &place.path, place.ty)
    }

    fn compared(&mut self, random: &mut Random, path: &str, ty: Ty) -> String {
        let order = *random.pick(&["<", "<=", ">", ">=", "==", "!="]);
        let equal = *random.pick(&["==", "!="]);
        match ty {
            Ty::Bool if random.percent(70) => path.to_string(),
            Ty::Bool => format!("not {path}"),
            Ty::Text => match random.below(4) {
                0 => format!("{path} contains \"{}\"", random.pick(&["a", "ol", "ä"])),
                1 => format!("{path} starts with \"{}\"", random.pick(&["a", "g", "b"])),
                2 => format!("{path} in [\"a\", \"gold\", \"\"]"),
                _ => format!("{path} {equal} {}", self.side(random, ty)),
            },
            Ty::Zone => format!("{path} {equal} \"{}\"", zone(random)),
            Ty::OneOf(e) => match random.below(3) {
                0 => format!("{path} in [{}, {}]", ENUMS[e][0], ENUMS[e][ENUMS[e].len() - 1]),
                _ => format!("{path} {equal} {}", random.pick(ENUMS[e])),
            },
            Ty::Facet(f) => match random.below(2) {
                0 => format!("{path} in {}", random.pick(FACETS[f].1)),
                _ => format!("{path} {equal} {}", random.pick(FACETS[f].1)),
            },
            Ty::Int if random.percent(20) => {
                format!("{path} between {} and {}", random.below(5), 5 + random.below(500))
            }
            Ty::Number if random.percent(30) => format!("{path} between 0.5 and {}.25", 1 + random.below(50)),
            Ty::Duration => format!("{path} {order} {}", span(random)),
            _ => format!("{path} {order} {}", self.side(random, ty)),
        }
    }

    /// The other side of a comparison.
    fn side(&mut self, random: &mut Random, ty: Ty) -> String {
        if self.reach == Reach::Watched || random.percent(60) || self.depth > 3 {
            return constant(random, ty);
        }
        self.value(random, ty)
    }

    fn question(&mut self, random: &mut Random) -> (String, usize) {
        let known: Vec<usize> = (0..self.world.events.len()).filter(|e| !self.world.events[*e].everyone).collect();
        let event = *random.pick(&known);
        let mut text = self.world.events[event].name.clone();
        if random.percent(30) && !self.world.fields_of(event).is_empty() {
            let mut at = Sight::new(self.world, Reach::Event).at(event);
            at.depth = 3;
            // What is remembered cannot ask of another zone's clock: fields and constants only.
            text = format!("{text} where {}", at.comparison(random));
        }
        (text, event)
    }

    /// A count, as a number of its own.
    fn count(&mut self, random: &mut Random) -> Option<String> {
        if self.reach == Reach::Event {
            return None;
        }
        let (of, _) = self.question(random);
        Some(match random.below(2) {
            0 => format!("count({of})"),
            _ => format!("count({of} in last {} by day)", random.pick(&["7 days", "30 days", "1 day"])),
        })
    }

    fn sum(&mut self, random: &mut Random) -> Option<String> {
        if self.reach == Reach::Event {
            return None;
        }
        let events = &self.world.events;
        let of: Vec<String> = events
            .iter()
            .filter(|e| !e.everyone)
            .flat_map(|e| e.fields.iter().filter(|f| f.ty == Ty::Money).map(|f| format!("{}.{}", e.name, f.name)))
            .collect();
        if of.is_empty() {
            return None;
        }
        let of = random.pick(&of);
        Some(match random.below(2) {
            0 => format!("sum({of})"),
            _ => format!("sum({of} by day in last {})", random.pick(&["7 days", "30 days", "2 days"])),
        })
    }

    fn counted(&mut self, random: &mut Random) -> String {
        let order = *random.pick(&["<", "<=", ">", ">=", "==", "!="]);
        match random.below(3) {
            0 if self.reach != Reach::Watched => format!("{} {order} {}", self.value(random, Ty::Int), random.below(6)),
            1 => match self.sum(random) {
                Some(sum) => format!("{sum} {order} {}", amount(random, "EUR")),
                None => self.comparison(random),
            },
            _ => {
                let (of, _) = self.question(random);
                format!("count({of} in last {}) {order} {}", span(random), 1 + random.below(4))
            }
        }
    }

    fn remembered(&mut self, random: &mut Random) -> Option<String> {
        let (of, event) = self.question(random);
        let which = random.pick(&["last", "first"]);
        let whole = format!("{which}({of})");
        let fields: Vec<Field> = self
            .world
            .fields_of(event)
            .iter()
            .filter(|f| !matches!(f.ty, Ty::Ints | Ty::Texts | Ty::Items))
            .cloned()
            .collect();
        match random.below(3) {
            0 => Some(format!("{whole} is {}", random.pick(&["known", "missing"]))),
            1 => Some(format!("({whole} is known and now >= {whole}.happened_at + {})", span(random))),
            _ => {
                let f = fields.get(random.below(fields.len()))?;
                let path = format!("({whole}.{} otherwise {})", f.name, constant(random, f.ty));
                Some(self.compared(random, &path, f.ty))
            }
        }
    }

    fn clocked(&mut self, random: &mut Random) -> Option<String> {
        let order = *random.pick(&["<", "<=", ">", ">="]);
        if self.reach == Reach::Run && random.percent(40) {
            let not = random.pick(&["", "not "]);
            return Some(format!("today is {not}{}", random.pick(&["weekday", "weekend", "monday", "friday"])));
        }
        Some(match random.below(3) {
            0 => format!("today {order} {}", date(random)),
            1 => {
                let p = self.of_kind(random, |t| t == Ty::Date)?;
                let known = if p.optional { format!("({} otherwise {})", p.path, date(random)) } else { p.path };
                format!("today {order} {known} - {}", days(random))
            }
            _ => {
                let p = self.of_kind(random, |t| t == Ty::Moment)?;
                let known = if p.optional {
                    format!("({} otherwise {})", p.path, constant(random, Ty::Moment))
                } else {
                    p.path
                };
                format!("now {order} {known} + {}", span(random))
            }
        })
    }

    fn held(&mut self, random: &mut Random) -> Option<String> {
        let mut plain = Sight::new(self.world, Reach::Watched);
        plain.depth = 3;
        let asked = match random.below(3) {
            0 => plain.counted(random),
            _ => {
                let place = plain.of_kind(random, |t| matches!(t, Ty::Int | Ty::OneOf(_) | Ty::Bool | Ty::Money))?;
                if place.optional {
                    return None;
                }
                plain.compared(random, &place.path, place.ty)
            }
        };
        Some(format!("(({asked}) for {})", span(random)))
    }

    fn in_segment(&mut self, random: &mut Random) -> Option<String> {
        let wanted: Vec<&str> = self
            .world
            .segments
            .iter()
            .filter(|s| self.reach == Reach::Run || !s.loose)
            .map(|s| s.name.as_str())
            .collect();
        if wanted.is_empty() { None } else { Some(format!("in {}", random.pick(&wanted))) }
    }

    fn of_list(&mut self, random: &mut Random) -> Option<String> {
        let place = self.of_kind(random, |t| matches!(t, Ty::Ints | Ty::Texts | Ty::Items))?;
        if place.optional {
            return None;
        }
        let path = place.path;
        Some(match place.ty {
            Ty::Items => {
                let mut inside = Sight::new(self.world, Reach::Event);
                inside.bare = self.world.item.clone();
                inside.depth = 3;
                let number = self.world.item.iter().find(|f| f.ty == Ty::Int).map_or("", |f| f.name.as_str());
                match random.below(4) {
                    0 => format!("count({path}) >= {}", random.below(3)),
                    1 => format!("sum({path}.{number}) > {}", int(random)),
                    2 => format!("all({path} where {})", inside.comparison(random)),
                    _ => format!("any({path} where {})", inside.comparison(random)),
                }
            }
            Ty::Ints => match random.below(3) {
                0 => format!("sum({path}) > {}", int(random)),
                1 => format!("{} in {path}", int(random)),
                _ => format!("any({path} where it > {})", int(random)),
            },
            _ => match random.below(3) {
                0 => format!("count({path} where it == \"a\") >= 1"),
                1 => format!("\"b\" in {path}"),
                _ => format!("{path} contains \"a\""),
            },
        })
    }

    /// What a field or input is given.
    pub fn given(&mut self, random: &mut Random, field: &Field) -> String {
        if field.optional
            && random.percent(25)
            && let Some(place) = self.of_kind(random, |t| t == field.ty)
        {
            return place.path;
        }
        // A share that is worked out is no probability any more.
        match field.ty {
            Ty::Probability => self.leaf(random, Ty::Probability),
            ty => self.value(random, ty),
        }
    }
}

fn not_zero(random: &mut Random, ty: Ty) -> String {
    match ty {
        Ty::Int => (1 + random.below(9)).to_string(),
        Ty::Money => format!("{} EUR", 1 + random.below(9)),
        Ty::Percent | Ty::Probability if random.percent(99) => "5 percent".to_string(),
        Ty::Percent | Ty::Probability => share(random),
        Ty::Number => "2.5".to_string(),
        _ => written::constant(random, ty),
    }
}
