//! The registry of codes. A code without its page under `grammar/codes/` does not build.
//!
//! Families: J00 syntax · J01 names, declarations, project · J02 taxonomy and annotations · J03 types, units, money,
//! missing values · J04 journey headers and keys · J05 steps and flow · J06 messages, channels, consent, offers,
//! policies · J07 tests. A number that has been in a release is never used again.

use crate::diagnostic::Severity;

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $summary:literal),* $(,)?) => {
        /// A stable code. Its number never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $name),*
        }

        impl Code {
            /// Every code, in order of declaration.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// As it is written: `J0101`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $number),* }
            }

            /// One line on what it is about.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$name => $summary),* }
            }

            /// Whether it stops the program from compiling.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity),* }
            }

            /// Its page, in Markdown.
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../codes/", $number, ".md"))),* }
            }
        }
    };
}

codes! {
    // J00: syntax
    UnexpectedToken = "J0001" Error "something else was expected here",

    // J01: names, declarations, project
    UnknownName = "J0101" Error "there is no such name",

    // J02: taxonomy and annotations
    UnknownPath = "J0201" Error "the taxonomy has no such path",
    AmbiguousPath = "J0202" Error "a short path stands for several",
    DeprecatedNode = "J0203" Warning "a deprecated place of a taxonomy is used",

    // J03: types, units, money, missing values

    // J04: journey headers and keys

    // J05: steps and flow

    // J06: messages, channels, consent, offers, policies

    // J07: tests
}

impl Code {
    /// The code written as `text`, in any case.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|c| c.as_str().eq_ignore_ascii_case(text))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
