//! Small files of the kernel's: read once, into one small buffer, and parsed as bytes.

use std::ffi::CStr;

use nix::fcntl::OFlag;

use crate::sys::{self, Errno};

/// The most that is read of one file, in bytes; what is asked for stands before that in all of them.
const BYTES: usize = 4096;

/// What `parse` makes of the file at `path`.
///
/// # Errors
/// Why there is none, in words that name the file.
pub(super) fn read<T>(
    path: &CStr,
    parse: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<T, String> {
    read_if_there(path, parse)?.ok_or_else(|| named(path, Errno::ENOENT.desc()))
}

/// The same; `None` where the kernel has no such file, or has switched off what it tells of.
///
/// # Errors
/// As [`read`].
pub(super) fn read_if_there<T>(
    path: &CStr,
    parse: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let mut buffer = [0; BYTES];
    let filled = sys::open(path, OFlag::O_RDONLY).and_then(|file| sys::read(&file, &mut buffer));
    match filled {
        Ok(filled) => parse(buffer.get(..filled).unwrap_or_default())
            .map(Some)
            .map_err(|why| named(path, &why)),
        Err(Errno::ENOENT | Errno::EOPNOTSUPP) => Ok(None),
        Err(errno) => Err(named(path, errno.desc())),
    }
}

fn named(path: &CStr, why: &str) -> String {
    format!("{}: {why}", path.to_string_lossy())
}

/// The words of `text`, with whatever blanks between them.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The lines of `text`.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
}

/// A whole number as the kernel writes it: digits, and nothing else.
///
/// # Errors
/// That it is none, in words.
pub(super) fn number(word: Option<&[u8]>) -> Result<u64, String> {
    let word = word.ok_or("ends too early")?;
    digits(word).filter(|_| !word.is_empty()).ok_or_else(|| no_number(word))
}

/// A number as the kernel writes it, with or without digits behind a point.
///
/// Not the standard library's, which would make the program 20 KB larger.
///
/// # Errors
/// That it is none, in words.
pub(super) fn decimal(word: Option<&[u8]>) -> Result<f64, String> {
    /// Powers of ten by how many digits stand behind the point.
    const SCALES: [f64; 7] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
    let word = word.ok_or("ends too early")?;
    let mut parts = word.split(|byte| *byte == b'.');
    let (whole, behind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or(b"0"));
    let scale = SCALES.get(behind.len()).filter(|_| parts.next().is_none());
    let parsed = match (whole, behind, scale) {
        ([_, ..], [_, ..], Some(scale)) => {
            digits(&[whole, behind].concat()).map(|number| number as f64 / scale)
        }
        _ => None,
    };
    parsed.ok_or_else(|| no_number(word))
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

fn no_number(word: &[u8]) -> String {
    format!("\"{}\" is no number", String::from_utf8_lossy(word))
}

/// The value on the line that begins with `key`: `MemTotal: 8167004 kB`, `oom_kill 1`.
///
/// # Errors
/// That there is no such line, or no number on it.
pub(super) fn value(text: &[u8], key: &str) -> Result<u64, String> {
    value_if_there(text, key)?.ok_or_else(|| format!("has no `{key}`"))
}

/// The same; `None` where there is no such line.
///
/// # Errors
/// That what stands on the line is no number.
pub(super) fn value_if_there(text: &[u8], key: &str) -> Result<Option<u64>, String> {
    let behind = |line| {
        let mut words = words(line);
        (words.next() == Some(key.as_bytes())).then(|| words.next())
    };
    lines(text).find_map(behind).map(number).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_ones() {
        let parsed =
            |word: &str| (number(Some(word.as_bytes())).ok(), decimal(Some(word.as_bytes())).ok());
        assert_eq!(parsed("17"), (Some(17), Some(17.0)));
        assert_eq!(parsed("63.68"), (None, Some(63.68)));
        assert_eq!(parsed("0.000001"), (None, Some(0.000_001)));
        assert_eq!(parsed("18446744073709551615").0, Some(u64::MAX));
        let none = ["", ".", "1.", ".5", "-1", "+1", "1e9", "inf", "NaN", "1.2.3", "1.1234567"];
        for word in none.iter().copied().chain(["18446744073709551616", &"9".repeat(400)]) {
            assert_eq!(parsed(word).0, None, "{word:?}");
            assert_eq!(parsed(word).1, None, "{word:?}");
        }
        assert!(number(None).is_err() && decimal(None).is_err());
    }

    #[test]
    fn a_value_is_that_of_its_very_key() {
        let text = b"oom_kill_disable 0\noom_kill 3\nSwap: x kB\n";
        assert_eq!(value(text, "oom_kill"), Ok(3));
        assert_eq!(value_if_there(text, "oom"), Ok(None));
        assert_eq!(value(text, "oom"), Err("has no `oom`".to_owned()));
        assert_eq!(value(text, "Swap:"), Err("\"x\" is no number".to_owned()));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let whole = |path| read(path, |bytes| Ok(bytes.len()));
        assert!(whole(c"/proc/self/cmdline").is_ok_and(|length| length > 0));
        let missing = whole(c"/proc/no/such");
        assert_eq!(missing, Err("/proc/no/such: No such file or directory".to_owned()));
        assert_eq!(read_if_there(c"/proc/no/such", |_| Ok(())), Ok(None));
        let refused = read(c"/proc/self/cmdline", |_| Err::<(), _>("has no end".to_owned()));
        assert_eq!(refused, Err("/proc/self/cmdline: has no end".to_owned()));
    }
}
