//! Upstart's own socket, as the real one was recorded: who is talked to, the D-Bus calls that are
//! understood, the signals that come between call and answer, the errors.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use super::dbus::{Call, Message, message};
use super::records::LogPriority;
use super::state::{Event, Goal, State};
use crate::support::GENEROUS;

/// Where init listens under the root of a test.
pub const SOCKET: &str = "/var/run/upstart.socket";

/// What it says of itself.
const VERSION: &str = "init (upstart 1.13.2)";

/// What a caller wants of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Status,
    Stop,
    /// Of an instance that there is.
    TurnRound,
    /// Of the class: there need be no instance.
    Start,
}

/// What a job says to a caller.
pub(super) enum Answer {
    Status {
        goal: Goal,
        state: State,
        processes: Vec<(String, i32)>,
    },
    /// What init itself writes to its log: by itself, or among all its properties.
    LogPriority {
        log_priority: LogPriority,
        all: bool,
    },
    /// Which Upstart it is.
    Version,
    Done(Goal),
    /// The paths of a job's instances.
    Instances(Vec<String>),
    /// The last word of the error's name, behind `com.ubuntu.Upstart0_6.Error.`.
    Refused(&'static str),
    /// There is no such object.
    Nobody,
}

/// A job that can be called.
pub(super) struct Callable {
    pub name: String,
    pub instance: String,
    pub events: Sender<Event>,
}

/// What init knows to tell.
#[derive(Default)]
struct Known {
    jobs: Mutex<Vec<Callable>>,
    log_priority: Mutex<LogPriority>,
}

/// Init's end of the socket. It listens from the first job on.
#[derive(Default)]
pub struct Bus {
    known: Arc<Known>,
    listener: Mutex<Option<(PathBuf, JoinHandle<()>)>>,
}

impl Bus {
    pub(super) fn add(&self, job: Callable, socket: &Path) {
        self.known.jobs.lock().unwrap().push(job);
        let mut listener = self.listener.lock().unwrap();
        if listener.is_none() {
            let (accepting, known) = (UnixListener::bind(socket).unwrap(), self.known.clone());
            let thread = std::thread::spawn(move || serve(&accepting, &known));
            *listener = Some((socket.to_owned(), thread));
        }
    }

    pub(super) fn remove(&self, name: &str, instance: &str) {
        let mut jobs = self.known.jobs.lock().unwrap();
        jobs.retain(|job| (&*job.name, &*job.instance) != (name, instance));
    }

    /// `initctl log-priority`
    pub(super) fn log_priority(&self) -> LogPriority {
        *self.known.log_priority.lock().unwrap()
    }

    /// `initctl log-priority PRIORITY`
    pub fn set_log_priority(&self, priority: LogPriority) {
        *self.known.log_priority.lock().unwrap() = priority;
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        if let Some((socket, thread)) = self.listener.lock().unwrap().take() {
            // A caller who says nothing ends the service; where the socket is gone, the process does.
            if UnixStream::connect(socket).is_ok() {
                let _ = thread.join();
            }
        }
    }
}

fn serve(listener: &UnixListener, known: &Known) {
    for stream in listener.incoming().flatten() {
        if getsockopt(&stream, PeerCredentials).unwrap().uid() != 0 {
            continue;
        }
        stream.set_read_timeout(Some(GENEROUS)).unwrap();
        let mut reader = BufReader::new(stream);
        if reader.fill_buf().is_ok_and(<[u8]>::is_empty) {
            return;
        }
        // A caller who goes away in between is none of init's business.
        let _ = answer(&mut reader, known);
    }
}

/// Answers the one call of a connection.
fn answer(reader: &mut BufReader<UnixStream>, known: &Known) -> Option<()> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    // "\0AUTH EXTERNAL 30": the digits of the user id, in hexadecimal.
    assert_eq!(line, "\0AUTH EXTERNAL 30\r\n");
    reader.get_mut().write_all(b"OK 28a006d7b92b95535c6b1cdd6b017568\r\n").ok()?;
    line.clear();
    reader.read_line(&mut line).ok()?;
    assert_eq!(line, "BEGIN\r\n");

    let call = Call::read(reader)?;
    if let Some(answer) = call.of_init(*known.log_priority.lock().unwrap()) {
        return reader.get_mut().write_all(&call.said(answer)).ok();
    }
    if call.member == "GetAllInstances" {
        let answer = Answer::Instances(call.instances(&known.jobs.lock().unwrap()));
        return reader.get_mut().write_all(&call.said(answer)).ok();
    }
    let (method, events) = call.target(&known.jobs.lock().unwrap())?;
    let said = events.map_or(Answer::Nobody, |events| {
        let (reply, replied) = mpsc::channel();
        let _ = events.send(Event::Called { method, reply });
        replied.recv_timeout(GENEROUS).unwrap_or(Answer::Nobody)
    });
    reader.get_mut().write_all(&call.said(said)).ok()
}

