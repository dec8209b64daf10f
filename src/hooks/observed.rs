//! Which jobs the observer looks after: all, unless a small file of the operator's says otherwise.

use nix::fcntl::OFlag;

use crate::paths::{NoPath, OBSERVED, Place, Places};
use crate::sys::{self, Errno, Kind, say};

/// The longest file that is read, in bytes.
const BYTES: usize = 16 * 1024;

/// Whether the observer looks after the job that has `names`. Where the file cannot be read or
/// trusted it looks after every job, and says so.
pub(super) fn is_observed(places: Places, names: &[&[u8]]) -> bool {
    let mut bytes = [0; BYTES];
    match read(places, &mut bytes) {
        Ok(filled) => selects(bytes.get(..filled).unwrap_or_default(), names),
        Err(why) => {
            say(&[b"the file `observed`: ", why.as_bytes(), b"; every job is observed"]);
            true
        }
    }
}

/// The lines of the file, as far as the observer takes it; none where there is no file.
///
/// # Errors
/// Why it is not taken.
#[cfg(feature = "deliver")]
pub fn observed_file(places: Places) -> Result<Vec<u8>, &'static str> {
    let mut bytes = vec![0; BYTES];
    let filled = read(places, &mut bytes)?;
    bytes.truncate(filled);
    Ok(bytes)
}

/// Reads the file; nothing where there is none.
fn read(places: Places, bytes: &mut [u8]) -> Result<usize, &'static str> {
    let path = places.join(Place::Config, &[OBSERVED.as_bytes()]).map_err(NoPath::words)?;
    let file = match sys::open(path.as_c_str(), OFlag::O_RDONLY) {
        Err(Errno::ENOENT) => return Ok(0),
        opened => opened.map_err(Errno::desc)?,
    };
    let stat = sys::stat_open(&file).map_err(Errno::desc)?;
    if stat.kind != Kind::File || !stat.is_for_us_to_write() {
        return Err("not a plain file that only root, or the session's user, may write to");
    }
    if stat.size > bytes.len() as u64 {
        return Err("longer than 16 KiB");
    }
    sys::read(&file, bytes).map_err(Errno::desc)
}

/// Whether the lines of `file` select the job that has `names`: a unit is `web`, `web@eu` and
/// `web@eu.service`. A line matches that matches one of them.
///
/// A line is a glob as in Upstart's own `start on` (fnmatch(3)): `web-*`; behind `!` it leaves jobs
/// out. The last line that matches decides. A job that no line matches is selected unless
/// some line selects: so a file of `!` lines alone takes from all.
pub fn selects(file: &[u8], names: &[&[u8]]) -> bool {
    let lines = file.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let (mut chosen, mut some_are_chosen) = (None, false);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
        let (glob, chooses) = match line.strip_prefix(b"!") {
            Some(glob) => (glob.trim_ascii_start(), false),
            None => (line, true),
        };
        some_are_chosen |= chooses;
        if names.iter().any(|name| sys::matches(glob, name)) {
            chosen = Some(chooses);
        }
    }
    chosen.unwrap_or(!some_are_chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_matches_decides() {
        for (file, name, selected) in [
            ("", "nginx", true),
            ("# all\n\n", "nginx", true),
            ("!cron\n", "nginx", true),
            ("!cron\n", "cron", false),
            ("! cron \n", "cron", false),
            ("web-*\n", "web-1", true),
            ("web-*\n", "nginx", false),
            ("web-*\n!web-test*\n", "web-test1", false),
            ("web-*\n!web-test*\nweb-test9\n", "web-test9", true),
            ("!*\nweb\n", "web", true),
            ("!*\nweb\n", "cron", false),
            ("!network-interface*\r\n", "network-interface-security", false),
            ("sub/*\n", "sub/bar", true),
            ("[a-c]?\n", "b1", true),
        ] {
            assert_eq!(selects(file.as_bytes(), &[name.as_bytes()]), selected, "{file:?} {name}");
        }
    }

    #[test]
    fn a_unit_is_known_by_each_of_its_names() {
        let names = [&b"getty"[..], b"getty@tty1", b"getty@tty1.service"];
        for (file, selected) in [
            ("!getty\n", false),
            ("!getty@*\n", false),
            ("!getty@tty1.service\n", false),
            ("!getty@tty2\n", true),
            ("!*.service\ngetty@tty?\n", true),
        ] {
            assert_eq!(selects(file.as_bytes(), &names), selected, "{file:?}");
        }
    }
}
