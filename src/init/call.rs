//! A D-Bus method call, as bytes. Little-endian, as the first byte says.

use arrayvec::ArrayVec;

use super::Unavailable;
use crate::job::Job;

/// The interface of init itself (dbus/com.ubuntu.Upstart.xml).
pub(super) const MANAGER: &str = "com.ubuntu.Upstart0_6";
/// The interface of a job class (dbus/com.ubuntu.Upstart.Job.xml).
pub(super) const JOB: &str = "com.ubuntu.Upstart0_6.Job";
/// The interface of one instance of a job; a job without instances has one too.
pub(super) const INSTANCE: &str = "com.ubuntu.Upstart0_6.Instance";
/// The interface for properties that every object has.
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The number that the answer refers to: there is one call a connection.
pub(super) const SERIAL: u32 = 1;

/// The longest question, in bytes: the names of a job and its instance, each escaped.
pub(super) const QUESTION_LEN: usize = 3 << 10;
/// The longest start, in bytes: the environment of a job comes with it.
pub(super) const START_LEN: usize = 16 << 10;

/// Where the header has the length of the body, and that of the fields.
const BODY_LEN_AT: usize = 4;
const FIELDS_LEN_AT: usize = 12;

/// Codes of the header's fields.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const SIGNATURE: u8 = 8;

/// Whom a call is made to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Object<'o> {
    /// Init itself.
    Manager,
    /// The class of a job.
    Class(&'o Job<'o>),
    /// The instance of it.
    Instance(&'o Job<'o>),
}

/// A method call of at most `LEN` bytes under construction: header first, then the arguments in
/// their order.
#[derive(Debug)]
pub(super) struct Call<const LEN: usize> {
    bytes: ArrayVec<u8, LEN>,
    body_at: usize,
}

impl<const LEN: usize> Call<LEN> {
    /// A call without its arguments.
    pub(super) fn new(
        object: Object<'_>,
        interface: &str,
        member: &str,
        signature: &str,
    ) -> Result<Self, Unavailable> {
        let mut call = Self { bytes: ArrayVec::new(), body_at: 0 };
        // A call, no flags, protocol version 1; both lengths are filled in below.
        call.push(b"l\x01\x00\x01\0\0\0\0")?;
        call.push(&SERIAL.to_le_bytes())?;
        call.push(&[0; 4])?;

        call.push(&[PATH, 1, b'o', 0])?;
        let length_at = call.bytes.len();
        call.push(&[0; 4])?;
        call.push(b"/com/ubuntu/Upstart")?;
        if let Object::Class(job) | Object::Instance(job) = object {
            call.push(b"/jobs/")?;
            call.push_path_element(job.name)?;
        }
        if let Object::Instance(job) = object {
            call.push(b"/")?;
            call.push_path_element(job.instance)?;
        }
        call.fill_in(length_at, call.bytes.len() - length_at - 4);
        call.push(&[0])?;

        for (code, text) in [(INTERFACE, interface), (MEMBER, member)] {
            call.align(8)?;
            call.push(&[code, 1, b's', 0])?;
            call.push_text(text.as_bytes())?;
        }
        call.align(8)?;
        call.push(&[SIGNATURE, 1, b'g', 0])?;
        call.push(&[u8::try_from(signature.len()).map_err(|_| Unavailable::CannotAsk)?])?;
        call.push(signature.as_bytes())?;
        call.push(&[0])?;
        call.fill_in(FIELDS_LEN_AT, call.bytes.len() - FIELDS_LEN_AT - 4);
        call.align(8)?;
        call.body_at = call.bytes.len();
        Ok(call)
    }

    /// Adds a string.
    pub(super) fn text(&mut self, text: &[u8]) -> Result<(), Unavailable> {
        self.push_text(text)?;
        self.count_body();
        Ok(())
    }

