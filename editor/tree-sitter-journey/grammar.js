/**
 * The journey language, for editors.
 *
 * What a program means is said by grammar/src/journey.pest; this grammar follows it rule by rule, and a test of this folder holds
 * both together on every program of the project. What differs, and why:
 *
 * - It reads what is right. The slips that the compiler reads on with a fix (`&&`, `50%`, full-width brackets) are errors here.
 * - Where the compiler looks ahead, several ways are followed at once (`conflicts`): after `by email, else` it shows that the
 *   `else` is no channel.
 * - The text of a message has its placeholders as expressions.
 *
 * A word is a keyword only where the language gives it a meaning; elsewhere the same word is a name.
 */

/// How tightly operators bind, loosest first.
const P = {
  or: 1, and: 2, not: 3, held: 4, compare: 5, otherwise: 6, at: 7, sum: 8, product: 9, negative: 10, member: 11,
};

const lines = ($, line) => seq(repeat($._newline), optional(seq(line, repeat(seq(repeat1($._newline), line)), repeat($._newline))));
const loose = ($, part) => seq(repeat($._newline), repeat(seq(part, repeat($._newline))));
const parts = ($, part) => seq(repeat(choice(',', $._newline)), repeat(seq(part, repeat(choice(',', $._newline)))));
const fields = ($, field) => {
  const next = choice(repeat1(choice(',', $._newline)), $._next_field);
  return seq(repeat(choice(',', $._newline)), optional(seq(field, repeat(seq(next, field)), repeat(choice(',', $._newline)))));
};
const body = inside => seq('{', inside, '}');
const commas = part => seq(part, repeat(seq(',', part)));
const listed = part => optional(seq(commas(part), optional(',')));
const comma = optional(',');

