"""The abandoned cart's events through durable_rules: `python step.py events.json`. Says CPU seconds as a line of JSON.

Its timers run by the clock on the wall, so there are none here: a rule for each kind of event, and the carts are counted.
"""
import json
import sys
import time

from durable.lang import m, post, ruleset, when_all

carts = 0

with ruleset("cart"):

    @when_all(m.kind == "cart")
    def cart(c):
        global carts
        carts += 1
        c.s.place = 1
        c.s.cart = c.m.value

    @when_all(m.kind == "order")
    def order(c):
        c.s.place = 0

    @when_all(m.kind == "page")
    def page(c):
        c.s.pages = (c.s.pages or 0) + 1


with open(sys.argv[1]) as file:
    events = json.load(file)
kinds = ["cart", "order", "page"]
started = time.process_time()
for number, (customer, _, kind, value) in enumerate(events):
    post("cart", {"sid": str(customer % 1000), "id": str(number), "kind": kinds[kind], "value": value})
seconds = time.process_time() - started
print(json.dumps({"seconds": seconds, "events": len(events), "first": carts, "second": 0}))
