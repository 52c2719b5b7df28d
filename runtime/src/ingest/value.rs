//! One JSON value to one word, by the type of the place it is for.

use super::fields::{self, Layout};
use super::problem::{Fault, Flaw};
use super::{moment, number};
use crate::image::{Bounds, Image, ListTy, MISSING, Ty, Word};
use crate::pool::Pool;
use crate::time::Zones;
use rustc_hash::FxHashMap;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What reading values needs to know of the image, arranged for looking up.
#[derive(Debug)]
pub(crate) struct Tables {
    enums: Vec<Vec<String>>,
    facets: Vec<FacetTable>,
}

#[derive(Debug)]
struct FacetTable {
    name: String,
    /// Path, or last part, to node; none when the last part stands for several.
    nodes: FxHashMap<String, Option<u32>>,
}

impl Tables {
    pub(crate) fn new(image: &Image) -> Tables {
        let facet = |facet: &crate::image::Facet| {
            let mut nodes: FxHashMap<String, Option<u32>> = FxHashMap::default();
            for (i, node) in (0u32..).zip(&facet.nodes) {
                let last = node.path.rsplit('.').next().unwrap_or_default();
                nodes.entry(last.to_string()).and_modify(|n| *n = None).or_insert(Some(i));
            }
            // A whole path wins over a last part that looks like it.
            nodes.extend((0u32..).zip(&facet.nodes).map(|(i, node)| (node.path.clone(), Some(i))));
            FacetTable { name: facet.name.clone(), nodes }
        };
        Tables {
            enums: image.enums.iter().map(|e| e.values.clone()).collect(),
            facets: image.facets.iter().map(facet).collect(),
        }
    }
}

/// Where texts and lists go while rows are made.
pub(crate) struct Place<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) pool: &'a mut Pool,
    pub(crate) zones: &'a Zones,
}

/// A type as ingest needs it.
#[derive(Debug)]
pub(crate) enum Kind {
    Plain(Ty),
    /// A list of plain values.
    List(Box<Kind>, Bounds, u32),
    /// A list of records.
    Records(Box<Layout>, u32),
}

impl Kind {
    pub(crate) fn new(ty: &Ty) -> Kind {
        match ty {
            Ty::List(list) => Kind::list(list),
            plain => Kind::Plain(plain.clone()),
        }
    }

    fn list(list: &ListTy) -> Kind {
        match list.fields.first() {
            Some(member) if !list.records => {
                Kind::List(Box::new(Kind::new(&member.ty)), member.bounds.clone(), list.at_most)
            }
            _ => Kind::Records(Box::new(Layout::of_list(list)), list.at_most),
        }
    }

    /// `must be …`
    fn expected(&self, tables: &Tables) -> Cow<'static, str> {
        let Kind::Plain(ty) = self else { return "a list".into() };
        match ty {
            Ty::Bool => "true or false".into(),
            Ty::Int => "a whole number".into(),
            Ty::Number => "a number".into(),
            Ty::Percent => "a share, a number like 0.45".into(),
            Ty::Probability => "a probability, a number from 0 to 1".into(),
            Ty::Money(_) => "an amount, as a number".into(),
            Ty::Text => "text".into(),
            Ty::Duration => "a duration like PT1H30M".into(),
            Ty::Date => "a date like 2026-03-01".into(),
            Ty::Time => "a time of day like 09:00".into(),
            Ty::Moment => "a moment with its zone like 2026-03-01T09:00:00Z".into(),
            Ty::Zone => "the name of a time zone".into(),
            Ty::Enum(e) => format!("one of {}", tables.enums[usize::from(*e)].join(", ")).into(),
            Ty::Facet(f) => format!("a node of {}", tables.facets[usize::from(*f)].name).into(),
            Ty::List(_) => "a list".into(),
        }
    }
}

