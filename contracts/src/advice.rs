//! What to do about data that are not as declared: at the source, or in the declaration.

use crate::seen::{Form, amount};
use journey_compiler::hir::{Field, Program, Ty};
use journey_grammar::diagnostic::nearest;
use serde_json::Value;

/// What to do where a value of this form came for a field.
pub fn form(program: &Program, field: &Field, form: Form, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    match (&field.ty.ty, form) {
        (Ty::Money(currency), Form::AmountText | Form::NumberText) => {
            let number = amount(text).unwrap_or_else(|| text.to_string());
            format!(
                "at the source: send the number alone, `{number}`, and its currency in a field of its own (here {currency} is expected)"
            )
        }
        (Ty::Int | Ty::Number | Ty::Percent | Ty::Probability, Form::AmountText | Form::NumberText) => {
            let number = amount(text).unwrap_or_else(|| text.to_string());
            format!("at the source: send a number, `{number}` without quotes")
        }
        (Ty::Int, Form::Number) => {
            format!("in the declaration: `{}: number`, if it can have places after the point", field.name)
        }
        (Ty::Moment | Ty::Date, Form::Seconds | Form::Milliseconds) => {
            "at the source: send a text such as `2026-03-01T09:00:00Z`; of a number nobody can tell whether it counts seconds or milliseconds"
                .to_string()
        }
        (Ty::Moment, Form::MomentWithoutZone) => {
            "at the source: add the zone, `Z` or `+07:00`, and write a `T` between date and time".to_string()
        }
        (Ty::Moment, Form::Date) => format!("in the declaration: `{}: date`; or at the source: send the time of day too", field.name),
        (Ty::Date, Form::Moment | Form::MomentWithoutZone) => {
            format!("in the declaration: `{}: moment`; or at the source: send the day alone, `2026-03-01`", field.name)
        }
        (Ty::Text, Form::Int | Form::Seconds | Form::Milliseconds) => {
            format!("at the source: send it in quotes; or in the declaration: `{}: int`", field.name)
        }
        (Ty::Text, Form::Number) => format!("at the source: send it in quotes; or in the declaration: `{}: number`", field.name),
        (Ty::Text, Form::Bool) => format!("in the declaration: `{}: bool`", field.name),
        (Ty::Bool, Form::BoolText | Form::Int) => "at the source: send `true` or `false`, without quotes".to_string(),
        (Ty::List(_), Form::Object | Form::Text | Form::Int) => {
            "at the source: send a list, also where there is only one: `[ … ]`".to_string()
        }
        (_, Form::Object) => {
            format!("in the declaration: say which part is meant, `{}: … from \"{}.…\"`", field.name, field.path)
        }
        (ty, _) => format!(
            "mend it at the source, or declare what really comes instead of `{}`",
            program.ty_text(ty)
        ),
    }
}

/// What to do where a value is none of those that are known.
pub fn unknown_value(program: &Program, field: &Field, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    match &field.ty.ty {
        Ty::Enum(id) => {
            let values = &program.enums[*id].values;
            let names = || values.iter().map(String::as_str);
            match names().find(|v| v.eq_ignore_ascii_case(text)).or_else(|| nearest(text, names())) {
                Some(near) => {
                    format!("at the source: write `{near}`; or in the declaration: add the value to the `one of`")
                }
                None => "in the declaration: add the value to the `one of`, if it is meant; or mend it at the source"
                    .to_string(),
            }
        }
        Ty::Facet(id) => {
            let facet = &program.facets[*id];
            let paths = facet.nodes.iter().map(|n| n.path.as_str());
            match nearest(text, paths.chain(facet.by_last.keys().map(String::as_str))) {
                Some(near) => {
                    format!("at the source: write `{near}`; or add the place to the taxonomy `{}`", facet.name)
                }
                None => {
                    format!("add the place to the taxonomy `{}`, if it is meant; or mend it at the source", facet.name)
                }
            }
        }
        Ty::Zone => "at the source: send the name of a time zone such as `Europe/Berlin`".to_string(),
        Ty::Money(currency) => {
            format!(
                "amounts of other currencies than {currency} cannot be compared: convert them at the source, or send them under a name of their own"
            )
        }
        _ => "mend it at the source".to_string(),
    }
}

/// What to do where a field that must be there is missing.
pub fn missing(program: &Program, field: &Field) -> String {
    let stand_in = match &field.ty.ty {
        Ty::Bool => Some("false".to_string()),
        Ty::Int | Ty::Number => Some("0".to_string()),
        Ty::Money(currency) => Some(format!("0 {currency}")),
        Ty::List(_) => Some("[]".to_string()),
        _ => None,
    };
    let ty = program.field_text(field);
    match stand_in {
        Some(value) if matches!(field.ty.ty, Ty::List(_)) => {
            format!("in the declaration: give it a stand-in, `{}: {ty} = {value}`; or send it always", field.name)
        }
        Some(value) => format!(
            "in the declaration: say that it may be missing, `{0}: {ty}?`, or give it a stand-in, `{0}: {ty} = {value}`; or send it always",
            field.name
        ),
        None => format!("in the declaration: say that it may be missing, `{}: {ty}?`; or send it always", field.name),
    }
}

/// What to do where a value is out of its bounds.
pub fn bounds(program: &Program, field: &Field) -> String {
    format!("in the declaration: widen `{}`, if it is meant; or mend it at the source", program.field_text(field))
}
