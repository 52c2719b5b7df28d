; Names that live in one journey, message, webhook or test.
[(journey) (message) (webhook) (offer) (test)] @local.scope

(parameter name: (word) @local.definition)
(event_reference alias: (word) @local.definition)
(send alias: (word) @local.definition)
(call alias: (word) @local.definition)
(test_customer name: (word) @local.definition)

(path . (word) @local.reference)
(of_send send: (word) @local.reference)
(update name: (word) @local.reference)
(_ customer: (word) @local.reference)