    /// Adds a boolean.
    pub(super) fn flag(&mut self, flag: bool) -> Result<(), Unavailable> {
        self.align(4)?;
        self.push(&u32::from(flag).to_le_bytes())?;
        self.count_body();
        Ok(())
    }

    /// Adds an array of strings.
    pub(super) fn texts<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t [u8]>,
    ) -> Result<(), Unavailable> {
        self.align(4)?;
        let length_at = self.bytes.len();
        self.push(&[0; 4])?;
        for text in texts {
            self.push_text(text)?;
        }
        self.fill_in(length_at, self.bytes.len() - length_at - 4);
        self.count_body();
        Ok(())
    }

    /// The whole message.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        self.bytes.try_extend_from_slice(bytes).map_err(|_| Unavailable::CannotAsk)
    }

    fn align(&mut self, to: usize) -> Result<(), Unavailable> {
        while !self.bytes.len().is_multiple_of(to) {
            self.push(&[0])?;
        }
        Ok(())
    }

    /// A peer that is sent anything but UTF-8 closes the connection.
    fn push_text(&mut self, text: &[u8]) -> Result<(), Unavailable> {
        if std::str::from_utf8(text).is_err() || text.contains(&0) {
            return Err(Unavailable::CannotAsk);
        }
        self.align(4)?;
        self.push(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes())?;
        self.push(text)?;
        self.push(&[0])
    }

    /// A name as part of an object path, as libnih writes it (`nih_dbus_path`): letters and digits
    /// as they are, every other byte as `_` and two hexadecimal digits, nothing as `_`.
    fn push_path_element(&mut self, name: &[u8]) -> Result<(), Unavailable> {
        if name.is_empty() {
            return self.push(b"_");
        }
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
        for byte in name {
            if byte.is_ascii_alphanumeric() {
                self.push(&[*byte])?;
            } else {
                self.push(&[b'_', digit(byte >> 4), digit(byte & 0x0f)])?;
            }
        }
        Ok(())
    }

    fn count_body(&mut self) {
        self.fill_in(BODY_LEN_AT, self.bytes.len() - self.body_at);
    }

    /// Writes `length` where room was left for it.
    fn fill_in(&mut self, at: usize, length: usize) {
        let length = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        let room = self.bytes.iter_mut().skip(at);
        room.zip(length).for_each(|(slot, byte)| *slot = byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_of_inits_is_asked_for_like_this() {
        let mut call = Call::<QUESTION_LEN>::new(Object::Manager, PROPERTIES, "Get", "ss").unwrap();
        call.text(MANAGER.as_bytes()).unwrap();
        call.text(b"log_priority").unwrap();
        let expected: &[u8] = b"l\x01\0\x01\x2d\0\0\0\x01\0\0\0\x60\0\0\0\
            \x01\x01o\0\x13\0\0\0/com/ubuntu/Upstart\0\0\0\0\0\
            \x02\x01s\0\x1f\0\0\0org.freedesktop.DBus.Properties\0\
            \x03\x01s\0\x03\0\0\0Get\0\0\0\0\0\
            \x08\x01g\0\x02ss\0\
            \x15\0\0\0com.ubuntu.Upstart0_6\0\0\0\
            \x0c\0\0\0log_priority\0";
        assert_eq!(call.bytes(), expected);
    }

    #[test]
    fn an_instance_is_named_by_its_path() {
        let job = Job { name: b"sub/bar", instance: b"" };
        let call =
            Call::<QUESTION_LEN>::new(Object::Instance(&job), INSTANCE, "Stop", "b").unwrap();
        let path = b"/com/ubuntu/Upstart/jobs/sub_2fbar/_\0";
        assert!(call.bytes().windows(path.len()).any(|window| window == path));
        let call = Call::<QUESTION_LEN>::new(Object::Class(&job), JOB, "Start", "asb").unwrap();
        let path = b"/com/ubuntu/Upstart/jobs/sub_2fbar\0";
        assert!(call.bytes().windows(path.len()).any(|window| window == path));
    }
}
