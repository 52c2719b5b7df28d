//! Sets of whole numbers as ranges: what a value may still be.
//!
//! Every kind of value is a whole number here: cases of enums, yes and no, nodes of a taxonomy (its subtrees are ranges, for nodes
//! stand in preorder), amounts, days, moments, lengths of time; fractions by the order of their bits ([`of_number`]), texts by the
//! number of the constant they are compared with. So one small algebra does for all of them. It is the interval domain of
//! P. Cousot and R. Cousot, "Abstract interpretation" (POPL 1977), with a bounded number of gaps.

/// More pieces than this are taken together: the set grows, which is always sound.
const PIECES: usize = 64;

/// A set: ranges with both ends included, in order, with something left out between any two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ranges(Vec<(i64, i64)>);

impl Ranges {
    /// Nothing.
    pub const NONE: Ranges = Ranges(Vec::new());

    /// Everything.
    pub fn all() -> Ranges {
        Ranges(vec![(i64::MIN, i64::MAX)])
    }

    /// From `low` to `high`, both included; nothing when `low` is the greater.
    pub fn between(low: i64, high: i64) -> Ranges {
        if low > high { Ranges::NONE } else { Ranges(vec![(low, high)]) }
    }

    /// Just this one.
    pub fn one(value: i64) -> Ranges {
        Ranges(vec![(value, value)])
    }

    /// Nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The only one in it.
    pub fn single(&self) -> Option<i64> {
        match self.0[..] {
            [(low, high)] if low == high => Some(low),
            _ => None,
        }
    }

    /// Its pieces, in order.
    pub fn pieces(&self) -> impl Iterator<Item = (i64, i64)> {
        self.0.iter().copied()
    }

    /// Least and greatest.
    pub fn ends(&self) -> Option<(i64, i64)> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// What is in both.
    #[must_use]
    pub fn meet(&self, other: &Ranges) -> Ranges {
        let mut both = Vec::new();
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let (low, high) = (x.0.max(y.0), x.1.min(y.1));
            if low <= high {
                both.push((low, high));
            }
            if x.1 < y.1 {
                a.next();
            } else {
                b.next();
            }
        }
        Ranges::bounded(both)
    }

    /// What is in one of them.
    #[must_use]
    pub fn join(&self, other: &Ranges) -> Ranges {
        let mut pieces: Vec<(i64, i64)> = self.0.iter().chain(&other.0).copied().collect();
        pieces.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(pieces.len());
        for (low, high) in pieces {
            match joined.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => joined.push((low, high)),
            }
        }
        Ranges::bounded(joined)
    }

    /// Everything that is not in it.
    #[must_use]
    pub fn rest(&self) -> Ranges {
        let mut gaps = Vec::new();
        let mut from = Some(i64::MIN);
        for (low, high) in &self.0 {
            if let Some(start) = from
                && start < *low
            {
                gaps.push((start, low - 1));
            }
            from = high.checked_add(1);
        }
        if let Some(start) = from {
            gaps.push((start, i64::MAX));
        }
        Ranges::bounded(gaps)
    }

    /// The pieces, with the smallest gaps closed where there are too many of them.
    fn bounded(mut pieces: Vec<(i64, i64)>) -> Ranges {
        while pieces.len() > PIECES {
            let gap = |at: &usize| pieces[at + 1].0.abs_diff(pieces[*at].1);
            let Some(at) = (0..pieces.len() - 1).min_by_key(gap) else { break };
            let (_, high) = pieces.remove(at + 1);
            pieces[at].1 = high;
        }
        Ranges(pieces)
    }
}

/// A fraction as a whole number, in the same order. Fractions are never NaN, and 0.0 stands for -0.0 too.
pub fn of_number(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    // Negative ones are ordered by their magnitude the other way round.
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

/// The fraction that [`of_number`] made this of.
pub fn to_number(order: i64) -> f64 {
    f64::from_bits(if order < 0 { i64::MIN.wrapping_sub(order) } else { order } as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn has(of: &Ranges, value: i64) -> bool {
        of.0.iter().any(|(low, high)| (*low..=*high).contains(&value))
    }

    fn some() -> impl Strategy<Value = (Ranges, Vec<(i64, i64)>)> {
        let end = prop_oneof![-20i64..20, Just(i64::MIN), Just(i64::MAX)];
        prop::collection::vec((end.clone(), end), 0..5).prop_map(|pieces| {
            let joined = pieces.iter().fold(Ranges::NONE, |all, (a, b)| all.join(&Ranges::between(*a, *b)));
            (joined, pieces)
        })
    }

    proptest! {
        #[test]
        fn they_are_sets((a, pieces) in some(), (b, _) in some(), at in -25i64..25) {
            prop_assert_eq!(has(&a, at), pieces.iter().any(|(low, high)| (*low..=*high).contains(&at)));
            prop_assert_eq!(has(&a.meet(&b), at), has(&a, at) && has(&b, at));
            prop_assert_eq!(has(&a.join(&b), at), has(&a, at) || has(&b, at));
            prop_assert_eq!(has(&a.rest(), at), !has(&a, at));
            prop_assert_eq!(a.rest().rest(), a.clone());
        }

        #[test]
        fn fractions_keep_their_order(a in -1e9f64..1e9, b in prop_oneof![-1e9f64..1e9, Just(0.0), Just(-0.0)]) {
            prop_assert_eq!(of_number(a) < of_number(b), a < b);
            prop_assert_eq!(of_number(a) == of_number(b), a == b);
            prop_assert_eq!(to_number(of_number(a)), a);
        }
    }

    #[test]
    fn too_many_pieces_grow_together() {
        let odd = (0..200).fold(Ranges::NONE, |all, n| all.join(&Ranges::one(2 * n)));
        assert!((0..200).all(|n| has(&odd, 2 * n)));
        assert_eq!(odd.ends(), Some((0, 398)));
    }
}
