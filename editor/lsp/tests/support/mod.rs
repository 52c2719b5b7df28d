//! A client in memory that fails on any message nobody has asked for, and a disk in memory.

#![allow(dead_code, reason = "each test takes what it needs")]

use gen_lsp_types as lt;
use journey_lsp::disk::{Disk, Folder};
use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// 2026-03-02 10:00 in Berlin, a Monday.
pub const NOW: i64 = 1_772_442_000_000;

/// Files by absolute path.
#[derive(Clone, Default)]
pub struct Memory {
    pub files: Arc<Mutex<BTreeMap<PathBuf, String>>>,
}

impl Memory {
    pub fn new(files: &[(&str, &str)]) -> Memory {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_string())).collect();
        Memory { files: Arc::new(Mutex::new(files)) }
    }

    pub fn write(&self, path: &str, text: &str) {
        self.files.lock().unwrap().insert(PathBuf::from(path), text.to_string());
    }
}

impl Disk for Memory {
    fn root(&self, file: &Path) -> Option<PathBuf> {
        let files = self.files.lock().unwrap();
        file.ancestors().skip(1).find(|a| files.contains_key(&a.join("journey.toml"))).map(Path::to_path_buf)
    }

    fn folder(&self, root: &Path) -> Result<Folder, String> {
        let all = self.files.lock().unwrap();
        let settings = all.get(&root.join("journey.toml")).cloned().ok_or("no settings")?;
        let below = all.iter().filter(|(p, _)| p.starts_with(root) && p.extension().is_some_and(|e| e == "journey"));
        let files = below.map(|(p, text)| (p.strip_prefix(root).unwrap().to_str().unwrap().to_string(), text.clone()));
        Ok(Folder { settings, files: files.collect() })
    }

    fn read(&self, root: &Path, path: &str) -> Result<String, String> {
        self.files.lock().unwrap().get(&root.join(path)).cloned().ok_or_else(|| "it does not exist".to_string())
    }

    fn shelf(&self, name: &str, _: &str) -> Option<PathBuf> {
        Some(Path::new("/shelf").join(name))
    }

    fn now(&self) -> i64 {
        NOW
    }
}

/// A client that knows what it was sent.
pub struct Client {
    connection: Option<Connection>,
    server: Option<JoinHandle<bool>>,
    next: i32,
    /// What was sent and not yet looked at.
    waiting: Vec<Message>,
    versions: BTreeMap<String, i32>,
    pub capabilities: lt::ServerCapabilities,
}

impl Client {
    /// Begins with a client that can do this.
    pub fn with(disk: Memory, capabilities: Value) -> Client {
        let (ours, theirs) = Connection::memory();
        let server = std::thread::spawn(move || journey_lsp::server::run(&theirs, &disk).unwrap());
        let mut client = Client {
            connection: Some(ours),
            server: Some(server),
            next: 0,
            waiting: Vec::new(),
            versions: BTreeMap::new(),
            capabilities: lt::ServerCapabilities::default(),
        };
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        let result: lt::InitializeResult =
            serde_json::from_value(client.ask_for("initialize", params).unwrap()).unwrap();
        client.capabilities = result.capabilities;
        client.say("initialized", json!({}));
        client
    }

    /// Begins with a client that waits for what it is sent, and counts bytes.
    pub fn new(disk: Memory) -> Client {
        Client::with(disk, json!({ "general": { "positionEncodings": ["utf-8"] } }))
    }

    fn send(&self, message: Message) {
        self.connection.as_ref().unwrap().sender.send(message).unwrap();
    }

    fn receive(&self) -> Message {
        let message = self.connection.as_ref().unwrap().receiver.recv_timeout(Duration::from_secs(60));
        message.expect("the server says something")
    }

    pub fn say(&self, method: &str, params: Value) {
        self.send(Message::Notification(Notification { method: method.to_string(), params }));
    }

    /// Sends a request without waiting for its answer.
    pub fn send_request(&mut self, method: &str, params: Value) -> RequestId {
        self.next += 1;
        let id = RequestId::from(self.next);
        self.send(Message::Request(Request { id: id.clone(), method: method.to_string(), params }));
        id
    }

