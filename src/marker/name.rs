//! The file name of a marker. Injective: two different jobs or instances never share one.
//!
//! - A plain job without instance has exactly `JOB.shutdown`. Plain is a name of printable ASCII
//!   without space, quotes, `/`, `\` and `` ` ``, that does not begin with `-`, `.` or `%`.
//! - Everything else has `%JOB.shutdown` or `%JOB@INSTANCE.shutdown`, in which every byte other
//!   than ASCII letters, digits, `_`, `-`, `+` and `.` is written as `%` and two hexadecimal digits.
//! - A job of another supervisor than Upstart has its word in front: `%=systemd=JOB@INSTANCE.shutdown`.
//! - A name too long for a file has `%~HASH.shutdown`: the SHA-256 of `JOB`, a NUL byte and
//!   `INSTANCE` in hexadecimal; of another supervisor's, of a NUL byte and its word as well.
//!
//! The first two bytes tell the forms apart: no plain name begins with `%`, and neither `~` nor `=`
//! is ever written by the encoding, which would make them `%7E` and `%3D`.

use arrayvec::ArrayVec;
use sha2::{Digest, Sha256};

use crate::job::Job;
use crate::supervisor::Supervisor;

/// What every marker's name ends in.
pub(super) const SUFFIX: &[u8] = b".shutdown";

/// The longest name before [`SUFFIX`]: a file name holds 255 bytes, and one is kept for the `~`
/// of a marker that is being replaced.
const STEM_LEN: usize = 255 - SUFFIX.len() - 1;

/// A marker's file name without [`SUFFIX`].
pub(super) type Stem = ArrayVec<u8, STEM_LEN>;

/// The name of the marker of `job`, without [`SUFFIX`].
pub(super) fn stem(job: &Job<'_>) -> Stem {
    if is_plain(job)
        && let Ok(stem) = Stem::try_from(job.name)
    {
        return stem;
    }
    encoded(job).unwrap_or_else(|| hashed(job))
}

/// Whether `job` names its marker itself.
fn is_plain(job: &Job<'_>) -> bool {
    let plain =
        |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\' | b'"' | b'\'' | b'`');
    job.supervisor == Supervisor::Upstart
        && job.instance.is_empty()
        && job.name.iter().all(plain)
        && !matches!(job.name.first(), None | Some(b'-' | b'.' | b'%'))
}

/// `%JOB` or `%JOB@INSTANCE`, with another supervisor's word in front; `None` where that is too
/// long.
fn encoded(job: &Job<'_>) -> Option<Stem> {
    let mut stem = Stem::new();
    stem.try_push(b'%').ok()?;
    if job.supervisor != Supervisor::Upstart {
        for part in [b"=", job.supervisor.word().as_bytes(), b"="] {
            stem.try_extend_from_slice(part).ok()?;
        }
    }
    escape(&mut stem, job.name)?;
    if !job.instance.is_empty() {
        stem.try_push(b'@').ok()?;
        escape(&mut stem, job.instance)?;
    }
    Some(stem)
}

/// `%~` and the hash of job and instance.
fn hashed(job: &Job<'_>) -> Stem {
    let mut hash =
        Sha256::new().chain_update(job.name).chain_update([0]).chain_update(job.instance);
    if job.supervisor != Supervisor::Upstart {
        hash = hash.chain_update([0]).chain_update(job.supervisor.word());
    }
    let mut stem = Stem::new();
    let _ = stem.try_extend_from_slice(b"%~");
    for byte in hash.finalize() {
        let _ = stem.try_extend_from_slice(&hex(byte));
    }
    stem
}

/// Appends `bytes`, each that is not a letter, digit, `_`, `-`, `+` or `.` as `%XX`; `None` where
/// there is no room.
pub(super) fn escape<const N: usize>(text: &mut ArrayVec<u8, N>, bytes: &[u8]) -> Option<()> {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.') {
            text.try_push(*byte).ok()?;
        } else {
            text.try_push(b'%').ok()?;
            text.try_extend_from_slice(&hex(*byte)).ok()?;
        }
    }
    Some(())
}

/// Two upper-case hexadecimal digits.
fn hex(byte: u8) -> [u8; 2] {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'A' + value - 10 };
    [digit(byte >> 4), digit(byte & 0x0f)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(job: &str, instance: &str) -> String {
        let stem = stem(&Job::upstart(job.as_bytes(), instance.as_bytes()));
        String::from_utf8(stem.to_vec()).unwrap()
    }

    #[test]
    fn names_are_what_the_documentation_says() {
        for (job, instance, expected) in [
            ("nginx", "", "nginx"),
            ("a@b", "", "a@b"),
            ("a=b:c,d~e", "", "a=b:c,d~e"),
            ("nginx", "eu-1", "%nginx@eu-1"),
            ("nginx", "a/b c", "%nginx@a%2Fb%20c"),
            ("a@b", "c", "%a%40b@c"),
            ("sub/bar", "", "%sub%2Fbar"),
            ("sp job", "", "%sp%20job"),
            ("-rf", "", "%-rf"),
            ("..", "", "%.."),
            (".hidden", "", "%.hidden"),
            ("%41", "", "%%2541"),
            ("é☃", "", "%%C3%A9%E2%98%83"),
            ("a'\"\n", "", "%a%27%22%0A"),
        ] {
            assert_eq!(name(job, instance), expected);
        }
    }

    #[test]
    fn every_supervisor_has_names_of_its_own() {
        for (job, expected) in [
            (Job::of_unit(b"nginx.service"), "%=systemd=nginx"),
            (Job::of_unit(b"web@eu-1.service"), "%=systemd=web@eu-1"),
            (Job::of_directory(Supervisor::Runit, b"/etc/sv/web"), "%=runit=web"),
            (Job::of_directory(Supervisor::S6, b"/run/service/a b"), "%=s6=a%20b"),
        ] {
            assert_eq!(&*stem(&job), expected.as_bytes());
        }
        let long = [b'x'; 300];
        let others = Job { supervisor: Supervisor::S6, ..Job::upstart(&long, b"") };
        assert_ne!(stem(&others), stem(&Job::upstart(&long, b"")));
    }

    #[test]
    fn a_name_too_long_for_a_file_is_hashed() {
        let long = name(&"é".repeat(100), "");
        assert_eq!(long.len(), 2 + 64);
        assert!(long.starts_with("%~"), "{long}");
        assert_ne!(long, name(&"é".repeat(101), ""));
        assert_ne!(name(&"x".repeat(300), "y"), name(&"x".repeat(300), "z"));
        assert_eq!(name(&"x".repeat(STEM_LEN), "").len(), STEM_LEN);
    }

    fn any_name() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..6),
            proptest::collection::vec(prop::sample::select(b"%@A4.-/".to_vec()), 0..8),
            proptest::collection::vec(prop::sample::select(b"%F".to_vec()), 60..300),
        ]
    }

    proptest! {
        #[test]
        fn different_jobs_never_share_a_name(
            a in any_name(), b in any_name(), c in any_name(), d in any_name(),
        ) {
            let (one, two) = (Job::upstart(&a, &b), Job::upstart(&c, &d));
            prop_assume!(one != two && !a.is_empty() && !c.is_empty());
            prop_assert_ne!(stem(&one), stem(&two));
        }

        #[test]
        fn every_name_is_one_file_name(a in any_name(), b in any_name()) {
            let stem = stem(&Job::upstart(&a, &b));
            prop_assert!(stem.iter().all(u8::is_ascii_graphic) && !stem.contains(&b'/'));
            prop_assert!(!matches!(stem.first(), Some(b'.' | b'-')));
        }
    }
}
