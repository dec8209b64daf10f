//! Small files of the kernel's: read once, into one small buffer, and parsed as bytes.

use std::ffi::CStr;
use std::str::FromStr;

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

/// A number as the kernel writes it: digits, perhaps a point, and nothing else.
///
/// # Errors
/// That it is none, in words.
pub(super) fn number<T: FromStr>(word: Option<&[u8]>) -> Result<T, String> {
    let word = word.ok_or("ends too early")?;
    let plain = word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') && word.len() <= 20;
    let number =
        std::str::from_utf8(word).ok().filter(|_| plain).and_then(|word| word.parse().ok());
    number.ok_or_else(|| format!("{:?} is no number", String::from_utf8_lossy(word)))
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
        let number = |word: &str| number::<f64>(Some(word.as_bytes())).ok();
        assert_eq!((number("0.42"), number("17")), (Some(0.42), Some(17.0)));
        for word in ["", ".", "-1", "+1", "1e9", "inf", "NaN", "1.2.3", &"9".repeat(400)] {
            assert_eq!(number(word), None, "{word:?}");
        }
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