    /// The answer to a request that was sent.
    pub fn answer_to(&mut self, id: &RequestId) -> Result<Value, (i32, String)> {
        loop {
            match self.receive() {
                Message::Response(response) if response.id == *id => {
                    return response.response_result.map_err(|e| (e.code, e.message));
                }
                other => self.waiting.push(other),
            }
        }
    }

    pub fn ask_for(&mut self, method: &str, params: Value) -> Result<Value, (i32, String)> {
        let id = self.send_request(method, params);
        self.answer_to(&id)
    }

    /// Asks, and reads the answer as the protocol has it.
    pub fn ask<R: lt::Request>(&mut self, params: Value) -> R::Result {
        let answer = self.ask_for(R::METHOD.as_str(), params).expect("an answer");
        serde_json::from_value(answer).expect("an answer in the form of the protocol")
    }

    pub fn open(&mut self, path: &str, text: &str) {
        self.versions.insert(path.to_string(), 1);
        let item = json!({ "uri": uri(path), "languageId": "journey", "version": 1, "text": text });
        self.say("textDocument/didOpen", json!({ "textDocument": item }));
    }

    /// Changes `from` (which stands there once) to `to`, as a keystroke does.
    pub fn change(&mut self, path: &str, range: Value, text: &str) {
        let version = self.versions.get_mut(path).expect("an open file");
        *version += 1;
        let document = json!({ "uri": uri(path), "version": *version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "range": range, "text": text }] });
        self.say("textDocument/didChange", params);
    }

    /// The findings that are sent next, for a file.
    pub fn told(&mut self, path: &str) -> lt::PublishDiagnosticsParams {
        loop {
            let sent = self.waiting.iter().position(|m| match m {
                Message::Notification(n) if n.method == "textDocument/publishDiagnostics" => {
                    n.params["uri"] == uri(path)
                }
                _ => false,
            });
            if let Some(at) = sent {
                let Message::Notification(n) = self.waiting.remove(at) else { unreachable!() };
                return serde_json::from_value(n.params).unwrap();
            }
            let message = self.receive();
            self.waiting.push(message);
        }
    }

    /// Takes no notice of what was sent so far.
    pub fn forget(&mut self) {
        self.waiting.clear();
        while self.connection.as_ref().unwrap().receiver.try_recv().is_ok() {}
    }

    /// The message that is shown to the person next.
    pub fn shown(&mut self) -> String {
        loop {
            let sent = self
                .waiting
                .iter()
                .position(|m| matches!(m, Message::Notification(n) if n.method == "window/showMessage"));
            if let Some(at) = sent {
                let Message::Notification(n) = self.waiting.remove(at) else { unreachable!() };
                return n.params["message"].as_str().unwrap().to_string();
            }
            let message = self.receive();
            self.waiting.push(message);
        }
    }

    /// The request of the server that came, by its method.
    pub fn asked(&mut self, method: &str) -> Value {
        loop {
            let sent = self.waiting.iter().position(|m| matches!(m, Message::Request(r) if r.method == method));
            if let Some(at) = sent {
                let Message::Request(r) = self.waiting.remove(at) else { unreachable!() };
                return r.params;
            }
            let message = self.receive();
            self.waiting.push(message);
        }
    }

    /// Says goodbye as it should; fails when there is a message that nobody looked at.
    pub fn end(mut self) {
        assert_eq!(self.ask_for("shutdown", Value::Null), Ok(Value::Null));
        self.say("exit", Value::Null);
        assert!(self.server.take().unwrap().join().unwrap(), "a clean end");
        let left: Vec<Message> = self.connection.as_ref().unwrap().receiver.try_iter().collect();
        let methods: Vec<String> = self.waiting.iter().chain(&left).map(|m| format!("{m:?}")).collect();
        assert!(methods.is_empty(), "nobody looked at {methods:#?}");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection = None;
    }
}

pub fn uri(path: &str) -> String {
    format!("file://{path}")
}

pub const SETTINGS: &str = "[project]\nname      = \"page\"\ntime_zone = \"Europe/Berlin\"\ncurrency  = \"EUR\"\n";
