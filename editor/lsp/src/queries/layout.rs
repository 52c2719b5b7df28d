//! The one layout of a text, and of a part of it.

use super::Edits;
use crate::analysis::Analysis;
use crate::text::Lines;
use journey_grammar::span::{FileId, Span};

/// The edits that lay out a file; none when it has mistakes that keep it from being read.
pub fn whole(analysis: &Analysis, file: FileId) -> Option<Edits> {
    let text = analysis.text(file);
    let laid_out = journey_grammar::format::format(text).ok()?;
    Some(differences(file, text, &laid_out))
}

/// The edits that lay out the declarations in a part of a file. Declarations elsewhere may have mistakes.
pub fn part(analysis: &Analysis, range: Span) -> Option<Edits> {
    let text = analysis.text(range.file);
    let items = &analysis.tree(range.file)?.items;
    let touched: Vec<_> = items.iter().filter(|i| i.span.start <= range.end && range.start <= i.span.end).collect();
    let mut edits = Edits::new();
    for item in touched {
        // From the beginning of its line, with what stands behind it there.
        let start = text.get(..item.span.start as usize)?.rfind('\n').map_or(0, |n| n + 1);
        let rest = text.get(item.span.end as usize..)?;
        let end = item.span.end as usize + rest.find('\n').unwrap_or(rest.len());
        let own = text.get(start..end)?;
        let Ok(laid_out) = journey_grammar::format::format(own) else { continue };
        for (span, new) in differences(range.file, own, laid_out.trim_end_matches('\n')) {
            edits.push((Span { start: span.start + start as u32, end: span.end + start as u32, ..span }, new));
        }
    }
    Some(edits)
}

/// The lines that differ, from the top and from the bottom: so that the cursor and the marks of an editor stay where they are.
fn differences(file: FileId, old: &str, new: &str) -> Edits {
    if old == new {
        return Edits::new();
    }
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    // Where as many lines stand as before, each is changed by itself.
    let lines = Lines::new(old);
    if old_lines.len() == new_lines.len() && !old.contains('\r') {
        let changed = old_lines.iter().zip(&new_lines).enumerate().filter(|(_, (a, b))| a != b);
        return changed
            .map(|(n, (a, b))| {
                let start = lines.start(n as u32, old);
                (Span { file, start, end: start + a.len() as u32 }, (*b).to_string())
            })
            .collect();
    }
    let top = old_lines.iter().zip(&new_lines).take_while(|(a, b)| a == b).count();
    let rest = old_lines.len().min(new_lines.len()) - top;
    let bottom = old_lines.iter().rev().zip(new_lines.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let start = old_lines[..top].iter().map(|l| l.len()).sum::<usize>();
    let end = old.len() - old_lines[old_lines.len() - bottom..].iter().map(|l| l.len()).sum::<usize>();
    let text = new_lines[top..new_lines.len() - bottom].concat();
    vec![(Span::new(file, start, end), text)]
}
