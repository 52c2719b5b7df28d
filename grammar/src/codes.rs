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
    MissingUnit = "J0301" Error "a number has no unit",
    MayBeMissing = "J0302" Error "a value that may be missing is used as if it were there",
    WrongKind = "J0303" Error "a value of another kind is needed",
    KindsDoNotMeet = "J0304" Error "two kinds of values do not go together",
    TwoCurrencies = "J0305" Error "two currencies meet",
    UnknownUnit = "J0306" Error "there is no such unit here",
    BadLiteral = "J0307" Error "what is written cannot be",
    OutOfBounds = "J0308" Error "a value is out of bounds",
    NotConstant = "J0309" Error "a fixed value is needed",
    NoSuchField = "J0310" Error "a field is needed, or there is none",
    NeverMissing = "J0311" Warning "a value that is always there is treated as if it might be missing",
    AlwaysHolds = "J0312" Warning "a condition always holds",
    NeverHolds = "J0313" Error "a condition can never hold",
    HistoryTooExact = "J0314" Error "a question about history would have to remember too much",
    HistoryCondition = "J0315" Error "the condition of a history asks for more than the event",
    WrongQuery = "J0316" Error "a question does not fit what it is asked of",
    HeldReach = "J0317" Error "something that belongs to a run is watched over time",
    NotWatchable = "J0318" Error "a condition that is watched asks the clock too loosely",
    NotInMessage = "J0319" Error "the text of a message names what it cannot see",
    FieldsLacking = "J0320" Error "a field that is required is not given",
    FieldTwice = "J0321" Error "a field is given a value twice",

    // J04: journey headers and keys

    // J05: steps and flow

    // J06: messages, channels, consent, offers, policies

    // J07: tests
    UnclosedText = "J0002" Error "a text is not closed",
    OtherQuotes = "J0003" Error "texts stand in straight double quotes",
    UnknownCharacter = "J0004" Error "a character means nothing here",
    HiddenCharacter = "J0005" Error "an invisible character can hide what a line says",
    UnclosedBrace = "J0006" Error "a `{` is never closed",
    StrayBrace = "J0007" Error "a `}` closes nothing",
    MissingBrace = "J0008" Error "a block needs its braces",
    UnclosedBracket = "J0009" Error "a bracket is never closed",
    TooDeep = "J0010" Error "too many levels inside one another",
    MixedAndOr = "J0011" Error "`and` and `or` are mixed without brackets",
    SingleEquals = "J0012" Error "equality is written `==`",
    OtherOperator = "J0013" Error "an operator of another language",
    Semicolon = "J0014" Error "lines end without a semicolon",
    HashComment = "J0015" Error "comments begin with `//`",
    ElseIf = "J0016" Error "`else if` is two words",
    Then = "J0017" Error "`if` needs no `then`",
    PercentSign = "J0018" Error "shares are written with the word `percent`",
    CurrencySign = "J0019" Error "amounts are written with the currency's code",
    ShortUnit = "J0020" Error "units are whole words",
    TwoOnOneLine = "J0021" Error "two of them stand on one line",
    Misspelt = "J0022" Error "a word of the language is misspelt",
    IsForEquals = "J0023" Error "`is` does not compare",
    ChainedComparison = "J0024" Error "comparisons do not chain",
    BadEscape = "J0025" Error "a text has no such escape",
    DateForm = "J0026" Error "dates and times have one form",
    ClauseAfterStep = "J0027" Error "a clause stands after the first step",
    SaidTwice = "J0028" Error "the same thing is said twice",
    TooManyMistakes = "J0029" Error "more mistakes than are shown",
    NumberTooLarge = "J0030" Error "a number is too large",
    FullWidthMark = "J0031" Error "a full-width mark stands for a plain one",
    ElseNotLast = "J0032" Error "`else` comes last",
    PartMissing = "J0033" Error "a necessary part is missing",
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