impl Call {
    /// What is wanted, and of whom; of nobody where there is no such object.
    fn target(&self, jobs: &[Callable]) -> Option<(Method, Option<Sender<Event>>)> {
        let rest = self.path.strip_prefix("/com/ubuntu/Upstart/jobs/")?;
        let (name, instance) = match rest.split_once('/') {
            Some((name, instance)) => (name, Some(instance)),
            None => (rest, None),
        };
        let method = match (&*self.member, instance) {
            ("GetAll", Some(_)) => Method::Status,
            ("Stop", Some(_)) => Method::Stop,
            ("Start", Some(_)) => Method::TurnRound,
            ("Start", None) => Method::Start,
            _ => return None,
        };
        // A class finds its instance by the variables that it is started with.
        let variables = String::from_utf8_lossy(&self.body);
        let is_named = |job: &&Callable| {
            element(&job.name) == name
                && match instance {
                    Some(instance) => element(&job.instance) == instance,
                    None => {
                        job.instance.is_empty()
                            || variables.contains(&format!("={}\0", job.instance))
                    }
                }
        };
        Some((method, jobs.iter().find(is_named).map(|job| job.events.clone())))
    }

    /// The paths of the instances of the class that is called.
    fn instances(&self, jobs: &[Callable]) -> Vec<String> {
        let name = self.path.rsplit('/').next().unwrap();
        let instances = jobs.iter().filter(|job| element(&job.name) == name);
        instances.map(|job| format!("{}/{}", self.path, element(&job.instance))).collect()
    }

    /// What is answered of init itself.
    fn of_init(&self, log_priority: LogPriority) -> Option<Answer> {
        let is_of_init = self.path == "/com/ubuntu/Upstart";
        match &*self.member {
            "Get" if is_of_init && self.body.ends_with(b"version\0") => Some(Answer::Version),
            "Get" | "GetAll" if is_of_init => {
                let all = self.member == "GetAll";
                Some(Answer::LogPriority { log_priority, all })
            }
            _ => None,
        }
    }

    /// The bytes of an answer.
    fn said(&self, answer: Answer) -> Vec<u8> {
        let mut body = Message::default();
        match answer {
            Answer::Status { goal, state, processes } => {
                properties(&mut body, &goal.to_string(), &state.to_string(), &processes);
                self.reply(2, "", "a{sv}", body)
            }
            Answer::Version => {
                body.signature("s");
                body.text(VERSION);
                self.reply(2, "", "v", body)
            }
            Answer::LogPriority { log_priority, all: false } => {
                body.signature("s");
                body.text(&log_priority.to_string());
                self.reply(2, "", "v", body)
            }
            Answer::LogPriority { log_priority, all: true } => {
                body.counted(|all| {
                    for (name, value) in
                        [("version", VERSION), ("log_priority", &log_priority.to_string())]
                    {
                        all.property(name, value);
                    }
                });
                self.reply(2, "", "a{sv}", body)
            }
            Answer::Done(goal) => {
                let mut signal = Message::default();
                signal.text(&goal.to_string());
                let mut all = self.signal("GoalChanged", signal);
                all.extend(self.reply(2, "", "", body));
                all
            }
            Answer::Instances(paths) => {
                body.counted_from(4, |list| paths.iter().for_each(|path| list.text(path)));
                self.reply(2, "", "ao", body)
            }
            Answer::Refused(error) => {
                body.text("No");
                self.reply(3, &format!("com.ubuntu.Upstart0_6.Error.{error}"), "s", body)
            }
            Answer::Nobody => {
                body.text("Method with signature doesn't exist\n");
                self.reply(3, "org.freedesktop.DBus.Error.UnknownMethod", "s", body)
            }
        }
    }

    fn reply(&self, kind: u8, error: &str, signature: &str, body: Message) -> Vec<u8> {
        let mut fields = Message::default();
        if !error.is_empty() {
            fields.field(4, "s").text(error);
        }
        fields.field(5, "u").number(self.serial);
        if !signature.is_empty() {
            fields.field(8, "g").signature(signature);
        }
        message(kind, fields, body)
    }

    fn signal(&self, member: &str, body: Message) -> Vec<u8> {
        let mut fields = Message::default();
        fields.field(1, "o").text(&self.path);
        fields.field(2, "s").text("com.ubuntu.Upstart0_6.Instance");
        fields.field(3, "s").text(member);
        fields.field(8, "g").signature("s");
        message(4, fields, body)
    }
}

/// A name as part of an object path (`nih_dbus_path`).
fn element(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        other => format!("_{other:02x}"),
    };
    if name.is_empty() { "_".to_owned() } else { name.bytes().map(byte).collect() }
}

/// The properties of an instance, as `GetAll` has them.
fn properties(body: &mut Message, goal: &str, state: &str, processes: &[(String, i32)]) {
    body.counted(|all| {
        for (name, value) in [("name", ""), ("goal", goal), ("state", state)] {
            all.property(name, value);
        }
        all.align(8);
        all.text("processes");
        all.signature("a(si)");
        all.counted(|list| {
            for (process, pid) in processes {
                list.align(8);
                list.text(process);
                list.number(pid.cast_unsigned());
            }
        });
    });
}
