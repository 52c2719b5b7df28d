//! Types, fields and constants in the words of the language; scopes of policies.

use super::*;
use journey_runtime::report::words;

impl Program {
    /// A type in the words of the language.
    pub fn ty_text(&self, ty: &Ty) -> String {
        match ty {
            Ty::Bool => "bool".into(),
            Ty::Int => "int".into(),
            Ty::Number => "number".into(),
            Ty::Percent => "percent".into(),
            Ty::Probability => "probability".into(),
            Ty::Text => "text".into(),
            Ty::Money(currency) => format!("money {currency}"),
            Ty::Duration => "duration".into(),
            Ty::Date => "date".into(),
            Ty::Time => "time".into(),
            Ty::Moment => "moment".into(),
            Ty::Zone => "zone".into(),
            Ty::Enum(id) => match self.enums.get(*id) {
                Some(e) => format!("one of {}", e.values.join(", ")),
                None => "one of …".into(),
            },
            Ty::Facet(id) => self.facets.get(*id).map(|f| f.name.clone()).unwrap_or_default(),
            Ty::List(of) => format!("list of {}", self.ty_text(of)),
            Ty::Record(id) => self.records.get(*id).map(|r| r.name.clone()).unwrap_or_default(),
            Ty::Event(id) => self.events.get(*id).map(|e| e.name.clone()).unwrap_or_default(),
            Ty::Poison => "…".into(),
        }
    }

    /// Likewise, with its `?`.
    pub fn type_text(&self, ty: &Type) -> String {
        let text = self.ty_text(&ty.ty);
        if ty.optional { format!("{text}?") } else { text }
    }

    /// The type of a field with what its values may be: `text at most 40`, `int between 0 and 10?`.
    pub fn field_text(&self, field: &Field) -> String {
        let mut text = match (&field.ty.ty, &field.bounds.members) {
            (Ty::List(of), Some(members)) => format!("list of {}", self.bounded_text(of, members)),
            (ty, _) => self.ty_text(ty),
        };
        text.push_str(&self.bounds_text(&field.bounds));
        if field.ty.optional {
            text.push('?');
        }
        text
    }

    fn bounded_text(&self, ty: &Ty, bounds: &Bounds) -> String {
        self.ty_text(ty) + &self.bounds_text(bounds)
    }

    fn bounds_text(&self, bounds: &Bounds) -> String {
        let mut text = String::new();
        if let Some((least, most)) = &bounds.between {
            text.push_str(&format!(" between {} and {}", self.const_text(least), self.const_text(most)));
        }
        if let Some(most) = bounds.at_most {
            text.push_str(&format!(" at most {most}"));
        }
        text
    }

    /// A constant as it would be written; amounts without their currency.
    pub fn const_text(&self, value: &Const) -> String {
        match value {
            Const::Bool(b) => b.to_string(),
            Const::Int(i) => i.to_string(),
            Const::Number(n) => n.to_string(),
            Const::Money(millionths) => words::decimal(*millionths, 0),
            Const::Text(t) => format!("\"{t}\""),
            Const::Duration(length) => words::span(length),
            Const::Date(days) => words::date(*days),
            Const::Time(ms) => words::time(*ms),
            Const::Moment(ms) => words::moment(*ms),
            Const::Enum(id, value) => {
                self.enums.get(*id).and_then(|e| e.values.get(usize::from(*value))).cloned().unwrap_or_default()
            }
            Const::Node(facet, node) => self
                .facets
                .get(*facet)
                .and_then(|f| f.nodes.get(*node as usize))
                .map(|n| n.path.clone())
                .unwrap_or_default(),
            Const::List(members) => {
                format!("[{}]", members.iter().map(|m| self.const_text(m)).collect::<Vec<_>>().join(", "))
            }
            Const::Record(_) => "{ … }".into(),
            Const::Missing => "missing".into(),
        }
    }

    /// Whether one place of a taxonomy, or one that it lies in, excludes another one or one that that lies in.
    pub fn excludes(&self, (facet, node): (FacetId, u32), (of, other): (FacetId, u32)) -> bool {
        let mut at = Some(node);
        while let Some(n) = at {
            let n = &self.facets[facet].nodes[n as usize];
            let excluded = |node: u32| (node..self.facets[of].nodes[node as usize].end).contains(&other);
            if n.links.iter().any(|(verb, to, node)| verb == "excludes" && *to == of && excluded(*node)) {
                return true;
            }
            at = n.parent;
        }
        false
    }

    /// Whether tags lie in a policy's scope: for each facet that the scope names, one of its subtrees has one of the tags.
    pub fn in_scope(&self, scope: &[(FacetId, u32)], tags: &[(FacetId, u32)]) -> bool {
        scope.iter().all(|(facet, _)| {
            scope.iter().filter(|(f, _)| f == facet).any(|(_, root)| {
                let end = self.facets[*facet].nodes[*root as usize].end;
                tags.iter().any(|(f, node)| f == facet && (*root..end).contains(node))
            })
        })
    }
}
