//! Customers who get another name.

use super::parse::Parsed;
use crate::ingest::Body;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// Names that stand for others.
#[derive(Debug, Default)]
pub struct Aliases(FxHashMap<String, String>);

impl Aliases {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whom a name means.
    pub fn resolve<'a>(&'a self, mut name: &'a str) -> &'a str {
        // Ends: `add` never closes a circle.
        while let Some(next) = self.0.get(name) {
            name = next;
        }
        name
    }

    /// Whether the way from a name to whom it means goes by another.
    fn leads_by<'a>(&'a self, mut name: &'a str, by: &str) -> bool {
        while let Some(next) = self.0.get(name) {
            if next == by {
                return true;
            }
            name = next;
        }
        false
    }

    /// From now on `previous` means `user`.
    pub fn add(&mut self, previous: &str, user: &str) {
        if previous != user {
            if self.leads_by(user, previous) {
                self.0.remove(user);
            }
            self.0.insert(previous.to_string(), user.to_string());
        }
    }

    /// Takes the aliases of a piece, line by line, and gives its items to the customers they mean.
    pub(crate) fn apply(&mut self, parsed: &mut Parsed<'_>) {
        for item in &mut parsed.items {
            if let Body::Alias(previous) = &item.message.body {
                self.add(previous, &item.message.customer);
                continue;
            }
            let meant = self.resolve(&item.message.customer);
            if meant != item.message.customer {
                item.hash = xxh3_64(meant.as_bytes());
                item.message.customer = Cow::Owned(meant.to_string());
            }
        }
        parsed.dispatch();
    }
}

#[cfg(test)]
mod tests {
    use super::Aliases;

    #[test]
    fn names_lead_to_the_latest_one() {
        let mut aliases = Aliases::default();
        aliases.add("a", "b");
        aliases.add("b", "c");
        assert_eq!(aliases.resolve("a"), "c");
        assert_eq!(aliases.resolve("x"), "x");
        aliases.add("x", "a");
        assert_eq!(aliases.resolve("x"), "c");
    }

    #[test]
    fn a_circle_is_opened_where_it_would_close() {
        let mut aliases = Aliases::default();
        aliases.add("a", "b");
        aliases.add("b", "a");
        assert_eq!((aliases.resolve("a"), aliases.resolve("b")), ("a", "a"));
        aliases.add("a", "a");
        assert_eq!(aliases.resolve("a"), "a");
        aliases.add("a", "c");
        aliases.add("c", "b");
        assert_eq!(aliases.resolve("c"), "b", "b means itself again");
    }

    #[test]
    fn a_circle_is_opened_also_where_its_way_leads_further() {
        let mut aliases = Aliases::default();
        aliases.add("a", "c");
        aliases.add("b", "a");
        aliases.add("a", "b");
        assert_eq!((aliases.resolve("a"), aliases.resolve("b"), aliases.resolve("c")), ("b", "b", "c"));
    }
}
