//! Where everything stands. A journey is made of blocks inside blocks, so its layout is too: a series goes down, the arms of a
//! branch stand side by side, and each block has an axis on which it is entered and left. The arm that carries the journey on
//! keeps the axis of its branch; arms that end, or only pass by, go around it.

use crate::counts::Counts;
use crate::measure::{width, wrap};
use crate::model::{Arm, Kind, Note, Picture, Step, Tag, Trigger, goes_on, stops};
use crate::style::{self, Icon, Look};
use crate::words::{share, title};

/// Width of a card.
pub const CARD: f64 = 252.0;
/// Between two blocks of a series.
const GAP: f64 = 30.0;
/// Between two arms.
const BESIDE: f64 = 28.0;
/// From a card down to the labels of its arms.
const FAN: f64 = 30.0;
/// Where the ways of a branch come together again.
const JOIN: f64 = 26.0;
/// Inside a frame.
const INSIDE: f64 = 22.0;
/// From the edge of a loop to the way along it.
const LANE: f64 = 18.0;
/// Widest label of an arm.
const LABEL: f64 = 176.0;
/// Height of a label's line.
const LABEL_LINE: f64 = 16.0;

/// How text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after what is set so")]
pub enum Set {
    Heading,
    Doc,
    Kicker,
    Title,
    Small,
    Quote,
    Chip,
    Label,
    Note,
    Count,
}

impl Set {
    /// Its class, and the size of its letters.
    pub fn class(self) -> (&'static str, f64, bool) {
        match self {
            Set::Heading => ("h", 23.0, true),
            Set::Doc => ("d", 13.5, false),
            Set::Kicker => ("k", 10.0, true),
            Set::Title => ("t", 13.5, true),
            Set::Small => ("s", 11.5, false),
            Set::Quote => ("q", 11.5, false),
            Set::Chip => ("c", 11.0, false),
            Set::Label => ("l", 11.5, false),
            Set::Note => ("n", 12.0, false),
            Set::Count => ("u", 11.5, true),
        }
    }

    /// Lines no wider than `most`.
    pub fn wrap(self, text: &str, most: f64, lines: usize) -> Vec<String> {
        let (_, size, bold) = self.class();
        wrap(text, size, bold, most, lines)
    }

    /// How wide a text is.
    pub fn width(self, text: &str) -> f64 {
        let (_, size, bold) = self.class();
        width(text, size, bold)
    }
}

/// A line of text: its base line and where it begins.
#[derive(Debug, Clone)]
pub struct Text {
    /// From the left of what it stands in.
    pub x: f64,
    /// Its base line.
    pub y: f64,
    /// How it is set.
    pub set: Set,
    /// What it says.
    pub text: String,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub enum Shape<'a> {
    /// A card or a pill with an icon.
    Card {
        /// Left, top, width, height.
        at: [f64; 4],
        /// Its colours.
        look: Look,
        /// In the badge.
        icon: Icon,
        /// Rounded to a pill.
        pill: bool,
        /// What it says, from its left top corner.
        lines: Vec<Text>,
        /// Chips: left, top, width, text.
        chips: Vec<(f64, f64, f64, String)>,
        /// The step it stands for.
        step: Option<&'a Step>,
    },
    /// A stage or a loop.
    Frame {
        /// Left, top, width, height.
        at: [f64; 4],
        /// How high its head is.
        head: f64,
        /// Its colours.
        look: Look,
        /// Of its head.
        icon: Icon,
        /// What its head says.
        lines: Vec<Text>,
        /// Icons of clauses: left, top.
        icons: Vec<(f64, f64, Icon)>,
        /// The step it stands for.
        step: &'a Step,
    },
    /// A line from place to place, with round corners.
    Way {
        /// Its corners.
        points: Vec<(f64, f64)>,
        /// Ends in an arrow.
        arrow: bool,
        /// Drawn with dashes.
        dashed: bool,
        /// How many people went this way.
        people: Option<u64>,
    },
    /// What stands on a way.
    Label {
        /// Its middle and its top.
        at: (f64, f64),
        /// Its size.
        size: (f64, f64),
        /// What leads here is that nothing else did.
        otherwise: bool,
        /// In lines.
        lines: Vec<String>,
        /// How many went this way.
        count: Option<String>,
    },
}

