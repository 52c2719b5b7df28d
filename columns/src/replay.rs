//! A program over a history in columns: row groups become batches of the memory host, word by word. Only the columns that the
//! program reads are loaded, and of them only the rows: which they are, follows from the columns of shapes and events. A message whose
//! meaning is not plain from its shape is written again as it came and read by the decoder of JSON, so both give the same inputs,
//! problems and dead letters.

use crate::error::Error;
use crate::plan::{Plan, Plans, Reading, Slot};
use crate::read::{Array1, CUSTOMER, HASH, History, JSON, KIND, LINE, RECEIVED, Rows, TIME, Whole};
use crate::survey::{JSON_PLAN, Run, SKIP, Survey, count};
use crate::words::Reader;
use crate::write::FIXED;
use arrow_array::{Array, Int32Array, StringArray, TimestampMicrosecondArray, UInt64Array};
use journey_runtime::host::source::{Found, Head, Piece, Raw, Share, Source};
use journey_runtime::host::{Aliases, DeadLetter, shard_of};
use journey_runtime::image::Word;
use journey_runtime::ingest::{self, Body, Decoder, Line};
use journey_runtime::input::InputKind;
use journey_runtime::pool::Pool;
use journey_runtime::program::Program;
use rustc_hash::FxHashMap;
use std::io;
use std::ops::Range;
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
}

impl<'a> Replay<'a> {
    /// A reader. Messages later than `until` are counted and left out; there are so many shards.
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
        Replay { history, program, decoder, by_wire, until, shards }
    }

    /// Bytes of the file that stand for a row group, for progress.
    fn share(&self, group: usize) -> u64 {
        let rows = self.history.messages().max(1);
        (self.history.size() as u128 * self.history.rows(group) as u128 / u128::from(rows)) as u64
    }
}

impl<'a> Source for Replay<'a> {
    type Piece = Group<'a>;

    fn pieces(&self) -> usize {
        self.history.groups()
    }

    fn load(&self, piece: usize) -> io::Result<Group<'a>> {
        Group::load(self, piece).map_err(io::Error::other)
    }
}

/// Rows of one customer: a range of [`Group::order`].
#[derive(Clone, Copy)]
struct Span {
    /// See [`Group::name`].
    name: u32,
    from: u32,
    to: u32,
    /// Of the name.
    hash: u64,
}

/// A row whose message was read before customers were told apart.
struct Looked {
    row: u32,
    /// Whose it is; none for everyone's.
    customer: Option<String>,
    /// The name that means this customer from here on.
    previous: Option<String>,
}

/// A row group on its way to the shards. Its rows are counted among those that are read.
pub struct Group<'a> {
    history: &'a History,
    program: &'a Program,
    decoder: &'a Decoder,
    index: usize,
    shards: usize,
    /// The rows that are read.
    rows: Rows,
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
    /// The customers of the row group.
    ids: StringArray,
    /// Customers who are only meant by names of the row group.
    others: Vec<String>,
    /// Rows in the order of the spans.
    order: Vec<u32>,
    /// For each shard its customers' rows.
    spans: Vec<Vec<Span>>,
    looked: Vec<Looked>,
    everyone: Vec<u32>,
    found: Found,
    whole: OnceLock<Result<Whole<'a>, String>>,
    by_line: OnceLock<Vec<u32>>,
}

