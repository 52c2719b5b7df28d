//! Expressions. The grammar reads them flat; here they get their precedence.

use super::reader::Reader;
use super::rules::{Pair, Rule, child, has};
use crate::ast::{BinaryOp, Expr, ExprKind, Name, Path, Text};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::span::Span;
use std::iter::Peekable;

/// How many operators an expression may have, those of the brackets round it included: the tree is walked recursively.
const MAX_OPERATORS: usize = 300;

/// How an operator stands to its values.
enum Affix {
    Before,
    Between,
    Behind,
}

/// How tightly an operator binds: the loosest have 1. None for what is a value.
fn binding(rule: Rule) -> Option<(Affix, u8)> {
    Some(match rule {
        Rule::or => (Affix::Between, 1),
        Rule::and => (Affix::Between, 2),
        Rule::not => (Affix::Before, 3),
        Rule::held => (Affix::Behind, 4),
        Rule::comparison | Rule::in_ | Rule::not_in | Rule::contains | Rule::starts_with | Rule::is_slip => {
            (Affix::Between, 5)
        }
        Rule::between | Rule::is_known | Rule::is_day => (Affix::Behind, 5),
        Rule::instead => (Affix::Between, 6),
        Rule::at_time => (Affix::Behind, 7),
        Rule::plus_minus => (Affix::Between, 8),
        Rule::times_by => (Affix::Between, 9),
        Rule::minus => (Affix::Before, 10),
        Rule::member => (Affix::Behind, 11),
        _ => return None,
    })
}

