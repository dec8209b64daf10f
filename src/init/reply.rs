//! D-Bus messages from init, read without trust.

use serde::Serialize;

use super::{InitStatus, LogPriority};

/// What init wants of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// It is to run.
    Start,
    /// It is to be down.
    Stop,
    /// It died while a hook ran, and is to run again when that is done (since 1.11).
    Respawn,
}

/// Where a job is. What Upstart 1.13 has as two states, before and after the fork of a process, is
/// one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Down.
    Waiting,
    /// Before its first process.
    Starting,
    /// Its pre-start runs.
    PreStart,
    /// Its main process is being started.
    Spawned,
    /// Its post-start runs.
    PostStart,
    /// It is up.
    Running,
    /// Its pre-stop runs.
    PreStop,
    /// The `stopping` event is being handled.
    Stopping,
    /// The main process was asked to end.
    Killed,
    /// Its post-stop runs.
    PostStop,
}

/// The part of the header that every message begins with.
pub(super) const FIXED_LEN: usize = 16;

/// No message of init's is longer, in bytes.
const LONGEST: usize = 1 << 20;

/// Types of messages.
const DONE: u8 = 2;
const ERROR: u8 = 3;

/// Codes of the header's fields.
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;

/// What the fixed part of a header says.
pub(super) struct Header {
    big_endian: bool,
    kind: u8,
    fields: usize,
    /// How many bytes of the message follow.
    pub(super) rest: usize,
}

/// What a message is to the one who asked.
pub(super) enum Answer<'m> {
    /// Nothing: a signal, or an answer to something else.
    Other,
    /// It was done; these are the answer's arguments.
    Done(Body<'m>),
    /// It was refused with the error of this name.
    Error(&'m [u8]),
}

/// The arguments of a message.
pub(super) struct Body<'m>(Reader<'m>);

impl Header {
    /// Reads the first [`FIXED_LEN`] bytes of `message`.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let [endian, kind, _flags, version, ..] = *message else { return None };
        let big_endian = endian == b'B';
        if !(big_endian || endian == b'l') || version != 1 {
            return None;
        }
        let mut reader = Reader { bytes: message, at: 4, big_endian };
        let body = reader.length()?;
        reader.u32()?;
        let fields = reader.length()?;
        let rest = fields.next_multiple_of(8).checked_add(body)?;
        (rest <= LONGEST).then_some(Self { big_endian, kind, fields, rest })
    }

    /// What the whole `message` says to the call number `serial`.
    pub(super) fn answer<'m>(&self, message: &'m [u8], serial: u32) -> Answer<'m> {
        let mut name: &[u8] = b"";
        let mut to = None;
        let end = FIXED_LEN.saturating_add(self.fields);
        let fields = message.get(..end).unwrap_or_default();
        let mut reader = Reader { bytes: fields, at: FIXED_LEN, big_endian: self.big_endian };
        while let Some((code, signature)) = reader.field() {
            match (code, signature) {
                (REPLY_SERIAL, b"u") => to = reader.u32(),
                (ERROR_NAME, b"s") => name = reader.text().unwrap_or_default(),
                (_, b"u") => drop(reader.u32()),
                (_, b"s" | b"o") => drop(reader.text()),
                (_, b"g") => drop(reader.signature()),
                _ => break,
            }
        }
        if to != Some(serial) {
            return Answer::Other;
        }
        let at = end.next_multiple_of(8);
        match self.kind {
            DONE => Answer::Done(Body(Reader { bytes: message, at, big_endian: self.big_endian })),
            ERROR => Answer::Error(name),
            _ => Answer::Other,
        }
    }
}

/// Reads the properties of an instance: `a{sv}` with `goal`, `state` and `processes` in it.
pub(super) fn status(body: Body<'_>) -> Option<InitStatus> {
    let mut reader = body.0;
    let length = reader.length()?;
    reader.align(8);
    let end = reader.at.checked_add(length)?;
    let (mut goal, mut state, mut main_pid) = (None, None, None);
    let mut saw_processes = false;
    while reader.at < end {
        reader.align(8);
        match (reader.text()?, reader.signature()?) {
            (b"goal", b"s") => goal = Some(Goal::named(reader.text()?)?),
            (b"state", b"s") => state = Some(State::named(reader.text()?)?),
            (b"processes", b"a(si)") => {
                main_pid = reader.main_pid()?;
                saw_processes = true;
            }
            (_, b"s") => drop(reader.text()?),
            _ => return None,
        }
    }
    saw_processes.then_some(InitStatus { goal: goal?, state: state?, main_pid })
}

