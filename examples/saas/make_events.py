"""Writes events.jsonl: fourteen months of 120 people who try Quillboard, none of whom exist. The same file every time.

    python3 make_events.py
"""

import json
import random
from datetime import datetime, timedelta

rng = random.Random(7)
BEGIN = datetime(2026, 1, 5)
NAMES = ("Jisoo Minjun Seoyeon Haeun Dohyun Yuna Jiho Sumin Hyejin Taeyang "
         "Alice Bruno Carla Derek Elena Frank Greta Henry Iris Jacob Karen Louis Maria Noah Olga Peter Quinn Rosa Simon Tara").split()
FEATURES = ["vote", "timer", "export", "comment", "template", "video"]
BOARDS = ["Roadmap", "Retro", "Launch", "Budget", "Hiring"]
PRICES = {"starter": 240, "team": 900, "business": 12_000}
lines = []


def write(at, event, properties, user, account=None, kind="track"):
    line = {"type": kind, "messageId": f"m{len(lines):05}", "timestamp": at, "userId": user}
    if account:
        line["context"] = {"groupId": account}
    if event:
        line["event"] = event
    line["traits" if kind == "identify" else "properties"] = properties
    lines.append(line)


def iso(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def office(day):
    """Somewhere in a working day of that date, in UTC."""
    return day.replace(hour=0) + timedelta(hours=rng.randrange(12, 21), minutes=rng.randrange(60), seconds=rng.randrange(60))


def use(user, account, day, eager):
    for _ in range(rng.randrange(eager + 1)):
        write(office(day), "Feature Used", {"feature": rng.choice(FEATURES)}, user, account)
    if rng.random() < 0.04 * eager:
        at = office(day)
        for _ in range(rng.randrange(1, 5)):
            write(at, "Mentioned", {"board": rng.choice(BOARDS), "by": rng.choice(NAMES)}, user, account)
            at += timedelta(minutes=rng.randrange(2, 50))


def pay(user, subscription, invoice, at, amount):
    """Most payments go through; some only after a while, a few never. Returns whether the money came."""
    about = {"subscription_id": subscription, "invoice_id": invoice, "amount": amount, "currency": "USD"}
    fate = rng.random()
    if fate < 0.9:
        write(at, "Payment Succeeded", about, user)
        return True
    decline = rng.choice(["soft", "soft", "hard"])
    write(at, "Payment Failed", {**about, "decline": decline, "attempt": 1}, user)
    if fate < 0.97:
        if decline == "hard":
            write(at + timedelta(days=2, hours=3), "Payment Method Updated", {"subscription_id": subscription}, user)
        write(at + timedelta(days=rng.choice([2, 3, 5, 8]), hours=4), "Payment Succeeded", about, user)
        return True
    for attempt in (2, 3, 4):
        write(at + timedelta(days=3 * attempt), "Payment Failed", {**about, "decline": decline, "attempt": attempt}, user)
    return False


def subscribe(user, account, at, eager):
    subscription, plan = f"s-{user}", rng.choices(list(PRICES), weights=[3, 4, 2])[0]
    yearly = rng.random() < 0.6
    amount = PRICES[plan] if yearly else PRICES[plan] // 10
    term = timedelta(days=365 if yearly else 91)
    write(at, "Subscription Started", {"subscription_id": subscription, "plan": plan, "amount": amount, "currency": "USD",
                                       "yearly": yearly, "renews_at": iso(at + term)}, user, account)
    for day in range(1, 40):
        if (at + timedelta(days=day)).weekday() < 5:
            use(user, account, at + timedelta(days=day), eager)
    paid = pay(user, subscription, f"i-{user}-0", at + timedelta(minutes=3), amount)
    for number in range(1, 5):
        at += term
        if at > datetime(2027, 4, 1):
            return
        if not paid or rng.random() < 0.15:
            write(at - timedelta(days=rng.randrange(3, 40)), "Subscription Cancelled",
                  {"subscription_id": subscription, "plan": plan, "reason": rng.choice(["price", "not used", "the price went up", ""]),
                   "ends_at": iso(at)}, user, account)
            return
        paid = pay(user, subscription, f"i-{user}-{number}", at, amount)
        if paid:
            write(at + timedelta(minutes=3), "Subscription Renewed",
                  {"subscription_id": subscription, "plan": plan, "amount": amount, "currency": "USD", "yearly": yearly,
                   "renews_at": iso(at + term)}, user, account)


for number in range(120):
    user, account = f"u{number:03}", f"a{number:03}"
    korean = number % 3 == 0
    name = NAMES[rng.randrange(10)] if korean else NAMES[10 + rng.randrange(20)]
    start = office(BEGIN + timedelta(days=rng.randrange(150)))
    traits = {"first_name": name, "email": f"{name.lower()}{number}@example.com", "app_user": f"app-{number:03}",
              "locale": "ko-KR" if korean else "en-US", "member_since": start.strftime("%Y-%m-%d"),
              "time_zone": "Asia/Seoul" if korean else rng.choice(["America/New_York", "America/Los_Angeles", "Europe/Berlin"])}
    traits["consents"] = rng.choices([{"marketing": True, "activity": True}, {"activity": True}, {"marketing": {"email": True}}, {}],
                                     weights=[5, 3, 1, 1])[0]
    write(start - timedelta(minutes=2), None, traits, user, kind="identify")
    write(start, "Trial Started", {"trial_plan_name": rng.choice(list(PRICES)), "trial_end_date": iso(start + timedelta(days=14)),
                                   "seats": rng.choice([1, 3, 5, 12, 40, 250])}, user, account)
    eager = rng.choice([0, 1, 1, 2, 3])
    if eager:
        write(start + timedelta(hours=rng.choice([1, 2, 30, 60])), "Board Created", {"template": rng.choice(["retro", "map", "blank"])}, user, account)
    if eager > 1:
        write(start + timedelta(days=rng.randrange(1, 5), hours=1), "Invite Sent", {"invitee_role": "member"}, user, account)
    if rng.random() < 0.12:
        write(start + timedelta(days=1), "Ticket Opened", {"ticket_id": f"t{number:03}"}, user)
        write(start + timedelta(days=rng.choice([2, 3, 8])), "Ticket Closed", {"ticket_id": f"t{number:03}"}, user)
    for day in range(1, 14):
        use(user, account, start + timedelta(days=day), eager)
    if rng.random() < 0.12 + 0.16 * eager:
        subscribe(user, account, start + timedelta(days=rng.choice([6, 11, 13, 14, 20, 33, 48, 62]), hours=1), eager)

lines.sort(key=lambda line: (line["timestamp"], line["messageId"]))
out = [json.dumps({**line, "timestamp": iso(line["timestamp"])}, ensure_ascii=False, separators=(",", ":")) for line in lines]
out.insert(len(out) // 5, out[len(out) // 5])                     # the product sends a message twice: nothing comes of it
for place, bad in enumerate([                                    # and these are for the dead letters
    '{"type":"track","messageId":"bad-1","userId":"u004","timestamp":"2026-03-02T15:00:00Z","event":"Payment Failed","properties":{"invoice_id":"i-1","amount":90}}',
    '{"type":"track","messageId":"bad-2","userId":"u004","timestamp":"2026-03-03T15:00:00Z","event":"Payment Failed","properties":{"subscription_id":"s-u004","invoice_id":"i-1","amount":90,"decline":"maybe"}}',
    '{"type":"track","messageId":"bad-3","userId":"u009","timestamp":"2026-03-04T15:00:00Z","event":"Trial Started","properties":{"trial_end_date":"next Friday"}}',
    '{"type":"track","messageId":"bad-4","userId":"u009","timestamp":"2026-03-05T15:00:00Z","event":"Trial Started","properties":{"trial_end_date":"2026-04-01T00:00:00Z","seats":-3}}',
    '{"type":"track","messageId":"bad-5","timestamp":"2026-03-06T15:00:00Z","event":"Mentioned","properties":{"board":"Roadmap","by":"Alice"}}',
    '{"type":"track","messageId":"bad-6","userId":"u010","timestamp":"2026-03-09T15:00:00Z","event":"Coffee Made","properties":{}}',
    '{"type":"identify","messageId":"bad-7","userId":"u011","timestamp":"2026-03-10T15:00:00Z","traits":{"member_since":"2026-02-30"}}',
]):
    out.insert((place + 3) * len(out) // 14, bad)
with open("events.jsonl", "w", encoding="utf-8") as file:
    file.write("\n".join(out) + "\n")
