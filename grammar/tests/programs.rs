//! Whole programs that are right: what the tree says of them.

mod support;

use support::tree::compact;

#[test]
fn every_form_of_the_language() {
    let parsed = support::read(include_str!("programs/everything.journey"));
    assert_eq!(parsed.diagnostics, []);
    insta::assert_snapshot!(compact(&parsed.file));
}

#[test]
fn one_program_end_to_end() {
    let parsed = support::read(include_str!("programs/end_to_end.journey"));
    assert_eq!(parsed.diagnostics, []);
    insta::assert_snapshot!(compact(&parsed.file));
}