/// A block with what is drawn in it, from its left top corner.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// From its left: where it is entered and left.
    pub axis: f64,
    /// Whether the run comes out of it.
    pub goes_on: bool,
    /// What is drawn.
    pub shapes: Vec<Shape<'a>>,
}

impl<'a> Block<'a> {
    fn empty() -> Block<'a> {
        Block { width: 0.0, height: 0.0, axis: 0.0, goes_on: true, shapes: Vec::new() }
    }

    /// Takes another block in, its left top corner at `x`, `y`.
    fn take(&mut self, x: f64, y: f64, other: Block<'a>) {
        self.shapes.extend(other.shapes.into_iter().map(|shape| shape.moved(x, y)));
    }

    fn way(&mut self, points: &[(f64, f64)], arrow: bool, people: Option<u64>) {
        self.shapes.push(Shape::Way { points: points.to_vec(), arrow, dashed: false, people });
    }
}

impl Shape<'_> {
    fn moved(mut self, dx: f64, dy: f64) -> Self {
        match &mut self {
            Shape::Card { at, .. } | Shape::Frame { at, .. } => {
                at[0] += dx;
                at[1] += dy;
            }
            Shape::Way { points, .. } => points.iter_mut().for_each(|(x, y)| {
                *x += dx;
                *y += dy;
            }),
            Shape::Label { at, .. } => {
                at.0 += dx;
                at.1 += dy;
            }
        }
        self
    }
}

/// Lays out a journey's steps with what starts it.
pub struct Layout<'c> {
    /// What a run has counted.
    pub counts: Option<&'c Counts>,
}

