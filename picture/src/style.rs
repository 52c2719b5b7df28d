//! Colours for light and dark, and the icons.

use crate::model::{Kind, NoteKind, Step};

/// How a card is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after what is coloured so")]
pub enum Look {
    Trigger,
    Gate,
    Wait,
    Decision,
    Experiment,
    Offers,
    Email,
    Phone,
    Push,
    Chat,
    Send,
    Task,
    Call,
    Data,
    End,
    GoTo,
    Stage,
    Loop,
}

/// Every look with its class, its hue and how strong it is: of the badge, the kicker and the edge.
pub const LOOKS: [(Look, &str, u16, u8); 18] = [
    (Look::Trigger, "trigger", 150, 60),
    (Look::Gate, "gate", 150, 34),
    (Look::Wait, "wait", 38, 80),
    (Look::Decision, "decision", 222, 26),
    (Look::Experiment, "experiment", 316, 56),
    (Look::Offers, "offers", 24, 84),
    (Look::Email, "email", 214, 80),
    (Look::Phone, "sms", 190, 70),
    (Look::Push, "push", 258, 64),
    (Look::Chat, "chat", 142, 54),
    (Look::Send, "send", 234, 60),
    (Look::Task, "task", 340, 64),
    (Look::Call, "call", 272, 40),
    (Look::Data, "data", 206, 22),
    (Look::End, "end", 222, 14),
    (Look::GoTo, "goto", 214, 60),
    (Look::Stage, "stage", 232, 34),
    (Look::Loop, "loop", 38, 44),
];

impl Look {
    /// Its class.
    pub fn class(self) -> &'static str {
        LOOKS.iter().find(|(look, ..)| *look == self).map_or("", |(_, class, ..)| class)
    }
}

/// Icons, drawn in a square of 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after what they stand for")]
pub enum Icon {
    Trigger,
    Calendar,
    Gate,
    Clock,
    Hourglass,
    Branch,
    Flask,
    Star,
    Mail,
    Phone,
    Bell,
    Chat,
    Plane,
    Person,
    Plug,
    Pen,
    Bolt,
    Inbox,
    Loop,
    Flag,
    End,
    GoTo,
    Stage,
    Goal,
    Exit,
    Pause,
    Again,
    Key,
    Shield,
    Dates,
}

impl Icon {
    /// Its lines.
    pub fn path(self) -> &'static str {
        match self {
            Icon::Trigger => "M13 2 4.5 13.5H11L10 22l8.5-11.5H13z",
            Icon::Calendar | Icon::Dates => "M5 6h14v14H5zM5 10.5h14M9 3.5v4M15 3.5v4",
            Icon::Gate => "M4 5h16l-6.2 7.4V19l-3.6-2v-4.6z",
            Icon::Clock => "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7.5V12l3 2.2",
            Icon::Hourglass => {
                "M7 3.5h10M7 20.5h10M8 3.5c0 5 8 5.5 8 8.5s-8 3.5-8 8.5M16 3.5c0 5-8 5.5-8 8.5s8 3.5 8 8.5"
            }
            Icon::Branch => "M12 3.5v6M12 9.5 6 15v5.5M12 9.5l6 5.5v5.5",
            Icon::Flask => "M9.5 3.5h5M10.5 3.5v6L5 19.5h14l-5.5-10v-6M7.8 15h8.4",
            Icon::Star => "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z",
            Icon::Mail => "M3.5 6h17v12.5h-17zM3.5 7l8.5 6.5L20.5 7",
            Icon::Phone => "M4 5h16v11h-8.5L7 20v-4H4zM8 10.5h.01M12 10.5h.01M16 10.5h.01",
            Icon::Bell => "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4",
            Icon::Chat => {
                "M12 4.5c4.7 0 8.5 3 8.5 7s-3.8 7-8.5 7c-1 0-2-.1-2.9-.4L4.5 20l1.2-3.7c-1.4-1.3-2.2-2.9-2.2-4.8 0-4 3.8-7 8.5-7z"
            }
            Icon::Plane => "M20.5 3.5 3.5 10.5l6 3 3 6zM9.5 13.5l11-10",
            Icon::Person => "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
            Icon::Plug => "M9 3.5v5M15 3.5v5M6.5 8.5h11V12a5.5 5.5 0 0 1-11 0zM12 17.5v3.5",
            Icon::Pen => "M4.5 19.5l1-4L16 5l3 3L8.5 18.5z",
            Icon::Bolt => {
                "M12 12h.01M8.5 8.5a5 5 0 0 0 0 7M15.5 8.5a5 5 0 0 1 0 7M5.7 5.7a9 9 0 0 0 0 12.6M18.3 5.7a9 9 0 0 1 0 12.6"
            }
            Icon::Inbox => "M4 13.5 6.5 5h11l2.5 8.5v5.5H4zM4 13.5h4.5l1.5 2.5h4l1.5-2.5H20",
            Icon::Loop | Icon::Again => {
                "M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5M20 4.5v5h-5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5M4 19.5v-5h5"
            }
            Icon::Flag => "M6 21V4M6 4.5h11.5l-2.5 4 2.5 4H6",
            Icon::End => "M12 6a6 6 0 1 1 0 12 6 6 0 0 1 0-12z",
            Icon::GoTo => "M4.5 12h14M13 6.5l5.5 5.5-5.5 5.5",
            Icon::Stage => "M12 4l8 4.2-8 4.2-8-4.2zM4 12.2l8 4.2 8-4.2M4 16l8 4.2 8-4.2",
            Icon::Goal => "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
            Icon::Exit => "M14 4.5H5v15h9M9.5 12h11M17 8l3.5 4-3.5 4",
            Icon::Pause => "M8.5 5.5v13M15.5 5.5v13",
            Icon::Key => "M8 11.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10.5 12.5 19 4M15.5 7.5l2.5 2.5",
            Icon::Shield => "M12 3.5l7.5 2.5v5.5c0 4.5-3 7.5-7.5 9-4.5-1.5-7.5-4.5-7.5-9V6z",
        }
    }
}

