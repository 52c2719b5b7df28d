//! The picture as SVG: one file for light and dark, with no letters, scripts or images from elsewhere.

use crate::counts::{Counts, people};
use crate::layout::{Block, Layout, Set, Shape, Text};
use crate::model::{Picture, Step};
use crate::style::{self, Icon, LOOKS, Look};
use crate::words::human;
use std::fmt::Write;

/// Around everything.
const PAD: f64 = 32.0;
/// Width of the clauses beside a narrow journey.
const SIDE: f64 = 284.0;
/// A journey wider than this has its clauses above it.
const NARROW: f64 = 720.0;
/// Least width of the heading.
const HEADING: f64 = 560.0;

/// What a picture is drawn with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Leads to the source: the address of the project's folder, to which `/file#Lline` is added.
    pub link: Option<String>,
    /// What a run has counted.
    pub counts: Option<Counts>,
    /// Without the heading and the clauses, for a page that says them itself.
    pub bare: bool,
    /// Each step leads to `#step-3` on the page that shows the picture.
    pub to_steps: bool,
}

/// Draws a journey.
pub fn svg(picture: &Picture, options: &Options) -> String {
    let flow = Layout { counts: options.counts.as_ref() }.whole(picture);
    let mut canvas = Canvas { out: String::new(), options };
    let (mut width, mut height);
    if options.bare {
        width = flow.width + 2.0 * PAD;
        height = flow.height + 2.0 * PAD;
        canvas.flow(&flow, PAD, PAD);
    } else {
        let beside = flow.width <= NARROW;
        let inner = if beside { SIDE + 44.0 + flow.width } else { flow.width }.max(HEADING);
        let below = canvas.heading(picture, inner);
        let clauses = clauses(picture, options.counts.as_ref());
        if beside {
            let low = canvas.column(&clauses, PAD, below, SIDE);
            let left = PAD + SIDE + 44.0 + (inner - SIDE - 44.0 - flow.width) / 2.0;
            canvas.flow(&flow, left, below);
            height = (below + flow.height).max(low);
        } else {
            let columns = ((inner + 20.0) / (SIDE + 20.0)).floor().max(1.0) as usize;
            let low = canvas.columns(&clauses, PAD, below, inner, columns);
            let top = low + 34.0;
            canvas.flow(&flow, PAD + (inner - flow.width) / 2.0, top);
            height = top + flow.height;
        }
        width = inner + 2.0 * PAD;
        height += PAD;
    }
    width = width.ceil();
    height = height.ceil();
    let name = escape(&picture.title);
    let doc = picture.doc.as_deref().map(escape).unwrap_or_default();
    let doc = if doc.is_empty() { doc } else { format!("<desc>{doc}</desc>") };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"jp\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"Journey: {name}\">\n<title>{name}</title>{doc}\n<style>\n{}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"14\"/>\n{}</svg>\n",
        style_sheet(),
        canvas.out
    )
}

/// A line of the clauses.
struct Clause {
    icon: Icon,
    label: String,
    text: String,
}

fn clauses(picture: &Picture, counts: Option<&Counts>) -> Vec<Clause> {
    let mut all = Vec::new();
    if let Some(counts) = counts {
        let mut say = |icon, label: &str, text: String| all.push(Clause { icon, label: label.into(), text });
        let entered = counts.entered - counts.began_again.min(counts.entered);
        say(Icon::Trigger, "Came in", people(entered));
        if counts.began_again > 0 {
            say(Icon::Again, "Began again", people(counts.began_again));
        }
        if !counts.not_let_in.is_empty() {
            say(Icon::Gate, "Not let in", reasons(&counts.not_let_in));
        }
        let share = if entered == 0 { 0.0 } else { counts.converted as f64 / entered as f64 };
        if picture.notes.iter().any(|n| n.kind == crate::model::NoteKind::Goal) {
            let text = format!("{} ({:.1} %)", people(counts.converted), share * 100.0);
            say(Icon::Goal, "Reached the goal", text);
        }
        say(Icon::Clock, "Still in", people(counts.alive));
        if !counts.left.is_empty() {
            say(Icon::Exit, "Left on the way", reasons(&counts.left));
        }
    }
    all.extend(picture.notes.iter().map(|note| Clause {
        icon: style::note(note.kind),
        label: note.label.clone(),
        text: note.text.clone(),
    }));
    all
}

