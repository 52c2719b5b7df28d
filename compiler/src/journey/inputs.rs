//! What is passed along: to a message, a webhook, another journey; and the fields of an event that is made.

use super::run::{Flow, Run};
use crate::expr::{self, words};
use crate::hir::{Bounds, Const, Expr, ExprKind, Field, Param, Ty, VariableKind};
use crate::mentions::{Local, Target};
use crate::scope::Kind;
use journey_grammar::ast::{self, Arg, FieldValue, Name, Path};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::{Diagnostic, nearest};
use journey_grammar::span::Span;

impl Run<'_, '_> {
    /// One expression for each parameter. An argument goes to the parameter it names, else to the one that is called like its
    /// value, else to the next; a parameter without one takes the variable of its name that is in sight.
    pub fn inputs(
        &mut self,
        flow: &Flow,
        span: Span,
        what: &str,
        name: &Name,
        params: &[Param],
        args: &[Arg],
    ) -> Option<Vec<Expr>> {
        let mut given: Vec<Option<&Arg>> = vec![None; params.len()];
        let mut sound = true;
        let mut positional = Vec::new();
        for arg in args {
            let called = match (&arg.name, &arg.value.kind) {
                (Some(name), _) => Some(name.text.as_str()),
                (None, ast::ExprKind::Path(p)) => p.parts.last().map(|l| l.text.as_str()),
                _ => None,
            };
            match called.and_then(|c| params.iter().position(|p| p.name == c)) {
                Some(at) if given[at].is_none() => {
                    if let Some(name) = &arg.name {
                        self.cx.mention(name.span, input_of(what, &params[at]));
                    }
                    given[at] = Some(arg);
                }
                Some(_) if arg.name.is_some() => {
                    let at = arg.name.as_ref().map_or(arg.value.span, |n| n.span);
                    self.cx.report(Diagnostic::new(
                        Code::WrongInput,
                        at,
                        format!("`{}` is passed twice", self.cx.text(at)),
                        "passed before",
                    ));
                    sound = false;
                }
                None if arg.name.is_some() => {
                    let unknown = arg.name.as_ref().unwrap_or(name);
                    let message = format!("{what} `{}` has no input `{}`", name.text, unknown.text);
                    let names = params.iter().map(|p| p.name.as_str());
                    self.cx.unknown_in(&format!("{what} {}", name.text), message, unknown, names, |d| match params {
                        [] => d.help("it takes nothing"),
                        _ => d.help(format!("it takes {}", words::listed(&names_of(params)))),
                    });
                    sound = false;
                }
                _ => positional.push(arg),
            }
        }
        for arg in positional {
            match given.iter().position(Option::is_none) {
                Some(at) => given[at] = Some(arg),
                None => {
                    self.cx.report(
                        Diagnostic::new(
                            Code::WrongInput,
                            arg.value.span,
                            format!("{what} `{}` takes no more than {} inputs", name.text, params.len()),
                            "one too many",
                        )
                        .help(match params {
                            [] => "it takes nothing".to_string(),
                            _ => format!("it takes {}", words::listed(&names_of(params))),
                        }),
                    );
                    sound = false;
                }
            }
        }
        let mut passed = Vec::new();
        let mut lacking: Vec<&str> = Vec::new();
        for (param, arg) in params.iter().zip(&given) {
            let value = match arg {
                Some(arg) => Some(self.input(flow, param, &arg.value)),
                None => match flow.env.variables.get(&param.name) {
                    Some(_) => {
                        let word = Name { text: param.name.clone(), span: name.span };
                        let path = Path { span: name.span, parts: vec![word] };
                        let ast = ast::Expr { span: name.span, kind: ast::ExprKind::Path(path) };
                        // It is not written there: nothing is mentioned.
                        let mentions = self.cx.mentions.borrow().len();
                        let passed = self.input(flow, param, &ast);
                        self.cx.mentions.borrow_mut().truncate(mentions);
                        Some(passed)
                    }
                    None if param.ty.optional => Some(absent(span, param)),
                    None => None,
                },
            };
            match value {
                Some(v) => passed.push(v),
                None => lacking.push(&param.name),
            }
        }
        if !lacking.is_empty() && sound && !self.broken {
            self.inputs_lacking(flow, what, name, params, args, &lacking);
        }
        (sound && lacking.is_empty()).then_some(passed)
    }

    fn inputs_lacking(&self, flow: &Flow, what: &str, name: &Name, params: &[Param], args: &[Arg], lacking: &[&str]) {
        let mut d = Diagnostic::new(
            Code::WrongInput,
            name.span,
            format!("{what} `{}` needs {}", name.text, words::listed(lacking)),
            "not passed",
        );
        for param in params.iter().filter(|p| lacking.contains(&p.name.as_str())) {
            d = d.label(param.span, format!("`{}`", self.cx.type_text(&param.ty)));
        }
        // A field of something in sight that is called so and fits.
        let found: Option<Vec<String>> = lacking
            .iter()
            .map(|l| {
                let param = params.iter().find(|p| p.name == **l)?;
                let mut owners: Vec<String> = Vec::new();
                for (v, s) in flow.env.variables.iter() {
                    match (&s.variable.kind, &param.ty.ty) {
                        (VariableKind::Event(events), Ty::Event(e)) if events[..] == [*e] => {
                            owners.push(format!("{l}: {v}"));
                        }
                        _ if s
                            .variable
                            .fields
                            .iter()
                            .any(|f| f.name == **l && f.ty.ty == param.ty.ty && !f.ty.optional) =>
                        {
                            owners.push(format!("{l}: {v}.{l}"));
                        }
                        _ => {}
                    }
                }
                (owners.len() == 1).then(|| owners[0].clone())
            })
            .collect();
        if let (Some(found), true) = (found, args.is_empty()) {
            let text = found.join(", ");
            d = d.fix(format!("pass `{text}`"), name.span.after(), format!("({text})"));
        } else {
            let near = lacking.first().and_then(|l| nearest(l, flow.env.variables.keys().map(String::as_str)));
            d = match near {
                Some(near) => d.help(format!("is it `{near}`? `{}({}: {near})`", name.text, lacking[0])),
                None => d.help(format!("pass it: `{}({}: …)`", name.text, lacking[0])),
            };
        }
        self.cx.report(d);
    }

