//! The registry of codes. A code without its page under `grammar/codes/` does not build.
//!
//! Families: J00 syntax · J01 names, declarations, project · J02 taxonomy and annotations · J03 types, units, money,
//! missing values · J04 journey headers and keys · J05 steps and flow · J06 messages, channels, consent, offers,
//! policies · J07 tests · J08 proofs · J10 recorded data, and edits. A number that has been in a release is never used
//! again.

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

impl Code {
    /// Whether a project may say itself how much it matters. What such a finding is about has a meaning that can be run all the
    /// same; of any other error the program has none.
    pub fn is_adjustable(self) -> bool {
        self.severity() != Severity::Error
            || self.as_str().starts_with("J08")
            || matches!(self, Code::NeverHolds | Code::DeadArm | Code::Unreachable)
    }
}

codes! {
    // J00: syntax
    UnexpectedToken = "J0001" Error "something else was expected here",
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

    // J01: names, declarations, project
    UnknownName = "J0101" Error "there is no such name",
    DuplicateName = "J0102" Error "a name stands twice",
    ReservedName = "J0103" Error "a word of the language cannot be a name",
    UnknownPack = "J0104" Error "the standard library has no such pack",
    UnreadableSettings = "J0105" Error "the settings cannot be read",
    UnknownSetting = "J0106" Error "there is no such setting",
    MissingSetting = "J0107" Error "a setting is missing",
    UnknownZone = "J0108" Error "there is no such time zone",
    UnknownCurrency = "J0109" Error "there is no such currency",
    DuplicateWireName = "J0110" Error "two events have one name in the data",
    UnboundedList = "J0111" Error "a list does not say how long it may be",
    NestedData = "J0112" Error "data stands inside other data where it cannot",
    ImpossibleBounds = "J0113" Error "no value can be within these bounds",
    NoDefault = "J0114" Error "a field of the profile does not say what it is at first",
    BuiltInField = "J0115" Error "a field that every project has is declared with another type",
    UnreadableFile = "J0116" Error "a file cannot be read",
    BadCalendarLine = "J0117" Error "a line of a calendar is not a day",
    SegmentCycle = "J0118" Error "a segment is made of itself",
    BadDefault = "J0119" Error "a stand-in does not fit its field",
    BadSource = "J0120" Error "it is not clear where a value stands in the data",
    EventAsType = "J0121" Error "an event stands where a type is due",
    BadAddress = "J0122" Error "something outside cannot be reached at this address",
    EmptyRange = "J0123" Error "a range of days ends before it begins",

    // J02: taxonomy and annotations
    UnknownPath = "J0201" Error "the taxonomy has no such path",
    AmbiguousPath = "J0202" Error "a short path stands for several",
    DeprecatedNode = "J0203" Warning "a deprecated place of a taxonomy is used",
    BadDeprecation = "J0204" Error "what takes the place of something deprecated cannot",
    DuplicateNode = "J0205" Error "a taxonomy says something twice in one place",
    ReplacementCycle = "J0206" Error "something replaces itself",
    UnmetRequirement = "J0207" Error "a link of the taxonomy is not honoured",
    MissingAnnotation = "J0208" Error "a policy asks for an annotation that is missing",
    BadTaxonomyLine = "J0209" Error "a line of a taxonomy's file cannot be used",

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
    ReEntryMissing = "J0401" Error "a journey does not say who may come in again",
    TriggerMissing = "J0402" Error "nothing starts a journey",
    ClauseTwice = "J0403" Error "a clause of the header is said twice",
    ScopeMissing = "J0404" Error "an event does not say which run it means",
    WrongScope = "J0405" Error "an event cannot be matched with a run like this",
    BadKey = "J0406" Error "runs cannot be kept apart by this",
    UpdateNothing = "J0407" Error "an update has nothing to replace",
    StartOverAlias = "J0408" Error "a run starts over with an event that has no name",
    LeavingWaits = "J0409" Error "something waits after the end of a run",
    EveryoneTrigger = "J0410" Error "an event about no one customer starts a run",
    HandOffUnmatched = "J0411" Error "a hand-off is known on one side only",
    PauseOpen = "J0412" Error "a pause may never end",
    BadSchedule = "J0413" Error "there is no such day in the calendar",
    BadHeaderValue = "J0414" Error "a value of the header makes no sense",
    RememberWithoutKey = "J0415" Error "there is no key to remember",
    ClauseNotHere = "J0416" Error "a clause of the header stands in a stage",
    AskedOnce = "J0417" Warning "what has not happened is asked at the entry only",

    // J05: steps and flow
    PastMissing = "J0501" Error "a wait does not say what happens when its moment is past",
    ElseMissing = "J0502" Error "what happens otherwise is not said",
    NotExhaustive = "J0503" Error "a branch leaves customers with nowhere to go",
    DeadArm = "J0504" Error "an arm is never reached",
    Unreachable = "J0505" Error "a step is never reached",
    EmptyJourney = "J0506" Error "a journey has no steps",
    SharesOff = "J0507" Error "the shares of an experiment do not add up to 100 percent",
    ExperimentTwice = "J0508" Error "two experiments or arms have one name",
    StageTwice = "J0509" Error "two stages have one name",
    NameTwice = "J0510" Error "a name is given twice",
    WrongInput = "J0511" Error "the inputs that are passed do not fit",
    NoRendering = "J0512" Error "a message has no words for a channel it is sent by",
    ChannelTwice = "J0513" Error "a send names a channel twice",
    ReceiptNotGiven = "J0514" Error "a receipt is waited for that never comes",
    ReceiptNotAlways = "J0515" Warning "one of several channels does not give the receipt",
    ReceiptUncertain = "J0516" Warning "a receipt of a send that may not have run",
    NoOffers = "J0517" Error "there is no offer to choose from",
    OfferLacksTerm = "J0518" Error "an offer lacks what offers are ranked by",
    NoRank = "J0519" Error "a next best action has no rank",
    LoopWithoutWait = "J0520" Error "a round of a loop can pass without a wait",
    StopOutsideLoop = "J0521" Error "there is no loop to stop",
    LoopNeverRuns = "J0522" Error "a loop has no rounds",
    CollectUnbounded = "J0523" Error "how many are gathered is not bounded",
    WrongTarget = "J0524" Error "a step reaches for what it cannot change",
    TaskOpen = "J0525" Error "a run waits for a task that is never due",
    Circle = "J0526" Error "journeys start one another without a wait",

    // J06: messages, channels, consent, offers, policies
    UncoveredPurpose = "J0601" Error "no policy asks for consent to this purpose",
    DuplicateRendering = "J0602" Error "a message says something twice",
    NoDefaultRendering = "J0603" Error "a message says nothing to people of other languages",
    IncompleteContent = "J0604" Error "a message lacks a part that its channel needs",
    UnknownPart = "J0605" Error "a channel has no such part",
    BrokenPlaceholder = "J0606" Error "a placeholder cannot be read",
    MissingStandIn = "J0607" Error "what stands in a text may be missing",
    UnprintablePlaceholder = "J0608" Error "something stands in a text that is no text",
    UnstatedClaim = "J0609" Error "a message does not state what it claims",
    UnknownLocale = "J0610" Error "there is no such language",
    UnknownReceipt = "J0611" Error "there is no such receipt",
    OfferWithoutSend = "J0612" Error "an offer does not begin with a send",
    ZeroLimit = "J0613" Error "a limit lets nothing through",
    HeldForEver = "J0614" Error "a rule holds for ever",
    EmptyHours = "J0615" Error "hours begin and end at the same time",
    EmptyPolicy = "J0616" Error "a policy says nothing",

    // J07: tests
    UnknownCustomer = "J0701" Error "a test names a customer it does not have",
    CustomerTwice = "J0702" Error "two customers of a test have one name",
    UnknownReason = "J0703" Error "there is no such reason",
    UnknownEnd = "J0704" Error "there is no such way to leave",
    ClockUnset = "J0705" Error "something happens in a test before it says when",
    ClockBack = "J0706" Error "the clock of a test goes back",
    NotAReceipt = "J0707" Error "what happens of a message must be a receipt",
    UnknownPlace = "J0708" Error "a journey has no such place",
    UnknownTask = "J0709" Error "no journey gives such a task",
    NothingExpected = "J0710" Warning "a test expects nothing",

    // J08: proofs. From J0801 what a journey's flow can and cannot do
    NoOfferHere = "J0801" Error "no offer can be chosen here",
    WaitPasses = "J0802" Warning "a wait is over as soon as it begins",
    OutlastsPolicy = "J0803" Warning "a run may last longer than a policy allows",
    OverBefore = "J0804" Warning "a message may be over before everyone gets it",
    OfferUnasked = "J0805" Warning "an offer needs no consent",
    SeverityReason = "J0806" Error "a finding is turned down without a reason",
    SeverityFixed = "J0807" Error "a finding cannot be turned down",
    ArmsOverlap = "J0808" Hint "two arms overlap, and their order decides",
    GoalUnmet = "J0809" Warning "nobody can reach a goal",
    OfferOutranked = "J0810" Warning "an offer is never chosen",
    OfferOver = "J0811" Warning "an offer may be over before everyone gets it",

    // J10: recorded data, and edits
    UndeclaredEvent = "J1001" Warning "an event comes that is not declared",
    OtherSpelling = "J1002" Warning "a name comes in another spelling",
    LackingField = "J1003" Error "a field that must be there does not come",
    OtherForm = "J1004" Error "a value comes in another form than declared",
    BeyondBounds = "J1005" Error "a value comes that is out of its bounds",
    StrangeValue = "J1006" Error "a value comes that is none of those declared",
    MixedUnits = "J1007" Warning "a field mixes seconds and milliseconds",
    UnreadableMessage = "J1008" Error "a message cannot be understood",
    NoOldPlace = "J1009" Error "a migration names a place that the old version does not have",
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