fn reasons(of: &std::collections::BTreeMap<String, u64>) -> String {
    let mut all: Vec<(&String, &u64)> = of.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    all.iter().map(|(why, n)| format!("{} {why}", people(**n))).collect::<Vec<_>>().join(", ")
}

struct Canvas<'a> {
    out: String,
    options: &'a Options,
}

impl Canvas<'_> {
    fn add(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn text(&mut self, x: f64, y: f64, set: Set, text: &str) {
        let (class, ..) = set.class();
        let _ = writeln!(self.out, "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", n(x), n(y), escape(text));
    }

    fn icon(&mut self, x: f64, y: f64, size: f64, icon: Icon, class: &str) {
        let _ = writeln!(
            self.out,
            "<path class=\"i {class}\" transform=\"translate({} {}) scale({})\" d=\"{}\"/>",
            n(x),
            n(y),
            n(size / 24.0),
            icon.path()
        );
    }

    /// Name, owner, tags and what is said of the journey. Where what follows begins.
    fn heading(&mut self, picture: &Picture, inner: f64) -> f64 {
        let mut y = PAD + 22.0;
        if let Some(owner) = &picture.owner {
            let color = owner.number % OWNERS.len();
            let _ = writeln!(
                self.out,
                "<rect class=\"o{color}\" x=\"{}\" y=\"{}\" width=\"5\" height=\"24\" rx=\"2.5\"/>",
                n(PAD),
                n(y - 20.0)
            );
        }
        let indent = if picture.owner.is_some() { 16.0 } else { 0.0 };
        for line in Set::Heading.wrap(&picture.title, inner - indent, 2) {
            self.text(PAD + indent, y, Set::Heading, &line);
            y += 30.0;
        }
        y -= 8.0;
        let mut x = PAD;
        let owner = picture.owner.iter().map(|o| (Some(o.number % OWNERS.len()), human(&o.name)));
        let tags = picture.tags.iter().map(|t| (None, format!("{}: {}", human(&t.facet), t.label)));
        let mut chips = false;
        for (color, text) in owner.chain(tags) {
            let dot = if color.is_some() { 14.0 } else { 0.0 };
            let wide = Set::Chip.width(&text) + 18.0 + dot;
            if x + wide > PAD + inner && x > PAD {
                x = PAD;
                y += 28.0;
            }
            chips = true;
            self.chip(x, y, wide, 22.0, dot + 9.0, &text);
            if let Some(color) = color {
                let _ = writeln!(
                    self.out,
                    "<circle class=\"o{color}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>",
                    n(x + 13.0),
                    n(y + 11.0)
                );
            }
            x += wide + 7.0;
        }
        if chips {
            y += 32.0;
        }
        if let Some(doc) = &picture.doc {
            y += 18.0;
            for line in Set::Doc.wrap(&doc.replace('\n', " "), inner.min(820.0), 4) {
                self.text(PAD, y, Set::Doc, &line);
                y += 20.0;
            }
        }
        y + 18.0
    }

    fn chip(&mut self, x: f64, y: f64, wide: f64, high: f64, indent: f64, text: &str) {
        let (x, y) = (n(x), y);
        let _ = writeln!(
            self.out,
            "<rect class=\"chip\" x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            n(y),
            n(wide),
            n(high),
            n(high / 2.0)
        );
        let left = x.parse::<f64>().unwrap_or_default() + indent;
        self.text(left, y + high / 2.0 + 4.0, Set::Chip, text);
    }

    /// The clauses one below the other on a panel; where it ends.
    fn column(&mut self, clauses: &[Clause], x: f64, y: f64, wide: f64) -> f64 {
        self.columns(clauses, x, y, wide, 1)
    }

    /// The clauses on a panel of so many columns; where it ends.
    fn columns(&mut self, clauses: &[Clause], x: f64, y: f64, wide: f64, columns: usize) -> f64 {
        if clauses.is_empty() {
            return y;
        }
        let wide = if clauses.len() < columns { clauses.len() as f64 * (SIDE + 18.0) } else { wide };
        let columns = columns.min(clauses.len());
        let each = (wide - 20.0 - 18.0 * (columns - 1) as f64) / columns as f64;
        let texts: Vec<Vec<String>> = clauses.iter().map(|c| Set::Small.wrap(&c.text, each - 40.0, 6)).collect();
        let heights: Vec<f64> = texts.iter().map(|t| 30.0 + 15.5 * t.len() as f64).collect();
        // Filled column by column, each about as high as the others.
        let fair = heights.iter().sum::<f64>() / columns as f64;
        let mut places = Vec::with_capacity(clauses.len());
        let (mut column, mut down, mut low) = (0, 0.0_f64, 0.0_f64);
        for height in &heights {
            if down > 0.0 && column + 1 < columns && down + height / 2.0 > fair {
                column += 1;
                down = 0.0;
            }
            places.push((x + 10.0 + column as f64 * (each + 18.0), y + 10.0 + down));
            down += height;
            low = low.max(down);
        }
        let _ = writeln!(
            self.out,
            "<rect class=\"panel\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"12\"/>",
            n(x),
            n(y),
            n(wide),
            n(low + 16.0)
        );
        for ((clause, lines), (left, top)) in clauses.iter().zip(texts).zip(places) {
            self.icon(left + 4.0, top + 6.0, 17.0, clause.icon, "soft");
            self.text(left + 32.0, top + 19.0, Set::Note, &clause.label);
            for (at, line) in lines.iter().enumerate() {
                self.text(left + 32.0, top + 35.0 + 15.5 * at as f64, Set::Small, line);
            }
        }
        y + low + 16.0
    }

    fn flow(&mut self, flow: &Block<'_>, x: f64, y: f64) {
        let _ = writeln!(self.out, "<g transform=\"translate({} {})\">", n(x), n(y));
        // Frames lie lowest, then ways, then what stands on them.
        let layer = |shape: &&Shape<'_>| match shape {
            Shape::Frame { .. } => 0,
            Shape::Way { .. } => 1,
            Shape::Card { .. } => 2,
            Shape::Label { .. } => 3,
        };
        let most =
            flow.shapes.iter().filter_map(|s| if let Shape::Way { people, .. } = s { *people } else { None }).max();
        for wanted in 0..4 {
            for shape in flow.shapes.iter().filter(|s| layer(s) == wanted) {
                self.shape(shape, most.unwrap_or(0));
            }
        }
        self.add("</g>\n");
    }

    fn shape(&mut self, shape: &Shape<'_>, most: u64) {
        match shape {
            Shape::Card { at, look, icon, pill, lines, chips, step } => {
                self.open(*step, look.class());
                let [x, y, wide, high] = *at;
                let round = if *pill { (high / 2.0).min(20.0) } else { 11.0 };
                let class = if *pill { "pill" } else { "card" };
                self.rect(&format!("{class} e"), *at, round);
                let (badge, size) = if *pill { (24.0, 16.0) } else { (28.0, 18.0) };
                let left = if *pill { 8.0 } else { 12.0 };
                let top = if *pill { (high - badge) / 2.0 } else { 13.0 };
                self.rect("b", [x + left, y + top, badge, badge], if *pill { 12.0 } else { 8.0 });
                let inset = (badge - size) / 2.0;
                self.icon(x + left + inset, y + top + inset, size, *icon, "a");
                self.lines(lines, x, y);
                for (left, top, wide, text) in chips {
                    self.chip(x + left, y + top, *wide, 18.0, 7.0, text);
                }
                let _ = wide;
                self.close(*step);
            }
            Shape::Frame { at, head, look, icon, lines, icons, step } => {
                self.open(Some(step), look.class());
                let [x, y, wide, _] = *at;
                self.rect("frame e", *at, 16.0);
                self.rect("head", [x, y, wide, *head], 16.0);
                self.icon(x + 15.0, y + 10.0, 19.0, *icon, "a");
                for (left, top, icon) in icons {
                    self.icon(x + left, y + top, 12.0, *icon, "soft");
                }
                self.lines(lines, x, y);
                self.close(Some(step));
            }
            Shape::Way { points, arrow, dashed, people } => {
                let heavy =
                    people.map_or(1.6, |p| if most == 0 { 1.6 } else { 1.2 + 7.0 * (p as f64 / most as f64).sqrt() });
                let nobody = *people == Some(0);
                let class = match (dashed, nobody) {
                    (true, _) => "w dash",
                    (_, true) => "w none",
                    _ => "w",
                };
                let width = if (heavy - 1.6).abs() < 0.01 {
                    String::new()
                } else {
                    format!(" style=\"stroke-width:{}\"", n(heavy))
                };
                let _ = writeln!(
                    self.out,
                    "<path class=\"{class}\"{width} d=\"{}\"/>",
                    rounded(points, if *arrow { 4.0 } else { 0.0 })
                );
                if *arrow && let [.., from, to] = points.as_slice() {
                    let _ = writeln!(self.out, "<path class=\"tip\" d=\"{}\"/>", tip(*from, *to, heavy));
                }
            }
            Shape::Label { at: (middle, top), size: (wide, high), otherwise, lines, count } => {
                let class = match (otherwise, lines.is_empty()) {
                    (_, true) => "tag here",
                    (true, _) => "tag else",
                    _ => "tag",
                };
                self.rect(class, [middle - wide / 2.0, *top, *wide, *high], (high / 2.0).min(11.0));
                let mut y = top + 15.0;
                for line in lines {
                    self.middle(*middle, y, "l", line);
                    y += 16.0;
                }
                if let Some(count) = count {
                    self.middle(*middle, y - if lines.is_empty() { 1.0 } else { 0.0 }, "u", count);
                }
            }
        }
    }

    fn middle(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let _ = writeln!(self.out, "<text class=\"{class} m\" x=\"{}\" y=\"{}\">{}</text>", n(x), n(y), escape(text));
    }

    fn rect(&mut self, class: &str, [x, y, wide, high]: [f64; 4], round: f64) {
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            n(x),
            n(y),
            n(wide),
            n(high),
            n(round)
        );
    }

    fn lines(&mut self, lines: &[Text], x: f64, y: f64) {
        for line in lines {
            self.text(x + line.x, y + line.y, line.set, &line.text);
        }
    }

    fn open(&mut self, step: Option<&Step>, class: &str) {
        let Some(step) = step else {
            let _ = writeln!(self.out, "<g class=\"{class}\">");
            return;
        };
        if let Some(address) = self.address(step) {
            let _ = write!(self.out, "<a href=\"{}\">", escape(&address));
        }
        let at = format!("{}\n{}:{}", step.source, step.place.file, step.place.line);
        let _ = writeln!(self.out, "<g class=\"{class}\" data-step=\"{}\"><title>{}</title>", step.id, escape(&at));
    }

    /// Where a step leads to.
    fn address(&self, step: &Step) -> Option<String> {
        if self.options.to_steps {
            return Some(format!("#step-{}", step.id));
        }
        let base = self.options.link.as_ref()?;
        Some(format!("{}/{}#L{}", base.trim_end_matches('/'), step.place.file, step.place.line))
    }

    fn close(&mut self, step: Option<&Step>) {
        self.add(if step.and_then(|step| self.address(step)).is_some() { "</g></a>\n" } else { "</g>\n" });
    }
}

