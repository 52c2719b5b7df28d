//! Text to tokens, without loss: every byte of a file lies in exactly one token.
//!
//! The parser finds lines and brackets here, the formatter its comments, and editors their colours; none of them needs a tree
//! for that, so all of it works on broken text too.

use logos::{Lexer, Logos};

/// A piece of text and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Token {
    /// Its text in the file it came from.
    pub fn text<'t>(&self, file: &'t str) -> &'t str {
        file.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// Its bytes as a range.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The kinds of tokens.
///
/// Brackets and marks may also be written in their full-width forms, which input methods give (`（`, `，`): the parser reports them
/// with a fix, and reads on.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// Blanks and tabs, also no-break and ideographic ones, and a byte order mark.
    #[regex(r"[ \t\u{A0}\u{1680}\u{2000}-\u{200A}\u{202F}\u{205F}\u{3000}\u{FEFF}]", blanks)]
    Whitespace,
    /// The end of a line: `\n`, `\r\n` or `\r`.
    #[regex(r"\r\n|\n|\r")]
    Newline,
    /// `// …` up to the end of the line.
    #[token("//", rest_of_line)]
    #[token("////", rest_of_line)]
    Comment,
    /// `/// …` up to the end of the line: says something of the declaration or field after it.
    #[token("///", rest_of_line)]
    Doc,
    /// `# …` up to the end of the line: a comment of other languages, reported with a fix.
    #[token("#", rest_of_line)]
    HashComment,
    /// A word: a letter of any script or `_`, then letters, marks, digits and `_`. Also `re-entry`.
    #[regex(r"[\p{XID_Start}_]", word)]
    Word,
    /// `3`, `3.5`, `1_000`
    #[regex(r"[0-9]", number)]
    Number,
    /// `2026-03-01`; also with a digit missing, which is reported with a fix.
    #[regex(r"[0-9][0-9][0-9][0-9]-[0-9][0-9]?-[0-9][0-9]?", priority = 20)]
    Date,
    /// `09:00`, `09:00:30`
    #[regex(r"[0-9][0-9]?:[0-9][0-9](:[0-9][0-9])?", priority = 20)]
    Time,
    /// `"…"` on one line, with the escapes `\"`, `\\`, `\n`, `\t`.
    #[token("\"", text)]
    Text,
    /// `"…` up to the end of the line.
    UnclosedText,
    /// `'…'`, `“…”`, `«…»`: quotes of other places, reported with a fix.
    #[regex(r"['‘’‚“”„«»]", other_quotes)]
    OtherText,
    /// `{`
    #[token("{")]
    #[token("｛")]
    LBrace,
    /// `}`
    #[token("}")]
    #[token("｝")]
    RBrace,
    /// `(`
    #[token("(")]
    #[token("（")]
    LParen,
    /// `)`
    #[token(")")]
    #[token("）")]
    RParen,
    /// `[`
    #[token("[")]
    #[token("［")]
    LBracket,
    /// `]`
    #[token("]")]
    #[token("］")]
    RBracket,
    /// `,`
    #[token(",")]
    #[token("，")]
    #[token("、")]
    Comma,
    /// `:`
    #[token(":")]
    #[token("：")]
    Colon,
    /// `.`
    #[token(".")]
    Dot,
    /// `?`
    #[token("?")]
    #[token("？")]
    Question,
    /// `@`
    #[token("@")]
    #[token("＠")]
    At,
    /// `=`
    #[token("=")]
    #[token("＝")]
    Assign,
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, `+`, `-`, `*`, `/`
    #[token("==")]
    #[token("!=")]
    #[token("<")]
    #[token("<=")]
    #[token(">")]
    #[token(">=")]
    #[token("+")]
    #[token("-")]
    #[token("*")]
    #[token("/")]
    Operator,
    /// `&&`, `||`, `!`, `<>`, `≠`, `≤`, `≥`, `=<`, `=>`, `===`, `!==`, `&`, `|`: operators of other languages, reported with a fix.
    #[token("&&")]
    #[token("||")]
    #[token("&")]
    #[token("|")]
    #[token("!")]
    #[token("<>")]
    #[token("≠")]
    #[token("≤")]
    #[token("≥")]
    #[token("=<")]
    #[token("=>")]
    #[token("===")]
    #[token("!==")]
    OtherOperator,
    /// `%`, `€`, `$`, `£`, `¥`: signs where the language has words, reported with a fix.
    #[token("%")]
    #[token("€")]
    #[token("$")]
    #[token("£")]
    #[token("¥")]
    Sign,
    /// `;`
    #[token(";")]
    #[token("；")]
    Semicolon,
    /// Characters that mean nothing here.
    Error,
    /// The end of the file, which has no text. Only in [`lexemes`].
    End,
}

