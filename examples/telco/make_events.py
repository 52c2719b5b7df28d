"""Writes events.jsonl: half a year of 200 customers of Straits Mobile, none of whom exist. The same file every time.

    python3 make_events.py
"""

import json
import random
from datetime import datetime, timedelta

rng = random.Random(65)
BEGIN, DAYS = datetime(2026, 1, 5), 170
NAMES = ("Wei Ming Hui Jia Xin Jun Kai Li Mei Ling Siti Aisha Farid Hafiz Nurul Raj Priya Anand Kavita "
         "Sarah Daniel Rachel Marcus Joanne Adam Grace Ivan Celine").split()
AREAS = ["Tiong Bahru", "Punggol", "Bedok", "Jurong East", "Bukit Timah", "Tampines"]
COUNTRIES = ["MY", "TH", "JP", "AU", "GB", "CN"]
lines = []


def write(at, event, properties, user=None, kind="track"):
    line = {"type": kind, "messageId": f"m{len(lines):05}", "timestamp": at - timedelta(hours=8)}   # Singapore, written as UTC
    if user:
        line["userId"] = user
    if event:
        line["event"] = event
    line["traits" if kind == "identify" else "properties"] = properties
    lines.append(line)


def some_time(day, early=8, late=22):
    return BEGIN + timedelta(days=day, hours=rng.randrange(early, late), minutes=rng.randrange(60), seconds=rng.randrange(60))


def scores():
    names = ("more_data_score", "family_score", "upgrade_score", "roaming_score")
    return {name: round(rng.betavariate(2, 10), 2) for name in names}


def ask_for_help(user, day, about):
    ticket, at = f"t{len(lines):05}", some_time(day)
    write(at, "Ticket Opened", {"ticket_id": ticket, "about": about}, user)
    if rng.random() < 0.5:
        call = f"k{len(lines):05}"
        write(at + timedelta(minutes=4), "Call Started", {"call_id": call}, user)
        write(at + timedelta(minutes=4 + rng.randrange(3, 25)), "Call Ended", {"call_id": call, "outcome": "answered"}, user)
    settled = at + timedelta(hours=rng.choice([1, 2, 5, 18, 30, 60, 100]))
    write(settled, "Ticket Closed", {"ticket_id": ticket}, user)
    if rng.random() < 0.65:
        write(settled + timedelta(hours=rng.randrange(3, 30)), "CSAT Given", {"score": rng.choice([1, 2, 3, 4, 4, 5, 5, 5]), "ticket_id": ticket}, user)