/// A way with round corners; it ends a little earlier where a tip follows.
fn rounded(points: &[(f64, f64)], short: f64) -> String {
    const ROUND: f64 = 10.0;
    let mut points: Vec<(f64, f64)> = points.to_vec();
    points.dedup_by(|a, b| (a.0 - b.0).abs() < 0.05 && (a.1 - b.1).abs() < 0.05);
    let Some((first, rest)) = points.split_first() else { return String::new() };
    let mut d = format!("M{} {}", n(first.0), n(first.1));
    let mut from = *first;
    for (at, corner) in rest.iter().enumerate() {
        match rest.get(at + 1) {
            Some(next) => {
                let into = toward(*corner, from, (distance(from, *corner) / 2.0).min(ROUND));
                let out = toward(*corner, *next, (distance(*corner, *next) / 2.0).min(ROUND));
                let _ =
                    write!(d, "L{} {}Q{} {} {} {}", n(into.0), n(into.1), n(corner.0), n(corner.1), n(out.0), n(out.1));
                from = *corner;
            }
            None => {
                let end = toward(*corner, from, short.min(distance(from, *corner)));
                let _ = write!(d, "L{} {}", n(end.0), n(end.1));
            }
        }
    }
    d
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).abs() + (a.1 - b.1).abs()
}

