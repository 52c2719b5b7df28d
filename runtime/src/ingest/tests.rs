//! What a line becomes.

use super::*;
use crate::image::{
    Bounds, Channel, Enum, EventField, Facet, Image, ListField, ListTy, Node, ProfileField, Purpose, Ty,
};
use crate::input::InputKind;
use crate::pool::Pool;
use crate::time::Zones;

pub(super) fn field(name: &str, path: &str, ty: Ty) -> EventField {
    EventField {
        name: name.into(),
        path: path.into(),
        currency_path: None,
        ty,
        optional: false,
        bounds: Bounds::default(),
        default: None,
    }
}

fn optional(field: EventField) -> EventField {
    EventField { optional: true, ..field }
}

fn member(name: &str, path: &str, ty: Ty, optional: bool) -> ListField {
    ListField { name: name.into(), path: path.into(), currency_path: None, ty, optional, bounds: Bounds::default() }
}

/// A program that reads orders, pages, consent and receipts of tasks, and a profile.
pub(super) fn shop() -> Image {
    let eur = || Ty::Money("EUR".into());
    let items = ListTy {
        records: true,
        at_most: 3,
        fields: vec![
            ListField { bounds: Bounds { at_most: Some(4), between: None }, ..member("sku", "sku", Ty::Text, false) },
            ListField { currency_path: Some("price.currency".into()), ..member("price", "price.amount", eur(), true) },
            member("quantity", "quantity", Ty::Int, true),
        ],
    };
    let tags = ListTy { records: false, at_most: 2, fields: vec![member("", "", Ty::Text, false)] };
    let order = vec![
        EventField { bounds: Bounds { at_most: Some(6), between: None }, ..field("order_id", "order_id", Ty::Text) },
        EventField { currency_path: Some("currency".into()), ..field("total", "total", eur()) },
        optional(field("coupon", "promotion.code", Ty::Text)),
        EventField {
            bounds: Bounds { between: Some((0, 10)), at_most: None },
            ..optional(field("count", "count", Ty::Int))
        },
        EventField { default: Some(0.5f64.to_bits()), ..field("weight", "weight", Ty::Number) },
        optional(field("chance", "chance", Ty::Probability)),
        optional(field("tier", "tier", Ty::Enum(0))),
        optional(field("category", "promotion.category", Ty::Facet(0))),
        optional(field("ships_at", "ships_at", Ty::Moment)),
        optional(field("day", "day", Ty::Date)),
        EventField { default: Some(0), ..field("gift", "gift", Ty::Bool) },
        optional(field("items", "items", Ty::List(Box::new(items)))),
        optional(field("tags", "tags", Ty::List(Box::new(tags)))),
        optional(field("account", "/context/groupId", Ty::Text)),
        optional(field("zone", "zone", Ty::Zone)),
        optional(field("slot", "slot", Ty::Time)),
        optional(field("patience", "patience", Ty::Duration)),
    ];
    let event = |name: &str, wire: &str, fields: Vec<EventField>, role: Role| crate::image::Event {
        name: name.into(),
        wire: wire.into(),
        everyone: false,
        used: true,
        fields,
        role,
    };
    let profile = |name: &str, ty: Ty, default: Word| ProfileField {
        name: name.into(),
        path: name.into(),
        currency_path: None,
        ty,
        optional: default == MISSING,
        bounds: Bounds::default(),
        default,
    };
    let node = |path: &str, end| Node { path: path.into(), end };
    Image {
        time_zone: "UTC".into(),
        currency: "EUR".into(),
        enums: vec![Enum { values: vec!["bronze".into(), "silver".into(), "gold".into()] }],
        facets: vec![Facet {
            name: "product".into(),
            nodes: vec![
                node("apparel", 3),
                node("apparel.shoes", 2),
                node("apparel.sale", 3),
                node("services", 5),
                node("services.sale", 5),
            ],
        }],
        events: vec![
            event("order_completed", "Order Completed", order, Role::Plain),
            event(
                "page_viewed",
                "page",
                vec![optional(field("name", "name", Ty::Text)), optional(field("url", "url", Ty::Text))],
                Role::Plain,
            ),
            event(
                "group_joined",
                "group",
                vec![optional(field("plan", "plan", Ty::Text)), optional(field("id", "/groupId", Ty::Text))],
                Role::Plain,
            ),
            event(
                "consent_granted",
                "consent_granted",
                vec![field("purpose", "purpose", Ty::Text), optional(field("channel", "channel", Ty::Text))],
                Role::Consent { granted: true, purpose: 0, channel: Some(1) },
            ),
            event(
                "task_completed",
                "Task Completed",
                vec![optional(field("task_id", "task_id", Ty::Text))],
                Role::TaskCompleted { task_id: 0 },
            ),
            crate::image::Event {
                everyone: true,
                ..event("restocked", "Restocked", vec![field("sku", "sku", Ty::Text)], Role::Plain)
            },
            crate::image::Event { used: false, ..event("scrolled", "Scrolled", Vec::new(), Role::Plain) },
        ],
        profile: vec![
            profile("email", Ty::Text, MISSING),
            profile("tier", Ty::Enum(0), 0),
            profile("time_zone", Ty::Zone, MISSING),
            profile("locale", Ty::Text, MISSING),
            profile("birthday", Ty::Date, MISSING),
        ],
        zone_field: Some(2),
        locale_field: Some(3),
        purposes: vec![
            Purpose { name: "marketing".into(), needs_no_consent: false },
            Purpose { name: "service".into(), needs_no_consent: true },
        ],
        channels: ["email", "sms"]
            .map(|name| Channel { name: name.into(), address: None, address_text: String::new() })
            .into(),
        ..Image::default()
    }
}

