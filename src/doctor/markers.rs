//! Whether markers can be made, and are gone after a reboot.

use super::finding::{Finding, Level};
use super::host::Host;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let run = &host.machine.run;
    match (&host.machine.run_is_read_only, &host.machine.run_is_in_memory) {
        (Err(why), _) | (_, Err(why)) => {
            let finding = Finding::new(
                Level::Critical,
                run,
                format!("hooks can keep no marker there: {why}"),
            );
            vec![finding.advised(format!("mkdir -p {run}"))]
        }
        (Ok(true), _) => {
            let words = "is read-only: hooks can keep no marker there";
            let advice = format!("mount -o remount,rw {run}");
            vec![Finding::new(Level::Critical, run, words).advised(advice)]
        }
        (_, Ok(false)) => {
            let words = "is on a disk: where the host goes down without stopping its jobs, each of \
                         them is told as `unseen` after the boot";
            let advice = format!(
                "echo 'tmpfs {run} tmpfs mode=0755,nosuid,nodev 0 0' >> /etc/fstab  # and boot"
            );
            vec![Finding::new(Level::Warning, run, words).advised(advice)]
        }
        (Ok(false), Ok(true)) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::host;
    use super::*;

    #[test]
    fn only_memory_that_can_be_written_to_is_fine() {
        let gone = || Err("No such file or directory".to_owned());
        for (read_only, in_memory, level) in [
            (Ok(false), Ok(true), None),
            (Ok(false), Ok(false), Some(Level::Warning)),
            (Ok(true), Ok(true), Some(Level::Critical)),
            (gone(), gone(), Some(Level::Critical)),
        ] {
            let mut host = host();
            (host.machine.run_is_read_only, host.machine.run_is_in_memory) = (read_only, in_memory);
            assert_eq!(check(&host).first().map(|it| it.level), level);
        }
    }
}
