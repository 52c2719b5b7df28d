//! What a selection grows to: the word, its path, its line, what stands between braces, the step, the declaration, the file.

use crate::analysis::Analysis;
use journey_compiler::journey::blocks;
use journey_grammar::ast;
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::TokenKind;

/// The ranges around a byte, the smallest first, each inside the next.
pub fn around(analysis: &Analysis, file: FileId, offset: u32) -> Vec<Span> {
    let (tokens, text) = (analysis.tokens(file), analysis.text(file));
    let holds = |s: &Span| s.start <= offset && offset <= s.end;
    let span = |start: u32, end: u32| Span { file, start, end };
    let mut found: Vec<Span> = Vec::new();
    let at = super::hover::word_at(tokens, offset)
        .or_else(|| tokens.iter().position(|t| t.start <= offset && offset < t.end));
    if let Some(at) = at.filter(|at| !tokens[*at].kind.is_trivia()) {
        found.push(span(tokens[at].start, tokens[at].end));
        // `cart.value`
        let part = |i: usize| tokens.get(i).is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Dot));
        let (mut first, mut last) = (at, at);
        while part(at) && first > 0 && part(first - 1) {
            first -= 1;
        }
        while part(at) && part(last + 1) {
            last += 1;
        }
        found.push(span(tokens[first].start, tokens[last].end));
    }
    if let Some(lines) = analysis.lines(file) {
        let line = lines.line(offset);
        let (start, end) = (lines.start(line, text), lines.end(line, text));
        let content = text.get(start as usize..end as usize).unwrap_or("");
        let indent = (content.len() - content.trim_start().len()) as u32;
        found.push(span(start + indent, end));
    }
    let mut open: Vec<u32> = Vec::new();
    for token in tokens {
        if token.kind.opens() {
            open.push(token.start);
        } else if token.kind.closes()
            && let Some(start) = open.pop()
        {
            let inside = text.get(start as usize + 1..token.start as usize).unwrap_or("");
            let from = start + 1 + (inside.len() - inside.trim_start().len()) as u32;
            let to = from + inside.trim().len() as u32;
            found.extend([span(from.min(token.start), to.max(from).min(token.start)), span(start, token.end)]);
        }
    }
    if let Some(item) = analysis.item(file, offset) {
        found.push(item.span);
        match &item.decl {
            ast::Decl::Journey(j) => {
                found.extend(j.header.iter().map(|c| c.span));
                steps(&j.body, &mut found);
            }
            ast::Decl::Offer(o) => o.body.iter().for_each(|b| steps(b, &mut found)),
            ast::Decl::Test(t) => found.extend(t.items.iter().map(|i| i.span)),
            _ => {}
        }
    }
    found.push(span(0, text.len() as u32));
    found.retain(|s| holds(s) && s.start < s.end);
    found.sort_by_key(|s| (s.end - s.start, s.start));
    found.dedup();
    // Each must hold the one before.
    let mut chain: Vec<Span> = Vec::new();
    for s in found {
        if chain.last().is_none_or(|inner| s.start <= inner.start && inner.end <= s.end) {
            chain.push(s);
        }
    }
    chain
}

fn steps(block: &ast::Block, found: &mut Vec<Span>) {
    for step in &block.steps {
        found.push(step.span);
        for inner in blocks(&step.kind) {
            steps(inner, found);
        }
    }
}