module.exports = grammar({
  name: 'journey',

  // Words that the next word tells apart: the `in` of `in last 7 days`, the `for` of a `collect`, the `at` of `at most`;
  // and nothing at all before `name:`, where a field ends that the one before it left open.
  // A `{{` that is closed in its text. The last is no word at all: the scanner is asked for it only where nothing fits any more.
  externals: $ => [$._newline, $._in_last, $._for_amount, $._at_most, $._next_field, $._placeholder_open, $._nowhere],
  extras: $ => [/[ \t\r\n\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000\uFEFF]/, $.comment, $.doc_comment],
  word: $ => $.word,
  supertypes: $ => [$.declaration, $.clause, $.step, $.expression, $.expectation, $.policy_rule],

  conflicts: $ => [
    [$.words],             // `by sms, push, else drop`: is the `else` a channel?
    [$.one_of],            // `a: one of x, y, b: text`: is `b` a value?
    [$._atom, $.quantity], // `from 1 email { … }`: is `email` a unit?
  ],

  rules: {
    file: $ => lines($, $._item),

    _item: $ => seq(repeat(seq($.annotation, repeat($._newline))), $.declaration),
    annotation: $ => seq('@', field('facet', alias($.word, $.facet_name)), field('path', alias($.path, $.taxonomy_path))),
    declaration: $ => choice(
      $.use, $.taxonomy, $.event, $.extend_event, $.record_type, $.profile, $.segment, $.purpose, $.channel, $.message, $.offer,
      $.policy, $.webhook, $.calendar, $.team, $.journey, $.test, $.migrate,
    ),

    // ---------------------------------------------------------------- packs, taxonomies

    use: $ => seq('use', field('pack', alias($.path, $.pack_path))),

    taxonomy: $ => seq('taxonomy', field('name', $.word), choice(seq('from', $.text), $.nodes)),
    nodes: $ => body(loose($, $.node)),
    node: $ => seq(field('name', $.word), optional($.labels), repeat(choice($.deprecated, $.link)), optional($.nodes)),
    labels: $ => seq($.text, repeat(seq(',', field('locale', $.word), $.text))),
    deprecated: $ => seq('deprecated', 'use', alias($.path, $.taxonomy_path)),
    // Two words after a link's verb are a facet and a path.
    link: $ => seq(choice('requires', 'complements', 'replaces', 'excludes'), choice(
      prec(1, seq(field('facet', alias($.word, $.facet_name)), alias($.path, $.taxonomy_path))),
      alias($.path, $.taxonomy_path),
    )),

    // ---------------------------------------------------------------- data

    event: $ => seq('event', field('name', $.word), optional($.text), repeat(choice($.everyone, $.source, $.owner)),
      optional(field('body', $.event_body))),
    everyone: $ => seq('for', 'everyone'),
    source: $ => seq('source', $.text),
    owner: $ => seq('owner', field('team', $.word)),
    event_body: $ => body(fields($, choice($.field, $.source, $.owner))),
    extend_event: $ => seq('extend', 'event', field('name', $.word), field('body', $.fields)),
    record_type: $ => seq('record', field('name', $.word), field('body', $.fields)),
    profile: $ => seq('profile', field('body', $.fields)),

    fields: $ => body(fields($, $.field)),
    field: $ => seq(field('name', choice(alias($.word, $.field_name), $._name_of_two)), ':', field('type', $.type), optional('personal'),
      optional(seq('from', $.text)), optional(seq('in', $.text)), optional(seq('=', field('default', $._value)))),
    // In the body of an event two words begin lines of their own, and are names all the same.
    _name_of_two: $ => choice(alias('source', $.field_name), alias('owner', $.field_name)),

    type: $ => prec.right(seq(repeat(seq('list', 'of')), choice($.one_of, $.money_type, $.named_type), optional('?'),
      repeat($.at_most), optional('?'))),
    one_of: $ => seq('one', 'of', commas(field('value', $.word))),
    money_type: $ => seq('money', optional($.currency)),
    named_type: $ => prec.right(seq(field('name', $.word), optional('?'), optional(seq('between', $._sum, 'and', $._sum)))),
    at_most: $ => seq(alias($._at_most, 'at'), 'most', $.number),
    currency: $ => token(prec(1, /[A-Z]{3}/)),

    parameters: $ => seq('(', listed($.parameter), ')'),
    parameter: $ => seq(field('name', $.word), ':', field('type', $.type)),

    segment: $ => seq('segment', field('name', $.word), '=', field('condition', $.expression)),

    // ---------------------------------------------------------------- content

    purpose: $ => seq('purpose', field('name', $.word), optional($.text), optional(seq('needs', 'no', 'consent'))),

    channel: $ => seq('channel', field('name', $.word), optional(field('body', $.channel_body))),
    channel_body: $ => body(loose($, choice($.address, $.reports))),
    address: $ => seq('address', $.expression),
    reports: $ => seq('reports', $.words),

    message: $ => seq('message', field('name', $.word), optional($.parameters), 'for', field('purpose', $.word),
      field('body', $.message_body)),
    message_body: $ => body(loose($, choice($.claim, $.dates, $.rendering))),
    claim: $ => seq('claim', field('name', $.word), '=', $.expression),
    rendering: $ => seq(field('channel', $.word), optional(seq('in', field('locale', choice($.text, $.word)))),
      field('body', $.parts)),
    parts: $ => body(parts($, $.part)),
    part: $ => seq(field('name', $.word), choice(seq('file', field('file', $.text)), field('value', $.content))),
    dates: $ => prec.right(choice(seq('from', $._sum, optional(seq(choice('to', 'until'), $._sum))), seq(choice('to', 'until'), $._sum))),

    offer: $ => seq('offer', field('name', $.word), field('body', $.offer_body)),
    offer_body: $ => body(loose($, choice($.eligible, $.propensity, $.worth, $.weight, $.limit, $.dates, $.deed))),
    eligible: $ => seq('eligible', $.expression),
    propensity: $ => seq('propensity', $.expression),
    worth: $ => seq('value', $.expression),
    weight: $ => seq('weight', $.expression),
    limit: $ => seq('at', 'most', $.number, optional($._per_window)),
    _per_window: $ => seq('per', choice(seq('rolling', $._sum), seq('calendar', field('window', $.word)))),
    deed: $ => seq('do', $.block),

    // ---------------------------------------------------------------- policies

    policy: $ => seq('policy', field('name', $.word), 'for', choice(seq('all', 'journeys'), repeat1($.annotation)),
      field('body', $.policy_body)),
    policy_body: $ => body(lines($, $.policy_rule)),
    policy_rule: $ => choice($.consent_rule, $.annotation_rule, $.cap, $.gap, $.quiet, $.deliver, $.lasts),

    consent_rule: $ => seq('require', 'consent', 'for', field('purpose', $.word), optional(seq(comma, 'per', 'channel')), optional($.except)),
    annotation_rule: $ => seq('require', commas($.facet), 'on', field('kind', $.word), optional($.except)),
    facet: $ => seq('@', alias($.word, $.facet_name)),
    cap: $ => seq('at', 'most', $.number, $._messages, optional($._per_window), optional($.by_channels), optional($.except), $.over,
      optional($.except)),
    gap: $ => seq('at', 'least', $._sum, 'between', $._messages, optional($.by_channels), optional($.except), $.over, optional($.except)),
    quiet: $ => seq('quiet', 'from', $._clock, 'to', $._clock, optional($.by_channels), optional($.except), $.over, optional($.except)),
    deliver: $ => seq('deliver', 'from', $._clock, 'to', $._clock, optional(seq('on', $.words, optional($.in_calendar))),
      optional($.by_channels), optional($.except), $.over, optional($.except)),
    lasts: $ => seq('a', 'run', 'lasts', 'at', 'most', $._sum, optional($.except)),
    _messages: $ => seq(optional(field('purpose', $.word)), choice('message', 'messages')),
    by_channels: $ => seq('by', $.words),
    except: $ => seq(comma, 'except', $.words),
    over: $ => seq(comma, 'else', choice('drop', $.hold)),
    hold: $ => seq('hold', optional(seq('up', 'to', $._sum, comma, 'then', 'drop'))),

    // ---------------------------------------------------------------- the rest of the declarations

    webhook: $ => seq('webhook', field('name', $.word), optional($.parameters), optional(seq('gives', field('gives', $.fields))),
      field('body', $.webhook_body)),
    webhook_body: $ => body(loose($, choice($.retry, $.request))),
    request: $ => seq(field('method', $.word), $.text),
    retry: $ => seq('retry', 'up', 'to', $.number, choice('times', 'time'), 'within', $._sum),

    calendar: $ => seq('calendar', field('name', $.word), 'from', $.text),
    team: $ => seq('team', field('name', $.word), $.text),

    migrate: $ => seq('migrate', field('journey', $.word), 'from', $.text, field('body', $.migrate_body)),
    migrate_body: $ => body(loose($, $.move)),
    move: $ => seq(field('place', $.word), choice(seq('to', field('to', $.word)), 'finishes')),

    // ---------------------------------------------------------------- journeys: the header

    journey: $ => seq('journey', field('name', $.word), optional($.parameters), field('body', $.journey_body)),
    journey_body: $ => body(lines($, $._entry)),
    _entry: $ => choice($.clause, $._step),

    clause: $ => choice(
      $.trigger, $.only_if, $.one_run, $.re_entry, $.start_over, $.update, $.goal, $.exit, $.pause, $.meanwhile, $.priority,
      alias($.dates, $.journey_dates), $.rollout, $.on_leaving,
    ),

    trigger: $ => seq('trigger', choice(
      seq('on', $.event_reference),
      seq('on', $._sum, $._at_clock, optional($._in_text)),
      seq('when', choice('enters', 'leaves'), field('segment', $.word)),
      seq('when', $.expression),
      seq('every', field('day', $.word), optional(seq('on', $.number)), optional($.in_calendar), $._at_clock, optional($._in_text),
        optional(seq('for', field('segment', $.word)))),
      seq('from', field('journey', $.word)),
    )),
    _at_clock: $ => seq('at', $._clock),
    _in_text: $ => seq('in', $.text),

    only_if: $ => seq('only', 'if', $.expression),
    one_run: $ => seq('one', 'run', 'per', $.path, optional(seq(comma, 'at', 'most', $.number, 'at', 'once'))),
    re_entry: $ => seq('re-entry', choice(
      seq('never', optional(seq(comma, 'remember', $.number))),
      seq('after', 'finishing'),
      seq($._sum, 'after', choice('entry', 'exit')),
    )),
    start_over: $ => seq('start', 'over', 'on', $.event_reference),
    update: $ => seq('update', field('name', $.word), 'on', $.event_reference),
    goal: $ => seq('goal', 'on', $.event_reference, repeat(choice($.within, 'continue'))),
    within: $ => seq('within', $._sum, 'of', 'entry'),
    exit: $ => seq('exit', optional(seq('for', 'good')), choice($._on_event, $._when)),
    pause: $ => seq('pause', choice(seq('while', $.expression), seq($._on_event, optional(seq('until', $.event_reference)))),
      optional(seq(comma, alias($._at_most, 'at'), 'most', $._sum)), optional(seq(comma, 'then', choice('exit', seq('go', 'on'))))),
    meanwhile: $ => seq('meanwhile', choice('hold', 'drop'), field('purpose', $.word)),
    priority: $ => seq('priority', $._sum),
    rollout: $ => seq('rollout', $._sum),
    on_leaving: $ => seq('on', 'leaving', $.block),

    _on_event: $ => seq('on', $.event_reference),
    _when: $ => seq('when', $.expression),
    event_reference: $ => seq(field('event', $.word), repeat(choice($.scope, $.of_send, $._alias)),
      optional(seq($.where, optional($._alias)))),
    scope: $ => seq('for', choice('this', 'any'), field('key', $.word), optional(seq('by', field('field', $.word)))),
    of_send: $ => seq('of', field('send', $.word)),
    _alias: $ => seq('as', field('alias', $.word)),
    where: $ => seq('where', $.expression),

    // ---------------------------------------------------------------- journeys: the steps

    block: $ => body(lines($, $._step)),
    _step: $ => seq(repeat(seq($.annotation, repeat($._newline))), $.step),
    step: $ => choice(
      $.wait_until, $.wait_for, $.wait, $.if, $.branch_on, $.branch, $.experiment, $.next_best_action, $.send, $.set, $.emit, $.call,
      $.task, $.repeat, $.stop, $.collect, $.stage, $.finish, $.go_to,
    ),

    wait: $ => seq('wait', $._sum, optional($.in_calendar)),
    wait_until: $ => seq('wait', 'until', choice($._until_day, $.expression), optional($.block),
      optional(seq(comma, 'else', choice('continue', $.finish, $.block)))),
    _until_day: $ => seq($._day, optional($.in_calendar), $._at_clock, optional($._in_zone)),
    wait_for: $ => seq('wait', 'up', 'to', $.expression, field('body', $.arms)),
    arms: $ => body(loose($, choice($.otherwise, $.arm))),
    arm: $ => seq(choice($._on_event, seq($._when, optional(seq('becomes', 'true')))), $.block),
    otherwise: $ => seq('else', $.block),

    if: $ => seq('if', field('condition', $.expression), $.block, repeat($.else_if), optional($.otherwise)),
    else_if: $ => seq('else', 'if', field('condition', $.expression), $.block),
    branch_on: $ => seq('branch', 'on', $.expression, field('body', $.cases)),
    cases: $ => body(loose($, choice($.otherwise, $.case))),
    case: $ => seq(commas(field('value', $._sum)), $.block),
    branch: $ => seq('branch', field('body', $.whens)),
    whens: $ => body(loose($, choice($.otherwise, $.when))),
    when: $ => seq('when', field('condition', $.expression), $.block),

    experiment: $ => seq('experiment', field('name', $.word), field('body', $.variants)),
    variants: $ => body(loose($, choice($.variant, $.holdout))),
    variant: $ => seq('variant', field('name', $.word), $._sum, $.block),
    holdout: $ => seq('holdout', $._sum, optional($.block)),

    next_best_action: $ => seq('next', 'best', 'action', field('body', $.next_best_body)),
    next_best_body: $ => body(loose($, choice($.from_offers, $.rank, $.otherwise))),
    from_offers: $ => prec.right(seq('from', 'offers', optional(choice(repeat1($.annotation), $.words)))),
    rank: $ => seq('rank', 'by', $.expression),

    send: $ => seq('send', field('message', $.word), optional($.arguments), 'by', field('channel', $.word),
      repeat(seq(comma, 'else', field('channel', $.word))), optional($._alias), optional(field('body', $.outcomes))),
    outcomes: $ => body(loose($, choice($.sent, $.otherwise))),
    sent: $ => seq('sent', $.block),

    set: $ => seq('set', $.path, '=', $._value),
    emit: $ => seq('emit', field('event', $.word), optional($.record)),
    call: $ => seq('call', field('webhook', $.word), optional($.arguments), optional($._alias), optional($.block),
      optional($.otherwise)),
    task: $ => seq('task', 'for', field('team', $.word), $.text, optional(seq('due', 'in', $._sum)), optional(field('body', $.task_ends))),
    task_ends: $ => body(loose($, choice($.done, $.otherwise))),
    done: $ => seq('done', $.block),
    repeat: $ => seq('repeat', 'up', 'to', $.number, choice('times', 'time'), $.block),
    stop: $ => seq('stop', 'repeating'),
    // The `for` of a `collect` is its own.
    collect: $ => seq('collect', $.event_reference, alias($._for_amount, 'for'), $._sum, optional(seq(comma, 'at', 'most', $.number))),
    stage: $ => seq('stage', field('name', $.word), field('body', alias($.journey_body, $.stage_body))),
    finish: $ => seq('finish', optional(seq('as', $.text))),
    go_to: $ => seq('go', 'to', field('journey', $.word), optional($.arguments)),

    arguments: $ => seq('(', listed($.argument), ')'),
    argument: $ => seq(optional(seq(field('name', alias($.word, $.field_name)), ':')), $._value),

    // ---------------------------------------------------------------- expressions

    expression: $ => choice($._atom, $.unary_expression, $.binary_expression, $.between_expression, $.known_expression,
      $.day_expression, $.at_expression, $.held_expression, $.member_expression),

    // Where no comparison may stand: amounts, durations, moments.
    _sum: $ => choice($._atom, alias($._sum_member, $.member_expression), alias($._sum_unary, $.unary_expression),
      alias($._sum_binary, $.binary_expression)),
    _sum_member: $ => prec(P.member, seq($._sum, '.', field('field', $.word))),
    _sum_unary: $ => prec(P.negative, seq('-', $._sum)),
    _sum_binary: $ => choice(
      prec.left(P.sum, seq($._sum, choice('+', '-'), $._sum)),
      prec.left(P.product, seq($._sum, choice('*', '/'), $._sum)),
    ),

    unary_expression: $ => choice(
      prec(P.negative, seq('-', $.expression)),
      prec(P.not, seq('not', $.expression)),
    ),
    binary_expression: $ => choice(...[
      ['or', P.or], ['and', P.and], ['contains', P.compare], [seq('starts', 'with'), P.compare], [seq('not', 'in'), P.compare],
      ['in', P.compare], [choice('==', '!=', '<', '<=', '>', '>='), P.compare], ['otherwise', P.otherwise],
      [choice('+', '-'), P.sum], [choice('*', '/'), P.product],
    ].map(([operator, level]) => prec.left(level, seq(field('left', $.expression), operator, field('right', $.expression))))),
    between_expression: $ => prec(P.compare, seq($.expression, 'between', $._sum, 'and', $._sum)),
    known_expression: $ => prec(P.compare, seq($.expression, 'is', optional('not'), choice('known', 'missing'))),
    day_expression: $ => prec.right(P.compare, seq($.expression, 'is', optional('not'), choice($._day, 'weekend'), optional($.in_calendar))),
    at_expression: $ => prec.right(P.at, seq($.expression, 'at', $._clock, optional($._in_zone))),
    held_expression: $ => prec(P.held, seq($.expression, 'for', $._sum)),
    member_expression: $ => prec(P.member, seq($.expression, '.', field('field', $.word))),

    _atom: $ => choice($.date, $.time, $.quantity, $.number, $.text, $.inner_text, $.parenthesis, $.list, $.in_segment, $.query, $.path),
    parenthesis: $ => seq('(', $.expression, ')'),
    list: $ => seq('[', listed($._value), ']'),
    in_segment: $ => prec(P.member, seq('in', field('segment', $.word))),
    query: $ => seq(field('function', alias($.word, $.function_name)), '(', $.path,
      repeat(choice($.where, $.window, $.by_day)), ')'),
    window: $ => seq(alias($._in_last, 'in'), 'last', $._sum),
    by_day: $ => seq('by', 'day'),
    path: $ => prec.left(seq($.word, repeat(seq('.', $.word)))),
    quantity: $ => seq($.number, $.unit),
    unit: $ => $.word,

    _value: $ => choice($.record, $.expression),
    record: $ => body(fields($, $.pair)),
    pair: $ => seq(field('name', alias($.word, $.field_name)), ':', field('value', $._value)),

    _clock: $ => choice($.time, $.path, $.parenthesis),
    _in_zone: $ => seq('in', choice($.text, $.path)),
    in_calendar: $ => seq('in', field('calendar', $.word)),
    words: $ => commas($.word),
    _day: $ => choice('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday', 'weekday', 'day'),

    // ---------------------------------------------------------------- tests

    test: $ => seq('test', field('name', $.text), field('body', $.test_body)),
    test_body: $ => body(lines($, $._test_line)),
    _test_line: $ => choice(
      $.test_customer, $.test_at, $.test_after, $.test_everyone, $.test_raw, $.test_does, $.test_becomes, $.test_consent, $.test_fails,
      $.test_gives, $.test_completes, $.test_expect,
    ),
    test_customer: $ => seq('customer', field('name', $.word), optional(field('body', $.customer_body))),
    customer_body: $ => body(fields($, choice($.consents, $.pair))),
    consents: $ => seq('consents', ':', '[', listed($.consent), ']'),
    consent: $ => seq(field('purpose', $.word), optional($._by_channel)),
    _by_channel: $ => seq('by', field('channel', $.word)),
    test_at: $ => seq('at', $.date, $.time, optional($._in_text)),
    test_after: $ => seq('after', $._sum),
    test_everyone: $ => seq('everyone', 'sees', field('event', $.word), optional($.record)),
    test_does: $ => seq(field('customer', $.word), 'does', field('event', $.word), optional($.of_send), optional($.record),
      optional($.of_send), optional($._as_id)),
    test_raw: $ => seq(field('customer', $.word), 'does', 'raw', field('event', choice($.word, $.text)), $.json, optional($._as_id)),
    _as_id: $ => seq('as', 'id', $.text),
    test_becomes: $ => seq(field('customer', $.word), 'becomes', $.record),
    test_consent: $ => seq(field('customer', $.word), choice('grants', 'withdraws'), field('purpose', $.word), optional($._by_channel)),
    test_fails: $ => seq(field('webhook', $.word), 'fails', optional(choice('once', 'twice', seq($.number, choice('times', 'time'))))),
    test_gives: $ => seq(field('webhook', $.word), 'gives', $.record),
    test_completes: $ => seq(field('team', $.word), 'completes', $.text, 'for', field('customer', $.word)),

    // What recorded data looks like, right or wrong: braces in pairs, and anything between them.
    json: $ => seq('{', repeat(choice($.json, $.json_text, $.json_number, $.json_word, /[^{}"\s]/)), '}'),
    json_text: $ => token(prec(2, /"([^"\\]|\\.)*"/)),
    json_number: $ => token(prec(2, /-?[0-9][0-9.eE+-]*/)),
    json_word: $ => token(prec(2, /[A-Za-z_]+/)),

    test_expect: $ => seq('expect', $.expectation),
    expectation: $ => choice(
      $.expect_rejected, $.expect_task, $.expect_profile, $.expect_nothing, $.expect_receives, $.expect_waiting, $.expect_not_in,
      $.expect_refused_entry, $.expect_refused, $.expect_enters, $.expect_leaves, $.expect_converts, $.expect_emits,
    ),
    expect_rejected: $ => seq('rejected', 'because', $._reason),
    expect_task: $ => seq('task', 'for', field('team', $.word), optional($.text), optional($._at_moment)),
    expect_profile: $ => seq('profile', 'of', field('customer', $.word), $.record),
    expect_nothing: $ => seq(field('customer', $.word), 'receives', 'nothing', optional(seq('from', field('journey', $.word)))),
    expect_receives: $ => seq(field('customer', $.word), 'receives', field('message', $.word), optional($._by_channel),
      optional($._at_moment), optional($._with)),
    _with: $ => seq('with', $.record),
    expect_waiting: $ => seq(field('customer', $.word), 'is', 'waiting', 'in', field('journey', $.word),
      optional(seq('at', field('place', $.word)))),
    expect_not_in: $ => seq(field('customer', $.word), 'is', 'not', 'in', field('journey', $.word)),
    expect_refused_entry: $ => seq(field('customer', $.word), 'is', 'refused', 'entry', 'to', field('journey', $.word), 'because', $._reason),
    expect_refused: $ => seq(field('customer', $.word), 'is', 'refused', field('message', $.word), optional($._by_channel), 'because',
      $._reason, optional($._at_moment)),
    expect_enters: $ => seq(field('customer', $.word), 'enters', field('journey', $.word), optional($._at_moment)),
    expect_leaves: $ => seq(field('customer', $.word), 'leaves', field('journey', $.word), 'at', field('ending', choice($.text, $.word)),
      optional($._at_moment)),
    expect_converts: $ => seq(field('customer', $.word), 'converts', 'in', field('journey', $.word), optional($._at_moment)),
    expect_emits: $ => seq(field('customer', $.word), 'emits', field('event', $.word), optional($._with)),
    _at_moment: $ => seq('at', optional($.date), $.time, optional($._in_text)),
    _reason: $ => choice($.text, $.reason),
    reason: $ => repeat1(choice($.path, alias('re-entry', $.word))),

    // ---------------------------------------------------------------- words and marks

    word: $ => /[\p{XID_Start}_][\p{XID_Continue}]*/,
    number: $ => /[0-9][0-9_]*(\.[0-9][0-9_]*)?/,
    date: $ => token(prec(1, /[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}/)),
    time: $ => token(prec(1, /[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?/)),

    text: $ => seq('"', repeat(choice($.escape, $._plain)), token.immediate('"')),
    // What a message says: a text with placeholders.
    content: $ => seq('"', repeat(choice($.escape, alias($._plain, $.plain), $.placeholder)), token.immediate('"')),
    placeholder: $ => seq(alias($._placeholder_open, '{{'), optional($.expression), '}}'),
    // A text inside the text of a message.
    inner_text: $ => choice(token(/'[^'\n]*'/), token(/\\"[^"\n\\]*\\"/)),
    escape: $ => token.immediate(prec(1, /\\[^\n]/)),
    _plain: $ => token.immediate(prec(-1, /\{|[^"\\\n{]+/)),

    comment: $ => token(choice(seq('//', /([^\/\r\n][^\r\n]*)?/), seq('////', /[^\r\n]*/))),
    doc_comment: $ => token(prec(1, seq('///', /([^\/\r\n][^\r\n]*)?/))),
  },
});