impl TokenKind {
    /// Blanks, line ends and comments: what may stand anywhere without changing the meaning of a line.
    pub fn is_trivia(self) -> bool {
        use TokenKind::*;
        matches!(self, Whitespace | Newline | Comment | Doc | HashComment)
    }

    /// `//`, `///` and `#` comments.
    pub fn is_comment(self) -> bool {
        matches!(self, TokenKind::Comment | TokenKind::Doc | TokenKind::HashComment)
    }

    /// `{`, `(`, `[`
    pub fn opens(self) -> bool {
        matches!(self, TokenKind::LBrace | TokenKind::LParen | TokenKind::LBracket)
    }

    /// `}`, `)`, `]`
    pub fn closes(self) -> bool {
        matches!(self, TokenKind::RBrace | TokenKind::RParen | TokenKind::RBracket)
    }
}

// The scanning loops are written out, because the automaton logos generates may use stack for every character of a long token
// in builds without optimisation.

type Lex<'t> = Lexer<'t, TokenKind>;

fn bump_while(lex: &mut Lex<'_>, keep: impl Fn(char) -> bool) {
    let n = lex.remainder().find(|c| !keep(c)).unwrap_or(lex.remainder().len());
    lex.bump(n);
}

fn blanks(lex: &mut Lex<'_>) {
    bump_while(lex, |c| {
        matches!(
            c,
            ' ' | '\t' | '\u{A0}' | '\u{1680}' | '\u{2000}'
                ..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' | '\u{FEFF}'
        )
    });
}

fn rest_of_line(lex: &mut Lex<'_>) {
    bump_while(lex, |c| c != '\n' && c != '\r');
}

fn word(lex: &mut Lex<'_>) {
    bump_while(lex, is_word_char);
    // `re-entry` is the one word with a hyphen.
    if lex.slice() == "re"
        && let Some(rest) = lex.remainder().strip_prefix("-entry")
        && !rest.starts_with(is_word_char)
    {
        lex.bump("-entry".len());
    }
}

fn number(lex: &mut Lex<'_>) {
    let digit = |c: char| c.is_ascii_digit() || c == '_';
    bump_while(lex, digit);
    let mut rest = lex.remainder().chars();
    if rest.next() == Some('.') && rest.next().is_some_and(|c| c.is_ascii_digit()) {
        lex.bump(1);
        bump_while(lex, digit);
    }
}

fn text(lex: &mut Lex<'_>) {
    let rest = lex.remainder();
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            '\n' | '\r' => {
                lex.bump(at);
                return;
            }
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                lex.bump(at + 1);
                return;
            }
            _ => {}
        }
    }
    lex.bump(rest.len());
}

fn other_quotes(lex: &mut Lex<'_>) -> bool {
    let closers: &[char] = match lex.slice() {
        "'" => &['\''],
        "‘" | "’" | "‚" => &['’', '‘', '\''],
        "«" => &['»'],
        "»" => &['«', '»'],
        _ => &['”', '“', '"'],
    };
    let end = lex.remainder().char_indices().find(|(_, c)| closers.contains(c) || matches!(c, '\n' | '\r'));
    match end.filter(|(_, c)| closers.contains(c)) {
        Some((at, c)) => {
            lex.bump(at + c.len_utf8());
            true
        }
        None => false,
    }
}

/// Whether `c` may stand inside a word.
pub fn is_word_char(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && is_xid_continue(c))
}

fn is_xid_continue(c: char) -> bool {
    pest::unicode::XID_CONTINUE(c)
}

/// The text's tokens. They are contiguous, in order, never empty, and cover all of it.
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3);
    let mut lexer = TokenKind::lexer(text);
    while let Some(kind) = lexer.next() {
        let range = lexer.span();
        let mut kind = kind.unwrap_or(TokenKind::Error);
        if kind == TokenKind::Text && !is_closed(lexer.slice()) {
            kind = TokenKind::UnclosedText;
        }
        let (start, end) = (range.start as u32, range.end as u32);
        // One error for a run of wrong characters.
        match tokens.last_mut() {
            Some(last) if kind == TokenKind::Error && last.kind == TokenKind::Error => last.end = end,
            _ => tokens.push(Token { kind, start, end }),
        }
    }
    tokens
}

fn is_closed(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else { return false };
    // A quote after an odd number of backslashes is part of the text.
    inner.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 0
}

/// A significant token with the comments that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexeme {
    /// The token; the last one is [`TokenKind::End`].
    pub token: Token,
    /// Comments (and doc comments) between the line of the token before and this token, in order, each with whether an empty line
    /// stands before it.
    pub leading: Vec<Remark>,
    /// The comment behind it on its line.
    pub trailing: Option<Token>,
    /// It is the first significant token of its line.
    pub starts_line: bool,
    /// An empty line stands before it: between it and its last leading comment, or, without such, the token before.
    pub blank_before: bool,
}

