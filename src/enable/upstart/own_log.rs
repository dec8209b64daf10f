//! Logs that a job writes to by itself, past init.

use super::JobPlace;
use crate::job_file::{Effective, Process};

/// The absolute paths that the service's own command sends its output to, by `>` and `>>`.
pub fn own_logs(place: &JobPlace) -> Vec<String> {
    place.read().map_or_else(|_| Vec::new(), |job| logs_of(&job))
}

fn logs_of(job: &Effective) -> Vec<String> {
    let text = String::from_utf8_lossy(job.text(Process::Main).unwrap_or_default()).into_owned();
    let mut logs = Vec::new();
    for target in text.split('>').skip(1) {
        let target = target.trim_start_matches(['|', ' ', '\t']);
        let end = target.find(|c: char| c.is_whitespace() || ";&|<>()\"'`".contains(c));
        let path = target.get(..end.unwrap_or(target.len())).unwrap_or_default();
        let is_plain = path.starts_with('/') && !path.starts_with("/dev/") && !path.contains('$');
        if is_plain && !logs.iter().any(|known| known == path) {
            logs.push(path.to_owned());
        }
    }
    logs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_file::JobFile;

    #[test]
    fn the_files_that_output_goes_to_are_found() {
        for (main, expected) in [
            ("exec /bin/a\n", &[][..]),
            ("exec /bin/a >> /var/log/a.log 2>&1\n", &["/var/log/a.log"]),
            ("script\n a >/tmp/b; c 2>>/tmp/d\n e > /tmp/b\nend script\n", &["/tmp/b", "/tmp/d"]),
            ("exec /bin/a >/dev/null\n", &[]),
            ("exec /bin/a > \"/tmp/$B\" > $C > relative\n", &[]),
        ] {
            let conf = JobFile::read(main.as_bytes().to_vec());
            assert_eq!(logs_of(&Effective { conf, overriding: None }), expected, "{main:?}");
        }
    }
}
