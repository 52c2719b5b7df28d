//! `profile { … }`: what is known of a customer.

use super::types::{self, Place};
use crate::hir::{Bounds, Field, ProfileField, Ty, Type};
use crate::scope::{Context, Kind};
use journey_grammar::ast::Name;
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::collections::BTreeMap;

/// Fields that every project has.
const BUILT_IN: [(&str, Ty); 5] =
    [("email", Ty::Text), ("phone", Ty::Text), ("push_token", Ty::Text), ("time_zone", Ty::Zone), ("locale", Ty::Text)];

/// Those that say who someone is, whether or not they are declared `personal`.
const ADDRESSES: [&str; 3] = ["email", "phone", "push_token"];

/// Fills [`crate::hir::Program::profile`].
pub fn declare(cx: &mut Context) {
    for (name, ty) in BUILT_IN {
        let field = Field {
            name: name.to_string(),
            span: Span::default(),
            doc: None,
            ty: Type { ty, optional: true },
            bounds: Bounds::default(),
            path: name.to_string(),
            // Where a person is reached says who it is; where and in which language they live does not.
            personal: ADDRESSES.contains(&name),
            currency_path: None,
            default: None,
        };
        push(cx, field, true);
    }
    let mut taken = BTreeMap::new();
    for at in 0..cx.decls.profiles.len() {
        let declared = cx.decls.profiles[at];
        // Annotations before a profile belong to no field; what they name is looked up all the same.
        super::annotations::about(cx, &declared, declared.item.span);
        for ast in &declared.decl.fields {
            let one = std::slice::from_ref(ast);
            let Some(field) = types::fields(cx, one, Place::Field, "the profile", &mut taken).pop() else { continue };
            if let Some(built_in) = cx.program.profile.iter_mut().find(|f| f.built_in && f.field.name == field.name) {
                if field.ty == built_in.field.ty || field.ty.ty == Ty::Poison {
                    let personal = field.personal || built_in.field.personal;
                    built_in.field = Field { ty: built_in.field.ty.clone(), personal, ..field };
                } else {
                    let wanted = built_in.field.ty.clone();
                    let wanted = cx.type_text(&wanted);
                    cx.report(
                        Diagnostic::new(
                            Code::BuiltInField,
                            ast.ty.span,
                            format!("`profile.{}` is always `{wanted}`", field.name),
                            format!("not `{}`", cx.type_text(&field.ty)),
                        )
                        .note("every project has this field; it need not be declared")
                        .fix(format!("change it to `{wanted}`"), ast.ty.span, wanted),
                    );
                }
                continue;
            }
            if !field.ty.optional && field.default.is_none() && ast.default.is_none() && field.ty.ty != Ty::Poison {
                cx.report(
                    Diagnostic::new(
                        Code::NoDefault,
                        ast.name.span,
                        format!("the profile does not say what `{}` is before anything is known", field.name),
                        "neither `?` nor a value to begin with",
                    )
                    .suggest("let it be missing", ast.ty.span.after(), "?")
                    .help("or write what it is at first, as in `= 0 EUR`"),
                );
            }
            push(cx, field, false);
        }
    }
}

fn push(cx: &mut Context, field: Field, built_in: bool) {
    let name = Name { text: field.name.clone(), span: field.span };
    let id = cx.program.profile.len();
    cx.names.declare(Kind::ProfileField, &name, id);
    cx.program.profile.push(ProfileField { field, built_in });
}
