"""Writes events.jsonl: five months of 150 customers of Doi & Dao, none of whom exist. The same file every time.

    python3 make_events.py
"""

import json
import random
from datetime import datetime, timedelta, timezone

rng = random.Random(2026)
BEGIN, END = datetime(2026, 1, 5), datetime(2026, 6, 1)          # Bangkok time, written as UTC below
NAMES = ("Anong Arthit Chai Dao Fah Kamon Kanya Lek Malee Mali Nat Nok Ploy Prasert Sak Som Suda Tan Wan Wirat Yindee "
         "Anna Ben Clara David Emma Felix Grace Hugo Ines Jonas Kim Laura Max Nina Oscar Paula Ruth Sven Tom Vera").split()
PRODUCTS = [                                                     # sku, name, department, price
    ("TENT-2", "Monsoon 2 tent", "tents", 4900), ("TENT-3", "Monsoon 3 tent", "tents", 6900),
    ("PACK-30", "Ridge 30 pack", "backpacks", 2900), ("PACK-60", "Ridge 60 pack", "backpacks", 5400),
    ("JACK-1", "Cloud jacket", "coats_jackets", 3200), ("SHOE-1", "Goat trail shoe", "shoes", 3600),
    ("SOCK-1", "Bamboo socks", "socks", 190), ("HAT-1", "Paddy hat", "hats", 590),
    ("HAMM-1", "Reed hammock", "hammocks", 1450), ("LAMP-1", "Firefly lantern", "camping_lights_lanterns", 890),
    ("BOTT-1", "Klong bottle", "water_bottles", 650), ("PAD-1", "Reed mat", "sleeping_pads", 1250),
    ("NET-1", "Veil mosquito net", "mosquito_nets_insect_screens", 990), ("CHALK-1", "Karst chalk bag", "climbing_chalk_bags", 450),
]
lines = []


def write(at, event, properties, user=None, kind="track"):
    line = {"type": kind, "messageId": f"m{len(lines):05}", "timestamp": (at - timedelta(hours=7)).replace(tzinfo=timezone.utc)}
    if user:
        line["userId"] = user
    if event:
        line["event"] = event
    line["traits" if kind == "identify" else "properties"] = properties
    lines.append(line)


def some_time(begin, end):
    """A moment when people shop: most of them in the evening."""
    day = begin + timedelta(days=rng.random() * max((end - begin).days, 1))
    hour = rng.choices(range(8, 24), weights=[1, 2, 2, 3, 4, 3, 2, 2, 2, 3, 4, 6, 8, 8, 5, 2])[0]
    return day.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)


def buy(user, at, cart, basket, total):
    order = "o" + cart[1:]
    write(at, "Order Completed", {"order_id": order, "cart_id": cart, "total": total, "currency": "THB",
                                  "skus": [sku for sku, *_ in basket]}, user)
    fate = rng.random()
    if fate < 0.04:
        write(at + timedelta(hours=rng.randrange(1, 20)), "Order Cancelled", {"order_id": order}, user)
        return
    there = at + timedelta(days=rng.choice([1, 2, 2, 3, 3, 4, 9]), hours=rng.randrange(6))
    if fate < 0.98:
        write(there, "Order Delivered", {"order_id": order}, user)
    if fate < 0.12:
        write(there + timedelta(days=rng.randrange(2, 9)), "Order Refunded", {"order_id": order}, user)
    elif fate < 0.35:
        write(there + timedelta(days=rng.randrange(8, 20)), "Product Reviewed", {"product_id": basket[0][0], "rating": "5"}, user)
    if fate > 0.7:
        ask_for_help(user, there + timedelta(hours=rng.randrange(2, 60)))


def ask_for_help(user, at):
    ticket = f"t{len(lines):05}"
    write(at, "Ticket Opened", {"ticket_id": ticket, "subject": "My order"}, user)
    settled = at + timedelta(hours=rng.choice([1, 3, 6, 20, 40, 90]))
    write(settled, "Ticket Closed", {"ticket_id": ticket}, user)
    if rng.random() < 0.6:
        write(settled + timedelta(hours=rng.randrange(4, 40)), "CSAT Given", {"score": rng.choice([1, 2, 4, 5, 5, 5]), "ticket_id": ticket}, user)