impl Layout<'_> {
    /// The whole way: triggers, who may enter, the steps, the end.
    pub fn whole<'a>(&self, picture: &'a Picture) -> Block<'a> {
        let entered = self.counts.map(|c| c.entered);
        let mut blocks = vec![self.triggers(&picture.triggers)];
        if let Some(condition) = &picture.only_if {
            blocks.push(gate(condition));
        }
        blocks.extend(picture.steps.iter().map(|step| self.step(step)));
        if goes_on(&picture.steps) {
            let lines = vec!["The end".to_string()];
            blocks.push(pill(Look::End, Icon::End, lines, None, self.counts.map(|c| c.ended)));
        }
        let mut people: Vec<Option<u64>> = vec![entered];
        people.extend(picture.only_if.iter().map(|_| entered));
        people.extend(picture.steps.iter().map(|s| self.came(s)));
        people.push(self.counts.map(|c| c.ended));
        series(blocks, &people)
    }

    fn triggers<'a>(&self, triggers: &'a [Trigger]) -> Block<'a> {
        let cards: Vec<Block<'a>> = triggers
            .iter()
            .map(|trigger| {
                let (look, icon) = match (trigger.by_calendar, &trigger.from) {
                    (true, _) => (Look::Trigger, Icon::Calendar),
                    (_, Some(_)) => (Look::Trigger, Icon::GoTo),
                    _ => (Look::Trigger, Icon::Trigger),
                };
                let kicker = if trigger.from.is_some() { "HANDED OVER" } else { "STARTS" };
                card(look, icon, kicker, &trigger.title, &trigger.lines, None, &[], None)
            })
            .collect();
        let people = self.counts.map(|c| c.entered);
        let many = cards.len() > 1;
        let width = cards.iter().map(|c| c.width).sum::<f64>() + BESIDE * cards.len().saturating_sub(1) as f64;
        let height = cards.iter().map(|c| c.height).fold(0.0, f64::max);
        let total = if many { height + JOIN } else { height };
        let mut block = Block { width, height: total, axis: width / 2.0, goes_on: true, shapes: Vec::new() };
        let mut x = 0.0;
        for card in cards {
            let middle = x + card.axis;
            if many {
                let join = total - 8.0;
                block.way(
                    &[(middle, card.height), (middle, join), (width / 2.0, join), (width / 2.0, total)],
                    false,
                    people,
                );
            }
            let across = card.width;
            block.take(x, 0.0, card);
            x += across + BESIDE;
        }
        block
    }

    fn steps<'a>(&self, steps: &'a [Step]) -> Block<'a> {
        let people: Vec<Option<u64>> = steps.iter().skip(1).map(|s| self.came(s)).collect();
        series(steps.iter().map(|step| self.step(step)).collect(), &people)
    }

    fn came(&self, step: &Step) -> Option<u64> {
        self.counts.map(|c| c.came(step.id))
    }

    fn step<'a>(&self, step: &'a Step) -> Block<'a> {
        match step.kind {
            Kind::Stage | Kind::Repeat => self.frame(step),
            Kind::Finish | Kind::GoTo | Kind::StopRepeating => {
                let text = if step.title.is_empty() {
                    step.kicker.clone()
                } else if step.kind == Kind::Finish {
                    title(&step.title)
                } else {
                    format!("{} {}", step.kicker, step.title)
                };
                let look = match step.kind {
                    Kind::GoTo => Look::GoTo,
                    Kind::StopRepeating => Look::Loop,
                    _ => Look::End,
                };
                let icon = style::icon(step);
                let lines = Set::Title.wrap(&text, CARD - 52.0, 2);
                let mut block = pill(look, icon, lines, Some(step), self.came(step));
                block.goes_on = false;
                block
            }
            Kind::Wait | Kind::WaitUntil if step.arms.is_empty() => {
                let text = format!("{} {}", step.kicker, step.title);
                let mut lines = Set::Title.wrap(&text, CARD - 52.0, 3);
                lines.extend(step.lines.iter().cloned());
                let mut block = pill(Look::Wait, Icon::Clock, lines, Some(step), None);
                self.beside(&mut block, step);
                block
            }
            _ => {
                let kicker = step.kicker.to_uppercase();
                let mut lines = step.lines.clone();
                lines.extend(self.counts.map(|c| c.lines(step.id)).unwrap_or_default());
                for offer in &step.offers {
                    lines.push(format!("• {}", self.offer(offer)));
                }
                let quote = step.quote.as_deref();
                let mut head = card(
                    style::look(step),
                    style::icon(step),
                    &kicker,
                    &step.title,
                    &lines,
                    quote,
                    &step.tags,
                    Some(step),
                );
                self.beside(&mut head, step);
                if step.arms.is_empty() { head } else { self.branch(step, head) }
            }
        }
    }

    fn offer(&self, offer: &crate::model::Offer) -> String {
        let count = self.counts.map(|c| format!(": {}", crate::counts::people(c.arm(offer.point)))).unwrap_or_default();
        let more = offer.steps.len().saturating_sub(1);
        let more = if more > 0 { format!(", then {more} more") } else { String::new() };
        format!("{}{more}{count}", title(&offer.name))
    }

    /// Who waits here, beside the card.
    fn beside(&self, block: &mut Block<'_>, step: &Step) {
        let Some(waiting) = self.counts.map(|c| c.waiting(step.id)).filter(|n| *n > 0) else { return };
        let text = format!("{} wait here", crate::counts::people(waiting));
        let size = (Set::Label.width(&text) + 16.0, LABEL_LINE + 4.0);
        let at = (block.axis + CARD / 2.0 - size.0 / 2.0 + 10.0, block.height - 8.0);
        block.shapes.push(Shape::Label { at, size, otherwise: false, lines: Vec::new(), count: Some(text) });
    }

    fn branch<'a>(&self, step: &'a Step, head: Block<'a>) -> Block<'a> {
        let arms: Vec<Block<'a>> = step.arms.iter().map(|arm| self.arm(step, arm)).collect();
        // Left edges, from the left of the first arm.
        let mut lefts = Vec::with_capacity(arms.len());
        let mut x = 0.0;
        for arm in &arms {
            lefts.push(x);
            x += arm.width + BESIDE;
        }
        let across = x - BESIDE;
        let axis_of = |at: usize| lefts[at] + arms[at].axis;
        let on: Vec<usize> = (0..arms.len()).filter(|at| arms[*at].goes_on).collect();
        let busy: Vec<usize> = on.iter().copied().filter(|at| !step.arms[*at].steps.is_empty()).collect();
        let axis = match (on.as_slice(), busy.as_slice()) {
            ([only], _) | (_, [only]) => axis_of(*only),
            _ => {
                let middle = (axis_of(0) + axis_of(arms.len() - 1)) / 2.0;
                // An arm that stands nearly in the middle keeps straight.
                on.iter().map(|at| axis_of(*at)).find(|x| (x - middle).abs() < 48.0).unwrap_or(middle)
            }
        };
        let left = (head.axis - axis).max(0.0);
        let right = (head.width - head.axis - (across - axis)).max(0.0);
        let axis = axis + left;
        let top = head.height;
        let low = arms.iter().map(|arm| arm.height).fold(0.0, f64::max);
        let joins = on.len() > 1 || on.first().is_some_and(|at| (axis_of(*at) + left - axis).abs() > 0.5);
        let height = top + low + if joins { JOIN } else { 0.0 };
        let mut block =
            Block { width: across + left + right, height, axis, goes_on: !on.is_empty(), shapes: Vec::new() };
        for (at, arm) in arms.iter().enumerate() {
            let x = axis_of(at) + left;
            let people = self.counts.map(|c| c.went(step, &step.arms[at]));
            block.way(&[(axis, top), (axis, top + 12.0), (x, top + 12.0), (x, top + FAN)], false, people);
            if arm.goes_on {
                let out = self.counts.map(|c| c.out(step, &step.arms[at]));
                let from = (x, top + arm.height);
                if joins {
                    let join = height - 10.0;
                    block.way(&[from, (x, join), (axis, join), (axis, height)], false, out);
                } else if from.1 < height {
                    block.way(&[from, (axis, height)], false, out);
                }
            }
        }
        block.take(axis - head.axis, 0.0, head);
        for (at, arm) in arms.into_iter().enumerate() {
            let x = lefts[at] + left;
            block.take(x, top, arm);
        }
        block
    }

    /// An arm from the head of its branch on: its label, then its steps.
    fn arm<'a>(&self, step: &Step, arm: &'a Arm) -> Block<'a> {
        let text = arm.share.map_or_else(|| arm.label.clone(), |part| format!("{} · {}", arm.label, share(part)));
        let lines = Set::Label.wrap(&text, LABEL, 3);
        let went = self.counts.map(|c| c.went(step, arm));
        let count = went.map(crate::counts::people);
        let widest = lines.iter().chain(&count).map(|l| Set::Label.width(l)).fold(0.0, f64::max);
        let rows = lines.len() + usize::from(count.is_some());
        let size = (widest + 20.0, LABEL_LINE * rows as f64 + 6.0);
        let content = self.steps(&arm.steps);
        let axis = content.axis.max(size.0 / 2.0);
        let right = (content.width - content.axis).max(size.0 / 2.0);
        let from = FAN + size.1;
        let gap = if arm.steps.is_empty() { 0.0 } else { GAP - 6.0 };
        let mut block = Block {
            width: axis + right,
            height: from + gap + content.height,
            axis,
            goes_on: content.goes_on,
            shapes: Vec::new(),
        };
        if gap > 0.0 {
            block.way(&[(axis, from), (axis, from + gap)], true, went);
        }
        block.shapes.push(Shape::Label { at: (axis, FAN), size, otherwise: arm.otherwise, lines, count });
        block.take(axis - content.axis, from + gap, content);
        block
    }

    fn frame<'a>(&self, step: &'a Step) -> Block<'a> {
        let content = self.steps(&step.body);
        let repeats = step.kind == Kind::Repeat;
        let stops = if repeats { stopped(&content, &stops(&step.body)) } else { Vec::new() };
        // Whoever stops goes out along one side, and the way back takes the other.
        let middle = stops.iter().map(|([x, _, wide, _], _)| x + wide / 2.0).sum::<f64>() / stops.len().max(1) as f64;
        let out_left = !stops.is_empty() && middle < content.axis;
        let (back_left, out_right) = (repeats && !out_left, !stops.is_empty() && !out_left);
        let room = |lane: bool| if lane { INSIDE + LANE } else { INSIDE };
        let (left_room, right_room) = (room(back_left || out_left), room(out_left || out_right));
        let width = (left_room + content.width + right_room).max(CARD);
        let left = left_room + (width - left_room - content.width - right_room) / 2.0;
        let head_text = if repeats { format!("{} {}", step.kicker, step.title) } else { step.title.clone() };
        let mut lines = Vec::new();
        let mut icons = Vec::new();
        let mut y = 24.0;
        for text in Set::Title.wrap(&head_text, width - 60.0, 2) {
            lines.push(Text { x: 44.0, y, set: Set::Title, text });
            y += 18.0;
        }
        for Note { kind, label, text } in &step.notes {
            icons.push((44.0, y - 9.0, style::note(*kind)));
            for text in Set::Small.wrap(&format!("{label} {text}"), width - 76.0, 3) {
                lines.push(Text { x: 62.0, y, set: Set::Small, text });
                y += 15.0;
            }
        }
        let head = y - 6.0;
        let axis = left + content.axis;
        let top = head + GAP;
        let body_end = top + content.height;
        let height = body_end + if content.goes_on || !stops.is_empty() { GAP } else { INSIDE };
        let look = if repeats { Look::Loop } else { Look::Stage };
        let icon = style::icon(step);
        let mut block = Block { width, height, axis, goes_on: step.goes_on(), shapes: Vec::new() };
        block.shapes.push(Shape::Frame { at: [0.0, 0.0, width, height], head, look, icon, lines, icons, step });
        let people = self.came(step);
        block.way(&[(axis, head), (axis, top)], true, step.body.first().map_or(people, |s| self.came(s)));
        if content.goes_on {
            block.way(&[(axis, body_end), (axis, height)], false, self.counts.map(|c| c.out_of(step)));
            if repeats {
                let (lane, tip) = if back_left { (LANE, axis - 1.0) } else { (width - LANE, axis + 1.0) };
                let points =
                    vec![(axis, body_end + 12.0), (lane, body_end + 12.0), (lane, head + 12.0), (tip, head + 12.0)];
                block.shapes.push(Shape::Way { points, arrow: true, dashed: true, people: None });
            }
        }
        for ([x, y, wide, high], stop) in stops {
            let (lane, edge) = if out_left { (LANE, x + left) } else { (width - LANE, x + left + wide) };
            let (from, join) = (y + top + high / 2.0, height - 8.0);
            let points = [(edge, from), (lane, from), (lane, join), (axis, join), (axis, height)];
            block.way(&points, false, self.came(stop));
        }
        block.take(left, top, content);
        block
    }
}

