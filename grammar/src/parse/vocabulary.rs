//! The rules of the grammar in words for people.
