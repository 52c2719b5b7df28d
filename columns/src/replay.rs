//! A program over a history in columns: row groups become batches of the memory host, word by word. Only the columns that the
//! program reads are loaded. A message whose meaning is not plain from its shape is written again as it came and read by the decoder
//! of JSON, so both give the same inputs, problems and dead letters.

use crate::error::Error;
use crate::plan::{Plan, Plans, Reading, Slot};
use crate::read::{Array1, CUSTOMER, EVENT, HASH, History, JSON, KIND, LINE, RECEIVED, SHAPE, TIME, Whole};
use crate::shape::Shape;
use crate::words::Reader;
use crate::write::FIXED;
use arrow_array::{Array, Int32Array, TimestampMicrosecondArray, UInt64Array};
use journey_runtime::host::parallel;
use journey_runtime::host::source::{Found, Head, Piece, Raw, Share, Source};
use journey_runtime::host::{Aliases, DeadLetter, shard_of};
use journey_runtime::image::{Image, Word};
use journey_runtime::ingest::{self, Body, Decoder, Line};
use journey_runtime::input::InputKind;
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, OnceLock};
use xxhash_rust::xxh3::xxh3_64;

/// Reads a history for a program.
pub struct Replay<'a> {
    history: &'a History,
    program: &'a Program,
    decoder: &'a Decoder,
    by_wire: FxHashMap<String, u16>,
    until: Option<i64>,
    shards: usize,
    /// The next row group.
    next: usize,
    aliases: Aliases,
}

impl<'a> Replay<'a> {
    /// A reader from the beginning. Messages later than `until` are counted and left out; there are so many shards.
    pub fn new(
        history: &'a History,
        program: &'a Program,
        decoder: &'a Decoder,
        until: Option<i64>,
        shards: usize,
    ) -> Replay<'a> {
        let mut by_wire = FxHashMap::default();
        for (i, event) in (0u16..).zip(&program.image.events) {
            by_wire.entry(event.wire.clone()).or_insert(i);
        }
        Replay { history, program, decoder, by_wire, until, shards, next: 0, aliases: Aliases::default() }
    }
}

impl<'a> Source for Replay<'a> {
    type Piece = Group<'a>;

    fn next(&mut self, threads: usize) -> io::Result<Vec<Group<'a>>> {
        let groups: Vec<usize> = (self.next..self.history.groups()).take(threads.max(1)).collect();
        self.next += groups.len();
        let inside = threads.max(1) / groups.len().max(1);
        let loaded = parallel(threads, groups.len(), |i| Group::load(self, groups[i], inside.max(1)));
        let mut pieces = loaded.into_iter().collect::<Result<Vec<_>, Error>>().map_err(io::Error::other)?;
        for piece in &mut pieces {
            piece.resolve(&mut self.aliases).map_err(io::Error::other)?;
        }
        Ok(pieces)
    }
}

/// Plans that every row may have.
const SKIP: u16 = 0;
const JSON_PLAN: u16 = 1;
/// Plans of a row group, at most; rows of others are read as JSON.
const PLANS: usize = u16::MAX as usize;

/// Pairs of a shape and an event that are looked up in a table.
const TABLE: usize = 1 << 20;

/// A customer of a row group.
struct Name {
    id: String,
    hash: u64,
}

/// Rows of one customer.
#[derive(Clone, Copy)]
struct Span {
    name: u32,
    from: u32,
    to: u32,
}

/// A row whose message was read before customers were told apart.
struct Looked {
    row: u32,
    /// Whose it is; none for everyone's.
    customer: Option<String>,
    /// The name that means this customer from here on.
    previous: Option<String>,
}

/// A row group on its way to the shards.
pub struct Group<'a> {
    history: &'a History,
    program: &'a Program,
    decoder: &'a Decoder,
    index: usize,
    shards: usize,
    first: u64,
    lines: UInt64Array,
    times: TimestampMicrosecondArray,
    received: TimestampMicrosecondArray,
    hashes: UInt64Array,
    customers: Int32Array,
    /// Of the paths' columns those that the plans read.
    arrays: Vec<Option<Array1>>,
    readings: Vec<Reading>,
    plans: Vec<Plan>,
    plan_of: Vec<u16>,
    names: Vec<Name>,
    /// For each shard its customers' rows.
    spans: Vec<Vec<Span>>,
    looked: Vec<Looked>,
    everyone: Vec<u32>,
    found: Found,
    whole: OnceLock<Result<Whole<'a>, String>>,
    by_line: OnceLock<Vec<u32>>,
}