/// Where the steps with these numbers stand in a block.
fn stopped<'a>(block: &Block<'a>, numbers: &[usize]) -> Vec<([f64; 4], &'a Step)> {
    let found = block.shapes.iter().filter_map(|shape| match shape {
        Shape::Card { at, step: Some(step), .. } if numbers.contains(&step.id) => Some((*at, *step)),
        _ => None,
    });
    found.collect()
}

/// Blocks one below the other, with ways between them. `people` come to the second, the third …
fn series<'a>(blocks: Vec<Block<'a>>, people: &[Option<u64>]) -> Block<'a> {
    let mut whole = Block::empty();
    whole.axis = blocks.iter().map(|b| b.axis).fold(0.0, f64::max);
    let right = blocks.iter().map(|b| b.width - b.axis).fold(0.0, f64::max);
    whole.width = whole.axis + right;
    let axis = whole.axis;
    // Frames of a series are equally wide.
    let frames = || blocks.iter().filter(|b| matches!(b.shapes.first(), Some(Shape::Frame { .. })));
    let left = frames().map(|b| b.axis).fold(0.0, f64::max);
    let wide = left + frames().map(|b| b.width - b.axis).fold(0.0, f64::max);
    for (at, mut block) in blocks.into_iter().enumerate() {
        if let Some(Shape::Frame { at: [x, _, width, _], .. }) = block.shapes.first_mut() {
            *x = block.axis - left;
            *width = wide;
        }
        if at > 0 {
            let people = people.get(at - 1).copied().flatten();
            whole.way(&[(axis, whole.height), (axis, whole.height + GAP)], true, people);
            whole.height += GAP;
        }
        let (high, x, y) = (block.height, axis - block.axis, whole.height);
        whole.goes_on = block.goes_on;
        whole.take(x, y, block);
        whole.height += high;
    }
    whole
}

