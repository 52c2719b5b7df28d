//! The rules of the grammar in words for people.

use super::rules::Rule;
use std::sync::LazyLock;

/// What a rule is called where it was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Says {
    /// Words that stand for a kind of thing: "a step such as …".
    Thing(&'static str),
    /// A word or mark to be written as it is.
    Exactly(&'static str),
    /// Something between values; only worth saying where nothing else may stand.
    Operator,
    /// The line may end.
    End,
    /// Not worth saying.
    Nothing,
}

const VALUE: Says = Says::Thing("a value");
pub(crate) const DECLARATION: Says = Says::Thing("a declaration such as `journey`, `event` or `message`");
pub(crate) const STEP: Says = Says::Thing("a step such as `wait`, `send` or `if`");
pub(crate) const CLAUSE: Says = Says::Thing("a clause such as `trigger`, `goal` or `exit`");
const TYPE: Says = Says::Thing("a type such as `text`, `int` or `money`");
const TEST_LINE: Says = Says::Thing("a line such as `at`, `after`, `expect` or `ana does …`");
const EXPECTATION: Says = Says::Thing("an expectation such as `ana receives …` or `ana leaves …`");
const OPEN: Says = Says::Exactly("{");

/// The words of the grammar, each with the rule that reads it.
pub(crate) static KEYWORDS: LazyLock<Vec<(&'static str, Rule)>> = LazyLock::new(|| {
    let mut words: Vec<(&'static str, Rule)> =
        Rule::all_rules().iter().filter_map(|r| keyword(*r).map(|word| (word, *r))).collect();
    words.sort_unstable();
    words
});

/// The rules with a capital, by their words. The rule's own name is the word, but for `re-entry`.
static WORDS: LazyLock<Vec<Option<String>>> = LazyLock::new(|| {
    let word = |rule: &Rule| {
        let name = format!("{rule:?}");
        let is_word =
            name.starts_with(|c: char| c.is_ascii_uppercase()) && !matches!(name.as_str(), "EOI" | "WHITESPACE");
        is_word.then(|| if name == "ReEntry" { "re-entry".to_string() } else { name.to_lowercase() })
    };
    let mut words = vec![None; Rule::all_rules().iter().map(|r| *r as usize + 1).max().unwrap_or(0)];
    for rule in Rule::all_rules() {
        words[*rule as usize] = word(rule);
    }
    words
});

/// The word a rule with a capital reads.
pub(crate) fn keyword(kind: Rule) -> Option<&'static str> {
    WORDS.get(kind as usize)?.as_deref()
}

