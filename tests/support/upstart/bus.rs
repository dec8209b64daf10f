//! Upstart's own socket, as the real one was recorded: who is talked to, the D-Bus calls that are
//! understood, the signals that come between call and answer, the errors.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use super::state::{Event, Goal, State};
use crate::support::GENEROUS;

/// Where init listens under the root of a test.
pub const SOCKET: &str = "/var/run/upstart.socket";

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
    Done(Goal),
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

type Jobs = Arc<Mutex<Vec<Callable>>>;

/// Init's end of the socket. It listens from the first job on.
#[derive(Default)]
pub struct Bus {
    jobs: Jobs,
    listener: Mutex<Option<(PathBuf, JoinHandle<()>)>>,
}

impl Bus {
    pub(super) fn add(&self, job: Callable, socket: &Path) {
        self.jobs.lock().unwrap().push(job);
        let mut listener = self.listener.lock().unwrap();
        if listener.is_none() {
            let (accepting, jobs) = (UnixListener::bind(socket).unwrap(), self.jobs.clone());
            let thread = std::thread::spawn(move || serve(&accepting, &jobs));
            *listener = Some((socket.to_owned(), thread));
        }
    }

    pub(super) fn remove(&self, name: &str, instance: &str) {
        self.jobs.lock().unwrap().retain(|job| (&*job.name, &*job.instance) != (name, instance));
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        if let Some((socket, thread)) = self.listener.lock().unwrap().take() {
            // A caller who says nothing ends the service.
            drop(UnixStream::connect(socket));
            let _ = thread.join();
        }
    }
}

fn serve(listener: &UnixListener, jobs: &Jobs) {
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
        let _ = answer(&mut reader, jobs);
    }
}

/// Answers the one call of a connection.
fn answer(reader: &mut BufReader<UnixStream>, jobs: &Jobs) -> Option<()> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    // "\0AUTH EXTERNAL 30": the digits of the user id, in hexadecimal.
    assert_eq!(line, "\0AUTH EXTERNAL 30\r\n");
    reader.get_mut().write_all(b"OK 28a006d7b92b95535c6b1cdd6b017568\r\n").ok()?;
    line.clear();
    reader.read_line(&mut line).ok()?;
    assert_eq!(line, "BEGIN\r\n");

    let call = Call::read(reader)?;
    let (method, events) = call.target(&jobs.lock().unwrap())?;
    let said = events.map_or(Answer::Nobody, |events| {
        let (reply, replied) = mpsc::channel();
        let _ = events.send(Event::Called { method, reply });
        replied.recv_timeout(GENEROUS).unwrap_or(Answer::Nobody)
    });
    reader.get_mut().write_all(&call.said(said)).ok()
}

/// A method call.
struct Call {
    path: String,
    member: String,
    serial: u32,
    body: Vec<u8>,
}

impl Call {
    fn read(reader: &mut impl Read) -> Option<Self> {
        let mut fixed = [0; 16];
        reader.read_exact(&mut fixed).ok()?;
        let number = |at: usize| u32::from_le_bytes(fixed[at..at + 4].try_into().unwrap());
        assert_eq!(fixed[..4], *b"l\x01\0\x01", "a call in little-endian");
        let (body, serial, fields) = (number(4), number(8), number(12));
        let mut rest = vec![0; fields.next_multiple_of(8) as usize];
        reader.read_exact(&mut rest).ok()?;
        let field = |code: u8, kind: u8| {
            let at = rest.windows(4).position(|window| *window == [code, 1, kind, 0]).unwrap() + 4;
            let length = u32::from_le_bytes(rest[at..at + 4].try_into().unwrap()) as usize;
            assert_eq!(rest[at + 4 + length], 0, "a text ends in NUL");
            String::from_utf8(rest[at + 4..at + 4 + length].to_vec()).unwrap()
        };
        let (path, member) = (field(1, b'o'), field(3, b's'));
        let mut bytes = vec![0; body as usize];
        reader.read_exact(&mut bytes).ok()?;
        Some(Self { path, member, serial, body: bytes })
    }

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

    /// The bytes of an answer.
    fn said(&self, answer: Answer) -> Vec<u8> {
        let mut body = Message::default();
        match answer {
            Answer::Status { goal, state, processes } => {
                let processes = processes.iter().map(|(name, pid)| (&**name, *pid));
                body.properties(&goal.to_string(), &state.to_string(), processes);
                self.reply(2, "", "a{sv}", body)
            }
            Answer::Done(goal) => {
                let mut signal = Message::default();
                signal.text(&goal.to_string());
                let mut all = self.signal("GoalChanged", signal);
                all.extend(self.reply(2, "", "", body));
                all
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

/// Header and body; both begin at a multiple of 8.
fn message(kind: u8, fields: Message, body: Message) -> Vec<u8> {
    let mut all = Message(vec![b'l', kind, 1, 1]);
    all.number(u32::try_from(body.0.len()).unwrap());
    all.number(7);
    all.number(u32::try_from(fields.0.len()).unwrap());
    all.0.extend(fields.0);
    all.align(8);
    all.0.extend(body.0);
    all.0
}

/// Values one after the other, each at its alignment.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    fn number(&mut self, number: u32) {
        self.align(4);
        self.0.extend(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(u32::try_from(text.len()).unwrap());
        self.0.extend(text.bytes().chain([0]));
    }

    fn signature(&mut self, signature: &str) {
        self.0.push(u8::try_from(signature.len()).unwrap());
        self.0.extend(signature.bytes().chain([0]));
    }

    fn field(&mut self, code: u8, signature: &str) -> &mut Self {
        self.align(8);
        self.0.push(code);
        self.signature(signature);
        self
    }

    /// A length, and what has it; `write` begins at a multiple of 8.
    fn counted(&mut self, write: impl FnOnce(&mut Self)) {
        self.number(0);
        let length_at = self.0.len() - 4;
        self.align(8);
        let begins = self.0.len();
        write(self);
        let length = u32::try_from(self.0.len() - begins).unwrap().to_le_bytes();
        self.0[length_at..length_at + 4].copy_from_slice(&length);
    }

    fn properties<'a>(
        &mut self,
        goal: &str,
        state: &str,
        processes: impl Iterator<Item = (&'a str, i32)>,
    ) {
        self.counted(|all| {
            for (name, value) in [("name", ""), ("goal", goal), ("state", state)] {
                all.align(8);
                all.text(name);
                all.signature("s");
                all.text(value);
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
}