/// From `a` so far towards `b`.
fn toward(a: (f64, f64), b: (f64, f64), far: f64) -> (f64, f64) {
    let whole = distance(a, b);
    if whole == 0.0 { a } else { (a.0 + (b.0 - a.0) * far / whole, a.1 + (b.1 - a.1) * far / whole) }
}

fn tip(from: (f64, f64), to: (f64, f64), heavy: f64) -> String {
    let size = 4.2 + heavy * 0.5;
    if (from.0 - to.0).abs() > 0.5 {
        let back = if from.0 < to.0 { -1.7 * size } else { 1.7 * size };
        return format!("M{} {}l{} {}v{}z", n(to.0), n(to.1), n(back), n(-size), n(2.0 * size));
    }
    let back = if from.1 < to.1 { -1.7 * size } else { 1.7 * size };
    format!("M{} {}l{} {}h{}z", n(to.0), n(to.1), n(-size), n(back), n(2.0 * size))
}

/// A number with at most one place.
fn n(number: f64) -> String {
    let text = format!("{:.2}", number);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

/// Text as it may stand in SVG and HTML, also in an attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // What XML does not allow.
            c if c < ' ' && !matches!(c, '\n' | '\t') => {}
            '\u{FFFE}' | '\u{FFFF}' => {}
            c => out.push(c),
        }
    }
    out
}

