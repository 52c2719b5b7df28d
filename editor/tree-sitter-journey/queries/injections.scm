; Other languages inside: the HTML of a message, the data of a test.
((part value: (content (plain) @injection.content))
  (#match? @injection.content "</?[a-zA-Z][^<]*>")
  (#set! injection.language "html"))

((json) @injection.content
  (#set! injection.language "json")
  (#set! injection.include-children))
