//! The standard library: packs of events, records, channels and segments, written in the language itself.
//!
//! A project brings one in with `use std.ecommerce`. There is no logic here; the compiler reads a pack like any file.

/// Every pack: the name after `use`, and its source.
const PACKS: &[(&str, &str)] = &[
    ("std.ecommerce", include_str!("../packs/ecommerce.journey")),
    ("std.messaging", include_str!("../packs/messaging.journey")),
    ("std.saas", include_str!("../packs/saas.journey")),
    ("std.segment", include_str!("../packs/segment.journey")),
    ("std.service", include_str!("../packs/service.journey")),
];

/// Every pack, by name in order: the name after `use` (`std.ecommerce`), and its source.
pub fn packs() -> &'static [(&'static str, &'static str)] {
    PACKS
}

/// The source of one pack, by the name after `use`.
pub fn pack(name: &str) -> Option<&'static str> {
    PACKS.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}
