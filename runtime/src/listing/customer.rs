//! What belongs to the customer and to all journeys.

use super::Out;
use super::words::{days_of_week, from, span, window};
use crate::image::{HistoryKind, Over, Role, Rule, RuleKind};
use crate::report::words;

impl Out<'_> {
    pub(super) fn customer(&mut self) {
        let image = self.image;
        self.line(0, format!("program {}", image.name));
        self.line(2, format!("time zone {}, currency {}", image.time_zone, image.currency));
        self.events();
        self.profile_part();
        self.memory();
        self.part(
            "taxonomies",
            image.facets.iter().map(|facet| (facet.name.clone(), format!("{} nodes", facet.nodes.len()))).collect(),
        );
        let calendars = image.calendars.iter().map(|calendar| {
            let days: Vec<String> = calendar.days.iter().map(|day| words::date(*day)).collect();
            (calendar.name.clone(), days.join(" "))
        });
        self.part("calendars", calendars.collect());
        self.conditions();
        self.sending();
        let webhooks = image.webhooks.iter().map(|webhook| {
            let gives: Vec<String> = webhook
                .gives
                .iter()
                .map(|field| format!("{}: {}", field.name, self.typed(&field.ty, field.optional, &field.bounds)))
                .collect();
            let tries = format!("up to {} times within {}", webhook.attempts, span(&webhook.within));
            (
                webhook.name.clone(),
                format!("{} {:?} {tries}, gives {{ {} }}", webhook.method, webhook.url, gives.join(", ")),
            )
        });
        let webhooks = webhooks.collect();
        self.part("webhooks", webhooks);
        self.part("teams", image.teams.iter().map(|team| (team.clone(), String::new())).collect());
        self.expressions();
    }

    fn events(&mut self) {
        self.blank();
        self.line(0, "events, with the fields that are read");
        for event in self.image.events.iter().filter(|event| event.used) {
            let everyone = if event.everyone { " for everyone" } else { "" };
            let field = |at: u16| event.fields.get(usize::from(at)).map_or("?", |field| field.name.as_str());
            let role = match event.role {
                Role::Plain => String::new(),
                Role::Receipt { send_id, message } => {
                    let by: Vec<&str> = [send_id, message].into_iter().flatten().map(field).collect();
                    format!(", a receipt by {}", by.join(" or "))
                }
                Role::Consent { granted, purpose, channel } => {
                    let says = if granted { "gives" } else { "withdraws" };
                    let on = channel.map_or(String::new(), |channel| format!(", {}", field(channel)));
                    format!(", {says} consent by {}{on}", field(purpose))
                }
                Role::TaskCompleted { task_id } => format!(", a task is done, by {}", field(task_id)),
            };
            self.line(2, format!("{} {:?}{everyone}{role}", event.name, event.wire));
            let fields = event.fields.iter().map(|field| {
                let mut text = self.typed(&field.ty, field.optional, &field.bounds);
                if let Some(default) = field.default {
                    text += &format!(" = {}", self.value(&field.ty, default));
                }
                text += &from(&field.name, &field.path);
                if let Some(currency) = &field.currency_path {
                    text += &format!(" in {currency:?}");
                }
                (field.name.clone(), text)
            });
            let fields = fields.collect();
            self.rows(4, fields);
        }
    }

    fn profile_part(&mut self) {
        let fields = self.image.profile.iter().map(|field| {
            let mut text = self.typed(&field.ty, field.optional, &field.bounds);
            if field.default != crate::image::MISSING {
                text += &format!(" = {}", self.value(&field.ty, field.default));
            }
            text += &from(&field.name, &field.path);
            (field.name.clone(), text)
        });
        let fields = fields.collect();
        self.part("profile fields that are read or written", fields);
    }

    fn memory(&mut self) {
        let image = self.image;
        let parts = self.layout.footprint();
        let rows = image.histories.iter().zip(&parts.histories).map(|(history, bytes)| {
            let names = |fields: &[u16]| {
                let names = fields.iter().map(|field| self.event_field(history.event, *field));
                names.fold(String::new(), |text, name| text + ", " + name)
            };
            let kept = match &history.kind {
                HistoryKind::Recent { keep, window } => {
                    format!("the latest {keep} moments, counted for {}", span(window))
                }
                HistoryKind::Total => "a number".into(),
                HistoryKind::Days { days, field: None } => format!("a number for each of {days} days"),
                HistoryKind::Days { days, field: Some(_) } => format!("a sum for each of {days} days"),
                HistoryKind::SumTotal { .. } => "a sum".into(),
                HistoryKind::Last { fields } => format!("the latest: its time{}", names(fields)),
                HistoryKind::First { fields } => format!("the first: its time{}", names(fields)),
            };
            (history.text.clone(), format!("{kept}; {bytes} bytes"))
        });
        let mut rows: Vec<(String, String)> = rows.collect();
        rows.sort();
        let rest = [
            ("header", parts.header),
            ("profile", parts.profile),
            ("consent", parts.consent),
            ("watched conditions", parts.watches),
            ("caps and gaps", parts.rules),
            ("limits of offers", parts.offers),
            ("calendar triggers", parts.calendar),
            ("messages handed over", parts.messages),
        ];
        rows.extend(
            rest.iter().filter(|(_, bytes)| *bytes > 0).map(|(what, bytes)| ((*what).into(), format!("{bytes} bytes"))),
        );
        let ids = 8 * crate::layout::ID_COUNT;
        rows.push(("message ids".into(), format!("up to {ids} bytes, as they come")));
        rows.push(("journeys".into(), "8 bytes for each that was entered".into()));
        let title =
            format!("remembered of each customer: {} bytes, message ids, and what their runs keep", parts.customer);
        self.part(&title, rows);
    }

    fn conditions(&mut self) {
        let image = self.image;
        let segments = image.segments.iter().map(|segment| {
            let text = self.expression(segment.condition).to_string();
            (segment.name.clone(), text)
        });
        let segments = segments.collect();
        self.part("segments", segments);
        let watches = image.watches.iter().map(|watch| {
            self.expression(watch.condition);
            (watch.text.clone(), String::new())
        });
        let mut watches: Vec<_> = watches.collect();
        watches.sort();
        self.part("conditions that are watched", watches);
    }

    fn sending(&mut self) {
        let image = self.image;
        let purposes = image.purposes.iter().map(|purpose| {
            let consent = if purpose.needs_no_consent { "needs no consent" } else { "needs consent" };
            (purpose.name.clone(), consent.to_string())
        });
        self.part("purposes", purposes.collect());
        let channels = image.channels.iter().map(|channel| {
            let address = channel.address.map_or("reaches everybody", |address| self.expression(address));
            (channel.name.clone(), address.to_string())
        });
        let channels = channels.collect();
        self.part("channels", channels);
        let messages = image.messages.iter().map(|message| {
            let by = message.renderings.iter().map(|(channel, locales)| {
                let locales: Vec<&str> =
                    locales.iter().map(String::as_str).filter(|locale| !locale.is_empty()).collect();
                let locales = if locales.is_empty() { String::new() } else { format!(" ({})", locales.join(", ")) };
                format!("{}{locales}", self.channel(*channel))
            });
            let by: Vec<String> = by.collect();
            let valid = Some(self.dates(message.valid)).filter(|dates| !dates.is_empty());
            let valid = valid.map_or(String::new(), |dates| format!(", {dates}"));
            (message.name.clone(), format!("for {} by {}{valid}", self.purpose(message.purpose), by.join(", ")))
        });
        let messages = messages.collect();
        self.part("messages", messages);
        let offers = image.offers.iter().map(|offer| {
            let mut parts: Vec<String> =
                offer.limits.iter().map(|limit| format!("at most {} {}", limit.count, window(&limit.window))).collect();
            parts.push(self.dates(offer.valid));
            parts.retain(|part| !part.is_empty());
            (offer.name.clone(), parts.join(", "))
        });
        let offers = offers.collect();
        self.part("offers", offers);
        let rules = image.rules.iter().map(|rule| {
            let over = match rule.over {
                Over::Drop => "drop".to_string(),
                Over::Hold(None) => "hold".into(),
                Over::Hold(Some(length)) => format!("hold up to {}, then drop", span(&length)),
            };
            let does = match &rule.kind {
                RuleKind::Cap(limit) => format!("at most {} {}", limit.count, window(&limit.window)),
                RuleKind::Gap(length) => format!("at least {} apart", span(length)),
                RuleKind::Quiet { from, to } => format!("quiet from {} to {}", words::time(*from), words::time(*to)),
                RuleKind::Deliver { from, to, days, calendar } => format!(
                    "from {} to {} on {}{}",
                    words::time(*from),
                    words::time(*to),
                    days_of_week(*days),
                    self.calendar(*calendar)
                ),
            };
            (rule, format!("{does}, else {over}"))
        });
        let rules: Vec<(&Rule, String)> = rules.collect();
        if !rules.is_empty() {
            self.blank();
            self.line(0, "policies");
        }
        let mut policy = "";
        for (rule, does) in rules {
            if rule.policy != policy {
                policy = &rule.policy;
                self.line(2, policy);
            }
            self.line(4, &rule.text);
            if rule.text != does {
                self.line(6, format!("= {does}"));
            }
        }
    }
}