/// Hues of owners, by their number.
pub const OWNERS: [u16; 8] = [214, 150, 340, 38, 272, 190, 12, 90];

/// The letters of every system, nothing that has to be fetched.
pub const LETTERS: &str = "Inter,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,\"Noto Sans\",\"Noto Sans Thai\",\
                           \"Noto Sans CJK SC\",\"PingFang SC\",\"Microsoft YaHei\",\"Malgun Gothic\",sans-serif";

fn style_sheet() -> String {
    let mut css = format!(
        ".jp{{font-family:{LETTERS}}}\n\
         .jp text{{font-size:11.5px}}\n\
         .jp .h{{font-size:23px;font-weight:700;letter-spacing:-.2px}}\n\
         .jp .d{{font-size:13.5px}}\n\
         .jp .k{{font-size:10px;font-weight:700;letter-spacing:.5px}}\n\
         .jp .t{{font-size:13.5px;font-weight:600}}\n\
         .jp .q{{font-style:italic}}\n\
         .jp .c{{font-size:11px}}\n\
         .jp .n{{font-size:12px;font-weight:600}}\n\
         .jp .u{{font-weight:700}}\n\
         .jp .m{{text-anchor:middle}}\n\
         .jp .i{{fill:none;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}}\n\
         .jp .w{{fill:none;stroke-width:1.6}}\n\
         .jp .dash{{stroke-dasharray:4 4}}\n\
         .jp .none{{stroke-dasharray:2 5}}\n\
         .jp a{{cursor:pointer;text-decoration:none}}\n\
         .jp a:hover .e{{stroke-width:2.2}}\n"
    );
    css += &tones(false);
    let _ = write!(css, "@media (prefers-color-scheme:dark){{\n{}}}\n", tones(true));
    css
}

