; What a project declares, and where it is used.
(journey name: (word) @name) @definition.class
(event name: (word) @name) @definition.type
(record_type name: (word) @name) @definition.type
(segment name: (word) @name) @definition.type
(message name: (word) @name) @definition.function
(offer name: (word) @name) @definition.function
(webhook name: (word) @name) @definition.function
(policy name: (word) @name) @definition.module
(taxonomy name: (word) @name) @definition.type
(channel name: (word) @name) @definition.type
(purpose name: (word) @name) @definition.type

(send message: (word) @name) @reference.call
(call webhook: (word) @name) @reference.call
(go_to journey: (word) @name) @reference.class
(event_reference event: (word) @name) @reference.type
(emit event: (word) @name) @reference.type
(extend_event name: (word) @name) @reference.type