/// The word of a JSON value that is not `null`. `raw` is one whole JSON value.
pub(crate) fn word(raw: &str, kind: &Kind, bounds: &Bounds, place: &mut Place<'_>) -> Result<Word, Flaw> {
    let wrong = |place: &Place<'_>| {
        let expected = kind.expected(place.tables);
        Flaw::new(Fault::WrongType, format!("must be {expected}, and is {}", seen(raw)))
    };
    let ty = match kind {
        Kind::Plain(ty) => ty,
        Kind::List(member, member_bounds, at_most) => {
            let members = elements(raw).ok_or_else(|| wrong(place))?;
            too_many(members.len(), *at_most)?;
            let mut words = Vec::with_capacity(members.len());
            for (i, member_raw) in members.iter().enumerate() {
                let flawed = |flaw: Flaw| flaw.at(&format!("[{i}]"));
                if member_raw.get() == "null" {
                    return Err(flawed(Flaw::new(Fault::Missing, "is missing")));
                }
                words.push(word(member_raw.get(), member, member_bounds, place).map_err(flawed)?);
            }
            return Ok(Word::from(place.pool.list(&words)));
        }
        Kind::Records(layout, at_most) => {
            let members = elements(raw).ok_or_else(|| wrong(place))?;
            too_many(members.len(), *at_most)?;
            let mut words = Vec::with_capacity(members.len() * layout.fields.len());
            let mut row = fields::Row::default();
            for (i, member) in members.iter().enumerate() {
                let flawed = |flaw: Flaw| flaw.at(&format!("[{i}]"));
                row.begin(layout);
                row.object(layout, &layout.properties, member.get(), place).map_err(flawed)?;
                row.finish(layout)
                    .map_err(|(field, flaw)| flawed(flaw.at(&format!(".{}", layout.fields[field].name))))?;
                words.extend_from_slice(&row.words);
                // A member of which nothing is read is still one.
                if row.words.is_empty() {
                    words.push(MISSING);
                }
            }
            return Ok(Word::from(place.pool.list(&words)));
        }
    };
    let said = match ty {
        Ty::Text | Ty::Zone if raw.starts_with('"') => {
            unescaped(raw).and_then(|text| spelled(&text, ty, bounds, place)).map_err(Some)
        }
        Ty::Text | Ty::Zone => Err(None),
        _ => plain(raw, ty, bounds, place.tables),
    };
    said.map_err(|flaw| flaw.unwrap_or_else(|| wrong(place)))
}

/// The word of a text or of a zone's name.
pub(crate) fn spelled(text: &str, ty: &Ty, bounds: &Bounds, place: &mut Place<'_>) -> Result<Word, Flaw> {
    if *ty == Ty::Zone {
        return match place.zones.find(text) {
            Some(zone) => Ok(Word::from(place.pool.text(place.zones.name(zone)))),
            None => Err(Flaw::new(Fault::UnknownValue, format!("`{}` is no time zone", short(text)))),
        };
    }
    fits(text, bounds)?;
    Ok(Word::from(place.pool.text(text)))
}

/// Whether a text is as short as it must be.
pub(crate) fn fits(text: &str, bounds: &Bounds) -> Result<(), Flaw> {
    if let Some(most) = bounds.at_most.map(|most| most as usize).filter(|most| text.len() > *most) {
        let characters = text.chars().count();
        if characters > most {
            let reason = format!("must be at most {most} characters, and has {characters}");
            return Err(Flaw::new(Fault::OutOfBounds, reason));
        }
    }
    Ok(())
}

fn unescaped(raw: &str) -> Result<Cow<'_, str>, Flaw> {
    text(raw).ok_or_else(|| Flaw::new(Fault::WrongType, "holds an escape that stands for no character"))
}

/// The word of a value of any other plain type; `Err(None)`: it is not written as its type wants it.
pub(crate) fn plain(raw: &str, ty: &Ty, bounds: &Bounds, tables: &Tables) -> Result<Word, Option<Flaw>> {
    let first = raw.as_bytes().first().copied().unwrap_or(b'n');
    let is_number = first == b'-' || first.is_ascii_digit();
    match ty {
        Ty::Bool if raw == "true" => Ok(1),
        Ty::Bool if raw == "false" => Ok(0),
        Ty::Int if is_number => match number::scaled(raw, 0) {
            Some((value, false)) => within(value, bounds, raw, |word| (word as i64).to_string()).map_err(Some),
            Some((_, true)) => Err(None),
            None => Err(Some(too_large(raw))),
        },
        Ty::Money(_) if is_number => match number::scaled(raw, 6) {
            Some((value, _)) => within(value, bounds, raw, |word| amount(word as i64)).map_err(Some),
            None => Err(Some(too_large(raw))),
        },
        Ty::Number | Ty::Percent | Ty::Probability if is_number => {
            let value = raw.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| too_large(raw))?;
            // Zero has one word: the one of -0.0 says "missing".
            let value = if value == 0.0 { 0.0 } else { value };
            let (least, most) = match (&bounds.between, ty) {
                (Some((least, most)), _) => (f64::from_bits(*least), f64::from_bits(*most)),
                (None, Ty::Probability) => (0.0, 1.0),
                _ => return Ok(value.to_bits()),
            };
            if value < least || value > most {
                let reason = format!("must be between {least} and {most}, and is {raw}");
                return Err(Some(Flaw::new(Fault::OutOfBounds, reason)));
            }
            Ok(value.to_bits())
        }
        Ty::Duration | Ty::Date | Ty::Time | Ty::Moment | Ty::Enum(_) | Ty::Facet(_) if first == b'"' => {
            worded(&unescaped(raw)?, ty, bounds, tables)
        }
        _ => Err(None),
    }
}