impl<'a> Group<'a> {
    fn load(replay: &Replay<'a>, index: usize) -> Result<Group<'a>, Error> {
        let history = replay.history;
        let plans = Plans::new(&replay.program.image, &history.about().columns, &replay.by_wire);
        let survey = Survey::of(history, plans, index, replay.share(index))?;
        let Survey { runs, plans: Plans { all: plans, readings, .. }, rows, found, .. } = survey;
        let mut paths: Vec<usize> = readings.iter().map(|reading| usize::from(reading.column)).collect();
        for plan in &plans {
            if let Plan::Identify(plan) = plan {
                paths.extend(plan.consents.iter().map(|(.., column)| usize::from(*column)));
            }
        }
        paths.sort_unstable();
        paths.dedup();
        let wanted: Vec<usize> = [LINE, CUSTOMER, TIME, RECEIVED, HASH]
            .into_iter()
            .chain(paths.iter().map(|column| FIXED.len() + column))
            .collect();
        let mut loaded = match rows.len() {
            0 => Vec::new(),
            _ => history.load(index, &wanted, Some(&rows))?,
        };
        let arrays = loaded.split_off(loaded.len().min(5));
        let mut group = Group {
            history,
            program: replay.program,
            decoder: replay.decoder,
            index,
            shards: replay.shards,
            rows,
            first: 0,
            lines: UInt64Array::new_null(0),
            times: TimestampMicrosecondArray::new_null(0),
            received: TimestampMicrosecondArray::new_null(0),
            hashes: UInt64Array::new_null(0),
            customers: Int32Array::new_null(0),
            arrays: (0..history.about().columns.len()).map(|_| None).collect(),
            readings,
            plans,
            plan_of: Vec::new(),
            ids: StringArray::new_null(0),
            others: Vec::new(),
            order: Vec::new(),
            spans: vec![Vec::new(); replay.shards],
            looked: Vec::new(),
            everyone: Vec::new(),
            found,
            whole: OnceLock::new(),
            by_line: OnceLock::new(),
        };
        for (column, array) in paths.into_iter().zip(arrays) {
            group.arrays[column] = Some(array);
        }
        if let [line, customer, time, received, hash] = &loaded[..] {
            group.lines = line.hashes()?.clone();
            group.first = group.lines.values().iter().min().copied().unwrap_or_default();
            let (customers, ids) = customer.words()?;
            (group.customers, group.ids) = (customers.clone(), ids.clone());
            (group.times, group.received) = (time.moments()?.clone(), received.moments()?.clone());
            group.hashes = hash.hashes()?.clone();
        }
        group.plan_rows(&runs, replay.until)?;
        group.found.latest = group.found.latest.max(group.latest_unread()?);
        if group.is_plain() {
            group.by_customer()?;
        }
        Ok(group)
    }

    /// Gives rows their plans; those that are looked into before are.
    fn plan_rows(&mut self, runs: &[Run], until: Option<i64>) -> Result<(), Error> {
        self.plan_of = vec![SKIP; self.rows.len()];
        let mut looks = Vec::new();
        let mut latest = i64::MIN;
        let (mut range, mut before, mut next) = (0, 0, 0);
        for run in runs {
            // Runs lie in the ranges, in order.
            while let Some(here) = self.rows.ranges().get(range)
                && here.end <= run.rows.start
            {
                before += here.end - here.start;
                range += 1;
            }
            let start = self.rows.ranges().get(range).map_or(0, |here| here.start);
            let rows = (before + run.rows.start - start) as usize..(before + run.rows.end - start) as usize;
            // A few that nothing reads may lie between.
            latest = (next..rows.start).map(|row| self.happened_at(row)).fold(latest, i64::max);
            next = rows.end;
            if matches!(self.plans[usize::from(run.plan)], Plan::First) {
                looks.extend(rows.map(|row| row as u32));
                continue;
            }
            for row in rows {
                if self.customers.is_null(row) {
                    looks.push(row as u32);
                    continue;
                }
                let seen = self.seen(row);
                latest = latest.max(seen);
                if until.is_some_and(|until| seen > until) {
                    self.found.after += 1;
                } else {
                    self.plan_of[row] = run.plan;
                }
            }
        }
        self.found.latest = (latest > i64::MIN).then_some(latest);
        self.look(&looks, until)
    }

    /// The latest time of the rows that are not read, if it is later than what has been found.
    fn latest_unread(&self) -> Result<Option<i64>, Error> {
        let all = self.history.rows(self.index) as u32;
        let mut unread = Vec::new();
        let mut from = 0;
        for range in self.rows.ranges() {
            unread.push(from..range.start);
            from = range.end;
        }
        unread.push(from..all);
        unread.retain(|range| !range.is_empty());
        let late = |micros: i64| micros.div_euclid(1000);
        let mut latest = self.found.latest;
        let mut open = Rows::default();
        match self.history.latest_of_pages(self.index) {
            None => unread.into_iter().for_each(|range| open.add(range, 0)),
            Some(pages) => {
                let within = |page: &Range<u32>| {
                    unread
                        .get(unread.partition_point(|range| range.end <= page.start))
                        .filter(|range| range.start < page.end)
                };
                for (page, time) in &pages {
                    if within(page).is_some_and(|range| range.start <= page.start && page.end <= range.end) {
                        latest = latest.max(Some(late(*time)).filter(|_| *time > i64::MIN));
                    }
                }
                // Pages with rows of both sorts are read only where they may hold the latest.
                for (page, _) in pages.iter().filter(|(_, time)| Some(late(*time)) > latest) {
                    let first = unread.partition_point(|range| range.end <= page.start);
                    for range in unread[first..].iter().take_while(|range| range.start < page.end) {
                        open.add(range.start.max(page.start)..range.end.min(page.end), 0);
                    }
                }
            }
        }
        if open.len() > 0 {
            let loaded = self.history.load(self.index, &[TIME], Some(&open))?;
            let times = loaded.first().ok_or_else(|| Error::parquet("columns are missing"))?.moments()?;
            latest = latest.max(times.iter().flatten().max().map(late));
        }
        Ok(latest)
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
    fn look(&mut self, rows: &[u32], until: Option<i64>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let loaded = self.history.load(self.index, &[KIND, JSON], Some(&self.rows))?;
        let [kinds, json] = &loaded[..] else { return Err(Error::parquet("columns are missing")) };
        let mut text = String::new();
        for &row in rows {
            let at = row as usize;
            text.clear();
            match json.text(at) {
                Some(json) => text.push_str(json),
                None => self.write(at, &mut text)?,
            }
            let bytes = kinds.text(at) == Some("bytes");
            let line = if bytes { self.decoder.read(b"\xff") } else { self.decoder.read_text(&text) };
            let time = match line {
                Line::Blank => None,
                Line::Unknown(name, time) => {
                    count(&mut self.found.unknown, &name, 1);
                    time
                }
                Line::Unread(name, time) => {
                    count(&mut self.found.unread, &name, 1);
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

    /// Whom a name means: a customer of the row group, or one of the others.
    fn name(&self, number: u32) -> &str {
        match (number as usize).checked_sub(self.ids.len()) {
            None => self.ids.value(number as usize),
            Some(at) => self.others.get(at).map_or("", String::as_str),
        }
    }

    /// Whether each row is about the customer whom its column names.
    fn is_plain(&self) -> bool {
        self.looked.iter().all(|looked| {
            let row = looked.row as usize;
            let named = self.customers.is_valid(row).then(|| self.customers.value(row) as usize);
            let named = named.filter(|at| *at < self.ids.len()).map(|at| self.ids.value(at));
            looked.previous.is_none() && named == looked.customer.as_deref()
        })
    }

    /// Puts the rows that are used in order customer by customer, and gives customers to shards.
    fn by_customer(&mut self) -> Result<(), Error> {
        let mut starts = vec![0u32; self.ids.len() + 1];
        let used = || (0u32..).zip(&self.plan_of).filter(|(_, plan)| **plan != SKIP).map(|(row, _)| row);
        for row in used() {
            let at = self.customers.value(row as usize) as usize;
            *starts.get_mut(at).filter(|_| at < self.ids.len()).ok_or_else(missing)? += 1;
        }
        let mut count = 0;
        for start in &mut starts {
            count += std::mem::replace(start, count);
        }
        let mut order = vec![0; count as usize];
        for row in used() {
            let next = &mut starts[self.customers.value(row as usize) as usize];
            order[*next as usize] = row;
            *next += 1;
        }
        // Now each customer's rows end where their start stands.
        let mut from = 0;
        for (name, to) in (0u32..).zip(starts).take(self.ids.len()) {
            if from == to {
                continue;
            }
            // Those of each event are in order already.
            let rows = &mut order[from as usize..to as usize];
            if !rows.is_sorted_by_key(|row| self.lines.value(*row as usize)) {
                rows.sort_by_key(|row| self.lines.value(*row as usize));
            }
            let hash = xxh3_64(self.ids.value(name as usize).as_bytes());
            self.spans[shard_of(hash, self.shards)].push(Span { name, from, to, hash });
            from = to;
        }
        self.order = order;
        Ok(())
    }

    /// The same, where names change on the way: row by row, in the order of the file.
    fn by_names(&mut self, aliases: &mut Aliases) -> Result<(), Error> {
        let mut looked: FxHashMap<u32, Looked> =
            std::mem::take(&mut self.looked).into_iter().map(|looked| (looked.row, looked)).collect();
        let mut order: Vec<u32> =
            (0u32..).zip(&self.plan_of).filter(|(_, plan)| **plan != SKIP).map(|(row, _)| row).collect();
        order.sort_by_key(|row| self.lines.value(*row as usize));
        let mut numbers: FxHashMap<String, u32> =
            (0u32..).zip(self.ids.iter()).map(|(i, id)| (id.unwrap_or_default().to_string(), i)).collect();
        // Whom a customer of the dictionary means, until the next change.
        let mut meant: Vec<Option<u32>> = vec![None; self.ids.len()];
        self.spans.iter_mut().for_each(Vec::clear);
        let known = self.ids.len();
        let mut number = |others: &mut Vec<String>, id: &str| match numbers.get(id) {
            Some(number) => *number,
            None => {
                let number = (known + others.len()) as u32;
                others.push(id.to_string());
                numbers.insert(id.to_string(), number);
                number
            }
        };
        for (at, row) in (0u32..).zip(&order) {
            let name = match looked.remove(row) {
                Some(Looked { customer: Some(customer), previous: Some(previous), .. }) => {
                    aliases.add(&previous, &customer);
                    meant.fill(None);
                    number(&mut self.others, &customer)
                }
                Some(Looked { customer: Some(customer), .. }) => number(&mut self.others, aliases.resolve(&customer)),
                _ => {
                    let dictionary = self.customers.value(*row as usize) as usize;
                    let meant = meant.get_mut(dictionary).ok_or_else(missing)?;
                    *meant.get_or_insert_with(|| number(&mut self.others, aliases.resolve(self.ids.value(dictionary))))
                }
            };
            let hash = xxh3_64(self.name(name).as_bytes());
            let spans = &mut self.spans[shard_of(hash, self.shards)];
            match spans.last_mut() {
                Some(last) if last.name == name && last.to == at => last.to += 1,
                _ => spans.push(Span { name, from: at, to: at + 1, hash }),
            }
        }
        self.order = order;
        Ok(())
    }

    /// Rows of the whole row group in the order of their lines.
    fn order_of_all(&self, lines: &UInt64Array) -> &[u32] {
        self.by_line.get_or_init(|| {
            let mut order: Vec<u32> = (0..lines.len() as u32).collect();
            order.sort_unstable_by_key(|row| lines.value(*row as usize));
            order
        })
    }

    /// All columns, all rows.
    fn whole(&self) -> Result<&Whole<'a>, Error> {
        let whole = self.whole.get_or_init(|| self.history.whole(self.index, 1).map_err(|error| error.to_string()));
        whole.as_ref().map_err(|error| Error::NotParquet(error.clone()))
    }

    /// Writes the message of a row as it came.
    fn write(&self, row: usize, text: &mut String) -> Result<(), Error> {
        self.whole()?.write(self.rows.row(row), text)
    }

    /// A message whose fields the decoder reads.
    fn json(
        &self,
        row: usize,
        head: Head,
        (name, hash): (&str, u64),
        share: &mut Share<'_, '_>,
        scratch: &mut ingest::Scratch,
        text: &mut String,
    ) -> Result<(), Error> {
        text.clear();
        self.write(row, text)?;
        let Line::Message(message) = self.decoder.read_text(text) else {
            return Err(Error::changed("a message is not what its columns say"));
        };
        let (happened_at, received) = (message.happened_at, message.received_at);
        let seen = happened_at.max(received.unwrap_or(i64::MIN));
        match self.decoder.decode(&message, &self.program.zones, share.pool(), scratch) {
            Ok(()) => {
                let customer = match head.customer {
                    NOBODY => share.customer(name, hash, head.line, seen),
                    known => known,
                };
                share.inputs(Head { customer, seen, happened_at, ..head }, scratch.inputs.drain(..));
            }
            Err(problem) => share.dead(head.line, Some(name), happened_at, problem, text),
        }
        Ok(())
    }

    fn fed(&self, shard: usize, share: &mut Share<'_, '_>) -> Result<(), Error> {
        let mut scratch = ingest::Scratch::default();
        let mut text = String::new();
        for &row in &self.everyone {
            text.clear();
            self.write(row as usize, &mut text)?;
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
        for (at, span) in spans.iter().enumerate() {
            if let Some(span) = spans.get(at + 2 * AHEAD) {
                share.expect(span.hash);
            }
            if let Some(span) = spans.get(at + AHEAD) {
                share.expect_next(span.hash);
            }
            let name = (self.name(span.name), span.hash);
            let mut customer = NOBODY;
            for row in &self.order[span.from as usize..span.to as usize] {
                let row = *row as usize;
                let (line, seen) = (self.line(row), self.seen(row));
                let id = self.hashes.is_valid(row).then(|| self.hashes.value(row));
                let happened_at = self.happened_at(row);
                let mut head = Head { customer, line, seen, happened_at, id };
                let plan = &self.plans[usize::from(self.plan_of[row])];
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
fn known(share: &mut Share<'_, '_>, head: Head, (name, hash): (&str, u64)) -> u32 {
    match head.customer {
        NOBODY => share.customer(name, hash, head.line, head.seen),
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
        let mut text = String::new();
        // A row that cannot be written has made the run fail already, or will.
        if let Ok(whole) = self.whole()
            && let Ok(lines) = whole.arrays[LINE].hashes()
        {
            let order = self.order_of_all(lines);
            if let Ok(at) = order.binary_search_by_key(&line, |row| lines.value(*row as usize)) {
                let _ = whole.write(order[at] as usize, &mut text);
            }
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

    fn resolve(&mut self, aliases: &mut Aliases) -> io::Result<()> {
        if aliases.is_empty() && self.is_plain() {
            return Ok(());
        }
        self.by_names(aliases).map_err(io::Error::other)
    }

    fn feed(&self, shard: usize, share: &mut Share<'_, '_>) -> io::Result<()> {
        self.fed(shard, share).map_err(io::Error::other)
    }
}

fn missing() -> Error {
    Error::changed("a customer is missing")
}