/// A comment on a line of its own, or before a token on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remark {
    /// The comment.
    pub token: Token,
    /// An empty line stands before it.
    pub blank_before: bool,
}

/// The significant tokens of a file, each with its comments; an [`TokenKind::End`] closes the list and holds what is left.
pub fn lexemes(tokens: &[Token]) -> Vec<Lexeme> {
    let mut lexemes: Vec<Lexeme> = Vec::with_capacity(tokens.len() / 2 + 1);
    let mut leading = Vec::new();
    let mut newlines = 0usize; // since the last token or comment
    let mut starts_line = true;
    let end = tokens.last().map_or(0, |t| t.end);
    for token in tokens.iter().copied().chain([Token { kind: TokenKind::End, start: end, end }]) {
        match token.kind {
            TokenKind::Newline => {
                newlines += 1;
                starts_line = true;
            }
            TokenKind::Whitespace => {}
            kind if kind.is_comment() => {
                match lexemes.last_mut() {
                    Some(last) if !starts_line && newlines == 0 && last.trailing.is_none() && leading.is_empty() => {
                        last.trailing = Some(token);
                    }
                    _ => leading.push(Remark { token, blank_before: newlines > 1 }),
                }
                newlines = 0;
            }
            _ => {
                lexemes.push(Lexeme {
                    token,
                    leading: std::mem::take(&mut leading),
                    trailing: None,
                    starts_line,
                    blank_before: newlines > 1,
                });
                newlines = 0;
                starts_line = false;
            }
        }
    }
    lexemes
}

/// The words that begin a declaration.
pub const DECLARATIONS: &[&str] = &[
    "use", "taxonomy", "event", "extend", "record", "profile", "segment", "purpose", "channel", "message", "offer",
    "policy", "webhook", "calendar", "team", "journey", "test", "migrate",
];

/// The words that begin a clause of a journey's header or of a stage.
pub const CLAUSES: &[&str] = &[
    "trigger",
    "only",
    "one",
    "re-entry",
    "start",
    "update",
    "goal",
    "exit",
    "pause",
    "meanwhile",
    "priority",
    "from",
    "rollout",
    "on",
];

/// The words that begin a step.
pub const STEPS: &[&str] = &[
    "wait",
    "if",
    "branch",
    "experiment",
    "next",
    "send",
    "set",
    "emit",
    "call",
    "task",
    "repeat",
    "stop",
    "collect",
    "stage",
    "finish",
    "go",
];

/// The words that stand between values.
pub const OPERATORS: &[&str] =
    &["or", "and", "not", "in", "between", "contains", "starts", "with", "is", "at", "for", "otherwise"];

/// The other words that mean something in their place, and are names like any others elsewhere.
pub const OTHER_WORDS: &[&str] = &[
    "a",
    "action",
    "address",
    "after",
    "all",
    "any",
    "as",
    "because",
    "becomes",
    "best",
    "by",
    "claim",
    "complements",
    "completes",
    "consent",
    "consents",
    "continue",
    "converts",
    "customer",
    "day",
    "deliver",
    "deprecated",
    "do",
    "does",
    "done",
    "drop",
    "due",
    "eligible",
    "else",
    "emits",
    "enters",
    "entry",
    "every",
    "everyone",
    "except",
    "excludes",
    "expect",
    "fails",
    "file",
    "finishes",
    "finishing",
    "friday",
    "gives",
    "good",
    "grants",
    "hold",
    "holdout",
    "id",
    "journeys",
    "known",
    "last",
    "lasts",
    "least",
    "leaves",
    "leaving",
    "list",
    "messages",
    "missing",
    "monday",
    "money",
    "most",
    "needs",
    "never",
    "no",
    "nothing",
    "of",
    "offers",
    "once",
    "over",
    "owner",
    "per",
    "personal",
    "propensity",
    "quiet",
    "rank",
    "raw",
    "receives",
    "refused",
    "rejected",
    "remember",
    "repeating",
    "replaces",
    "reports",
    "require",
    "requires",
    "retry",
    "rolling",
    "run",
    "saturday",
    "sees",
    "sent",
    "source",
    "sunday",
    "then",
    "this",
    "thursday",
    "time",
    "times",
    "to",
    "true",
    "tuesday",
    "twice",
    "until",
    "up",
    "value",
    "variant",
    "waiting",
    "wednesday",
    "weekday",
    "weekend",
    "weight",
    "when",
    "where",
    "while",
    "withdraws",
    "within",
];

/// Every word that means something somewhere in the language.
pub fn words() -> impl Iterator<Item = &'static str> {
    [DECLARATIONS, CLAUSES, STEPS, OPERATORS, OTHER_WORDS].into_iter().flatten().copied()
}
