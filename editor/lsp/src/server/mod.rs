//! The protocol: messages in, messages out. One thread, in the order in which messages come.

mod answers;
mod capabilities;
mod client;
mod commands;
mod convert;
mod findings;
mod navigation;
pub mod ours;
mod painting;
mod reading;
mod state;
mod typing;
mod writing;

pub use capabilities::{COMMANDS, capabilities};
pub use client::Client;

use crate::disk::Disk;
use crate::proofs::Proved;
use crossbeam_channel::{Receiver, Sender, after, never, select};
use gen_lsp_types as lt;
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, RequestId, Response};
use serde_json::{Value, json};
use state::State;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) struct Refused {
    code: ErrorCode,
    message: String,
}

impl Refused {
    /// What was asked cannot be done; why, in words for the person.
    pub(crate) fn because(message: impl Into<String>) -> Refused {
        Refused { code: ErrorCode::RequestFailed, message: message.into() }
    }
}

/// Serves one client until it says goodbye. Whether it did so as it should: asked to shut down before it left.
pub fn run(connection: &Connection, disk: &dyn Disk) -> Result<bool, ProtocolError> {
    let (id, params) = connection.initialize_start()?;
    let client = Client::new(&params);
    let answer = json!({
        "capabilities": capabilities(&client),
        "serverInfo": { "name": "journey", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, answer)?;
    let mut server = Server {
        connection,
        state: State::new(disk, client),
        queue: VecDeque::new(),
        leaving: false,
        proofs: crossbeam_channel::bounded(1),
        proving: false,
    };
    server.state.begin();
    server.serve();
    Ok(server.leaving)
}

struct Server<'c> {
    connection: &'c Connection,
    state: State<'c>,
    /// What has come and is not yet done.
    queue: VecDeque<Message>,
    /// The client has asked to shut down.
    leaving: bool,
    /// Where proofs are handed in.
    proofs: (Sender<Proved>, Receiver<Proved>),
    /// One is being made.
    proving: bool,
}

/// What is waited for.
enum Come {
    Message(Message),
    Proof(Proved),
    /// Nobody has typed for a while.
    Pause,
    /// Nobody is there any more.
    Gone,
}

/// Proofs are made when nobody has typed for so long.
const PAUSE: Duration = Duration::from_millis(120);

impl Server<'_> {
    fn serve(&mut self) {
        loop {
            self.queue.extend(self.connection.receiver.try_iter());
            if self.queue.is_empty() {
                // Nobody waits: what was found can be told. Changes that come meanwhile are seen before the next telling.
                self.guarded(|server| server.state.tell());
                self.flush();
                match self.come() {
                    Come::Message(message) => self.queue.push_back(message),
                    Come::Proof(proved) => {
                        self.proving = false;
                        self.guarded(|server| server.state.proved(proved));
                        self.flush();
                    }
                    Come::Pause => self.prove(),
                    Come::Gone => return,
                }
                self.queue.extend(self.connection.receiver.try_iter());
            }
            self.cancel();
            let Some(message) = self.queue.pop_front() else { continue };
            match message {
                Message::Request(request) => {
                    let response = self.answer(request);
                    self.send(response.into());
                }
                Message::Notification(n) if n.method == "exit" => return,
                Message::Notification(n) => self.guarded(move |server| server.state.notice(n)),
                Message::Response(response) => self.state.answered(&response),
            }
            self.flush();
        }
    }

    /// Waits for what comes next.
    fn come(&self) -> Come {
        let wanted = !self.proving && self.state.to_prove().is_some();
        let pause = if wanted { after(PAUSE) } else { never() };
        select! {
            recv(self.connection.receiver) -> message => message.map_or(Come::Gone, Come::Message),
            recv(self.proofs.1) -> proved => proved.map_or(Come::Gone, Come::Proof),
            recv(pause) -> _ => Come::Pause,
        }
    }

    /// Begins to prove what is to be proved, beside everything else. What comes of it is looked at only if nothing was changed meanwhile.
    fn prove(&mut self) {
        let Some(job) = self.state.to_prove() else { return };
        let hand_in = self.proofs.0.clone();
        self.proving = true;
        std::thread::spawn(move || {
            // Nobody waits for it when the server has ended.
            let _ = hand_in.send(job.run());
        });
    }

    /// Answers what the client has given up on, without working on it.
    fn cancel(&mut self) {
        let mut given_up: Vec<RequestId> = Vec::new();
        self.queue.retain(|message| match message {
            Message::Notification(n) if n.method == "$/cancelRequest" => {
                let id = match &n.params["id"] {
                    Value::String(id) => Some(RequestId::from(id.clone())),
                    id => id.as_i64().and_then(|id| i32::try_from(id).ok()).map(RequestId::from),
                };
                given_up.extend(id);
                false
            }
            _ => true,
        });
        if given_up.is_empty() {
            return;
        }
        let mut answers = Vec::new();
        self.queue.retain(|message| match message {
            Message::Request(r) if given_up.contains(&r.id) => {
                let code = ErrorCode::RequestCanceled as i32;
                answers.push(Response::new_err(r.id.clone(), code, "given up".to_string()));
                false
            }
            _ => true,
        });
        for answer in answers {
            self.send(answer.into());
        }
    }

    fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        if self.leaving {
            let code = ErrorCode::InvalidRequest as i32;
            return Response::new_err(id, code, "the server is shutting down".to_string());
        }
        if request.method == "shutdown" {
            self.leaving = true;
            return Response::new_ok(id, Value::Null);
        }
        let state = &mut self.state;
        let answered = catch_unwind(AssertUnwindSafe(|| answers::answer(state, &request.method, request.params)));
        match answered {
            Ok(Ok(value)) => Response::new_ok(id, value),
            Ok(Err(refused)) => Response::new_err(id, refused.code as i32, refused.message),
            Err(panic) => {
                let why = what_broke(&*panic);
                self.state.log(&format!("{} could not be answered: {why}", request.method));
                Response::new_err(id, ErrorCode::InternalError as i32, format!("a mistake of the server: {why}"))
            }
        }
    }

    /// Does something that must not end the server, whatever happens in it.
    fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(self))) {
            let why = what_broke(&*panic);
            self.state.log(&format!("a mistake of the server: {why}"));
        }
    }

    fn flush(&mut self) {
        for message in std::mem::take(&mut self.state.out) {
            self.send(message);
        }
    }

    fn send(&self, message: Message) {
        // A client that has gone away is noticed when the next message is read.
        drop(self.connection.sender.send(message));
    }
}

fn what_broke(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".to_string())
}

/// A notification of the server.
fn notification<N: lt::Notification>(params: impl serde::Serialize) -> Message {
    let params = serde_json::to_value(params).unwrap_or(Value::Null);
    Message::Notification(Notification { method: N::METHOD.to_string(), params })
}
