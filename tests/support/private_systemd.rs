//! systemd's socket for root, as far as properties are asked for there: units that a test describes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::upstart::dbus::{Call, Message, message};
use super::{GENEROUS, Host};

/// Where it listens under the root of a test.
const SOCKET: &str = "/run/systemd/private";
const UNITS: &str = "/org/freedesktop/systemd1/unit/";

/// What a property is.
#[derive(Debug, Clone)]
pub enum Property {
    Text(String),
    Number(u32),
    /// Microseconds.
    Time(u64),
    Bytes(Vec<u8>),
    Texts(Vec<String>),
}

/// By the object that has it, and its name.
type Known = Arc<Mutex<BTreeMap<(String, String), Property>>>;

/// A systemd that only answers.
pub struct PrivateSystemd {
    known: Known,
    unanswered: Arc<AtomicUsize>,
}

impl PrivateSystemd {
    /// One that has no unit yet, on `host`. It answers as long as the test runs.
    pub fn on(host: &Host) -> Self {
        host.make_dir("/run/systemd");
        let listener = UnixListener::bind(host.path(SOCKET)).unwrap();
        let systemd = Self { known: Known::default(), unanswered: Arc::default() };
        let (known, unanswered) = (Arc::clone(&systemd.known), Arc::clone(&systemd.unanswered));
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming().flatten() {
                let one_less = |left: usize| left.checked_sub(1);
                if unanswered.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                    kept.push(stream);
                    continue;
                }
                // A caller who goes away in between is none of systemd's business.
                let _ = answer(stream, &known);
            }
        });
        systemd
    }

    /// It is too busy to answer the next `callers`.
    pub fn leave_unanswered(&self, callers: usize) {
        self.unanswered.store(callers, Ordering::SeqCst);
    }

    /// From now on the unit called `name` has these properties, in the place of those it had.
    pub fn set(&self, name: &str, properties: &[(&str, Property)]) {
        let path = format!("{UNITS}{}", label(name));
        let mut known = self.known.lock().unwrap();
        known.retain(|(object, _), _| *object != path);
        let entry =
            |(name, value): &(&str, Property)| ((path.clone(), (*name).to_owned()), value.clone());
        known.extend(properties.iter().map(entry));
    }
}

/// A unit's name in the path of its object.
fn label(name: &str) -> String {
    let escaped = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("_{byte:02x}"),
    };
    name.bytes().map(escaped).collect()
}

/// Answers the calls of a connection, which come all at once.
fn answer(stream: UnixStream, known: &Known) -> Option<()> {
    stream.set_read_timeout(Some(GENEROUS)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    assert!(line.starts_with("\0AUTH EXTERNAL "), "{line:?}");
    reader.get_mut().write_all(b"OK 28a006d7b92b95535c6b1cdd6b017568\r\n").ok()?;
    line.clear();
    reader.read_line(&mut line).ok()?;
    assert_eq!(line, "BEGIN\r\n");
    while let Some(call) = Call::read(&mut reader) {
        assert_eq!(call.member, "Get");
        let name = last_text(&call.body);
        let value = known.lock().unwrap().get(&(call.path.clone(), name)).cloned();
        reader.get_mut().write_all(&said(&call, value)).ok()?;
    }
    Some(())
}

/// The second of two texts.
fn last_text(body: &[u8]) -> String {
    let length = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap()) as usize;
    let second = (4 + length(0) + 1).next_multiple_of(4);
    let begin = second + 4;
    String::from_utf8(body[begin..begin + length(second)].to_vec()).unwrap()
}

fn said(call: &Call, value: Option<Property>) -> Vec<u8> {
    let (mut fields, mut body) = (Message::default(), Message::default());
    let Some(value) = value else {
        fields.field(4, "s").text("org.freedesktop.DBus.Error.UnknownProperty");
        fields.field(5, "u").number(call.serial);
        return message(3, fields, body);
    };
    fields.field(5, "u").number(call.serial);
    fields.field(8, "g").signature("v");
    match value {
        Property::Text(text) => {
            body.signature("s");
            body.text(&text);
        }
        Property::Number(number) => {
            body.signature("u");
            body.number(number);
        }
        Property::Time(micros) => {
            body.signature("t");
            body.long(micros);
        }
        Property::Bytes(bytes) => {
            body.signature("ay");
            body.align(4);
            body.bytes(&bytes);
        }
        Property::Texts(texts) => {
            body.signature("as");
            body.counted_from(4, |body| texts.iter().for_each(|text| body.text(text)));
        }
    }
    message(2, fields, body)
}
