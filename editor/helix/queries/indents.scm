; Helix names what the other editors' indents.scm says in its own words.
[
  (nodes) (event_body) (fields) (channel_body) (message_body) (parts) (offer_body) (policy_body) (webhook_body) (migrate_body)
  (journey_body) (stage_body) (block) (arms) (cases) (whens) (variants) (next_best_body) (outcomes) (task_ends)
  (test_body) (customer_body) (record) (json) (list) (arguments) (parameters)
] @indent

["}" "]" ")"] @outdent