/// What `kind` is called.
pub(crate) fn describe(kind: Rule) -> Says {
    use Rule as R;
    use Says::*;
    if let Some(word) = keyword(kind) {
        return Exactly(word);
    }
    match kind {
        R::EOI => End,

        R::item | R::declaration => DECLARATION,
        R::use_pack | R::taxonomy | R::event | R::extend_event | R::record_type | R::profile | R::segment => {
            DECLARATION
        }
        R::purpose | R::channel | R::message | R::offer | R::policy | R::webhook | R::calendar | R::team => DECLARATION,
        R::journey | R::test | R::migrate => DECLARATION,
        R::annotation | R::at_sign => Exactly("@"),
        R::facet => Exactly("@facet"),

        R::from_file | R::field_from => Exactly("from \"…\""),
        R::node => Thing("a name of the taxonomy"),
        R::labels => Thing("a label in quotes"),
        R::deprecated => Exactly("deprecated use"),
        R::link | R::link_verb => Thing("a link such as `requires`, `complements`, `replaces` or `excludes`"),
        R::link_facet => Thing("a name"),

        R::everyone => Exactly("for everyone"),
        R::source => Exactly("source"),
        R::owner => Exactly("owner"),
        R::field => Thing("a field such as `name: text`"),
        R::personal => Exactly("personal"),
        R::currency_from => Exactly("in \"…\""),
        R::default => Exactly("="),
        R::type_ref | R::list_of | R::one_of | R::money | R::named => TYPE,
        R::bounds => Exactly("between"),
        R::optional => Exactly("?"),
        R::at_most | R::lasting | R::limit => Exactly("at most"),
        R::currency => Thing("a currency such as `EUR`"),
        R::params | R::args | R::lparen => Exactly("("),
        R::param => Thing("an input such as `cart: cart_updated`"),

        R::no_consent => Exactly("needs no consent"),
        R::address => Exactly("address"),
        R::reports => Exactly("reports"),
        R::for_purpose => Exactly("for"),
        R::claim => Exactly("claim"),
        R::rendering => Thing("a channel with its content, such as `email { … }`"),
        R::in_locale => Exactly("in"),
        R::part => Thing("a part such as `subject \"…\"`"),
        R::dates | R::dates_from => Exactly("from"),
        R::dates_to => Exactly("to"),
        R::offer_line => Thing("`eligible`, `propensity`, `value`, `weight`, `at most`, `from` or `do`"),
        R::eligible => Exactly("eligible"),
        R::propensity => Exactly("propensity"),
        R::worth => Exactly("value"),
        R::weight => Exactly("weight"),
        R::per_window | R::per_channel => Exactly("per"),
        R::rolling => Exactly("rolling"),
        R::calendar_window => Exactly("calendar"),
        R::deed => Exactly("do"),

        R::all_journeys => Exactly("all journeys"),
        R::policy_rule => Thing("a rule such as `at most`, `at least`, `quiet` or `require`"),
        R::consent_rule | R::annotation_rule => Exactly("require"),
        R::cap => Exactly("at most"),
        R::gap => Exactly("at least"),
        R::quiet => Exactly("quiet"),
        R::deliver => Exactly("deliver"),
        R::lasts => Exactly("a run lasts"),
        R::of_purpose => Thing("a purpose"),
        R::by_channels | R::by_channel | R::by_fallback | R::scope_by => Exactly("by"),
        R::on_days => Exactly("on"),
        R::except => Exactly("except"),
        R::over => Thing("`, else drop` or `, else hold`"),
        R::hold => Exactly("hold"),

        R::gives => Exactly("gives"),
        R::request => Thing("a request such as `post \"https://…\"`"),
        R::retry => Exactly("retry"),
        R::move_place => Thing("a place with where it goes, such as `old to new`"),
        R::move_to => Exactly("to"),

        R::entry | R::clause => CLAUSE,
        R::trigger
        | R::only_if
        | R::one_run
        | R::re_entry
        | R::start_over
        | R::update
        | R::goal
        | R::exit
        | R::pause => CLAUSE,
        R::meanwhile | R::priority | R::rollout | R::on_leaving => CLAUSE,
        R::trigger_on | R::trigger_date => Exactly("on"),
        R::trigger_enters | R::trigger_leaves | R::trigger_when | R::when | R::when_arm => Exactly("when"),
        R::trigger_every => Exactly("every"),
        R::trigger_from => Exactly("from"),
        R::on_date => Exactly("on"),
        R::for_segment => Exactly("for"),
        R::at_clock | R::at_moment | R::at_stage | R::at_once => Exactly("at"),
        R::re_entry_never => Exactly("never"),
        R::remember => Exactly("remember"),
        R::re_entry_finishing => Exactly("after finishing"),
        R::re_entry_after => Thing("a duration"),
        R::within => Exactly("within"),
        R::for_good => Exactly("for good"),
        R::while_holds => Exactly("while"),
        R::until_event => Exactly("until"),
        R::go_on => Exactly("go on"),
        R::on_event => Exactly("on"),
        R::event_ref | R::collect_ref => Thing("the name of an event"),
        R::scope => Exactly("for this"),
        R::of_send => Exactly("of"),
        R::alias => Exactly("as"),
        R::r#where | R::collect_where => Exactly("where"),

        R::step | R::deed_of_step => STEP,
        R::wait
        | R::wait_until
        | R::wait_for
        | R::condition
        | R::branch_on
        | R::branch
        | R::experiment
        | R::next_best => STEP,
        R::send | R::set | R::emit | R::call | R::task | R::repeat | R::stop | R::collect | R::stage | R::finish => {
            STEP
        }
        R::go_to => STEP,
        R::until_day | R::day => Thing("a day such as `monday` or `weekday`"),
        R::until_clock | R::until_moment => Thing("a moment"),
        R::past | R::otherwise => Exactly("else"),
        R::arm => Thing("`on`, `when` or `else`"),
        R::becomes => Exactly("becomes true"),
        R::else_if => Exactly("else if"),
        R::case_arm | R::case => Thing("a case"),
        R::variant => Exactly("variant"),
        R::holdout => Exactly("holdout"),
        R::from_offers => Exactly("from offers"),
        R::rank => Exactly("rank by"),
        R::sent => Exactly("sent"),
        R::done => Exactly("done"),
        R::due => Exactly("due in"),
        R::arg => VALUE,
        R::arg_name => Nothing,

        R::open | R::block | R::nodes | R::event_body | R::fields | R::channel_body | R::message_body | R::parts => {
            OPEN
        }
        R::offer_body | R::policy_body | R::webhook_body | R::migrate_body | R::journey_body | R::stage_body => OPEN,
        R::arms | R::cases | R::whens | R::variants | R::next_best_body | R::outcomes | R::task_ends | R::record => {
            OPEN
        }
        R::test_body | R::customer_body | R::raw_json => OPEN,

        R::expr
        | R::brief
        | R::sum
        | R::atom
        | R::value
        | R::paren
        | R::list
        | R::in_segment
        | R::plain_path
        | R::query => VALUE,
        R::quantity | R::number => VALUE,
        R::prefix | R::not | R::minus | R::percent_slip | R::currency_slip | R::sign | R::broken => Nothing,
        R::suffix | R::infix | R::or | R::and | R::in_ | R::not_in | R::contains | R::starts_with | R::instead => {
            Operator
        }
        R::comparison
        | R::plus_minus
        | R::times_by
        | R::is_slip
        | R::member
        | R::at_time
        | R::between
        | R::is_known => Operator,
        R::is_day | R::held | R::unit => Operator,
        R::path | R::word | R::words => Thing("a name"),
        R::window => Exactly("in last"),
        R::by_day => Exactly("by day"),
        R::pair => Thing("a field such as `name: value`"),
        R::clock | R::time => Thing("a time of day such as `09:00`"),
        R::date => Thing("a date such as `2026-03-01`"),
        R::in_zone | R::in_text | R::in_calendar => Exactly("in"),
        R::text | R::plain_text => Thing("a text in quotes"),
        R::integer => Thing("a whole number"),
        R::day_test => Thing("a day such as `monday` or `weekday`"),
        R::then_slip | R::else_if_slip | R::other_text_slip => Nothing,

        R::test_line => TEST_LINE,
        R::test_customer
        | R::test_at
        | R::test_after
        | R::test_expect
        | R::test_everyone
        | R::test_raw
        | R::test_does => TEST_LINE,
        R::test_becomes | R::test_consent | R::test_fails | R::test_gives | R::test_completes => TEST_LINE,
        R::consents => Exactly("consents"),
        R::consent => Thing("a purpose"),
        R::as_id => Exactly("as id"),
        R::expectation => EXPECTATION,
        R::expect_rejected | R::expect_task | R::expect_profile | R::expect_nothing | R::expect_receives => EXPECTATION,
        R::expect_waiting | R::expect_not_in | R::expect_refused_entry | R::expect_refused | R::expect_enters => {
            EXPECTATION
        }
        R::expect_leaves | R::expect_converts | R::expect_emits => EXPECTATION,
        R::from_journey => Exactly("from"),
        R::with => Exactly("with"),
        R::reason | R::reason_words => Thing("the words of a reason"),

        R::close => Exactly("}"),
        R::rparen => Exactly(")"),
        R::lbracket => Exactly("["),
        R::rbracket => Exactly("]"),
        R::comma => Exactly(","),
        R::colon => Exactly(":"),
        R::dot => Nothing,
        R::equals => Exactly("="),

        _ => Nothing,
    }
}