for number in range(200):
    user, name = f"l{number:03}", rng.choice(NAMES)
    chinese = number % 5 < 2
    plan = rng.choice(["prepaid", "basic", "basic", "plus", "plus", "unlimited"])
    first = rng.randrange(20)
    ends = None if plan == "prepaid" else (BEGIN + timedelta(days=rng.randrange(60, 500))).strftime("%Y-%m-%d")
    traits = {"first_name": name, "email": f"{name.lower()}{number}@example.com", "phone": f"+659{rng.randrange(1_000_000, 9_999_999)}",
              "locale": "zh-SG" if chinese else "en-SG", "plan": plan, "lines": rng.choice([1, 1, 1, 2, 4]),
              "monthly_bill": {"prepaid": 15, "basic": 22, "plus": 36, "unlimited": 58}[plan] + rng.randrange(8),
              "churn_risk": round(rng.betavariate(2, 12), 2), **scores()}
    if ends:
        traits["contract_ends"] = ends
    if rng.random() < 0.7:
        traits["whatsapp"] = traits["phone"][1:]
    if rng.random() < 0.5:
        traits["push_token"] = f"p{rng.getrandbits(48):012x}"
    traits["consents"] = rng.choices([{"marketing": True, "research": True}, {"marketing": {"email": True}, "research": True}, {"research": True}, {}],
                                     weights=[6, 2, 1, 1])[0]
    write(some_time(first), None, traits, user, "identify")

    for month in range(6):                                       # the meter runs anew on the 1st
        begin = (datetime(2026, month + 1, 1) - BEGIN).days
        label, thirst = f"2026-{month + 1:02}", rng.random() + (0.3 if number % 4 == 0 else 0)
        if begin >= first and plan != "unlimited" and thirst > 0.55:
            day = begin + rng.randrange(14, 22)
            write(some_time(day, 0, 24), "Data Used", {"month": label, "share": 0.8}, user)
            if thirst > 0.8:
                write(some_time(day + rng.randrange(1, 6), 0, 24), "Data Used", {"month": label, "share": 1.0}, user)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        ask_for_help(user, rng.randrange(first + 1, DAYS), rng.choice(["bill", "bill", "network", "phone", "other"]))
    if rng.random() < 0.35:
        day, trip = rng.randrange(first + 1, DAYS - 20), f"r{number:03}"
        write(some_time(day, 0, 24), "Roaming Started", {"trip_id": trip, "country": rng.choice(COUNTRIES)}, user)
        if rng.random() < 0.9:
            write(some_time(day + rng.randrange(3, 15), 0, 24), "Roaming Ended", {"trip_id": trip}, user)
    if rng.random() < 0.08:                                      # the model takes someone to be restless, and is right or is not
        day = rng.randrange(first + 10, DAYS - 30)
        write(some_time(day, 3, 4), None, {"churn_risk": round(rng.uniform(0.6, 0.95), 2)}, user, "identify")
        if rng.random() < 0.4:
            write(some_time(day + rng.randrange(2, 25)), "Notice Given", {"ends": ends} if ends else {}, user)
        elif rng.random() < 0.6:
            write(some_time(day + rng.randrange(5, 25), 3, 4), None, {"churn_risk": 0.15}, user, "identify")
    if rng.random() < 0.15:
        write(some_time(rng.randrange(first + 1, DAYS)), "Contract Changed",
              {"what": rng.choice(["plan", "extra", "renewal", "renewal"]), "monthly_value": rng.choice([5, 12, 36])}, user)

for area in AREAS:                                               # each area has one bad day
    day = rng.randrange(25, DAYS - 5)
    begin = some_time(day, 7, 20)
    for user in rng.sample(range(200), 6):
        write(begin + timedelta(minutes=rng.randrange(5, 90)), "Outage Reported", {"area": area}, f"l{user:03}")
    write(begin + timedelta(hours=rng.choice([3, 5, 9, 60])), "Area Restored", {"area": area})

lines.sort(key=lambda line: (line["timestamp"], line["messageId"]))
out = [json.dumps({**line, "timestamp": line["timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ")}, ensure_ascii=False, separators=(",", ":")) for line in lines]
out.insert(len(out) // 5, out[len(out) // 5])                     # the network sends a message twice: nothing comes of it
for place, bad in enumerate([                                    # and these are for the dead letters
    '{"type":"track","messageId":"bad-1","userId":"l004","timestamp":"2026-03-02T03:00:00Z","event":"CSAT Given","properties":{"score":9}}',
    '{"type":"track","messageId":"bad-2","userId":"l004","timestamp":"2026-03-03T03:00:00Z","event":"CSAT Given","properties":{"score":"very good"}}',
    '{"type":"track","messageId":"bad-3","userId":"l009","timestamp":"2026-03-04T03:00:00Z","event":"Ticket Opened","properties":{"about":"bill"}}',
    '{"type":"track","messageId":"bad-4","userId":"l009","timestamp":"2026-03-05T03:00:00Z","event":"Data Used","properties":{"month":"2026-03","share":80}}',
    '{"type":"track","messageId":"bad-5","userId":"l010","timestamp":"2026-03-06T03:00:00Z","event":"Contract Changed","properties":{"what":"everything"}}',
    '{"type":"track","messageId":"bad-6","userId":"l010","timestamp":"yesterday","event":"Roaming Started","properties":{"trip_id":"r1","country":"TH"}}',
    '{"type":"track","messageId":"bad-7","userId":"l011","timestamp":"2026-03-09T03:00:00Z","event":"Tower Struck By Lightning","properties":{}}',
    '{"type":"identify","messageId":"bad-8","userId":"l012","timestamp":"2026-03-10T03:00:00Z","traits":{"plan":"gigantic"}}',
]):
    out.insert((place + 3) * len(out) // 14, bad)
with open("events.jsonl", "w", encoding="utf-8") as file:
    file.write("\n".join(out) + "\n")