/// What a line means, in words.
fn read(line: &str) -> String {
    let image = shop();
    let (decoder, zones, mut pool) = (Decoder::new(&image), Zones::new(), Pool::new(&image));
    let mut scratch = Scratch::default();
    match decoder.read(line.as_bytes()) {
        Line::Blank => "blank".into(),
        Line::Unread(name, _) => format!("unread {name}"),
        Line::Unknown(name, _) => format!("unknown {name}"),
        Line::Bad(problem) => format!("bad {problem}"),
        Line::Message(message) => match decoder.decode(&message, &zones, &mut pool, &mut scratch) {
            Err(problem) => format!("bad {problem}"),
            Ok(()) => {
                let mut text = format!("{} at {}", message.customer, message.happened_at);
                if let Body::Alias(previous) = &message.body {
                    text += &format!(" was {previous}");
                }
                for input in &scratch.inputs {
                    text += &match input {
                        InputKind::Event { event, row, .. } => {
                            let fields = image.events[usize::from(*event)]
                                .fields
                                .iter()
                                .zip(row)
                                .filter(|(_, word)| **word != MISSING);
                            let fields: Vec<String> =
                                fields.map(|(f, word)| format!("{}={}", f.name, say(&f.ty, *word, &pool))).collect();
                            format!("; {} {}", image.events[usize::from(*event)].name, fields.join(" "))
                        }
                        InputKind::Profile { changes, .. } => {
                            let say = |(f, word): &(u16, Word)| {
                                let field = &image.profile[usize::from(*f)];
                                format!(" {}={}", field.name, say(&field.ty, *word, &pool))
                            };
                            format!("; profile{}", changes.iter().map(say).collect::<String>())
                        }
                        InputKind::Consent { purpose, channel, granted } => {
                            let by = channel
                                .map_or(String::new(), |c| format!(" by {}", image.channels[usize::from(c)].name));
                            format!(
                                "; {} {}{by}",
                                if *granted { "grants" } else { "withdraws" },
                                image.purposes[usize::from(*purpose)].name
                            )
                        }
                        InputKind::TaskDone { task } => format!("; task {task:x} done"),
                        InputKind::Answer { .. } => unreachable!("no line is an answer"),
                    };
                }
                text
            }
        },
    }
}

