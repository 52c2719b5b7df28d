//! How wide text is, and where its lines break: near enough for any system's letters, so that a picture needs none of its own.

use unicode_width::UnicodeWidthChar;

/// Thousandths of the size for the letters from space to `~`, as in the usual sans-serif letters.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// Letters differ from system to system: what is measured is a little wider than most.
const MARGIN: f64 = 1.1;

/// The width of a text on one line, in the unit of `size`.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let sum: f64 = text.chars().map(letter).sum();
    sum * size * MARGIN * if bold { 1.06 } else { 1.0 }
}

fn letter(c: char) -> f64 {
    match (c as u32).checked_sub(32).and_then(|at| WIDTHS.get(at as usize)) {
        Some(thousandths) => f64::from(*thousandths) / 1000.0,
        None => match c.width() {
            Some(0) | None => 0.0,
            Some(1) => 0.6,
            Some(_) => 0.95,
        },
    }
}

/// The text in lines no wider than `most`, at most so many; what is left out is marked by `…`.
///
/// Lines break at blanks, before and behind ideographs, and, where a word is wider than a line, anywhere but before a mark that
/// belongs to the letter before it.
pub fn wrap(text: &str, size: f64, bold: bool, most: f64, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in pieces(text) {
        let joined = format!("{line}{word}");
        if width(joined.trim_end(), size, bold) <= most {
            line = joined;
            continue;
        }
        if !line.trim().is_empty() {
            out.push(std::mem::take(&mut line).trim_end().to_string());
        }
        line.clear();
        // A word that is wider than a line.
        for c in word.chars() {
            // Thai writes some vowels before their letter, and some behind it.
            let attached = c.width() == Some(0) || "ะาำๆฯ".contains(c) || line.ends_with(['เ', 'แ', 'โ', 'ใ', 'ไ']);
            if !attached && width(&format!("{line}{c}"), size, bold) > most && !line.is_empty() {
                // Names break behind their marks.
                let mark = line.rfind(['_', '.', '(', '/']).filter(|at| *at > line.len() / 3);
                let rest = mark.map_or_else(String::new, |at| line.split_off(at + 1));
                out.push(std::mem::replace(&mut line, rest));
            }
            line.push(c);
        }
    }
    if !line.trim().is_empty() {
        out.push(line.trim_end().to_string());
    }
    if out.len() > lines {
        out.truncate(lines);
        if let Some(last) = out.last_mut() {
            while width(&format!("{last}…"), size, bold) > most && last.pop().is_some() {}
            *last = format!("{}…", last.trim_end_matches([' ', ',', '.', ';']));
        }
    }
    out
}

/// Pieces between which a line may break; blanks stand at their ends.
fn pieces(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let wide = c.width() == Some(2);
        if c.is_whitespace() {
            if let Some(last) = all.last_mut()
                && !last.ends_with(' ')
            {
                last.push(' ');
            }
            open = false;
        } else if let Some(last) = all.last_mut().filter(|_| open && !wide) {
            last.push(c);
        } else if wide && let Some(last) = all.last_mut().filter(|_| "、。，！？：；）」』】".contains(c)) {
            last.push(c);
        } else {
            all.push(c.to_string());
            open = !wide;
        }
    }
    all
}
