//! A tree as short text, without places: made from its debug form, so that nothing in it can be forgotten.

use std::fmt::{Debug, Write as _};

/// A value in debug form.
enum Value {
    Word(String),
    Struct(String, Vec<(String, Value)>),
    Tuple(String, Vec<Value>),
    List(Vec<Value>),
}

/// `value` without places, one line where it is short.
pub fn compact(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let mut reader = Reader { text: &text, at: 0 };
    let value = reader.value();
    let mut out = String::new();
    write_value(&value, 0, &mut out);
    out
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    fn value(&mut self) -> Value {
        if self.skip("[") {
            return Value::List(self.values("]"));
        }
        if self.skip("(") {
            return Value::Tuple(String::new(), self.values(")"));
        }
        if self.rest().starts_with('"') {
            let mut escaped = false;
            let end = self.rest()[1..].char_indices().find(|(_, c)| {
                let closes = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                closes
            });
            let end = self.at + 2 + end.expect("a closed text").0;
            let word = self.text[self.at..end].to_string();
            self.at = end;
            return Value::Word(word);
        }
        let end = self.rest().find([' ', ',', '(', ')', ']', '}']).unwrap_or(self.rest().len());
        let mut word = self.rest()[..end].to_string();
        self.at += end;
        if word.contains("..") {
            word = "here".into();
        }
        if self.skip("(") {
            return Value::Tuple(word, self.values(")"));
        }
        if self.skip(" { ") {
            let mut fields = Vec::new();
            while !self.skip(" }") {
                self.skip(", ");
                let end = self.rest().find(':').expect("a field");
                let name = self.rest()[..end].to_string();
                self.at += end + 2;
                fields.push((name, self.value()));
            }
            return Value::Struct(word, fields);
        }
        Value::Word(word)
    }

    fn values(&mut self, close: &str) -> Vec<Value> {
        let mut values = Vec::new();
        while !self.skip(close) {
            self.skip(", ");
            values.push(self.value());
        }
        values
    }
}

/// What is not said: places, and what is not there.
fn is_empty(name: &str, value: &Value) -> bool {
    match value {
        _ if name.ends_with("span") => true,
        Value::Tuple(kind, _) if kind == "FileId" => true,
        Value::Word(w) => w == "None" || w == "false",
        Value::List(l) => l.is_empty(),
        _ => false,
    }
}

fn short(value: &Value) -> Option<String> {
    match value {
        Value::Word(w) => Some(w.clone()),
        Value::Tuple(name, parts) if name.is_empty() || matches!(name.as_str(), "Some" | "Path" | "Name") => {
            let parts: Option<Vec<_>> = parts.iter().map(short).collect();
            parts.map(|p| p.join(" "))
        }
        Value::Tuple(name, parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(short).collect();
            parts.map(|p| format!("{name}({})", p.join(" ")))
        }
        Value::List(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(short).collect();
            parts.map(|p| format!("[{}]", p.join(", ")))
        }
        Value::Struct(name, fields) => {
            let said: Vec<_> = fields.iter().filter(|(n, v)| !is_empty(n, v)).collect();
            match (name.as_str(), said.as_slice()) {
                ("Name", [(_, Value::Word(text))]) => Some(text.trim_matches('"').to_string()),
                ("Text", [(_, text)]) => short(text),
                ("Path", [(_, Value::List(parts))]) => {
                    Some(parts.iter().filter_map(short).collect::<Vec<_>>().join("."))
                }
                ("Expr", [(_, kind)]) => short(kind),
                ("Type", [(_, kind)]) => short(kind),
                ("Type", [(_, kind), _]) => short(kind).map(|k| format!("{k}?")),
                _ => {
                    let parts: Option<Vec<_>> =
                        said.iter().map(|(n, v)| short(v).map(|v| format!("{n}={v}"))).collect();
                    parts.map(|p| format!("{name}{{{}}}", p.join(" ")))
                }
            }
        }
    }
}

fn write_value(value: &Value, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent + 1);
    if let Some(line) = short(value).filter(|l| l.chars().count() + 2 * indent < 110) {
        out.push_str(&line);
        return;
    }
    match value {
        Value::Word(w) => out.push_str(w),
        Value::Tuple(name, parts) if parts.len() == 1 && matches!(name.as_str(), "Some" | "") => {
            write_value(&parts[0], indent, out);
        }
        Value::Tuple(name, parts) => {
            out.push_str(name);
            for part in parts {
                let _ = write!(out, "\n{pad}");
                write_value(part, indent + 1, out);
            }
        }
        Value::List(parts) => {
            for part in parts {
                let _ = write!(out, "\n{pad}- ");
                write_value(part, indent + 1, out);
            }
        }
        Value::Struct(name, fields) => {
            out.push_str(name);
            for (name, value) in fields.iter().filter(|(n, v)| !is_empty(n, v)) {
                let _ = write!(out, "\n{pad}{name}=");
                write_value(value, indent + 1, out);
            }
        }
    }
}