impl Reader<'_> {
    /// The expression in a rule.
    pub(crate) fn expr_in(&mut self, pair: &Pair<'_>) -> Expr {
        let found = pair.into_inner().find(|p| matches!(p.as_rule(), Rule::expr | Rule::brief | Rule::sum));
        self.expr_or_broken(found, pair)
    }

    /// The amount, duration or moment in a rule.
    pub(crate) fn sum_in(&mut self, pair: &Pair<'_>) -> Expr {
        self.expr_or_broken(child(pair, Rule::sum), pair)
    }

    /// The two amounts in a rule.
    pub(crate) fn two_sums(&mut self, pair: &Pair<'_>) -> (Expr, Expr) {
        let mut sums = pair.into_inner().filter(|p| p.as_rule() == Rule::sum);
        let (low, high) = (sums.next(), sums.next());
        (self.expr_or_broken(low, pair), self.expr_or_broken(high, pair))
    }

    /// The expression or record in a rule.
    pub(crate) fn value_in(&mut self, pair: &Pair<'_>) -> Expr {
        let found = pair.into_inner().find(|p| matches!(p.as_rule(), Rule::expr | Rule::record));
        match found {
            Some(value) => self.value(value),
            None => self.broken_expr(pair),
        }
    }

    fn value(&mut self, pair: Pair<'_>) -> Expr {
        if pair.as_rule() == Rule::record {
            let span = self.span(&pair);
            return Expr { span, kind: ExprKind::Record(self.record(pair)) };
        }
        self.expr(pair)
    }

    fn expr_or_broken(&mut self, found: Option<Pair<'_>>, pair: &Pair<'_>) -> Expr {
        match found {
            Some(p) => self.expr(p),
            None => self.broken_expr(pair),
        }
    }

    fn broken_expr(&mut self, pair: &Pair<'_>) -> Expr {
        self.broken = true;
        Expr { span: self.span(pair), kind: ExprKind::Broken }
    }

    /// The time of day in a rule.
    pub(crate) fn clock_in(&mut self, pair: &Pair<'_>) -> Expr {
        match child(pair, Rule::clock) {
            Some(clock) => self.clock(&clock),
            None => self.broken_expr(pair),
        }
    }

    /// The two times of day in a rule.
    pub(crate) fn two_clocks(&mut self, pair: &Pair<'_>) -> (Expr, Expr) {
        let mut clocks = pair.into_inner().filter(|p| p.as_rule() == Rule::clock);
        match (clocks.next(), clocks.next()) {
            (Some(from), Some(to)) => (self.clock(&from), self.clock(&to)),
            _ => (self.broken_expr(pair), self.broken_expr(pair)),
        }
    }

    fn clock(&mut self, pair: &Pair<'_>) -> Expr {
        match pair.into_inner().next() {
            Some(inner) => self.atom(inner),
            None => self.broken_expr(pair),
        }
    }

    /// The zone behind `in`: a text or a path.
    pub(crate) fn zone_of(&mut self, pair: &Pair<'_>) -> Option<Expr> {
        let zone = child(pair, Rule::in_zone)?;
        zone.into_inner().find(|p| p.as_rule() != Rule::In).map(|p| self.atom(p))
    }

    /// A rule `date` in a rule.
    pub(crate) fn date_in(&mut self, pair: &Pair<'_>) -> Expr {
        match child(pair, Rule::date) {
            Some(date) => self.literal(&date),
            None => self.broken_expr(pair),
        }
    }

    /// A rule `time` in a rule.
    pub(crate) fn time_in(&mut self, pair: &Pair<'_>) -> Expr {
        match child(pair, Rule::time) {
            Some(time) => self.literal(&time),
            None => self.broken_expr(pair),
        }
    }

    /// A date, time or number.
    pub(crate) fn literal(&mut self, pair: &Pair<'_>) -> Expr {
        let span = self.span(pair);
        let text = pair.as_str().to_string();
        let kind = match pair.as_rule() {
            Rule::date => ExprKind::Date(self.whole_date(text, span)),
            Rule::time => ExprKind::Time(text),
            _ => ExprKind::Number(text),
        };
        Expr { span, kind }
    }

    fn whole_date(&mut self, text: String, span: Span) -> String {
        if text.len() == 10 {
            return text;
        }
        let whole: Vec<String> = text.split('-').map(|part| format!("{part:0>2}")).collect();
        let whole = whole.join("-");
        self.sink.push(
            Diagnostic::new(
                Code::DateForm,
                span,
                format!("the date `{text}` lacks a digit"),
                "year, month, day: `2026-03-01`",
            )
            .fix(format!("write `{whole}`"), span, whole.clone()),
        );
        whole
    }

    /// A rule `expr`, `brief` or `sum`.
    pub(crate) fn expr(&mut self, pair: Pair<'_>) -> Expr {
        let whole = self.span(&pair);
        let parts: Vec<Pair<'_>> = pair.into_inner().collect();
        if let [atom] = parts.as_slice() {
            return self.atom(*atom);
        }
        let operators = parts.iter().filter(|p| binding(p.as_rule()).is_some()).count();
        if self.operators + operators > MAX_OPERATORS {
            self.sink.push(
                Diagnostic::new(
                    Code::TooDeep,
                    whole,
                    "this is too long to be one expression",
                    format!("more than {MAX_OPERATORS} operators"),
                )
                .help("divide it into segments, or use `in [a, b, c]`"),
            );
            self.broken = true;
            return Expr { span: whole, kind: ExprKind::Broken };
        }
        self.mixed(&parts);
        self.operators += operators;
        let expr = self.operation(&mut parts.into_iter().peekable(), 0, whole);
        self.operators -= operators;
        expr
    }

    /// What stands up to an operator that does not bind tighter than `loosest`.
    fn operation<'i>(
        &mut self,
        parts: &mut Peekable<impl Iterator<Item = Pair<'i>>>,
        loosest: u8,
        whole: Span,
    ) -> Expr {
        // The grammar has a value before the end.
        let Some(first) = parts.next() else { return Expr { span: whole, kind: ExprKind::Broken } };
        let mut left = match binding(first.as_rule()) {
            Some((_, tightness)) => {
                let right = self.operation(parts, tightness - 1, whole);
                self.prefix(&first, right)
            }
            None => self.atom(first),
        };
        while let Some((affix, tightness)) = parts.peek().and_then(|p| binding(p.as_rule()))
            && tightness > loosest
            && let Some(operator) = parts.next()
        {
            left = match affix {
                Affix::Between => {
                    let right = self.operation(parts, tightness, whole);
                    self.infix(left, &operator, right)
                }
                Affix::Before | Affix::Behind => self.postfix(left, operator),
            };
        }
        left
    }

    /// `and` and `or` in one expression without brackets: says both readings.
    fn mixed(&mut self, parts: &[Pair<'_>]) {
        let find = |rule| parts.iter().find(|p| p.as_rule() == rule);
        let (Some(and), Some(or)) = (find(Rule::and), find(Rule::or)) else { return };
        let (and, or) = (self.span(and), self.span(or));
        // What stands between them, and where.
        let mut operands: Vec<Span> = Vec::new();
        let mut ops: Vec<Rule> = Vec::new();
        let mut open = true;
        for part in parts {
            let span = self.span(part);
            if matches!(part.as_rule(), Rule::and | Rule::or) {
                ops.push(part.as_rule());
                open = true;
            } else if open {
                operands.push(span);
                open = false;
            } else if let Some(last) = operands.last_mut() {
                *last = last.to(span);
            }
        }
        let readings = [Rule::and, Rule::or].map(|tight| self.reading(&operands, &ops, tight));
        let (later, word) = if and.start > or.start { (and, "and") } else { (or, "or") };
        let (first, other) = if and.start > or.start { (or, "or") } else { (and, "and") };
        let mut d = Diagnostic::new(
            Code::MixedAndOr,
            later,
            "`and` and `or` stand side by side without brackets",
            format!("does this `{word}` come first, or that `{other}`?"),
        )
        .label(first, format!("the `{other}`"));
        for (text, edits) in readings {
            d.fixes.push(Fix { title: format!("read it as `{text}`"), edits, safe: false });
        }
        self.sink.push(d);
    }

    /// The text with brackets round what `tight` joins, and the edits that make it.
    fn reading(&self, operands: &[Span], ops: &[Rule], tight: Rule) -> (String, Vec<(Span, String)>) {
        let mut text = String::new();
        let mut edits = Vec::new();
        let mut inside = false;
        for (i, operand) in operands.iter().enumerate() {
            let joins = ops.get(i) == Some(&tight);
            if joins && !inside {
                text.push('(');
                edits.push((operand.before(), "(".to_string()));
                inside = true;
            }
            let written = self.text.get(operand.range()).unwrap_or("…");
            text.push_str(&written.split_whitespace().collect::<Vec<_>>().join(" "));
            if inside && !joins {
                text.push(')');
                edits.push((operand.after(), ")".to_string()));
                inside = false;
            }
            match ops.get(i) {
                Some(Rule::and) => text.push_str(" and "),
                Some(_) => text.push_str(" or "),
                None => {}
            }
        }
        (text, edits)
    }

    fn prefix(&mut self, op: &Pair<'_>, right: Expr) -> Expr {
        let span = self.span(op);
        let whole = span.to(right.span);
        if op.as_rule() == Rule::minus {
            return Expr { span: whole, kind: ExprKind::Negate(Box::new(right)) };
        }
        self.other_operator(op, "!", "not");
        Expr { span: whole, kind: ExprKind::Not(Box::new(right)) }
    }

    /// Reports an operator of another language.
    fn other_operator(&mut self, op: &Pair<'_>, written: &str, meant: &str) {
        if op.as_str() != written {
            return;
        }
        let span = self.span(op);
        // A sign may stand without blanks, a word may not.
        let blank = |c: Option<char>| meant.starts_with(char::is_alphabetic) && c.is_some_and(|c| !c.is_whitespace());
        let before =
            blank(self.text.get(..span.range().start).and_then(|t| t.chars().next_back()).filter(|c| *c != '('));
        let after = blank(self.text.get(span.range().end..).and_then(|t| t.chars().next()));
        let fixed = format!("{}{meant}{}", if before { " " } else { "" }, if after { " " } else { "" });
        self.sink.push(
            Diagnostic::new(
                Code::OtherOperator,
                span,
                format!("`{written}` is written `{meant}`"),
                format!("`{meant}` is meant"),
            )
            .fix(format!("write `{meant}`"), span, fixed),
        );
    }

    fn infix(&mut self, left: Expr, op: &Pair<'_>, right: Expr) -> Expr {
        let written = op.as_str();
        let operator = match op.as_rule() {
            Rule::or => {
                self.other_operator(op, "||", "or");
                self.other_operator(op, "|", "or");
                BinaryOp::Or
            }
            Rule::and => {
                self.other_operator(op, "&&", "and");
                self.other_operator(op, "&", "and");
                BinaryOp::And
            }
            Rule::in_ => BinaryOp::In,
            Rule::not_in => BinaryOp::NotIn,
            Rule::contains => BinaryOp::Contains,
            Rule::starts_with => BinaryOp::StartsWith,
            Rule::instead => BinaryOp::Otherwise,
            Rule::plus_minus if written == "+" => BinaryOp::Add,
            Rule::plus_minus => BinaryOp::Subtract,
            Rule::times_by if written == "*" => BinaryOp::Multiply,
            Rule::times_by => BinaryOp::Divide,
            Rule::is_slip => self.is_slip(op, &right),
            _ => self.comparison(op, written),
        };
        let op_span = self.span(op);
        if is_comparison(operator)
            && let ExprKind::Binary { op: first, op_span: first_span, left: a, right: b } = &left.kind
            && is_comparison(*first)
            && ![&b.kind, &right.kind].into_iter().any(|k| matches!(k, ExprKind::Broken))
        {
            let mut d =
                Diagnostic::new(Code::ChainedComparison, op_span, "a comparison has two sides", "a second comparison")
                    .label(*first_span, "the first");
            let text = |e: &Expr| self.text.get(e.span.range()).unwrap_or("…").to_string();
            let whole = left.span.to(right.span);
            if (*first, operator) == (BinaryOp::LessEqual, BinaryOp::LessEqual) {
                let written = format!("{} between {} and {}", text(b), text(a), text(&right));
                d = d.fix(format!("write `{written}`"), whole, written);
            } else {
                let written = format!("{} and {} {} {}", text(&left), text(b), operator.text(), text(&right));
                d = d.suggest(format!("write `{written}`"), whole, written);
            }
            self.sink.push(d);
            self.broken = true;
            return Expr { span: whole, kind: ExprKind::Broken };
        }
        let span = left.span.to(right.span);
        Expr { span, kind: ExprKind::Binary { op: operator, op_span, left: Box::new(left), right: Box::new(right) } }
    }

    fn comparison(&mut self, op: &Pair<'_>, written: &str) -> BinaryOp {
        let span = self.span(op);
        let (operator, meant) = match written {
            "==" => (BinaryOp::Equal, None),
            "!=" => (BinaryOp::NotEqual, None),
            "<" => (BinaryOp::Less, None),
            "<=" => (BinaryOp::LessEqual, None),
            ">" => (BinaryOp::Greater, None),
            ">=" => (BinaryOp::GreaterEqual, None),
            "=" => {
                self.sink.push(
                    Diagnostic::new(Code::SingleEquals, span, "equality is written `==`", "`==` is meant")
                        .note("`=` gives a value, `==` compares two")
                        .fix("write `==`", span, "=="),
                );
                return BinaryOp::Equal;
            }
            "===" => (BinaryOp::Equal, Some("==")),
            "≠" | "<>" | "!==" => (BinaryOp::NotEqual, Some("!=")),
            "≤" | "=<" => (BinaryOp::LessEqual, Some("<=")),
            _ => (BinaryOp::GreaterEqual, Some(">=")),
        };
        if let Some(meant) = meant {
            self.other_operator(op, written, meant);
        }
        operator
    }

    /// `tier is gold`
    fn is_slip(&mut self, op: &Pair<'_>, right: &Expr) -> BinaryOp {
        let span = self.span(op);
        let negated = has(op, Rule::Not);
        let (operator, meant) = if negated { (BinaryOp::NotEqual, "!=") } else { (BinaryOp::Equal, "==") };
        let word = self.text.get(right.span.range()).unwrap_or("");
        let tests = [
            "known",
            "missing",
            "weekday",
            "weekend",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        let mut d = Diagnostic::new(
            Code::IsForEquals,
            span,
            format!("`is` does not compare; `{meant}` does"),
            format!("`{meant}` is meant"),
        )
        .note("`is` asks whether a value `is known`, `is missing`, or a day `is weekday`");
        if let Some(near) = crate::diagnostic::nearest(word, tests) {
            d = d.fix(format!("change `{word}` to `{near}`"), right.span, near);
        }
        self.sink.push(d.fix(format!("write `{meant}`"), span, meant));
        operator
    }

    fn postfix(&mut self, left: Expr, op: Pair<'_>) -> Expr {
        let span = left.span.to(self.span(&op));
        let value = Box::new(left);
        let kind = match op.as_rule() {
            Rule::member => ExprKind::Field(value, self.word_in(&op)),
            Rule::at_time => {
                let time = Box::new(self.clock_in(&op));
                ExprKind::At { date: value, time, zone: self.zone_of(&op).map(Box::new) }
            }
            Rule::between => {
                let (low, high) = self.two_sums(&op);
                ExprKind::Between { value, low: Box::new(low), high: Box::new(high) }
            }
            Rule::is_known => ExprKind::IsKnown { value, known: has(&op, Rule::Known) != has(&op, Rule::Not) },
            Rule::is_day => {
                let day = child(&op, Rule::day_test).map_or_else(|| self.word_in(&op), |d| self.name(&d));
                ExprKind::IsDay {
                    value,
                    day,
                    calendar: self.word_of(&op, Rule::in_calendar),
                    negated: has(&op, Rule::Not),
                }
            }
            Rule::held => ExprKind::Held { condition: value, duration: Box::new(self.sum_in(&op)) },
            _ => ExprKind::Broken,
        };
        Expr { span, kind }
    }

    fn atom(&mut self, pair: Pair<'_>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::date | Rule::time | Rule::number => return self.literal(&pair),
            Rule::text => ExprKind::Text(self.text(&pair).text),
            Rule::quantity => return self.quantity(&pair),
            Rule::percent_slip => {
                let number = self.number_in(&pair);
                self.sink.push(
                    Diagnostic::new(Code::PercentSign, span, "shares are written with the word `percent`", "a share")
                        .fix(format!("write `{number} percent`"), span, format!("{number} percent")),
                );
                ExprKind::Quantity(number, Name { text: "percent".into(), span: Span { start: span.end - 1, ..span } })
            }
            Rule::currency_slip => self.currency_slip(&pair, span),
            Rule::plain_path => return self.plain_path(&pair, span),
            Rule::paren => ExprKind::Paren(Box::new(self.expr_in(&pair))),
            Rule::list => {
                let values = pair.into_inner().filter(|p| matches!(p.as_rule(), Rule::expr | Rule::record));
                ExprKind::List(values.map(|p| self.value(p)).collect())
            }
            Rule::in_segment => ExprKind::InSegment(self.word_in(&pair)),
            Rule::query => return self.query(pair, span),
            _ => ExprKind::Broken,
        };
        Expr { span, kind }
    }

    fn plain_path(&mut self, pair: &Pair<'_>, span: Span) -> Expr {
        let Path { parts, .. } = self.path_in(pair);
        let kind = match parts.as_slice() {
            [only] => match only.text.as_str() {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                "now" => ExprKind::Now,
                "today" => ExprKind::Today,
                _ => ExprKind::Path(Path { parts, span }),
            },
            _ => ExprKind::Path(Path { parts, span }),
        };
        Expr { span, kind }
    }

    fn query(&mut self, pair: Pair<'_>, span: Span) -> Expr {
        let function = self.word_in(&pair);
        let mut of = Path { parts: Vec::new(), span };
        let (mut condition, mut window, mut by_day) = (None::<Box<Expr>>, None::<Box<Expr>>, None::<Span>);
        for part in pair.into_inner() {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::plain_path => of = self.path_in(&part),
                Rule::r#where => {
                    let value = Box::new(self.expr_in(&part));
                    if let Some(first) = condition.replace(value) {
                        self.said_twice("where", first.span, place);
                    }
                }
                Rule::window => {
                    let value = Box::new(self.sum_in(&part));
                    if let Some(first) = window.replace(value) {
                        self.said_twice("in last", first.span, place);
                    }
                }
                Rule::by_day => {
                    if let Some(first) = by_day.replace(place) {
                        self.said_twice("by day", first, place);
                    }
                }
                _ => {}
            }
        }
        Expr { span, kind: ExprKind::Query { function, of, condition, window, by_day: by_day.is_some() } }
    }

    fn number_in(&self, pair: &Pair<'_>) -> String {
        child(pair, Rule::number).map_or_else(String::new, |n| n.as_str().to_string())
    }

    fn currency_slip(&mut self, pair: &Pair<'_>, span: Span) -> ExprKind {
        let number = self.number_in(pair);
        let sign = child(pair, Rule::sign);
        let place = sign.as_ref().map_or(span, |s| self.span(s));
        let (sign, code) = match sign.as_ref().map_or("", |s| s.as_str()) {
            "€" => ("€", "EUR"),
            "£" => ("£", "GBP"),
            "¥" => ("¥", "JPY"),
            _ => ("$", "USD"),
        };
        let written = format!("{number} {code}");
        let message = format!("amounts are written with the currency's code, not with `{sign}`");
        self.sink.push(Diagnostic::new(Code::CurrencySign, span, message, "an amount").fix(
            format!("write `{written}`"),
            span,
            written,
        ));
        ExprKind::Quantity(number, Name { text: code.into(), span: place })
    }

    fn quantity(&mut self, pair: &Pair<'_>) -> Expr {
        let span = self.span(pair);
        let number = self.number_in(pair);
        let Some(mut unit) = self.word_of(pair, Rule::unit) else { return self.broken_expr(pair) };
        if matches!(unit.text.to_ascii_lowercase().as_str(), "am" | "pm") {
            return self.clock_slip(number, &unit, span);
        }
        if let Some(whole) = whole_unit(&unit.text) {
            let whole = if number == "1" { whole } else { &format!("{whole}s") };
            let message = format!("the unit `{}` is written `{whole}`", unit.text);
            self.sink.push(Diagnostic::new(Code::ShortUnit, unit.span, message, "units are whole words").fix(
                format!("write `{number} {whole}`"),
                span,
                format!("{number} {whole}"),
            ));
            unit.text = whole.to_string();
        }
        Expr { span, kind: ExprKind::Quantity(number, unit) }
    }

    /// `9 am`
    fn clock_slip(&mut self, number: String, unit: &Name, span: Span) -> Expr {
        let hour: Option<u32> = number.parse().ok().filter(|h| (1..=12).contains(h));
        let afternoon = unit.text.eq_ignore_ascii_case("pm");
        let message = "times of day have 24 hours";
        let mut d = Diagnostic::new(Code::DateForm, span, message, "hours and minutes: `09:00`, `21:00`");
        let kind = match hour {
            Some(hour) => {
                let time = format!("{:02}:00", hour % 12 + if afternoon { 12 } else { 0 });
                d = d.fix(format!("write `{time}`"), span, time.clone());
                ExprKind::Time(time)
            }
            None => ExprKind::Broken,
        };
        self.sink.push(d);
        Expr { span, kind }
    }

    /// A rule `text`: what it says, its escapes resolved.
    pub(crate) fn text(&mut self, pair: &Pair<'_>) -> Text {
        let span = self.span(pair);
        if let Some(slip) = child(pair, Rule::other_text_slip) {
            let mut chars = slip.as_str().chars();
            chars.next();
            chars.next_back();
            let says = chars.as_str().to_string();
            let written = format!("\"{}\"", says.replace('\\', "\\\\").replace('"', "\\\""));
            self.sink.push(
                Diagnostic::new(Code::OtherQuotes, span, "texts stand in straight double quotes", "quoted otherwise")
                    .fix(format!("write `{written}`"), span, written),
            );
            return Text { text: says, span };
        }
        let written = pair.as_str();
        let inner = written.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(written);
        if !inner.contains('\\') {
            return Text { text: inner.to_string(), span };
        }
        let mut text = String::with_capacity(inner.len());
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, c @ ('"' | '\\'))) => text.push(c),
                Some((_, c)) => {
                    text.push(c);
                    let start = span.start + 1 + at as u32;
                    let place = Span { start, end: start + 1 + c.len_utf8() as u32, ..span };
                    self.sink.push(
                        Diagnostic::new(
                            Code::BadEscape,
                            place,
                            format!("`\\{c}` means nothing in a text"),
                            "no such escape",
                        )
                        .note("a text has `\\\"`, `\\\\`, `\\n` and `\\t`; every other character stands for itself")
                        .suggest("keep the backslash", place, format!("\\\\{c}"))
                        .suggest("drop the backslash", place, c.to_string()),
                    );
                }
                None => {}
            }
        }
        Text { text, span }
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

/// The whole word, in the singular, of a unit of time that is cut short.
fn whole_unit(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "s" | "sec" | "secs" => "second",
        "m" | "min" | "mins" => "minute",
        "h" | "hr" | "hrs" => "hour",
        "d" => "day",
        "w" | "wk" | "wks" => "week",
        "mo" | "mth" | "mths" => "month",
        "y" | "yr" | "yrs" => "year",
        _ => return None,
    })
}