/// What a word of other languages and tools is called here, at the beginning of a step.
pub(crate) fn synonym(word: &str) -> Option<&'static str> {
    Some(match word {
        "delay" | "sleep" => "wait",
        "goto" | "jump" => "go to",
        "end" | "return" | "quit" => "finish",
        "switch" => "branch on",
        "loop" => "repeat",
        "email" | "notify" => "send",
        "unless" => "if not",
        "raise" | "fire" | "track" => "emit",
        "fetch" | "request" => "call",
        "let" | "assign" => "set",
        "otherwise" => "else",
        "flow" | "campaign" | "workflow" => "journey",
        "template" => "message",
        "audience" => "segment",
        "import" => "use",
        _ => return None,
    })
}

/// Whether a word stands between values.
pub(crate) fn is_operator(word: &str) -> bool {
    crate::tokens::OPERATORS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_grammar_have_the_same_words() {
        let grammar: std::collections::BTreeSet<&str> = KEYWORDS.iter().map(|(word, _)| *word).collect();
        let tokens: std::collections::BTreeSet<&str> = crate::tokens::words().collect();
        assert_eq!(grammar, tokens);
    }

    #[test]
    fn every_rule_that_may_be_expected_has_words() {
        let unnamed: Vec<_> = Rule::all_rules()
            .iter()
            .filter(|r| describe(**r) == Says::Nothing)
            .map(|r| format!("{r:?}"))
            .filter(|n| !n.starts_with("line_of_") && !n.ends_with("_slip") && !n.ends_with("_lines"))
            .collect();
        let known = [
            "WHITESPACE",
            "nl",
            "sep",
            "file",
            "only_expr",
            "word_start",
            "word_char",
            "digits",
            "reserved",
            "not_a_unit",
            "arg_name",
            "prefix",
            "not",
            "minus",
            "sign",
            "broken",
            "dot",
        ];
        let surprising: Vec<_> = unnamed.iter().filter(|n| !known.contains(&n.as_str())).collect();
        assert!(surprising.is_empty(), "{surprising:?}");
    }
}