def visit(user, at, cart):
    favourites = rng.sample(PRODUCTS, rng.choice([1, 1, 2, 3]))
    for sku, name, department, price in favourites:
        for _ in range(rng.choice([1, 1, 2])):
            at += timedelta(minutes=rng.randrange(1, 9))
            write(at, "Product Viewed", {"sku": sku, "name": name, "department": department, "price": price, "currency": "THB"}, user)
    if rng.random() < 0.1:
        write(at + timedelta(minutes=2), "Stock Alert Requested", {"sku": favourites[0][0], "name": favourites[0][1]}, user)
    if rng.random() > 0.55:
        return
    basket, total = [], 0
    for product in favourites:
        basket.append(product)
        total += product[3]
        at += timedelta(minutes=rng.randrange(1, 20))
        items = [{"sku": sku, "name": name, "price": price, "quantity": 1} for sku, name, _, price in basket]
        write(at, "Cart Updated", {"cart_id": cart, "total": total, "products": items}, user)
    decision = rng.random()
    if decision < 0.22:
        buy(user, at + timedelta(minutes=rng.randrange(3, 30)), cart, basket, total)
    elif decision < 0.36:
        buy(user, at + timedelta(hours=rng.randrange(12, 60)), cart, basket, total)
    elif decision < 0.46:
        write(at + timedelta(hours=rng.randrange(1, 30)), "Cart Emptied", {"cart_id": cart}, user)


for number in range(150):
    user = f"c{number:03}"
    thai = number % 20 < 15
    name = NAMES[rng.randrange(21)] if thai else NAMES[21 + rng.randrange(20)]
    traits = {"first_name": name, "email": f"{name.lower()}{number}@example.com", "locale": "th-TH" if thai else "en"}
    if rng.random() < 0.75:
        traits["line_id"] = f"U{rng.getrandbits(40):010x}"
    if rng.random() < 0.6:
        traits["phone"] = f"+668{rng.randrange(10_000_000, 99_999_999)}"
    if not thai:
        traits["time_zone"] = rng.choice(["Asia/Bangkok", "Asia/Singapore", "Europe/Berlin"])
    spent = rng.choice([0, 0, 800, 3200, 6900, 12_000, 48_000])
    traits["lifetime_value"] = spent
    traits["tier"] = "gold" if spent > 40_000 else "silver" if spent > 6_000 else "bronze"
    traits.update({score: round(rng.betavariate(2, 9), 2) for score in ("delivery_score", "club_score", "repair_score")})
    traits["consents"] = rng.choices([{"marketing": True}, {"marketing": {"email": True}}, {"marketing": False}, {}], weights=[14, 4, 1, 1])[0]
    first = some_time(BEGIN, BEGIN + timedelta(days=60))
    write(first - timedelta(minutes=1), None, traits, user, "identify")
    for round_ in range(rng.choice([1, 1, 2, 2, 3, 4, 6])):
        at = first if round_ == 0 else some_time(first, END)
        visit(user, at, f"k{number:03}{round_}")

for week in range(4, 20):                                        # what comes back into the warehouse on a Tuesday
    for sku, *_ in rng.sample(PRODUCTS, 2):
        write(BEGIN + timedelta(days=7 * week + 1, hours=9), "Back In Stock", {"sku": sku, "left": rng.choice([3, 12, 40, 80])})

lines.sort(key=lambda line: (line["timestamp"], line["messageId"]))
out = [json.dumps({**line, "timestamp": line["timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ")}, ensure_ascii=False, separators=(",", ":")) for line in lines]
out.insert(len(out) // 5, out[len(out) // 5])                     # the shop sends a message twice: nothing comes of it
for place, bad in enumerate([                                    # and these are for the dead letters
    '{"type":"track","messageId":"bad-1","userId":"c004","timestamp":"2026-03-01T09:00:00Z","event":"Cart Updated","properties":{"total":1290,"products":[]}}',
    '{"type":"track","messageId":"bad-2","userId":"c004","timestamp":"2026-03-02T09:00:00Z","event":"Product Viewed","properties":{"name":"Moon rover","department":"spaceships"}}',
    '{"type":"track","messageId":"bad-3","userId":"c009","timestamp":"2026-03-03T09:00:00Z","event":"Order Completed","properties":{"order_id":"o-1","cart_id":"k-1","total":"$55.34"}}',
    '{"type":"track","messageId":"bad-4","userId":"c009","event":"Cart Emptied","properties":{"cart_id":"k-1"}}',
    '{"type":"track","messageId":"bad-5","timestamp":"2026-03-04T09:00:00Z","event":"Ticket Opened","properties":{"ticket_id":"t-1"}}',
    '{"type":"identify","messageId":"bad-6","userId":"c012","timestamp":"2026-03-05T09:00:00Z","traits":{"time_zone":"Asia/Chiang_Mai"}}',
    '{"type":"track","messageId":"bad-7","userId":"c012","timestamp":"2026-03-06T09:00:00Z","event":"Newsletter Opened","properties":{}}',
    '{"type":"track","messageId":"bad-8","userId":"c0',
]):
    out.insert((place + 3) * len(out) // 14, bad)
with open("events.jsonl", "w", encoding="utf-8") as file:
    file.write("\n".join(out) + "\n")
