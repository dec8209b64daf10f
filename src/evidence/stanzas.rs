//! Whether the job's configuration names our pre-stop: without it a planned stop leaves the
//! marker armed, as a crash does.

use nix::fcntl::OFlag;

use crate::job::Job;
use crate::marker::Instant;
use crate::paths::{NoPath, Place, Places};
use crate::sys::{self, Errno, Kind};

/// The most bytes of a configuration file that are read.
const BYTES: usize = 64 * 1024;

/// What a stanza of ours has in it, wherever the package lies.
const OURS: &[u8] = b"upstart-monitor/bin/pre-stop";

/// Whether the run of `job` that `started` then had our pre-stop, as far as its configuration
/// tells now.
///
/// # Errors
/// Why it does not tell, in words.
pub(super) fn has_pre_stop(
    places: Places,
    job: &Job<'_>,
    started: Option<Instant>,
) -> Result<bool, String> {
    // What an `.override` file says stands in the place of what the `.conf` file says (init(5)).
    let named = match stanza_in(places, job, b".override", started)? {
        Some(Some(named)) => Some(named),
        _ => stanza_in(places, job, b".conf", started)?.ok_or_else(|| not_found(places))?,
    };
    Ok(named.unwrap_or(false))
}

/// Whether the pre-stop stanza of one file is ours; `None` where the file is not there, or has no
/// such stanza.
fn stanza_in(
    places: Places,
    job: &Job<'_>,
    end: &[u8],
    started: Option<Instant>,
) -> Result<Option<Option<bool>>, String> {
    let no_path = |why: NoPath| format!("the job's configuration: {}", why.words());
    let path = places.join(Place::Jobs, &[b"/", job.name, end]).map_err(no_path)?;
    let shown = path.as_path().display();
    let failed = |errno: Errno| format!("{shown}: {}", errno.desc());
    let file = match sys::open(path.as_c_str(), OFlag::O_RDONLY) {
        Err(Errno::ENOENT) => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let stat = sys::stat_open(&file).map_err(failed)?;
    if stat.kind != Kind::File || stat.size > BYTES as u64 {
        return Err(format!("{shown} is no plain file of at most {BYTES} bytes"));
    }
    if started.is_some_and(|started| stat.modified > started.wall) {
        return Err(format!("{shown} was changed after this run began"));
    }
    let mut bytes = vec![0; BYTES];
    let filled = sys::read(&file, &mut bytes).map_err(failed)?;
    Ok(Some(is_ours(bytes.get(..filled).unwrap_or_default())))
}

/// Why nothing is known where init finds the job's configuration and we do not: a session's init
/// looks in more directories.
fn not_found(places: Places) -> String {
    match places.join(Place::Jobs, &[]) {
        Ok(jobs) => format!("the job's configuration is not in {}", jobs.as_path().display()),
        Err(why) => why.words().to_owned(),
    }
}

/// Whether the last pre-stop stanza of `conf`, the one that counts, is ours.
fn is_ours(conf: &[u8]) -> Option<bool> {
    let mut found = None;
    // The block that the line stands in, and whether it is a pre-stop's.
    let mut block = None;
    for line in conf.split(|byte| *byte == b'\n') {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let (first, second) = (words.next(), words.next());
        let ours = line.windows(OURS.len()).any(|part| part == OURS);
        match (block, first, second) {
            (Some(_), Some(b"end"), Some(b"script")) => block = None,
            (Some(true), ..) => found = Some(found.unwrap_or(false) || ours),
            (Some(false), ..) => {}
            (None, Some(b"pre-stop"), Some(b"script")) => {
                (block, found) = (Some(true), Some(false));
            }
            (None, Some(b"pre-stop"), _) => found = Some(ours),
            (None, Some(b"script"), None) | (None, Some(_), Some(b"script")) => block = Some(false),
            (None, ..) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pre_stop_stanza_counts() {
        const PATH: &str = "/opt/upstart-monitor/bin/pre-stop";
        for (conf, ours) in [
            ("exec /bin/a\n", None),
            (&*format!("pre-stop exec {PATH}\nexec /bin/a\n"), Some(true)),
            (&*format!("  pre-stop\texec {PATH}"), Some(true)),
            ("pre-stop exec /bin/own\n", Some(false)),
            (&*format!("pre-stop exec {PATH}\npre-stop exec /bin/own\n"), Some(false)),
            (&*format!("pre-stop script\n  own\n  {PATH}\nend script\n"), Some(true)),
            ("pre-stop script\n  own\nend script\n", Some(false)),
            (&*format!("script\npre-stop exec {PATH}\nend script\n"), None),
            (&*format!("post-stop script\n {PATH}\nend script\n"), None),
            (&*format!("# pre-stop exec {PATH}\n"), None),
            ("", None),
        ] {
            assert_eq!(is_ours(conf.as_bytes()), ours, "{conf}");
        }
    }
}