#[expect(clippy::too_many_arguments, reason = "a card has that many parts")]
fn card<'a>(
    look: Look,
    icon: Icon,
    kicker: &str,
    title: &str,
    small: &[String],
    quote: Option<&str>,
    tags: &[Tag],
    step: Option<&'a Step>,
) -> Block<'a> {
    let x = 50.0;
    let most = CARD - x - 14.0;
    let mut lines = Vec::new();
    let mut y = 21.0;
    for text in Set::Kicker.wrap(kicker, most - 14.0, 1) {
        lines.push(Text { x, y, set: Set::Kicker, text });
    }
    y += 17.0;
    for text in Set::Title.wrap(title, most, 4) {
        lines.push(Text { x, y, set: Set::Title, text });
        y += 17.0;
    }
    for text in quote.map(|q| Set::Quote.wrap(&format!("“{q}”"), most, 2)).unwrap_or_default() {
        lines.push(Text { x, y, set: Set::Quote, text });
        y += 15.0;
    }
    for text in small.iter().flat_map(|line| Set::Small.wrap(line, most, 4)) {
        lines.push(Text { x, y, set: Set::Small, text });
        y += 15.0;
    }
    y -= 4.0;
    let mut chips = Vec::new();
    if !tags.is_empty() {
        let mut left = x;
        y += 2.0;
        for tag in tags {
            let text = format!("{}: {}", crate::words::human(&tag.facet), tag.label);
            let wide = Set::Chip.width(&text) + 14.0;
            if left + wide > CARD - 10.0 && left > x {
                left = x;
                y += 22.0;
            }
            chips.push((left, y, wide, text));
            left += wide + 6.0;
        }
        y += 20.0;
    }
    let height = (y + 8.0).max(52.0);
    let shape = Shape::Card { at: [0.0, 0.0, CARD, height], look, icon, pill: false, lines, chips, step };
    Block { width: CARD, height, axis: CARD / 2.0, goes_on: true, shapes: vec![shape] }
}