impl<'a> Group<'a> {
    fn load(replay: &Replay<'a>, index: usize, threads: usize) -> Result<Group<'a>, Error> {
        let (history, image): (&'a History, &'a Image) = (replay.history, &replay.program.image);
        let rows = history.rows(index);
        let wanted = [LINE, SHAPE, EVENT, CUSTOMER, TIME, RECEIVED, HASH, JSON];
        let fixed = history.load(index, &wanted, threads)?;
        let [line, shape, event, customer, time, received, hash, json] = &fixed[..] else {
            return Err(Error::parquet("columns are missing"));
        };
        let (shape_of, shapes) = shape.words()?;
        let (event_of, events) = event.words()?;
        let (customer_of, customers) = customer.words()?;
        let lines = line.hashes()?.clone();
        let shapes = history.shapes(shapes)?;
        let mut group = Group {
            history,
            program: replay.program,
            decoder: replay.decoder,
            index,
            shards: replay.shards,
            first: (0..rows).map(|row| lines.value(row)).min().unwrap_or_default(),
            lines,
            times: time.moments()?.clone(),
            received: received.moments()?.clone(),
            hashes: hash.hashes()?.clone(),
            customers: customer_of.clone(),
            arrays: Vec::new(),
            readings: Vec::new(),
            plans: Vec::new(),
            plan_of: vec![SKIP; rows],
            names: Vec::new(),
            spans: vec![Vec::new(); replay.shards],
            looked: Vec::new(),
            everyone: Vec::new(),
            found: Found { messages: rows as u64, bytes: replay.share(index), ..Found::default() },
            whole: OnceLock::new(),
            by_line: OnceLock::new(),
        };
        let mut plans = Plans::new(image, &history.about().columns, &replay.by_wire);
        plans.all = vec![Plan::Unread, Plan::Json];
        let mut of_pair: FxHashMap<(i32, i32), u16> = FxHashMap::default();
        let width = events.len() + 1;
        let mut table = vec![SKIP; Some(shapes.len() * width).filter(|size| *size <= TABLE).unwrap_or_default()];
        let mut last = ((-1, -1), JSON_PLAN);
        let mut looks = Vec::new();
        let (mut unknown, mut unread) = (vec![0u64; events.len() + 1], vec![0u64; events.len() + 1]);
        let mut latest = i64::MIN;
        let at = |array: &Int32Array, row: usize| if array.is_valid(row) { array.value(row) } else { -1 };
        for row in 0..rows {
            let pair = (at(shape_of, row), at(event_of, row));
            if pair.0 < 0 {
                looks.push(row as u32);
                continue;
            }
            if pair != last.0 {
                // Shapes and events are few: a table answers, where it is not too large.
                let place = pair.0 as usize * width + (pair.1 + 1) as usize;
                let known =
                    table.get(place).copied().filter(|plan| *plan != SKIP).or_else(|| of_pair.get(&pair).copied());
                let plan = known.unwrap_or_else(|| {
                    let event = usize::try_from(pair.1).ok().filter(|e| *e < events.len()).map(|e| events.value(e));
                    let plan = match shapes.get(pair.0 as usize) {
                        Some(shape) if plans.all.len() < PLANS => plans.plan(shape, event),
                        _ => Plan::First,
                    };
                    plans.all.push(plan);
                    let number = (plans.all.len() - 1).min(PLANS) as u16;
                    of_pair.insert(pair, number);
                    if let Some(place) = table.get_mut(place) {
                        *place = number;
                    }
                    number
                });
                last = (pair, plan);
            }
            let plan = last.1;
            match &plans.all[usize::from(plan)] {
                Plan::First => looks.push(row as u32),
                Plan::Unknown => {
                    unknown[(pair.1 + 1) as usize] += 1;
                    latest = latest.max(group.happened_at(row));
                }
                Plan::Unread => {
                    unread[(pair.1 + 1) as usize] += 1;
                    latest = latest.max(group.happened_at(row));
                }
                Plan::Json | Plan::Event(_) | Plan::Identify(_) => {
                    let seen = group.seen(row);
                    if at(customer_of, row) < 0 {
                        looks.push(row as u32);
                    } else if replay.until.is_some_and(|until| seen > until) {
                        group.found.after += 1;
                        latest = latest.max(seen);
                    } else {
                        group.plan_of[row] = plan;
                        latest = latest.max(seen);
                    }
                }
            }
        }
        group.found.latest = (latest > i64::MIN).then_some(latest);
        for (counts, to) in [(unknown, &mut group.found.unknown), (unread, &mut group.found.unread)] {
            // A page, screen or group has no event of its own; the decoder knows its name.
            for (i, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                if i > 0 {
                    *to.entry(events.value(i - 1).to_string()).or_default() += count;
                }
            }
        }
        // Calls without an event of their own are counted under their kind.
        group.nameless(shape_of, event_of, &shapes, &plans.all, &of_pair);
        let used = plans.readings;
        group.plans = plans.all;
        let columns = history.about().columns.len();
        let mut wanted: Vec<usize> = used.iter().map(|reading| usize::from(reading.column)).collect();
        for plan in &group.plans {
            if let Plan::Identify(plan) = plan {
                wanted.extend(plan.consents.iter().map(|(.., column)| usize::from(*column)));
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let loaded = parallel(threads, wanted.len(), |i| history.column(index, FIXED.len() + wanted[i]));
        group.arrays = (0..columns).map(|_| None).collect();
        for (column, array) in wanted.into_iter().zip(loaded) {
            group.arrays[column] = Some(array?);
        }
        group.readings = used;
        group.names = customers
            .iter()
            .map(|id| id.unwrap_or_default())
            .map(|id| Name { id: id.to_string(), hash: xxh3_64(id.as_bytes()) })
            .collect();
        group.look(&looks, json, replay.until)?;
        Ok(group)
    }

    /// Counts calls that have no event of their own: pages, screens and groups that are not read.
    fn nameless(
        &mut self,
        shape_of: &Int32Array,
        event_of: &Int32Array,
        shapes: &[Shape],
        plans: &[Plan],
        of_pair: &FxHashMap<(i32, i32), u16>,
    ) {
        let without: FxHashMap<i32, (&str, bool)> = of_pair
            .iter()
            .filter(|((_, event), _)| *event < 0)
            .filter_map(|((shape, _), plan)| {
                let name = shapes[*shape as usize].kind.words();
                match &plans[usize::from(*plan)] {
                    Plan::Unknown => Some((*shape, (name, true))),
                    Plan::Unread => Some((*shape, (name, false))),
                    _ => None,
                }
            })
            .collect();
        if without.is_empty() {
            return;
        }
        for row in (0..shape_of.len()).filter(|row| event_of.is_null(*row) && shape_of.is_valid(*row)) {
            if let Some((name, unknown)) = without.get(&shape_of.value(row)) {
                let to = if *unknown { &mut self.found.unknown } else { &mut self.found.unread };
                count(to, name);
            }
        }
    }

    /// Milliseconds.
    fn happened_at(&self, row: usize) -> i64 {
        self.times.value(row).div_euclid(1000)
    }

    fn seen(&self, row: usize) -> i64 {
        let own = self.times.value(row);
        let micros = if self.received.is_valid(row) { own.max(self.received.value(row)) } else { own };
        micros.div_euclid(1000)
    }

    /// Reads messages as JSON to see whose they are.
    fn look(&mut self, rows: &[u32], json: &Array1, until: Option<i64>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let kinds = self.history.column(self.index, KIND)?;
        let mut text = String::new();
        for &row in rows {
            let at = row as usize;
            text.clear();
            match json.text(at) {
                Some(json) => text.push_str(json),
                None => self.whole()?.write(at, &mut text)?,
            }
            let bytes = kinds.text(at) == Some("bytes");
            let line = if bytes { self.decoder.read(b"\xff") } else { self.decoder.read_text(&text) };
            let time = match line {
                Line::Blank => None,
                Line::Unknown(name, time) => {
                    count(&mut self.found.unknown, &name);
                    time
                }
                Line::Unread(name, time) => {
                    count(&mut self.found.unread, &name);
                    time
                }
                Line::Bad(problem) => {
                    let line = Some(self.lines.value(at));
                    self.found.dead.push(DeadLetter { line, customer: None, problem, raw: text.clone() });
                    None
                }
                Line::Message(message) => {
                    let time = message.happened_at.max(message.received_at.unwrap_or(i64::MIN));
                    if until.is_some_and(|until| time > until) {
                        self.found.after += 1;
                    } else if self.decoder.for_everyone(&message) {
                        self.everyone.push(row);
                    } else {
                        self.plan_of[at] = JSON_PLAN;
                        let previous = match &message.body {
                            Body::Alias(previous) => Some(previous.to_string()),
                            _ => None,
                        };
                        self.looked.push(Looked { row, customer: Some(message.customer.to_string()), previous });
                    }
                    Some(time)
                }
            };
            self.found.latest = self.found.latest.max(time);
        }
        self.everyone.sort_by_key(|row| self.lines.value(*row as usize));
        Ok(())
    }

    /// Gives rows to customers, and customers to shards.
    fn resolve(&mut self, aliases: &mut Aliases) -> Result<(), Error> {
        let rows = self.plan_of.len();
        let known = |customers: &Int32Array, names: &[Name], row: usize, id: &str| {
            customers.is_valid(row) && names.get(customers.value(row) as usize).is_some_and(|name| name.id == id)
        };
        let plain = aliases.is_empty()
            && self.looked.iter().all(|looked| {
                let customer = looked.customer.as_deref().unwrap_or_default();
                looked.previous.is_none() && known(&self.customers, &self.names, looked.row as usize, customer)
            });
        if plain {
            let mut row = 0;
            while row < rows {
                if self.customers.is_null(row) {
                    row += 1;
                    continue;
                }
                let name = self.customers.value(row);
                let from = row;
                while row < rows && self.customers.is_valid(row) && self.customers.value(row) == name {
                    row += 1;
                }
                let hash = self.names.get(name as usize).ok_or_else(|| Error::changed("a customer is missing"))?.hash;
                let span = Span { name: name as u32, from: from as u32, to: row as u32 };
                self.spans[shard_of(hash, self.shards)].push(span);
            }
            return Ok(());
        }
        // Names change on the way: row by row, in the order of the file.
        let mut looked: FxHashMap<u32, Looked> =
            std::mem::take(&mut self.looked).into_iter().map(|looked| (looked.row, looked)).collect();
        let order = self.order().to_vec();
        let mut numbers: FxHashMap<String, u32> =
            (0u32..).zip(&self.names).map(|(i, name)| (name.id.clone(), i)).collect();
        // Whom a customer of the dictionary means, until the next change.
        let mut meant: Vec<Option<u32>> = vec![None; self.names.len()];
        for row in order {
            let at = row as usize;
            if self.plan_of[at] == SKIP {
                continue;
            }
            let looked = looked.remove(&row);
            let mut number = |names: &mut Vec<Name>, id: &str| match numbers.get(id) {
                Some(number) => *number,
                None => {
                    let number = names.len() as u32;
                    names.push(Name { id: id.to_string(), hash: xxh3_64(id.as_bytes()) });
                    numbers.insert(id.to_string(), number);
                    number
                }
            };
            let name = match looked {
                Some(Looked { customer: Some(customer), previous: Some(previous), .. }) => {
                    aliases.add(&previous, &customer);
                    meant.fill(None);
                    number(&mut self.names, &customer)
                }
                Some(Looked { customer: Some(customer), .. }) => {
                    let id = aliases.resolve(&customer).to_string();
                    number(&mut self.names, &id)
                }
                _ => {
                    let dictionary = self.customers.value(at) as usize;
                    if dictionary >= meant.len() {
                        return Err(Error::changed("a customer is missing"));
                    }
                    match meant[dictionary] {
                        Some(name) => name,
                        None => {
                            let id = aliases.resolve(&self.names[dictionary].id).to_string();
                            let name = number(&mut self.names, &id);
                            meant[dictionary] = Some(name);
                            name
                        }
                    }
                }
            };
            let shard = shard_of(self.names[name as usize].hash, self.shards);
            match self.spans[shard].last_mut() {
                Some(last) if last.name == name && last.to == row => last.to += 1,
                _ => self.spans[shard].push(Span { name, from: row, to: row + 1 }),
            }
        }
        Ok(())
    }

    /// Rows in the order of their lines.
    fn order(&self) -> &[u32] {
        self.by_line.get_or_init(|| {
            let mut order: Vec<u32> = (0..self.plan_of.len() as u32).collect();
            order.sort_unstable_by_key(|row| self.lines.value(*row as usize));
            order
        })
    }

    /// All columns.
    fn whole(&self) -> Result<&Whole<'a>, Error> {
        let whole = self.whole.get_or_init(|| self.history.whole(self.index, 1).map_err(|error| error.to_string()));
        whole.as_ref().map_err(|error| Error::NotParquet(error.clone()))
    }

    /// A message whose fields the decoder reads.
    fn json(
        &self,
        row: usize,
        head: Head,
        name: &Name,
        share: &mut Share<'_, '_>,
        scratch: &mut ingest::Scratch,
        text: &mut String,
    ) -> Result<(), Error> {
        text.clear();
        self.whole()?.write(row, text)?;
        let Line::Message(message) = self.decoder.read_text(text) else {
            return Err(Error::changed("a message is not what its columns say"));
        };
        let (happened_at, received) = (message.happened_at, message.received_at);
        let seen = happened_at.max(received.unwrap_or(i64::MIN));
        match self.decoder.decode(&message, &self.program.zones, share.pool(), scratch) {
            Ok(()) => {
                let customer = match head.customer {
                    NOBODY => share.customer(&name.id, name.hash, head.line, seen),
                    known => known,
                };
                share.inputs(Head { customer, seen, happened_at, ..head }, scratch.inputs.drain(..));
            }
            Err(problem) => share.dead(head.line, Some(&name.id), happened_at, problem, text),
        }
        Ok(())
    }

    fn fed(&self, shard: usize, share: &mut Share<'_, '_>) -> Result<(), Error> {
        let mut scratch = ingest::Scratch::default();
        let mut text = String::new();
        for &row in &self.everyone {
            text.clear();
            self.whole()?.write(row as usize, &mut text)?;
            let line = self.line(row as usize);
            let Line::Message(message) = self.decoder.read_text(&text) else { continue };
            let (happened_at, received) = (message.happened_at, message.received_at);
            match self.decoder.decode(&message, &self.program.zones, share.pool(), &mut scratch) {
                Ok(()) => {
                    let raw: Arc<str> = text.as_str().into();
                    share.everyone(line, happened_at, received, scratch.inputs.drain(..), &raw);
                }
                Err(problem) => share.dead(line, None, happened_at, problem, &text),
            }
        }
        let columns = &self.history.about().columns;
        let mut reader = Reader::new(columns, &self.readings, &self.arrays, self.decoder, &self.program.zones);
        let spans = &self.spans[shard];
        let hash = |at: usize| spans.get(at).map(|span| self.names[span.name as usize].hash);
        for (at, span) in spans.iter().enumerate() {
            if let Some(hash) = hash(at + 2 * AHEAD) {
                share.expect(hash);
            }
            if let Some(hash) = hash(at + AHEAD) {
                share.expect_next(hash);
            }
            let name = &self.names[span.name as usize];
            let mut customer = NOBODY;
            for row in span.from as usize..span.to as usize {
                let plan = self.plan_of[row];
                if plan == SKIP {
                    continue;
                }
                let (line, seen) = (self.line(row), self.seen(row));
                let id = self.hashes.is_valid(row).then(|| self.hashes.value(row));
                let happened_at = self.happened_at(row);
                let mut head = Head { customer, line, seen, happened_at, id };
                let plan = &self.plans[usize::from(plan)];
                // Only a message that can be used makes a customer known.
                let done = match plan {
                    Plan::Event(plan) => {
                        share.row(|pool, words| {
                            plan.checks.iter().all(|check| reader.word(*check, row, pool).is_some())
                                && plan.slots.iter().all(|slot| match slot {
                                    Slot::Word(word) => {
                                        words.push(*word);
                                        true
                                    }
                                    Slot::Reading(reading) => match reader.word(*reading, row, pool) {
                                        Some(word) => {
                                            words.push(word);
                                            true
                                        }
                                        None => false,
                                    },
                                })
                        }) && {
                            head.customer = known(share, head, name);
                            share.event(head, plan.event);
                            true
                        }
                    }
                    Plan::Identify(plan) => match changes(plan, row, &mut reader, share.pool()) {
                        Some((consents, changes)) => {
                            head.customer = known(share, head, name);
                            let profile = InputKind::Profile { id, changes };
                            share.inputs(head, consents.into_iter().chain(std::iter::once(profile)));
                            true
                        }
                        None => false,
                    },
                    _ => false,
                };
                if done {
                    customer = head.customer;
                } else {
                    if customer != NOBODY {
                        share.again(customer, line);
                    }
                    self.json(row, head, name, share, &mut scratch, &mut text)?;
                    // Whether they are known now is asked anew.
                    customer = NOBODY;
                }
            }
        }
        Ok(())
    }

    fn line(&self, row: usize) -> u32 {
        (self.lines.value(row) - self.first) as u32
    }
}

/// Customers are brought near so many spans ahead.
const AHEAD: usize = 6;

/// A customer who has not been asked for.
const NOBODY: u32 = u32::MAX;

/// The number of a message's customer, who has heard what was for everyone before.
fn known(share: &mut Share<'_, '_>, head: Head, name: &Name) -> u32 {
    match head.customer {
        NOBODY => share.customer(&name.id, name.hash, head.line, head.seen),
        known => {
            share.again(known, head.line);
            known
        }
    }
}

/// Inputs, and fields of the profile with their words.
type Said = (Vec<InputKind>, Vec<(u16, Word)>);

/// Consents and changes of a row; none when the decoder must look.
fn changes(plan: &crate::plan::IdentifyPlan, row: usize, reader: &mut Reader<'_>, pool: &mut Pool) -> Option<Said> {
    if !plan.checks.iter().all(|check| reader.word(*check, row, pool).is_some()) {
        return None;
    }
    let mut changes = Vec::with_capacity(plan.slots.len());
    for (field, slot) in &plan.slots {
        let word = match slot {
            Slot::Word(word) => *word,
            Slot::Reading(reading) => reader.word(*reading, row, pool)?,
        };
        changes.push((*field, word));
    }
    let mut consents = Vec::with_capacity(plan.consents.len());
    for (purpose, channel, column) in &plan.consents {
        let granted = reader.yes(*column, row)?;
        consents.push(InputKind::Consent { purpose: *purpose, channel: *channel, granted });
    }
    Some((consents, changes))
}

impl Raw for Group<'_> {
    fn raw(&self, line: u32) -> String {
        let line = self.first + u64::from(line);
        let order = self.order();
        let mut text = String::new();
        if let Ok(at) = order.binary_search_by_key(&line, |row| self.lines.value(*row as usize))
            && let Ok(whole) = self.whole()
        {
            // A row that cannot be written has made the run fail already, or will.
            let _ = whole.write(order[at] as usize, &mut text);
        }
        text
    }

    fn first(&self) -> u64 {
        self.first
    }
}

impl Piece for Group<'_> {
    fn found(&mut self) -> Found {
        std::mem::take(&mut self.found)
    }

    fn feed(&self, shard: usize, share: &mut Share<'_, '_>) -> io::Result<()> {
        self.fed(shard, share).map_err(io::Error::other)
    }
}

impl Replay<'_> {
    /// Bytes of the file that stand for a row group, for progress.
    fn share(&self, group: usize) -> u64 {
        let rows = self.history.messages().max(1);
        (self.history.size() as u128 * self.history.rows(group) as u128 / u128::from(rows)) as u64
    }
}

fn count(names: &mut BTreeMap<String, u64>, name: &str) {
    match names.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            names.insert(name.to_string(), 1);
        }
    }
}
