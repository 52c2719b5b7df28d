//! The fields of an event, of the profile or of a list's members: where each stands on the wire, and rows of their words.

use super::problem::{Fault, Flaw};
use super::value::{self, Kind, Place};
use crate::image::{Bounds, EventField, ListTy, MISSING, ProfileField, Ty, Word};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Fields and their places.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) fields: Vec<Field>,
    /// Those below the properties, traits or data (or the list's member).
    pub(crate) properties: Node,
    /// Those whose path begins at the message's root.
    pub(crate) root: Node,
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) bounds: Bounds,
    pub(crate) optional: bool,
    /// What stands in for a missing one.
    pub(crate) default: Option<Word>,
    pub(crate) currency: Option<String>,
}

/// One name on the way to some fields.
#[derive(Debug, Default)]
pub(crate) struct Node {
    children: Vec<(Box<str>, Node)>,
    /// Fields that stand here.
    fields: Vec<u16>,
    /// Amounts whose currency stands here.
    currencies: Vec<u16>,
}

impl Node {
    pub(crate) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|(key, _)| **key == *name).map(|(_, node)| node)
    }

    fn make(&mut self, parts: &[&str]) -> &mut Node {
        let Some((first, rest)) = parts.split_first() else { return self };
        let at = match self.children.iter().position(|(key, _)| **key == **first) {
            Some(at) => at,
            None => {
                self.children.push(((*first).into(), Node::default()));
                self.children.len() - 1
            }
        };
        self.children[at].1.make(rest)
    }
}

impl Layout {
    /// Of an event's fields, or those of a webhook's answer.
    pub(crate) fn of_event(fields: &[EventField]) -> Layout {
        let field = |f: &EventField| {
            (f.path.clone(), f.currency_path.clone(), Field::new(&f.name, &f.ty, &f.bounds, f.optional, f.default))
        };
        Layout::new(fields.iter().map(field))
    }

    pub(crate) fn of_profile(fields: &[ProfileField]) -> Layout {
        // A trait that is not there changes nothing: every field may be missing, and `null` brings back what it is before anything is known.
        let field = |f: &ProfileField| {
            (f.path.clone(), f.currency_path.clone(), Field::new(&f.name, &f.ty, &f.bounds, true, Some(f.default)))
        };
        Layout::new(fields.iter().map(field))
    }

    /// Inside members, paths begin at the member; a path from the message's root has no meaning there and finds nothing.
    pub(crate) fn of_list(list: &ListTy) -> Layout {
        Layout::new(list.fields.iter().map(|f| {
            (f.path.clone(), f.currency_path.clone(), Field::new(&f.name, &f.ty, &f.bounds, f.optional, None))
        }))
    }

    fn new(all: impl Iterator<Item = (String, Option<String>, Field)>) -> Layout {
        let mut layout = Layout { fields: Vec::new(), properties: Node::default(), root: Node::default() };
        for (path, currency_path, field) in all {
            let index = layout.fields.len() as u16;
            layout.fields.push(field);
            layout.place(&path).fields.push(index);
            if let Some(path) = currency_path {
                layout.place(&path).currencies.push(index);
            }
        }
        layout
    }

    /// The node of a path: `a.b` below the properties, `/a/b` from the root.
    fn place(&mut self, path: &str) -> &mut Node {
        match path.strip_prefix('/') {
            Some(path) => self.root.make(&path.split('/').collect::<Vec<_>>()),
            None => self.properties.make(&path.split('.').collect::<Vec<_>>()),
        }
    }
}

impl Layout {
    /// The word of a JSON value that is not `null` for a field, where it is as it must be.
    pub(crate) fn word(&self, field: usize, raw: &str, place: &mut Place<'_>) -> Option<Word> {
        let field = self.fields.get(field)?;
        value::word(raw, &field.kind, &field.bounds, place).ok()
    }
}

impl Field {
    fn new(name: &str, ty: &Ty, bounds: &Bounds, optional: bool, default: Option<Word>) -> Field {
        let currency = match ty {
            Ty::Money(currency) => Some(currency.clone()),
            _ => None,
        };
        Field { name: name.to_string(), kind: Kind::new(ty), bounds: bounds.clone(), optional, default, currency }
    }
}

/// A row while it is made. Kept between rows for its memory.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// One for each field.
    pub(crate) words: Vec<Word>,
    /// Which fields were there, `null` or not.
    pub(crate) there: Vec<bool>,
    flaws: Vec<(u16, Flaw)>,
    currency_flaws: Vec<(u16, Flaw)>,
}

impl Row {
    /// Begins a row of nothing but missing fields.
    pub(crate) fn begin(&mut self, layout: &Layout) {
        self.words.clear();
        self.words.resize(layout.fields.len(), MISSING);
        self.there.clear();
        self.there.resize(layout.fields.len(), false);
        self.flaws.clear();
        self.currency_flaws.clear();
    }

    /// Reads the fields below `node` from a whole JSON object; anything else but an object is a flaw, `null` is an empty one.
    pub(crate) fn object(
        &mut self,
        layout: &Layout,
        node: &Node,
        raw: &str,
        place: &mut Place<'_>,
    ) -> Result<(), Flaw> {
        if raw == "null" || node.is_empty() {
            return Ok(());
        }
        if !raw.starts_with('{') {
            return Err(Flaw::new(Fault::WrongType, "must be an object"));
        }
        self.below(layout, node, raw, place)
    }

