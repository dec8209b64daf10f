//! D-Bus messages, as bytes: calls are read, answers and signals written.

use std::io::Read;

/// A method call.
pub(in crate::support) struct Call {
    pub path: String,
    pub member: String,
    pub serial: u32,
    pub body: Vec<u8>,
}

impl Call {
    pub(in crate::support) fn read(reader: &mut impl Read) -> Option<Self> {
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
}

/// Header and body; both begin at a multiple of 8.
pub(in crate::support) fn message(kind: u8, fields: Message, body: Message) -> Vec<u8> {
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
pub(in crate::support) struct Message(Vec<u8>);

impl Message {
    pub(in crate::support) fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    pub(in crate::support) fn number(&mut self, number: u32) {
        self.align(4);
        self.0.extend(number.to_le_bytes());
    }

    pub(in crate::support) fn long(&mut self, number: u64) {
        self.align(8);
        self.0.extend(number.to_le_bytes());
    }

    pub(in crate::support) fn bytes(&mut self, bytes: &[u8]) {
        self.number(u32::try_from(bytes.len()).unwrap());
        self.0.extend(bytes);
    }

    pub(in crate::support) fn text(&mut self, text: &str) {
        self.number(u32::try_from(text.len()).unwrap());
        self.0.extend(text.bytes().chain([0]));
    }

    pub(in crate::support) fn signature(&mut self, signature: &str) {
        self.0.push(u8::try_from(signature.len()).unwrap());
        self.0.extend(signature.bytes().chain([0]));
    }

    pub(in crate::support) fn field(&mut self, code: u8, signature: &str) -> &mut Self {
        self.align(8);
        self.0.push(code);
        self.signature(signature);
        self
    }

    /// A name and a text, as an entry of `a{sv}`.
    pub(in crate::support) fn property(&mut self, name: &str, value: &str) {
        self.align(8);
        self.text(name);
        self.signature("s");
        self.text(value);
    }

    /// A length, and what has it; `write` begins at a multiple of 8.
    pub(in crate::support) fn counted(&mut self, write: impl FnOnce(&mut Self)) {
        self.counted_from(8, write);
    }

    /// The same, where `write` begins at a multiple of `alignment`.
    pub(in crate::support) fn counted_from(
        &mut self,
        alignment: usize,
        write: impl FnOnce(&mut Self),
    ) {
        self.number(0);
        let length_at = self.0.len() - 4;
        self.align(alignment);
        let begins = self.0.len();
        write(self);
        let length = u32::try_from(self.0.len() - begins).unwrap().to_le_bytes();
        self.0[length_at..length_at + 4].copy_from_slice(&length);
    }
}