/// [`plain`] of what is written as a text.
fn worded(text: &str, ty: &Ty, bounds: &Bounds, tables: &Tables) -> Result<Word, Option<Flaw>> {
    let numeric = |value: Option<i64>| {
        let value = value.ok_or(None)?;
        within(value, bounds, text, |word| (word as i64).to_string()).map_err(Some)
    };
    match ty {
        Ty::Date => numeric(moment::date(text)),
        Ty::Time => numeric(moment::time(text)),
        Ty::Moment => numeric(moment::moment(text)),
        Ty::Duration => numeric(moment::duration(text)),
        Ty::Enum(e) => {
            let values = &tables.enums[usize::from(*e)];
            match values.iter().position(|v| v == text) {
                Some(i) => Ok(i as Word),
                None => {
                    let reason = format!("`{}` is none of {}", short(text), values.join(", "));
                    Err(Some(Flaw::new(Fault::UnknownValue, reason)))
                }
            }
        }
        Ty::Facet(f) => {
            let facet = &tables.facets[usize::from(*f)];
            let reason = match facet.nodes.get(text) {
                Some(Some(node)) => return Ok(Word::from(*node)),
                Some(None) => format!("`{}` stands for several nodes of {}", short(text), facet.name),
                None => format!("`{}` is no node of {}", short(text), facet.name),
            };
            Err(Some(Flaw::new(Fault::UnknownValue, reason)))
        }
        _ => Err(None),
    }
}

fn within(value: i64, bounds: &Bounds, raw: &str, say: impl Fn(Word) -> String) -> Result<Word, Flaw> {
    if value as Word == MISSING {
        return Err(too_large(raw));
    }
    if let Some((least, most)) = bounds.between
        && (value < least as i64 || value > most as i64)
    {
        let reason = format!("must be between {} and {}, and is {}", say(least), say(most), short(raw));
        return Err(Flaw::new(Fault::OutOfBounds, reason));
    }
    Ok(value as Word)
}

fn too_large(raw: &str) -> Flaw {
    Flaw::new(Fault::OutOfBounds, format!("{} is too large a number", short(raw)))
}

fn too_many(count: usize, at_most: u32) -> Result<(), Flaw> {
    if count > at_most as usize {
        return Err(Flaw::new(Fault::OutOfBounds, format!("must have at most {at_most} members, and has {count}")));
    }
    Ok(())
}

/// Millionths, as people write them.
fn amount(millionths: i64) -> String {
    let text = format!(
        "{}{}.{:06}",
        if millionths < 0 { "-" } else { "" },
        millionths.unsigned_abs() / 1_000_000,
        millionths.unsigned_abs() % 1_000_000
    );
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The text of a JSON string; none when an escape stands for no character.
pub(crate) fn text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// What a value looks like, for reasons.
fn seen(raw: &str) -> String {
    match raw.as_bytes().first() {
        Some(b'"') => format!("`{}`", short(&text(raw).unwrap_or_default())),
        Some(b'{') => "an object".into(),
        Some(b'[') => "a list".into(),
        Some(b't' | b'f') => raw.into(),
        Some(b'n') | None => "null".into(),
        _ => format!("the number {}", short(raw)),
    }
}

/// The beginning of a text, for reasons.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// The members of a JSON array.
fn elements(raw: &str) -> Option<Vec<&RawValue>> {
    struct Elements;
    impl<'de> Visitor<'de> for Elements {
        type Value = Vec<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = seq.next_element()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    if !raw.starts_with('[') {
        return None;
    }
    serde_json::Deserializer::from_str(raw).deserialize_seq(Elements).ok()
}