    fn below(&mut self, layout: &Layout, node: &Node, raw: &str, place: &mut Place<'_>) -> Result<(), Flaw> {
        let visitor = Fields { row: self, layout, node, place };
        let done = serde_json::Deserializer::from_str(raw).deserialize_map(visitor);
        done.unwrap_or_else(|_| Err(Flaw::new(Fault::NotJson, "holds an escape that stands for no character")))
    }

    /// Takes what stands at a node. A name that comes twice means what stands there the second time.
    fn take(&mut self, layout: &Layout, node: &Node, raw: &str, place: &mut Place<'_>) -> Result<(), Flaw> {
        for &index in &node.fields {
            let i = usize::from(index);
            self.flaws.retain(|(field, _)| *field != index);
            self.there[i] = true;
            self.words[i] = MISSING;
            if raw != "null" {
                let field = &layout.fields[i];
                match value::word(raw, &field.kind, &field.bounds, place) {
                    Ok(word) => self.words[i] = word,
                    Err(flaw) => self.flaws.push((index, flaw)),
                }
            }
        }
        for &index in &node.currencies {
            self.currency_flaws.retain(|(field, _)| *field != index);
            if let Some(expected) = &layout.fields[usize::from(index)].currency
                && raw != "null"
            {
                match value::text(raw) {
                    Some(text) if text.eq_ignore_ascii_case(expected) => {}
                    Some(text) => {
                        let reason = format!("is in {}, not in {expected}", value::short(&text));
                        self.currency_flaws.push((index, Flaw::new(Fault::UnknownValue, reason)));
                    }
                    None => {
                        self.currency_flaws.push((index, Flaw::new(Fault::WrongType, "has a currency that is no text")))
                    }
                }
            }
        }
        if !node.is_empty() {
            self.forget(node);
            if raw.starts_with('{') {
                self.below(layout, node, raw, place)?;
            }
        }
        Ok(())
    }

    /// Takes what stands at a node where its fields have not been there.
    pub(crate) fn fill(&mut self, layout: &Layout, node: &Node, raw: &str, place: &mut Place<'_>) -> Result<(), Flaw> {
        let there = node.fields.iter().any(|&index| self.there[usize::from(index)]);
        if there { Ok(()) } else { self.take(layout, node, raw, place) }
    }

    fn forget(&mut self, node: &Node) {
        for (_, child) in &node.children {
            for &index in &child.fields {
                self.words[usize::from(index)] = MISSING;
                self.there[usize::from(index)] = false;
                self.flaws.retain(|(field, _)| *field != index);
            }
            for &index in &child.currencies {
                self.currency_flaws.retain(|(field, _)| *field != index);
            }
            self.forget(child);
        }
    }

    /// Fills in what stands in for missing fields, and says what is wrong with the first field that is not as it must be.
    pub(crate) fn finish(&mut self, layout: &Layout) -> Result<(), (usize, Flaw)> {
        (0..layout.fields.len()).try_for_each(|i| self.finish_field(layout, i).map_err(|flaw| (i, flaw)))
    }

    /// Likewise; everything that is wrong, at most one flaw a field.
    pub(crate) fn finish_all(&mut self, layout: &Layout) -> Vec<(usize, Flaw)> {
        (0..layout.fields.len()).filter_map(|i| Some((i, self.finish_field(layout, i).err()?))).collect()
    }

    fn finish_field(&mut self, layout: &Layout, i: usize) -> Result<(), Flaw> {
        let field = &layout.fields[i];
        let flaw =
            |flaws: &[(u16, Flaw)]| flaws.iter().find(|(f, _)| usize::from(*f) == i).map(|(_, flaw)| flaw.clone());
        if let Some(flaw) = flaw(&self.flaws) {
            return Err(flaw);
        }
        if self.words[i] == MISSING {
            match field.default {
                Some(word) => self.words[i] = word,
                None if field.optional => {}
                None => return Err(Flaw::new(Fault::Missing, "is missing")),
            }
        } else if let Some(flaw) = flaw(&self.currency_flaws) {
            return Err(flaw);
        }
        Ok(())
    }
}

/// Walks one object.
struct Fields<'r, 'n, 'p, 'a> {
    row: &'r mut Row,
    layout: &'n Layout,
    node: &'n Node,
    place: &'p mut Place<'a>,
}

impl<'de> Visitor<'de> for Fields<'_, '_, '_, '_> {
    type Value = Result<(), Flaw>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(child) = map.next_key_seed(Child(self.node))? {
            match child {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(child) => {
                    let raw: &'de RawValue = map.next_value()?;
                    if let Err(flaw) = self.row.take(self.layout, child, raw.get(), self.place) {
                        return Ok(Err(flaw));
                    }
                }
            }
        }
        Ok(Ok(()))
    }
}

/// The node that a key leads to.
struct Child<'n>(&'n Node);

impl<'de, 'n> DeserializeSeed<'de> for Child<'n> {
    type Value = Option<&'n Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, 'n> Visitor<'de> for Child<'n> {
    type Value = Option<&'n Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.child(key))
    }
}
