; Colours. No place is taken by two patterns, so it does not matter which of them an editor lets win.

(comment) @comment
(doc_comment) @comment.documentation

; Texts, and what they say of a customer.
(text) @string
(content "\"" @string)
(content (plain) @string)
(escape) @string.escape
(inner_text) @string
(placeholder ["{{" "}}"] @punctuation.special)

(number) @number
(date) @number
(time) @number
(unit) @number.unit
(currency) @type.builtin

; Annotations.
(annotation "@" @attribute facet: (facet_name) @attribute path: (taxonomy_path (word) @attribute))
(facet "@" @attribute (facet_name) @attribute)

; What a declaration names.
(pack_path (word) @module)
(taxonomy name: (word) @type.definition)
(event name: (word) @type.definition)
(extend_event name: (word) @type)
(record_type name: (word) @type.definition)
(segment name: (word) @type.definition)
(purpose name: (word) @type.definition)
(channel name: (word) @type.definition)
(calendar name: (word) @type.definition)
(policy name: (word) @module)
(team name: (word) @module)
(message name: (word) @function)
(offer name: (word) @function)
(webhook name: (word) @function)
(journey name: (word) @type.definition)
(move place: (word) @label)
(move to: (word) @label)
(node name: (word) @constant)
(labels locale: (word) @constant)
(link facet: (facet_name) @type)
(owner team: (word) @module)
(experiment name: (word) @label)
(variant name: (word) @label)
(stage name: (word) @label)
(parameter name: (word) @variable.parameter)
(claim name: (word) @variable.parameter)

; Fields and their types.
(field_name) @property
(named_type name: (word) @type)
(one_of value: (word) @constant)
(part name: (word) @property)
(member_expression field: (word) @property)
(scope key: (word) @variable)
(scope field: (word) @property)
(request method: (word) @property)

; What a line speaks of.
(event_reference event: (word) @type)
(event_reference alias: (word) @variable)
(of_send send: (word) @variable)
(trigger segment: (word) @type)
(trigger day: (word) @constant)
(update name: (word) @variable)
(meanwhile purpose: (word) @type)
(message purpose: (word) @type)
(rendering channel: (word) @type)
(rendering locale: (word) @constant)
(consent_rule purpose: (word) @type)
(annotation_rule kind: (word) @type)
(cap purpose: (word) @type)
(gap purpose: (word) @type)
(cap window: (word) @constant)
(limit window: (word) @constant)
(words (word) @type)
(send message: (word) @function)
(send channel: (word) @type)
(send alias: (word) @variable)
(emit event: (word) @type)
(call webhook: (word) @function)
(call alias: (word) @variable)
(task team: (word) @module)
(_ journey: (word) @type)
(in_segment segment: (word) @type)
(in_calendar calendar: (word) @type)
(query function: (function_name) @function.builtin)

; Values: what is asked for, and its fields.
((path . (word) @constant.builtin)
  (#match? @constant.builtin "^(true|false|now|today)$"))
((path . (word) @variable)
  (#not-match? @variable "^(true|false|now|today)$"))
(path "." . (word) @property)
(deprecated (taxonomy_path (word) @constant))
(link (taxonomy_path (word) @constant))

; Tests.
(test_customer name: (word) @variable)
(_ customer: (word) @variable)
(test_everyone event: (word) @type)
(test_does event: (word) @type)
(test_raw event: (word) @type)
(test_fails webhook: (word) @function)
(test_gives webhook: (word) @function)
(test_completes team: (word) @module)
(test_consent purpose: (word) @type)
(test_consent channel: (word) @type)
(consent purpose: (word) @type)
(consent channel: (word) @type)
(expect_task team: (word) @module)

; Words of the language.
[
  "a" "action" "address" "after" "all" "any" "as" "because" "becomes" "best" "branch" "by" "calendar" "call" "channel"
  "claim" "collect" "complements" "completes" "consent" "consents" "continue" "converts" "customer" "day" "deliver"
  "deprecated" "do" "does" "done" "drop" "due" "eligible" "else" "emit" "emits" "enters" "entry" "event" "every"
  "everyone" "except" "excludes" "exit" "expect" "experiment" "extend" "fails" "file" "finish" "finishes" "finishing" "friday"
  "from" "gives" "go" "goal" "good" "grants" "hold" "holdout" "id" "if" "journey" "journeys" "lasts" "least" "leaves"
  "leaving" "list" "meanwhile" "message" "messages" "migrate" "monday" "money" "most" "needs" "never" "next" "no"
  "nothing" "of" "offer" "offers" "on" "once" "one" "only" "over" "owner" "pause" "per" "personal" "policy" "priority"
  "profile" "propensity" "purpose" "quiet" "rank" "raw" "re-entry" "receives" "record" "refused" "rejected" "remember"
  "repeat" "repeating" "replaces" "reports" "require" "requires" "retry" "rolling" "rollout" "run" "saturday" "sees"
  "segment" "send" "sent" "set" "source" "stage" "start" "stop" "sunday" "task" "taxonomy" "team" "test" "then" "this"
  "thursday" "time" "times" "to" "trigger" "true" "tuesday" "twice" "until" "up" "update" "use" "value" "variant"
  "wait" "waiting" "webhook" "wednesday" "weekday" "weekend" "weight" "when" "while" "withdraws" "within"
] @keyword

[
  "and" "at" "between" "contains" "for" "in" "is" "known" "last" "missing" "not" "or" "otherwise" "starts" "where"
  "with"
] @keyword.operator

; Marks.
["==" "!=" "<" "<=" ">" ">=" "+" "-" "*" "/"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," "." ":" "=" "?"] @punctuation.delimiter

; Recorded data.
(json_text) @string
(json_number) @number
(json_word) @constant.builtin
