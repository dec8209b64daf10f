//! Whether the spool takes reports, and keeps them to itself.

use super::finding::{Finding, Level, count, quoted};
use super::host::{Host, SpoolFacts};
use crate::spool::{Limits, is_nearly_full};

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let spool = match &host.spool {
        Ok(spool) => spool,
        Err(why) => return vec![Finding::unknown("the spool", host.unless_root(why.as_str()))],
    };
    let dir = spool.dir.display().to_string();
    if !spool.exists {
        let words = "is not there yet: the first crash makes it";
        return vec![Finding::new(Level::Notice, dir, words).advised("upstart-crash deliver")];
    }
    let default = Limits::default();
    let limits = host.config.as_ref().map_or(&default, |config| &config.limits);
    [
        room(spool, limits),
        private(spool),
        emergency(spool),
        (spool.corrupt > 0).then(|| {
            let words =
                format!("{} in it, of which no report could be made", count(spool.corrupt, "file"));
            Finding::new(Level::Warning, format!("{dir}/corrupt"), words)
                .advised(format!("ls -l {dir}/corrupt  # once looked at: rm {dir}/corrupt/*"))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn room(spool: &SpoolFacts, limits: &Limits) -> Option<Finding> {
    let dir = spool.dir.display().to_string();
    let df = format!("df -h {0}; df -i {0}", quoted(&dir));
    if spool.is_read_only {
        let words = "is on a file system that is read-only: reports go to memory, and few of them";
        return Some(
            Finding::new(Level::Critical, &dir, words)
                .advised(format!("mount -o remount,rw {dir}  # dmesg tells why")),
        );
    }
    let room = spool.room?;
    if is_nearly_full(&room) {
        let words = "is on a disk that is full: reports go to memory, and few of them";
        return Some(Finding::new(Level::Critical, dir, words).advised(df));
    }
    let kept = limits.keep_free.of(room.total_bytes);
    (room.available_bytes < kept).then(|| {
        let words = format!(
            "{} MiB of its disk are free, and {} are to be: the oldest reports go",
            room.available_bytes >> 20,
            kept >> 20
        );
        Finding::new(Level::Warning, dir, words).advised(df)
    })
}

fn private(spool: &SpoolFacts) -> Option<Finding> {
    let first = spool.wrong.first()?;
    let words = format!(
        "{} with the wrong owner or mode, the first with mode {:o} of user {}; reports hold what \
         services logged",
        count(spool.wrong.len(), "file"),
        first.mode,
        first.owner
    );
    let dir = quoted(&spool.dir.display().to_string());
    let user = nix::unistd::geteuid();
    let advice = format!("chown -R {user} {dir} && chmod -R go-rwxs {dir}");
    Some(Finding::new(Level::Warning, first.path.display().to_string(), words).advised(advice))
}

fn emergency(spool: &SpoolFacts) -> Option<Finding> {
    let words = || {
        format!(
            "{} lie in memory, and are lost at a reboot: the spool did not take them",
            count(spool.emergency, "report")
        )
    };
    (spool.emergency > 0).then(|| {
        Finding::new(Level::Warning, "the emergency spool", words())
            .advised("upstart-crash deliver  # once the disk of the spool has room")
    })
}

#[cfg(test)]
mod tests {
    use super::super::host::Wrong;
    use super::super::testing::host;
    use super::*;
    use crate::sys::Room;

    fn found(change: impl FnOnce(&mut SpoolFacts)) -> Vec<Level> {
        let mut host = host();
        change(host.spool.as_mut().unwrap());
        check(&host).into_iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn each_fault_of_the_spool_has_its_level() {
        let wrong = || Wrong { path: "/s/new".into(), mode: 0o755, owner: 0 };
        assert_eq!(found(|_| ()), []);
        assert_eq!(found(|spool| spool.exists = false), [Level::Notice]);
        assert_eq!(found(|spool| spool.is_read_only = true), [Level::Critical]);
        assert_eq!(found(|spool| spool.wrong = vec![wrong()]), [Level::Warning]);
        assert_eq!(found(|spool| spool.corrupt = 1), [Level::Warning]);
        assert_eq!(found(|spool| spool.emergency = 1), [Level::Warning]);
        let unreadable = Host { spool: Err("denied".to_owned()), ..host() };
        assert_eq!(check(&unreadable)[0].level, Level::Unknown);
    }

    #[test]
    fn a_disk_is_full_for_hooks_later_than_for_the_limits() {
        for (percent, levels) in [(50, &[][..]), (4, &[Level::Warning]), (0, &[Level::Critical])] {
            let total: u64 = 10 << 30;
            let free = total / 100 * percent;
            let room = Room {
                device: 1,
                total_bytes: total,
                free_bytes: free,
                available_bytes: free,
                inodes: 0,
                inodes_free: 0,
                inodes_available: 0,
            };
            assert_eq!(found(|spool| spool.room = Some(room)), levels, "{percent}");
        }
    }
}
