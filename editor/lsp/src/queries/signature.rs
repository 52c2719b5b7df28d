//! The inputs of what is sent, called or handed over to, while they are written.

use super::cursor::Cursor;
use super::describe;
use crate::analysis::Analysis;
use journey_grammar::span::FileId;

/// Inputs in brackets, and which of them is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The whole: `cart_reminder(cart: cart_updated)`.
    pub label: String,
    /// Where each input stands in the label, in bytes.
    pub inputs: Vec<(usize, usize)>,
    /// The one that is written.
    pub active: usize,
    /// What its author says of it.
    pub doc: Option<String>,
}

/// The signature around a byte.
pub fn at(analysis: &Analysis, file: FileId, offset: u32) -> Option<Signature> {
    let cursor = Cursor::new(analysis, file, offset);
    let words = cursor.words();
    let open = words.iter().rposition(|w| *w == "(").filter(|at| !words[*at..].contains(&")"))?;
    let name = words.get(open.checked_sub(1)?)?;
    let verb = words.get(open.checked_sub(2)?).copied()?;
    let program = &analysis.checked.program;
    let (inputs, doc): (Vec<String>, Option<String>) = match verb {
        "send" => {
            let m = program.messages.iter().find(|m| m.name == *name)?;
            let inputs = m.params.iter().map(|p| format!("{}: {}", p.name, program.type_text(&p.ty)));
            (inputs.collect(), m.about.doc.clone())
        }
        "call" => {
            let w = program.webhooks.iter().find(|w| w.name == *name)?;
            let inputs = w.params.iter().map(|p| format!("{}: {}", p.name, program.type_text(&p.ty)));
            (inputs.collect(), w.about.doc.clone())
        }
        "to" => {
            let j = program.journeys.iter().find(|j| j.name == *name)?;
            let inputs = j.variables.iter().take(j.params);
            let inputs = inputs.map(|v| format!("{}: {}", v.name, describe::kind_of(program, &v.kind)));
            (inputs.collect(), j.about.doc.clone())
        }
        _ => return None,
    };
    let mut label = format!("{name}(");
    let mut places = Vec::new();
    for (n, input) in inputs.iter().enumerate() {
        if n > 0 {
            label.push_str(", ");
        }
        places.push((label.len(), label.len() + input.len()));
        label.push_str(input);
    }
    label.push(')');
    // An input that is named is that one, wherever it stands.
    let written: Vec<&str> = words[open + 1..].rsplit(|w| *w == ",").next().unwrap_or_default().to_vec();
    let named = written.first().filter(|_| written.get(1) == Some(&":"));
    let by_name = named.and_then(|n| inputs.iter().position(|i| i.split(':').next() == Some(n)));
    let active = by_name.unwrap_or_else(|| words[open..].iter().filter(|w| **w == ",").count());
    Some(Signature { label, inputs: places, active, doc })
}
