//! D-Bus messages from init, read without trust.

/// The part of the header that every message begins with.
pub(crate) const FIXED_LEN: usize = 16;

/// No message of init's is longer, in bytes.
const LONGEST: usize = 1 << 20;

/// Types of messages.
const DONE: u8 = 2;
const ERROR: u8 = 3;

/// Codes of the header's fields.
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;

/// What the fixed part of a header says.
pub(crate) struct Header {
    big_endian: bool,
    kind: u8,
    fields: usize,
    /// How many bytes of the message follow.
    pub(crate) rest: usize,
}

/// What a message is to the one who asked.
pub(crate) enum Answer<'m> {
    /// Nothing: a signal, or an answer to something else.
    Other,
    /// The call of this number was done; these are the answer's arguments.
    Done(u32, Body<'m>),
    /// The call of this number was refused with the error of this name.
    Error(u32, &'m [u8]),
}

/// The arguments of a message.
pub(crate) struct Body<'m>(pub(crate) Reader<'m>);

impl Header {
    /// Reads the first [`FIXED_LEN`] bytes of `message`.
    pub(crate) fn parse(message: &[u8]) -> Option<Self> {
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

    /// What the whole `message` says.
    pub(crate) fn answer<'m>(&self, message: &'m [u8]) -> Answer<'m> {
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
        let Some(serial) = to else { return Answer::Other };
        let at = end.next_multiple_of(8);
        match self.kind {
            DONE => {
                let reader = Reader { bytes: message, at, big_endian: self.big_endian };
                Answer::Done(serial, Body(reader))
            }
            ERROR => Answer::Error(serial, name),
            _ => Answer::Other,
        }
    }
}

/// A value of a type that a property of an init may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'m> {
    /// A string or a path.
    Text(&'m [u8]),
    /// A number; one of a signed type as its two's complement.
    Number(u64),
    /// A number and a path.
    Numbered(u32, &'m [u8]),
    /// Bytes.
    Bytes(&'m [u8]),
    /// Two lists of numbers.
    Lists(List<'m>, List<'m>),
}

/// A list of numbers of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List<'m> {
    bytes: &'m [u8],
    big_endian: bool,
}

impl List<'_> {
    /// Whether `number` is one of them.
    pub(crate) fn has(self, number: i32) -> bool {
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.as_chunks::<4>().0.contains(&bytes)
    }
}

impl<'m> Body<'m> {
    /// The one argument where it is a variant, as far as its type is known.
    pub(crate) fn value(self) -> Option<Value<'m>> {
        let mut reader = self.0;
        Some(match reader.signature()? {
            b"s" | b"o" => Value::Text(reader.text()?),
            b"u" | b"b" => Value::Number(reader.u32()?.into()),
            b"i" => Value::Number(i64::from(reader.u32()?.cast_signed()).cast_unsigned()),
            b"t" => Value::Number(reader.u64()?),
            b"(uo)" => {
                reader.align(8);
                Value::Numbered(reader.u32()?, reader.text()?)
            }
            b"ay" => {
                let length = reader.length()?;
                Value::Bytes(reader.take(length)?)
            }
            b"(aiai)" => {
                reader.align(8);
                Value::Lists(reader.list()?, reader.list()?)
            }
            _ => return None,
        })
    }

    /// The one argument where it is a variant that holds an array of strings.
    #[cfg(feature = "deliver")]
    pub(crate) fn texts(self) -> Option<Vec<&'m [u8]>> {
        let mut reader = self.0;
        if reader.signature()? != b"as" {
            return None;
        }
        let length = reader.length()?;
        let end = reader.at.checked_add(length)?;
        let mut texts = Vec::new();
        while reader.at < end {
            texts.push(reader.text()?);
        }
        Some(texts)
    }
}

/// A place in a message. Alignment counts from the message's first byte.
pub(crate) struct Reader<'m> {
    bytes: &'m [u8],
    pub(crate) at: usize,
    big_endian: bool,
}

impl<'m> Reader<'m> {
    fn take(&mut self, count: usize) -> Option<&'m [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    pub(crate) fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.align(4);
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.align(8);
        let bytes = self.take(8)?.try_into().ok()?;
        Some(if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    fn list(&mut self) -> Option<List<'m>> {
        let length = self.length()?;
        Some(List { bytes: self.take(length)?, big_endian: self.big_endian })
    }

    /// The length of something that is within the bounds of a message.
    pub(crate) fn length(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok().filter(|length| *length <= LONGEST)
    }

    pub(crate) fn text(&mut self) -> Option<&'m [u8]> {
        let length = self.length()?;
        let text = self.take(length)?;
        (self.byte()? == 0).then_some(text)
    }

    pub(crate) fn signature(&mut self) -> Option<&'m [u8]> {
        let length = self.byte()?;
        let signature = self.take(length.into())?;
        (self.byte()? == 0).then_some(signature)
    }

    /// The next field of a header: its code and its value's type.
    fn field(&mut self) -> Option<(u8, &'m [u8])> {
        self.align(8);
        Some((self.byte()?, self.signature()?))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Answer, Body, Header};

    /// The arguments of `message`, where it is the answer to call number 1.
    pub(crate) fn body(message: &[u8]) -> Option<Body<'_>> {
        match Header::parse(message)?.answer(message) {
            Answer::Done(1, body) => Some(body),
            Answer::Done(..) | Answer::Other | Answer::Error(..) => None,
        }
    }

    /// The answer to call number 1 whose one argument is the variant `value`.
    pub(crate) fn answer(value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(value.len()).unwrap().to_le_bytes();
        let fields = b"\x05\x01u\0\x01\0\0\0\x08\x01g\0\x01v\0\0";
        [&b"l\x02\x01\x01"[..], &length, b"\x01\0\0\0\x0f\0\0\0", fields, value].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{answer, body};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_read_by_its_type() {
        let list = |bytes| List { bytes, big_endian: false };
        let lists = b"\x06(aiai)\0\x08\0\0\0\x07\0\0\0\x09\0\0\0\0\0\0\0";
        let job = b"\x04(uo)\0\0\0\x07\0\0\0\x04\0\0\0/j/7\0";
        for (bytes, expected) in [
            (&b"\x01s\0\0\x04\0\0\0stop\0"[..], Some(Value::Text(b"stop"))),
            (b"\x01u\0\0\x07\0\0\0", Some(Value::Number(7))),
            (b"\x01i\0\0\xff\xff\xff\xff", Some(Value::Number(u64::MAX))),
            (b"\x01t\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0", Some(Value::Number(1 << 32 | 1))),
            (job, Some(Value::Numbered(7, b"/j/7"))),
            (lists, Some(Value::Lists(list(b"\x07\0\0\0\x09\0\0\0"), list(b"")))),
            (b"\x02as\0\0\0\0\0\0\0\0\0", None),
            (b"\x01s\0\0\xff\0\0\0stop\0", None),
        ] {
            let message = answer(bytes);
            assert_eq!(body(&message).unwrap().value(), expected, "{bytes:?}");
            for end in 0..message.len() {
                let cut = message.get(..end).and_then(body).and_then(Body::value);
                assert!(cut.is_none(), "{bytes:?} up to {end}");
            }
        }
    }

    #[test]
    fn a_list_has_what_is_in_it() {
        let numbers = List { bytes: &[7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], big_endian: false };
        assert!(numbers.has(7) && numbers.has(-1) && !numbers.has(0));
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            let _ = body(&bytes).and_then(Body::value);
            let _ = body(&answer(&bytes)).and_then(Body::value);
        }
    }
}
