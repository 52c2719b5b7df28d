//! What is said of what stands under the pointer.

use super::{describe, facts, moments, names, reference};
use crate::analysis::Analysis;
use journey_compiler::hir::{Over, RuleKind, Send, Step, StepKind};
use journey_compiler::journey::blocks;
use journey_grammar::ast;
use journey_grammar::span::{FileId, Span};
use journey_grammar::tokens::{Token, TokenKind};

/// What is known of the word at a byte: of a name its declaration, of a word of the language its meaning, of a wait its next moments,
/// of a send what may keep it back. `now` is in milliseconds since 1970 UTC.
pub fn hover(analysis: &Analysis, file: FileId, offset: u32, now: i64) -> Option<(Span, String)> {
    if let Some((span, targets)) = names::named(analysis, file, offset) {
        let cards: Vec<String> = targets.iter().filter_map(|t| describe::describe(analysis, *t)).collect();
        if !cards.is_empty() {
            return Some((span, cards.join("\n---\n\n")));
        }
    }
    let tokens = analysis.tokens(file);
    let at = word_at(tokens, offset)?;
    let text = analysis.text(file);
    let span = Span::new(file, tokens[at].range().start, tokens[at].range().end);
    let word = tokens[at].text(text);
    let line = line_of(tokens, at);
    let words: Vec<&str> = tokens[line..]
        .iter()
        .take_while(ends_line)
        .filter(|t| t.kind == TokenKind::Word)
        .map(|t| t.text(text))
        .collect();
    // Behind the first words of a line, a word of an expression says what it is itself.
    let leading = tokens[line..at].iter().all(|t| matches!(t.kind, TokenKind::Word | TokenKind::Whitespace));
    let meaning = match reference::of_word(word).filter(|_| at != line) {
        Some(meaning) => meaning,
        None if leading || journey_grammar::tokens::words().any(|w| w == word) => reference::of_line(&words)?,
        None => return None,
    };
    let mut said = meaning;
    if let Some(step) = written_step(analysis, file, tokens[line].start)
        .and_then(|s| moments::step_at(&analysis.checked.program, s.span))
    {
        said.push_str(&of_step(analysis, step, now));
    }
    Some((span, said))
}

fn ends_line(token: &&Token) -> bool {
    !matches!(token.kind, TokenKind::Newline | TokenKind::LBrace | TokenKind::RBrace)
}

/// The word that holds a byte, or ends there.
pub fn word_at(tokens: &[Token], offset: u32) -> Option<usize> {
    let after = tokens.partition_point(|t| t.end <= offset);
    let holds = |at: usize| tokens.get(at).is_some_and(|t| t.kind == TokenKind::Word && t.start <= offset);
    if holds(after) { Some(after) } else { after.checked_sub(1).filter(|at| holds(*at) && tokens[*at].end == offset) }
}

/// The first word of what a token is a part of: a line, or what stands behind a brace.
fn line_of(tokens: &[Token], at: usize) -> usize {
    let begins = tokens[..at].iter().rposition(|t| !ends_line(&t)).map_or(0, |b| b + 1);
    (begins..=at).find(|i| !tokens[*i].kind.is_trivia()).unwrap_or(at)
}

/// The innermost step that begins at a byte.
fn written_step(analysis: &Analysis, file: FileId, start: u32) -> Option<&ast::Step> {
    fn find(block: &ast::Block, start: u32) -> Option<&ast::Step> {
        block.steps.iter().filter(|s| s.span.start <= start && start < s.span.end).find_map(|s| {
            let inner = blocks(&s.kind).into_iter().find_map(|b| find(b, start));
            inner.or_else(|| (s.span.start == start || !s.annotations.is_empty()).then_some(s))
        })
    }
    match &analysis.item(file, start)?.decl {
        ast::Decl::Journey(j) => find(&j.body, start),
        ast::Decl::Offer(o) => o.body.as_ref().and_then(|b| find(b, start)),
        _ => None,
    }
}

fn of_step(analysis: &Analysis, step: &Step, now: i64) -> String {
    match &step.kind {
        StepKind::Wait(_) | StepKind::WaitUntil { .. } | StepKind::WaitFor { .. } => {
            match moments::of_wait(analysis, step, now) {
                Some(lines) => format!("\n\n**Who comes here**\n\n{}", lines.join("\n")),
                None => String::new(),
            }
        }
        StepKind::Send(send) => {
            let purpose = analysis.checked.program.messages.get(send.message).map(|m| m.purpose);
            let worst = purpose.and_then(|p| facts::of_purpose(analysis, p));
            let worst = worst.map(|w| format!("\n\n{w}")).unwrap_or_default();
            format!("\n\n**What may keep it back**\n\n{}{worst}", gates(analysis, send).join("\n"))
        }
        _ => String::new(),
    }
}

/// The gates of a send, in their order, each with the words of the rule.
fn gates(analysis: &Analysis, send: &Send) -> Vec<String> {
    let program = &analysis.checked.program;
    let mut lines = Vec::new();
    let Some(message) = program.messages.get(send.message) else { return lines };
    let purpose = program.purposes.get(message.purpose);
    if message.valid != (None, None) {
        lines.push("- the message's own dates".to_string());
    }
    let concerned = |channels: &[usize]| channels.is_empty() || channels.iter().any(|c| send.channels.contains(c));
    for (id, policy) in program.policies.iter().enumerate() {
        let rules = policy.rules.iter().enumerate().filter(|(_, r)| !r.except.contains(&message.purpose));
        for (number, rule) in rules {
            let (over, applies) = match &rule.kind {
                RuleKind::Consent { purpose, .. } => (None, *purpose == message.purpose),
                RuleKind::Cap { purpose, channels, over, .. } | RuleKind::Gap { purpose, channels, over, .. } => {
                    (Some(over), purpose.is_none_or(|p| p == message.purpose) && concerned(channels))
                }
                RuleKind::Quiet { channels, over, .. } | RuleKind::Deliver { channels, over, .. } => {
                    (Some(over), concerned(channels))
                }
                RuleKind::Annotations { .. } | RuleKind::Lasts(_) => (None, false),
            };
            if applies {
                let what = match over {
                    Some(Over::Hold(_)) => "may hold it",
                    _ => "may refuse it",
                };
                let scope = if policy.scope.is_empty() { "" } else { ", for a part of the taxonomy" };
                let words = describe::shortened(analysis.at(rule.span));
                lines.push(format!("- {what}: `{words}` ({}{scope})", policy.name));
                lines.extend(facts::of_rule(analysis, id, number).map(|proven| format!("  - {proven}")));
            }
        }
    }
    if purpose.is_some_and(|p| p.needs_no_consent) {
        lines.push("- its purpose needs no consent".to_string());
    }
    let addresses = send.channels.iter().filter_map(|c| program.channels.get(*c));
    let addresses: Vec<String> =
        addresses.filter_map(|c| Some(format!("`{}` by {}", analysis.at(c.address.as_ref()?.span), c.name))).collect();
    if !addresses.is_empty() {
        lines.push(format!("- who cannot be reached: {}", addresses.join(", ")));
    }
    lines
}
