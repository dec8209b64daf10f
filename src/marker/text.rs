//! What a marker says: lines of `key value ...`, so that `cat` shows it.

use arrayvec::{ArrayString, ArrayVec};

use super::content::{Content, Instant, LogStart, Supervise};
use super::name::escape;
use crate::id::{RunId, hex_value};
use crate::supervisor::Supervisor;
use crate::time::Timestamp;

/// The first line of a marker that this program wrote.
const HEADER: &[u8] = b"upstart-monitor marker 1\n";

/// The longest marker, in bytes.
pub(super) const TEXT_LEN: usize = 4096;

/// A marker, written.
pub(super) type Text = ArrayVec<u8, TEXT_LEN>;

impl Content {
    /// The text; `None` where the names leave no room for it (they do, unless `NAME_LEN` grows).
    pub(crate) fn write(&self) -> Option<Text> {
        let mut text = Text::new();
        text.try_extend_from_slice(HEADER).ok()?;
        if self.supervisor != Supervisor::Upstart {
            line(&mut text, b"supervisor", &[self.supervisor.word().as_bytes()])?;
        }
        for (key, name) in [(&b"job "[..], &self.job), (b"instance ", &self.instance)] {
            text.try_extend_from_slice(key).ok()?;
            escape(&mut text, name)?;
            text.try_push(b'\n').ok()?;
        }
        line(&mut text, b"run", &[self.run.to_hex().as_bytes()])?;
        if let Some(boot) = &self.boot {
            line(&mut text, b"boot", &[boot.as_bytes()])?;
        }
        instant(&mut text, b"started", self.started)?;
        if let Some(log) = &self.log {
            let [device, inode, size] = [log.device, log.inode, log.size].map(decimal);
            line(&mut text, b"log", &[&device, &inode, &size])?;
        }
        if let Some(Supervise { main, once, command }) = self.supervise {
            let command = command.micros().max(0).unsigned_abs();
            let [main, once, command] = [main.into(), once.into(), command].map(decimal);
            line(&mut text, b"supervise", &[&main, &once, &command])?;
        }
        for (key, stamp) in [(&b"ended"[..], self.ended), (b"found", self.found)] {
            if let Some(stamp) = stamp {
                instant(&mut text, key, stamp)?;
            }
        }
        Some(text)
    }

    /// Reads what `write` wrote. Lines of other keys are passed over, a last line
    /// without its end is not taken; `None` where the header, the run or its start is missing.
    pub fn parse(text: &[u8]) -> Option<Self> {
        // Not `strip_prefix`, which keeps a panic path in the program.
        let body = text.get(HEADER.len()..).filter(|_| text.starts_with(HEADER))?;
        let mut lines = body.split_inclusive(|byte| *byte == b'\n');
        let mut supervisor = Supervisor::Upstart;
        let (mut job, mut instance) = (ArrayVec::new(), ArrayVec::new());
        let (mut run, mut boot, mut started, mut log) = (None, None, None, None);
        let (mut supervise, mut ended, mut found) = (None, None, None);
        while let Some([line @ .., b'\n']) = lines.next() {
            let mut words = line.split(|byte| *byte == b' ');
            match words.next()? {
                b"supervisor" => supervisor = Supervisor::named(words.next()?)?,
                b"job" => job = unescape(words.next()?)?,
                b"instance" => instance = unescape(words.next()?)?,
                b"run" => run = RunId::from_hex(words.next()?),
                b"boot" => boot = parse_boot(words.next()?),
                b"started" => started = parse_instant(&mut words),
                b"log" => log = parse_log(&mut words),
                b"supervise" => supervise = parse_supervise(&mut words),
                b"ended" => ended = parse_instant(&mut words),
                b"found" => found = parse_instant(&mut words),
                _ => {}
            }
        }
        let (run, started) = (run?, started?);
        Some(Self { supervisor, job, instance, run, boot, started, log, supervise, ended, found })
    }
}

fn line(text: &mut Text, key: &[u8], words: &[&[u8]]) -> Option<()> {
    text.try_extend_from_slice(key).ok()?;
    for word in words {
        text.try_push(b' ').ok()?;
        text.try_extend_from_slice(word).ok()?;
    }
    text.try_push(b'\n').ok()
}

fn instant(text: &mut Text, key: &[u8], instant: Instant) -> Option<()> {
    let [wall, boot] = [instant.wall.micros(), instant.boot_micros]
        .map(|micros| decimal(micros.max(0).unsigned_abs()));
    line(text, key, &[&wall, &boot])
}