fn pill<'a>(look: Look, icon: Icon, text: Vec<String>, step: Option<&'a Step>, count: Option<u64>) -> Block<'a> {
    let mut lines = Vec::new();
    let mut y = 23.0;
    let (x, mut widest) = (40.0, 0.0_f64);
    let count = count.map(|n| format!("{} people", crate::counts::people(n)));
    for (at, text) in text.into_iter().enumerate() {
        let small = at > 0 && text.contains(':');
        let set = if small { Set::Small } else { Set::Title };
        widest = widest.max(set.width(&text));
        lines.push(Text { x, y, set, text });
        y += 16.0;
    }
    if let Some(text) = count {
        widest = widest.max(Set::Small.width(&text));
        lines.push(Text { x, y, set: Set::Small, text });
        y += 16.0;
    }
    let (wide, height) = ((x + widest + 18.0).max(96.0), y - 3.0);
    let shape = Shape::Card { at: [0.0, 0.0, wide, height], look, icon, pill: true, lines, chips: Vec::new(), step };
    Block { width: wide, height, axis: wide / 2.0, goes_on: true, shapes: vec![shape] }
}

fn gate<'a>(condition: &str) -> Block<'a> {
    card(Look::Gate, Icon::Gate, "ONLY IF", condition, &[], None, &[], None)
}