    fn input(&self, flow: &Flow, param: &Param, value: &ast::Expr) -> Expr {
        let hint_only = matches!(param.ty.ty, Ty::Event(_) | Ty::Poison);
        if !hint_only {
            return expr::check_expr(self.cx, &flow.env, value, Some(&param.ty));
        }
        if param.ty.ty == Ty::Poison {
            // Whatever it is, it may be wrong in itself only.
            return expr::poison(value.span);
        }
        let e = expr::check_expr(self.cx, &flow.env, value, Some(&param.ty));
        match e.kind {
            ExprKind::Variable(_) | ExprKind::Poison => e,
            _ => {
                self.cx.report(Diagnostic::new(
                    Code::WrongKind,
                    value.span,
                    format!("`{}` is {}", param.name, words::kind(self.cx, &param.ty.ty)),
                    "pass the name that such an event was given with `as`",
                ));
                expr::poison(value.span)
            }
        }
    }

    /// The fields of an event that is made, each of its type. None when one lacks or is wrong (reported).
    pub fn fields_of_event(
        &self,
        flow: &Flow,
        span: Span,
        event: usize,
        given: &[FieldValue],
    ) -> Option<Vec<(usize, Expr)>> {
        let e = &self.cx.program.events[event];
        let mut values: Vec<(usize, Expr)> = Vec::new();
        let mut sound = true;
        for g in given {
            let Some(at) = self.cx.lookup_event_field(event, &g.name) else {
                sound = false;
                continue;
            };
            if at == crate::hir::HAPPENED_AT {
                self.cx.report(Diagnostic::new(
                    Code::WrongInput,
                    g.name.span,
                    "`happened_at` is given by the moment at which it happens",
                    "cannot be set",
                ));
                continue;
            }
            if values.iter().any(|(i, _)| *i == at) {
                self.cx.report(expr::field_twice(&g.name));
                continue;
            }
            let field = &e.fields[at];
            let v = expr::check_expr(self.cx, &flow.env, &g.value, Some(&field.ty));
            sound &= v.ty.ty != Ty::Poison && self.in_bounds(&v, &field.bounds, &field.name);
            values.push((at, v));
        }
        let lacking: Vec<&str> = lacking_fields(&e.fields, |i| values.iter().any(|(at, _)| *at == i));
        if !lacking.is_empty() && sound && !self.broken && !self.cx.names.is_broken(Kind::Event, event) {
            self.cx.report(expr::lacks_fields(span, &format!("`{}`", e.name), &lacking));
            return None;
        }
        for (i, field) in e.fields.iter().enumerate() {
            if is_left_out_list(field) && !values.iter().any(|(at, _)| *at == i) {
                let kind = ExprKind::Const(Const::List(Vec::new()));
                values.push((i, Expr { span, ty: field.ty.clone(), kind }));
            }
        }
        sound.then_some(values)
    }

    /// Whether a constant keeps the bounds of what it is given to.
    pub fn in_bounds(&self, value: &Expr, bounds: &Bounds, name: &str) -> bool {
        match &value.kind {
            ExprKind::Const(c) => expr::within_bounds(self.cx, value.span, c, bounds, &format!("`{name}`")),
            _ => true,
        }
    }
}

/// What the name of an argument stands for: a journey's inputs are variables of its runs.
fn input_of(what: &str, param: &Param) -> Target {
    Target::Local(if what == "the journey" { Local::Variable } else { Local::Input }, param.span)
}

/// The names of fields that must be given and are not.
pub fn lacking_fields(fields: &[Field], is_given: impl Fn(usize) -> bool) -> Vec<&str> {
    fields
        .iter()
        .enumerate()
        .filter(|(i, f)| !f.ty.optional && f.default.is_none() && f.ty.ty != Ty::Poison && !is_given(*i))
        .filter(|(_, f)| !is_left_out_list(f))
        .map(|(_, f)| f.name.as_str())
        .collect()
}

/// Whether a field may be left out where an event is written down, since it is an empty list then.
pub fn is_left_out_list(field: &Field) -> bool {
    matches!(field.ty.ty, Ty::List(_)) && !field.ty.optional && field.default.is_none()
}

fn names_of(params: &[Param]) -> Vec<&str> {
    params.iter().map(|p| p.name.as_str()).collect()
}

fn absent(span: Span, param: &Param) -> Expr {
    Expr { span, ty: param.ty.clone(), kind: ExprKind::Const(Const::Missing) }
}