/// The look of a step.
pub fn look(step: &Step) -> Look {
    match step.kind {
        Kind::Wait | Kind::WaitUntil | Kind::WaitUpTo => Look::Wait,
        Kind::If | Kind::Branch => Look::Decision,
        Kind::Experiment => Look::Experiment,
        Kind::NextBestAction => Look::Offers,
        Kind::Send => step.channels.first().map_or(Look::Send, |channel| of_channel(channel).0),
        Kind::Set | Kind::Emit | Kind::Collect => Look::Data,
        Kind::Call => Look::Call,
        Kind::Task => Look::Task,
        Kind::Repeat | Kind::StopRepeating => Look::Loop,
        Kind::Stage => Look::Stage,
        Kind::GoTo => Look::GoTo,
        Kind::Finish => Look::End,
    }
}

/// The icon of a step.
pub fn icon(step: &Step) -> Icon {
    match step.kind {
        Kind::Wait | Kind::WaitUntil => Icon::Clock,
        Kind::WaitUpTo => Icon::Hourglass,
        Kind::If | Kind::Branch => Icon::Branch,
        Kind::Experiment => Icon::Flask,
        Kind::NextBestAction => Icon::Star,
        Kind::Send => step.channels.first().map_or(Icon::Plane, |channel| of_channel(channel).1),
        Kind::Set => Icon::Pen,
        Kind::Emit => Icon::Bolt,
        Kind::Collect => Icon::Inbox,
        Kind::Call => Icon::Plug,
        Kind::Task => Icon::Person,
        Kind::Repeat => Icon::Loop,
        Kind::Stage => Icon::Stage,
        Kind::GoTo | Kind::StopRepeating => Icon::GoTo,
        Kind::Finish => Icon::Flag,
    }
}

/// The look and icon of a channel, by what its name says.
pub fn of_channel(name: &str) -> (Look, Icon) {
    let name = name.to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if is(&["mail", "letter", "post"]) {
        (Look::Email, Icon::Mail)
    } else if is(&["sms", "text", "mms", "rcs"]) {
        (Look::Phone, Icon::Phone)
    } else if is(&["push", "notification"]) {
        (Look::Push, Icon::Bell)
    } else if is(&["line", "whatsapp", "wechat", "kakao", "telegram", "viber", "messenger", "chat", "in_app", "app"]) {
        (Look::Chat, Icon::Chat)
    } else {
        (Look::Send, Icon::Plane)
    }
}

/// The icon of a clause.
pub fn note(kind: NoteKind) -> Icon {
    match kind {
        NoteKind::Goal => Icon::Goal,
        NoteKind::Exit => Icon::Exit,
        NoteKind::Pause => Icon::Pause,
        NoteKind::StartOver | NoteKind::Update | NoteKind::ReEntry => Icon::Again,
        NoteKind::Key => Icon::Key,
        NoteKind::Meanwhile => Icon::Shield,
        NoteKind::Priority => Icon::Star,
        NoteKind::Dates | NoteKind::Rollout => Icon::Dates,
        NoteKind::OnLeaving => Icon::Flag,
    }
}