/// The digits of `value`, without the formatting machinery that can panic.
pub fn decimal(value: u64) -> ArrayVec<u8, 20> {
    let mut digits = ArrayVec::new();
    let mut divisor = 10_u64.pow(19);
    while divisor > 0 {
        let digit = (value / divisor % 10) as u8;
        if digit > 0 || !digits.is_empty() || divisor == 1 {
            let _ = digits.try_push(b'0' + digit);
        }
        divisor /= 10;
    }
    digits
}

fn parse_number(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_u64, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

fn parse_instant<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Option<Instant> {
    let mut micros = || i64::try_from(parse_number(words.next()?)?).ok();
    Some(Instant { wall: Timestamp::from_micros(micros()?), boot_micros: micros()? })
}

fn parse_log<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Option<LogStart> {
    let mut number = || parse_number(words.next()?);
    Some(LogStart { device: number()?, inode: number()?, size: number()? })
}

fn parse_supervise<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Option<Supervise> {
    let mut number = || parse_number(words.next()?);
    let (main, once, command) = (number()?, number()?, number()?);
    Some(Supervise {
        main: u32::try_from(main).ok()?,
        once: once != 0,
        command: Timestamp::from_micros(i64::try_from(command).ok()?),
    })
}

fn parse_boot(word: &[u8]) -> Option<ArrayString<36>> {
    ArrayString::from(std::str::from_utf8(word).ok()?).ok()
}

/// Reads what [`escape`] wrote.
fn unescape<const N: usize>(text: &[u8]) -> Option<ArrayVec<u8, N>> {
    let mut bytes = ArrayVec::new();
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => hex_value(*rest.next()?)? << 4 | hex_value(*rest.next()?)?,
            byte => *byte,
        };
        bytes.try_push(byte).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::content::kept;
    use super::*;
    use proptest::prelude::*;

    fn content() -> Content {
        Content {
            supervisor: Supervisor::Upstart,
            job: kept(b"sub/nginx"),
            instance: kept("é \n".as_bytes()),
            run: RunId([7; 10]),
            boot: ArrayString::from("1f0f3f3e-8f5f-4a0e-9d0c-3c7a8a0c2b11").ok(),
            started: Instant {
                wall: Timestamp::from_micros(1_795_232_537_123_456),
                boot_micros: 86_400_000_000,
            },
            log: Some(LogStart { device: 2049, inode: 1234, size: 8192 }),
            supervise: Some(Supervise {
                main: 4711,
                once: true,
                command: Timestamp::from_micros(1_795_232_537_000_000),
            }),
            ended: None,
            found: None,
        }
    }

    #[test]
    fn is_text_that_a_person_can_read() {
        let text = content().write().unwrap();
        assert_eq!(
            std::str::from_utf8(&text).unwrap(),
            "upstart-monitor marker 1\n\
             job sub%2Fnginx\n\
             instance %C3%A9%20%0A\n\
             run 07070707070707070707\n\
             boot 1f0f3f3e-8f5f-4a0e-9d0c-3c7a8a0c2b11\n\
             started 1795232537123456 86400000000\n\
             log 2049 1234 8192\n\
             supervise 4711 1 1795232537000000\n"
        );
    }

    #[test]
    fn is_read_as_it_was_written() {
        let ended = Some(Instant { wall: Timestamp::from_micros(5), boot_micros: 9 });
        let found = ended;
        let supervisor = Supervisor::Systemd;
        for content in [
            content(),
            Content { ended, found, boot: None, log: None, supervise: None, ..content() },
            Content { supervisor, ..content() },
        ] {
            assert_eq!(Content::parse(&content.write().unwrap()), Some(content));
        }
    }

    #[test]
    fn the_longest_names_fit() {
        let name = kept(&[0xff; 10_000]);
        let content = Content { job: name.clone(), instance: name, ..content() };
        assert!(content.write().is_some());
    }

    #[test]
    fn a_torn_last_line_is_not_taken() {
        let mut text = content().write().unwrap().to_vec();
        text.extend(b"ended 17952325");
        assert_eq!(Content::parse(&text), Some(content()));
    }

    #[test]
    fn a_later_version_of_the_program_may_add_lines() {
        let mut text = content().write().unwrap().to_vec();
        text.extend(b"mood good\n");
        assert_eq!(Content::parse(&text), Some(content()));
    }

    #[test]
    fn numbers_are_written_as_everybody_writes_them() {
        for value in [0, 7, 10, 1_795_232_537_123_456, u64::MAX] {
            assert_eq!(decimal(value).as_slice(), value.to_string().as_bytes());
            assert_eq!(parse_number(&decimal(value)), Some(value));
        }
        assert_eq!(parse_number(b"18446744073709551616"), None);
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_a_panic(tail in proptest::collection::vec(any::<u8>(), 0..99)) {
            let _ = Content::parse(&tail);
            let _ = Content::parse(&[HEADER, &tail].concat());
        }
    }
}
