//! A D-Bus method call, as bytes. Little-endian, as the first byte says.

use arrayvec::ArrayVec;

use super::Unavailable;

/// The interface for properties that every object has.
pub(crate) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The longest question, in bytes: the names of a job and its instance, each escaped.
pub(crate) const QUESTION_LEN: usize = 3 << 10;
/// The longest start, in bytes: the environment of a job comes with it.
pub(crate) const START_LEN: usize = 16 << 10;

/// Where the header has the length of the body, and that of the fields.
const BODY_LEN_AT: usize = 4;
const FIELDS_LEN_AT: usize = 12;

/// Codes of the header's fields.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const SIGNATURE: u8 = 8;

/// A piece of an object's path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'p> {
    /// As it is.
    Plain(&'p str),
    /// A name as libnih writes it (`nih_dbus_path`): letters and digits as they are, every other
    /// byte as `_` and two hexadecimal digits, nothing as `_`.
    Name(&'p [u8]),
    /// A name as systemd writes it (`bus_label_escape`): the same, but for a digit that is the
    /// first byte.
    Label(&'p [u8]),
}

/// A method call of at most `LEN` bytes under construction: header first, then the arguments in
/// their order.
#[derive(Debug)]
pub(crate) struct Call<const LEN: usize> {
    bytes: ArrayVec<u8, LEN>,
    body_at: usize,
}

impl<const LEN: usize> Call<LEN> {
    /// Call number `serial` to the object at `path`, without its arguments.
    pub(crate) fn new(
        serial: u32,
        path: &[Piece<'_>],
        interface: &str,
        member: &str,
        signature: &str,
    ) -> Result<Self, Unavailable> {
        let mut call = Self { bytes: ArrayVec::new(), body_at: 0 };
        // A call, no flags, protocol version 1; both lengths are filled in below.
        call.push(b"l\x01\x00\x01\0\0\0\0")?;
        call.push(&serial.to_le_bytes())?;
        call.push(&[0; 4])?;

        call.push(&[PATH, 1, b'o', 0])?;
        let length_at = call.bytes.len();
        call.push(&[0; 4])?;
        for piece in path {
            call.push_piece(*piece)?;
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
    pub(crate) fn text(&mut self, text: &[u8]) -> Result<(), Unavailable> {
        self.push_text(text)?;
        self.count_body();
        Ok(())
    }

    /// Adds a boolean.
    pub(crate) fn flag(&mut self, flag: bool) -> Result<(), Unavailable> {
        self.align(4)?;
        self.push(&u32::from(flag).to_le_bytes())?;
        self.count_body();
        Ok(())
    }

    /// Adds an array of strings.
    pub(crate) fn texts<'t>(
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
    pub(crate) fn bytes(&self) -> &[u8] {
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

    fn push_piece(&mut self, piece: Piece<'_>) -> Result<(), Unavailable> {
        let (name, escapes_digit) = match piece {
            Piece::Plain(text) => return self.push(text.as_bytes()),
            Piece::Name(name) => (name, false),
            Piece::Label(name) => (name, true),
        };
        if name.is_empty() {
            return self.push(b"_");
        }
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
        for (at, byte) in name.iter().enumerate() {
            let is_digit = byte.is_ascii_digit() && !(at == 0 && escapes_digit);
            if byte.is_ascii_alphabetic() || is_digit {
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
    fn a_property_is_asked_for_like_this() {
        let path = [Piece::Plain("/com/ubuntu/Upstart")];
        let mut call = Call::<QUESTION_LEN>::new(1, &path, PROPERTIES, "Get", "ss").unwrap();
        call.text(b"com.ubuntu.Upstart0_6").unwrap();
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
    fn names_in_a_path_are_written_as_their_init_does() {
        use Piece::{Label, Name, Plain};
        for (path, expected) in [
            ([Plain("/jobs/"), Name(b"sub/bar")], &b"/jobs/sub_2fbar\0"[..]),
            ([Plain("/jobs/"), Name(b"")], b"/jobs/_\0"),
            ([Plain("/jobs/"), Name(b"9p")], b"/jobs/9p\0"),
            ([Plain("/unit/"), Label(b"web@a-1.service")], b"/unit/web_40a_2d1_2eservice\0"),
            ([Plain("/unit/"), Label(b"9p9.service")], b"/unit/_39p9_2eservice\0"),
        ] {
            let call = Call::<QUESTION_LEN>::new(1, &path, PROPERTIES, "Get", "ss").unwrap();
            assert!(call.bytes().windows(expected.len()).any(|it| it == expected), "{path:?}");
        }
    }
}