/// Reads the paths of instances, `ao`, and gives their names.
#[cfg(feature = "deliver")]
pub(super) fn instances(body: Body<'_>) -> Option<Vec<String>> {
    let mut reader = body.0;
    let length = reader.length()?;
    let end = reader.at.checked_add(length)?;
    let mut names = Vec::new();
    while reader.at < end {
        let path = reader.text()?;
        let element = path.rsplit(|byte| *byte == b'/').next()?;
        names.push(String::from_utf8_lossy(&name_in(element)?).into_owned());
    }
    Some(names)
}

/// The name in an element of an object path (`nih_dbus_path`).
#[cfg(feature = "deliver")]
fn name_in(element: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    let mut rest = element.iter();
    while let Some(byte) = rest.next() {
        match (*byte, rest.as_slice()) {
            (b'_', []) if name.is_empty() => {}
            (b'_', [_, _, after @ ..]) => {
                let digits = std::str::from_utf8(rest.as_slice().get(..2)?).ok()?;
                name.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after.iter();
            }
            (b'_', _) => return None,
            (plain, _) => name.push(plain),
        }
    }
    Some(name)
}

/// Reads the property `log_priority`: a variant with a string.
pub(super) fn log_priority(body: Body<'_>) -> Option<LogPriority> {
    let mut reader = body.0;
    match reader.signature()? {
        b"s" => LogPriority::named(reader.text()?),
        _ => None,
    }
}

impl Goal {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"start" => Self::Start,
            b"stop" => Self::Stop,
            b"respawn" => Self::Respawn,
            _ => return None,
        })
    }
}

impl State {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"waiting" => Self::Waiting,
            b"starting" | b"security-spawning" | b"security" => Self::Starting,
            b"pre-starting" | b"pre-start" => Self::PreStart,
            b"spawning" | b"spawned" => Self::Spawned,
            b"post-starting" | b"post-start" => Self::PostStart,
            b"running" => Self::Running,
            b"pre-stopping" | b"pre-stop" => Self::PreStop,
            b"stopping" => Self::Stopping,
            b"killed" => Self::Killed,
            b"post-stopping" | b"post-stop" => Self::PostStop,
            _ => return None,
        })
    }
}

/// A place in a message. Alignment counts from the message's first byte.
struct Reader<'m> {
    bytes: &'m [u8],
    at: usize,
    big_endian: bool,
}

impl<'m> Reader<'m> {
    fn take(&mut self, count: usize) -> Option<&'m [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u32(&mut self) -> Option<u32> {
        self.align(4);
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// The length of something that is within the bounds of a message.
    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok().filter(|length| *length <= LONGEST)
    }

    fn text(&mut self) -> Option<&'m [u8]> {
        let length = self.length()?;
        let text = self.take(length)?;
        (self.byte()? == 0).then_some(text)
    }

    fn signature(&mut self) -> Option<&'m [u8]> {
        let length = self.byte()?;
        let signature = self.take(length.into())?;
        (self.byte()? == 0).then_some(signature)
    }

    /// The next field of a header: its code and its value's type.
    fn field(&mut self) -> Option<(u8, &'m [u8])> {
        self.align(8);
        Some((self.byte()?, self.signature()?))
    }

    /// The process named `main` in a list of names and ids.
    fn main_pid(&mut self) -> Option<Option<i32>> {
        let length = self.length()?;
        self.align(8);
        let end = self.at.checked_add(length)?;
        let mut main = None;
        while self.at < end {
            self.align(8);
            let name = self.text()?;
            let pid = self.u32()?.cast_signed();
            if name == b"main" && pid > 0 {
                main = Some(pid);
            }
        }
        Some(main)
    }
}

#[cfg(test)]
mod tests;