pub(super) fn say(ty: &Ty, word: Word, pool: &Pool) -> String {
    match ty {
        _ if word == MISSING => "?".into(),
        Ty::Text | Ty::Zone => pool.word(word).to_string(),
        Ty::Number | Ty::Percent | Ty::Probability => f64::from_bits(word).to_string(),
        Ty::List(list) => {
            let members = pool.members(word).chunks(list.stride().max(1));
            let member = |words: &[Word]| {
                list.fields.iter().zip(words).map(|(f, w)| say(&f.ty, *w, pool)).collect::<Vec<_>>().join("/")
            };
            format!("[{}]", members.map(member).collect::<Vec<_>>().join(" "))
        }
        _ => (word as i64).to_string(),
    }
}

/// An order with these properties.
fn order(properties: &str) -> String {
    let read = read(&format!(
        r#"{{"type":"track","event":"Order Completed","userId":"ana","timestamp":"1970-01-01T00:00:01Z","context":{{"groupId":"g"}},"properties":{properties}}}"#
    ));
    read.replace("ana at 1000; order_completed ", "")
}

#[test]
fn an_event_with_all_it_may_have() {
    let all = r#"{"order_id":"o1","total":49.99,"currency":"eur","promotion":{"code":"SPRING","category":"shoes"},"count":3.0,
        "weight":1.5,"chance":0.25,"tier":"gold","ships_at":"1970-01-01T01:00:00+01:00","day":"1970-01-02","gift":true,
        "items":[{"sku":"a1","price":{"amount":5,"currency":"EUR"},"quantity":2},{"sku":"b\u0032"}],"tags":["x","y"],
        "zone":"europe/berlin","slot":"09:30","patience":"PT5M","more":{"deep":[1,2,{"total":3}]}}"#;
    assert_eq!(
        order(all),
        "order_id=o1 total=49990000 coupon=SPRING count=3 weight=1.5 chance=0.25 tier=2 category=1 ships_at=0 day=1 gift=1 \
         items=[a1/5000000/2 b2/?/?] tags=[x y] account=g zone=Europe/Berlin slot=34200000 patience=300000"
    );
    assert_eq!(order(r#"{"order_id":"o1","total":1}"#), "order_id=o1 total=1000000 weight=0.5 gift=0 account=g");
}

#[test]
fn what_is_wrong_with_a_field_is_said_in_words() {
    let wrong = [
        (r#"{"total":1}"#, "order_id: is missing"),
        (r#"{"order_id":null,"total":1}"#, "order_id: is missing"),
        (r#"{"order_id":7,"total":1}"#, "order_id: must be text, and is the number 7"),
        (r#"{"order_id":"1234567","total":1}"#, "order_id: must be at most 6 characters, and has 7"),
        (r#"{"order_id":"o","total":"49.99"}"#, "total: must be an amount, as a number, and is `49.99`"),
        (r#"{"order_id":"o","total":1e30}"#, "total: 1e30 is too large a number"),
        (r#"{"order_id":"o","total":1,"currency":"USD"}"#, "total: is in USD, not in EUR"),
        (r#"{"order_id":"o","total":1,"count":1.5}"#, "count: must be a whole number, and is the number 1.5"),
        (r#"{"order_id":"o","total":1,"count":11}"#, "count: must be between 0 and 10, and is 11"),
        (r#"{"order_id":"o","total":1,"chance":1.01}"#, "chance: must be between 0 and 1, and is 1.01"),
        (r#"{"order_id":"o","total":1,"tier":"iron"}"#, "tier: `iron` is none of bronze, silver, gold"),
        (r#"{"order_id":"o","total":1,"promotion":{"category":"boots"}}"#, "category: `boots` is no node of product"),
        (
            r#"{"order_id":"o","total":1,"promotion":{"category":"sale"}}"#,
            "category: `sale` stands for several nodes of product",
        ),
        (
            r#"{"order_id":"o","total":1,"ships_at":"2026-03-01T10:00:00"}"#,
            "ships_at: must be a moment with its zone like 2026-03-01T09:00:00Z, and is `2026-03-01T10:00:00`",
        ),
        (
            r#"{"order_id":"o","total":1,"ships_at":1772359200}"#,
            "ships_at: must be a moment with its zone like 2026-03-01T09:00:00Z, and is the number 1772359200",
        ),
        (r#"{"order_id":"o","total":1,"day":0}"#, "day: must be a date like 2026-03-01, and is the number 0"),
        (r#"{"order_id":"o","total":1,"gift":"yes"}"#, "gift: must be true or false, and is `yes`"),
        (r#"{"order_id":"o","total":1,"zone":"Mars/Olympus"}"#, "zone: `Mars/Olympus` is no time zone"),
        (r#"{"order_id":"o","total":1,"items":{}}"#, "items: must be a list, and is an object"),
        (
            r#"{"order_id":"o","total":1,"items":[{"sku":"a"},{"sku":"abcde"}]}"#,
            "items[1].sku: must be at most 4 characters, and has 5",
        ),
        (r#"{"order_id":"o","total":1,"items":[{}]}"#, "items[0].sku: is missing"),
        (r#"{"order_id":"o","total":1,"items":["a"]}"#, "items[0]: must be an object"),
        (
            r#"{"order_id":"o","total":1,"items":[{"sku":"a","price":{"amount":1,"currency":"USD"}}]}"#,
            "items[0].price: is in USD, not in EUR",
        ),
        (r#"{"order_id":"o","total":1,"tags":["a","b","c"]}"#, "tags: must have at most 2 members, and has 3"),
        (r#"{"order_id":"o","total":1,"tags":["a",null]}"#, "tags[1]: is missing"),
        (r#"{"order_id":"\ud800","total":1}"#, "order_id: holds an escape that stands for no character"),
    ];
    for (properties, expected) in wrong {
        assert_eq!(order(properties), format!("bad order_completed.{expected}"), "{properties}");
    }
    assert_eq!(order("[]"), "bad order_completed: must be an object");
}

#[test]
fn the_first_field_that_is_wrong_is_named_whatever_comes_first() {
    assert_eq!(order(r#"{"tier":"iron","total":"x"}"#), "bad order_completed.order_id: is missing");
    assert_eq!(
        order(r#"{"tier":"iron","total":"x","order_id":"o"}"#),
        order(r#"{"total":"x","order_id":"o","tier":"iron"}"#)
    );
}

#[test]
fn the_last_of_two_of_one_name_counts() {
    assert_eq!(
        order(r#"{"order_id":1,"total":"x","total":2,"order_id":"o"}"#),
        "order_id=o total=2000000 weight=0.5 gift=0 account=g"
    );
    let twice = r#"{"order_id":"o","total":2,"promotion":{"code":"A"},"promotion":{"category":"shoes"}}"#;
    assert_eq!(order(twice), "order_id=o total=2000000 weight=0.5 category=1 gift=0 account=g");
}

#[test]
fn the_other_calls_of_segment() {
    let at = r#""timestamp":"1970-01-01T00:00:01Z""#;
    let page = format!(r#"{{"type":"page","anonymousId":"x","name":"Home",{at},"properties":{{"url":"/"}}}}"#);
    assert_eq!(read(&page), "x at 1000; page_viewed name=Home url=/");
    let page = format!(
        r#"{{"type":"page","userId":"u","anonymousId":"x","name":"Home",{at},"properties":{{"name":"Start"}}}}"#
    );
    assert_eq!(read(&page), "u at 1000; page_viewed name=Start");
    let group = format!(r#"{{"type":"group","userId":42,"groupId":"g1",{at},"traits":{{"plan":"pro"}}}}"#);
    assert_eq!(read(&group), "42 at 1000; group_joined plan=pro id=g1");
    assert_eq!(read(&format!(r#"{{"type":"alias","previousId":"x","userId":"u",{at}}}"#)), "u at 1000 was x");
    assert_eq!(read(&format!(r#"{{"type":"alias","userId":"u",{at}}}"#)), "bad alias.previousId: is missing");
    assert_eq!(read(&format!(r#"{{"type":"screen","userId":"u",{at}}}"#)), "unknown screen");
    assert_eq!(read(&format!(r#"{{"event":"Scrolled","userId":"u",{at}}}"#)), "unread Scrolled");
    assert_eq!(
        read(&format!(r#"{{"type":"track","event":"Restocked",{at},"properties":{{"sku":"a"}}}}"#)),
        " at 1000; restocked sku=a"
    );
    let kind = "`shout` is none of track, identify, page, screen, group, alias";
    assert_eq!(read(&format!(r#"{{"type":"shout","userId":"u",{at}}}"#)), format!("bad message.type: {kind}"));
    assert_eq!(read(&format!(r#"{{"userId":"u",{at}}}"#)), "bad message.type: is missing");
    assert_eq!(read(&format!(r#"{{"type":"track","userId":"u",{at}}}"#)), "bad message.event: is missing");
}

#[test]
fn cloud_events() {
    let event = r#"{"specversion":"1.0","type":"Order Completed","id":"1","source":"/shop","subject":"ana","time":"1970-01-01T00:00:01Z","data":{"order_id":"o","total":1}}"#;
    assert_eq!(read(event), "ana at 1000; order_completed order_id=o total=1000000 weight=0.5 gift=0");
    let identify = r#"{"specversion":"1.0","type":"identify","subject":"ana","time":"1970-01-01T00:00:01Z","data":{"email":"a@b.c"}}"#;
    assert_eq!(read(identify), "ana at 1000; profile email=a@b.c");
    assert_eq!(read(r#"{"specversion":"1.0","subject":"ana"}"#), "bad message.type: is missing");
    let nobody = r#"{"specversion":"1.0","type":"Order Completed","time":"1970-01-01T00:00:01Z"}"#;
    assert_eq!(read(nobody), "bad order_completed.subject: says no customer: it is missing");
}

#[test]
fn what_becomes_known_of_a_customer() {
    let identify = |rest: &str| {
        let line = format!(r#"{{"type":"identify","userId":"ana","timestamp":"1970-01-01T00:00:01Z",{rest}}}"#);
        read(&line).replace("ana at 1000", "")
    };
    assert_eq!(identify(r#""traits":{"email":"a@b.c","tier":"gold","shoe_size":41}"#), "; profile email=a@b.c tier=2");
    assert_eq!(identify(r#""traits":{"email":null,"tier":null}"#), "; profile email=? tier=0");
    assert_eq!(
        identify(r#""traits":{"tier":"iron","email":"a@b.c"}"#),
        "bad identify.tier: `iron` is none of bronze, silver, gold"
    );
    assert_eq!(
        identify(r#""traits":{"birthday":0}"#),
        "bad identify.birthday: must be a date like 2026-03-01, and is the number 0"
    );
    assert_eq!(identify(r#""traits":{}"#), "; profile");
    assert_eq!(
        identify(r#""context":{"timezone":"Asia/Tokyo","locale":"ja-JP"}"#),
        "; profile time_zone=Asia/Tokyo locale=ja-JP"
    );
    assert_eq!(
        identify(r#""traits":{"time_zone":"UTC"},"context":{"timezone":"Asia/Tokyo"}"#),
        "; profile time_zone=UTC"
    );
    assert_eq!(
        identify(r#""context":{"timezone":"CEST-ish"}"#),
        "bad identify.context.timezone: `CEST-ish` is no time zone"
    );
}

#[test]
fn consent() {
    let identify = |rest: &str| {
        let line = format!(r#"{{"type":"identify","userId":"ana","timestamp":"1970-01-01T00:00:01Z",{rest}}}"#);
        read(&line).replace("ana at 1000", "").replace("; profile", "")
    };
    assert_eq!(identify(r#""traits":{"consents":{"marketing":true}}"#), "; grants marketing");
    let by = r#""traits":{"consents":{"marketing":{"email":true,"sms":false}}}"#;
    assert_eq!(identify(by), "; grants marketing by email; withdraws marketing by sms");
    assert_eq!(identify(r#""traits":{"consents":{"sales":true}}"#), "bad identify.consents: `sales` is no purpose");
    assert_eq!(
        identify(r#""traits":{"consents":{"marketing":{"fax":true}}}"#),
        "bad identify.consents.marketing: `fax` is no channel"
    );
    assert_eq!(
        identify(r#""traits":{"consents":{"marketing":1}}"#),
        "bad identify.consents.marketing: must be true or false"
    );
    let preferences = r#""context":{"consent":{"categoryPreferences":{"marketing":false,"Analytics":true}}}"#;
    assert_eq!(identify(preferences), "; withdraws marketing");

    let track = |event: &str, rest: &str| {
        let line =
            format!(r#"{{"type":"track","event":"{event}","userId":"ana","timestamp":"1970-01-01T00:00:01Z",{rest}}}"#);
        read(&line).replace("ana at 1000; ", "")
    };
    assert_eq!(track("Segment Consent Preference Updated", preferences), "withdraws marketing");
    let given = track("consent_granted", r#""properties":{"purpose":"marketing","channel":"email"}"#);
    assert_eq!(given, "consent_granted purpose=marketing channel=email");
    let unknown = track("consent_granted", r#""properties":{"purpose":"sales"}"#);
    assert_eq!(unknown, "bad consent_granted.purpose: `sales` is no purpose");
}

#[test]
fn messages_that_cannot_be_placed() {
    let order = |rest: &str| {
        read(&format!(r#"{{"event":"Order Completed",{rest},"properties":{{"order_id":"o","total":1}}}}"#))
    };
    assert_eq!(
        order(r#""timestamp":"1970-01-01T00:00:01Z""#),
        "bad order_completed.userId: says no customer: it is missing"
    );
    assert_eq!(order(r#""userId":"ana""#), "bad order_completed.timestamp: is missing");
    let not = "must be a moment with its zone like 2026-03-01T09:00:00Z";
    assert_eq!(
        order(r#""userId":"ana","timestamp":1772359200"#),
        format!("bad order_completed.timestamp: {not}, as text")
    );
    assert_eq!(
        order(r#""userId":"ana","timestamp":"noon""#),
        format!("bad order_completed.timestamp: {not}, and is `noon`")
    );
    let far = order(r#""userId":"ana","timestamp":"9999-01-01T00:00:00Z""#);
    assert_eq!(far, "bad order_completed.timestamp: must lie from 1970 to 2099, and is 9999-01-01T00:00:00Z");
    let ahead = order(r#""userId":"ana","timestamp":"2026-03-01T12:00:01Z","receivedAt":"2026-03-01T11:00:00Z""#);
    assert_eq!(ahead, "bad order_completed.timestamp: is more than an hour after the receipt");
    assert!(
        order(r#""userId":"ana","timestamp":"2026-03-01T12:00:00Z","receivedAt":"2026-03-01T11:00:00Z""#)
            .starts_with("ana at")
    );
    assert!(order(r#""userId":"ana","sentAt":"1970-01-01T00:00:02Z""#).starts_with("ana at 2000;"));
    assert_eq!(read("{"), "bad message: is not JSON (character 1)");
    assert_eq!(read("[1]"), "bad message: is not a JSON object");
    assert_eq!(read("  \r"), "blank");
}

#[test]
fn lines_that_are_no_text() {
    let image = shop();
    let Line::Bad(problem) = Decoder::new(&image).read(b"{\"event\":\"\xff\"}") else { panic!("it is read") };
    assert_eq!(problem.to_string(), "message: is not UTF-8");
}