/// The colours of light or dark.
fn tones(dark: bool) -> String {
    let pick = |light: &'static str, at_night: &'static str| if dark { at_night } else { light };
    let mut css = format!(
        ".jp .page{{fill:{}}}\n.jp .panel{{fill:{};stroke:{}}}\n.jp .card,.jp .pill{{fill:{}}}\n.jp .e{{stroke-width:1.2}}\n\
         .jp .h,.jp .t,.jp .n,.jp .u{{fill:{}}}\n.jp .d,.jp .l{{fill:{}}}\n.jp .s,.jp .q,.jp .c{{fill:{}}}\n\
         .jp .chip{{fill:{};stroke:{}}}\n.jp .tag{{fill:{};stroke:{}}}\n.jp .else{{fill:{}}}\n.jp .here{{fill:{};stroke:none}}\n\
         .jp .w{{stroke:{}}}\n.jp .tip{{fill:{}}}\n.jp .soft{{stroke:{}}}\n",
        pick("#f7f8fb", "#12151c"),
        pick("#ffffff", "#1a1e28"),
        pick("#e4e8f0", "#2b3140"),
        pick("#ffffff", "#1d222d"),
        pick("#1b2333", "#eef1f7"),
        pick("#3b465c", "#c3cad9"),
        pick("#5b667c", "#a3adc0"),
        pick("#eef1f7", "#262c39"),
        pick("#dde3ee", "#353d4e"),
        pick("#ffffff", "#1d222d"),
        pick("#cbd4e3", "#414b60"),
        pick("#f1f3f8", "#232936"),
        pick("#fff1cf", "#4a3a12"),
        pick("#9aa7bd", "#5d6a83"),
        pick("#9aa7bd", "#5d6a83"),
        pick("#6f7c94", "#8f9bb2"),
    );
    for (look, class, hue, strong) in LOOKS {
        let s = f64::from(strong);
        let hue = f64::from(hue);
        let (edge, badge, ink) = if dark {
            (hsl(hue, s * 0.45, 34.0), hsl(hue, s * 0.6, 21.0), hsl(hue, (s + 10.0).min(80.0), 74.0))
        } else {
            (hsl(hue, s * 0.5, 80.0), hsl(hue, s * 0.9, 93.5), hsl(hue, s, 36.0))
        };
        let _ = writeln!(
            css,
            ".jp .{class} .e{{stroke:{edge}}}.jp .{class} .b{{fill:{badge}}}.jp .{class} .a{{stroke:{ink}}}.jp .{class} .k{{fill:{ink}}}"
        );
        if matches!(look, Look::Wait | Look::End | Look::GoTo) {
            let fill = if dark { hsl(hue, s * 0.4, 15.0) } else { hsl(hue, s, 97.0) };
            let _ = writeln!(css, ".jp .{class} .pill{{fill:{fill}}}");
        }
        if matches!(look, Look::Stage | Look::Loop) {
            let (fill, head) = if dark {
                (hsl(hue, s * 0.5, 11.5), hsl(hue, s * 0.55, 16.0))
            } else {
                (hsl(hue, s, 96.5), hsl(hue, s, 93.0))
            };
            let _ = writeln!(css, ".jp .{class} .frame{{fill:{fill}}}.jp .{class} .head{{fill:{head}}}");
        }
    }
    for (at, hue) in OWNERS.iter().enumerate() {
        let color = hsl(f64::from(*hue), 62.0, if dark { 62.0 } else { 50.0 });
        let _ = writeln!(css, ".jp .o{at}{{fill:{color}}}");
    }
    css
}

/// A colour from hue (degrees), saturation and lightness (percent).
pub fn hsl(hue: f64, saturation: f64, lightness: f64) -> String {
    let (s, l) = (saturation / 100.0, lightness / 100.0);
    let a = s * l.min(1.0 - l);
    let part = |k: f64| {
        let k = (k + hue / 30.0) % 12.0;
        let value = l - a * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (value * 255.0).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", part(0.0), part(8.0), part(4.0))
}
