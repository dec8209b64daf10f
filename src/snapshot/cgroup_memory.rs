//! How often the job's control group ran out of the memory that it may have.

use serde::Serialize;

use super::proc::{self, lines, number, value, value_if_there, words};
use super::{Collected, Scene};
use crate::sys::CPath;

/// What the memory controller has counted since the control group was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct CgroupMemory {
    /// The control group, below the root of its hierarchy.
    pub path: String,
    /// How often it was throttled, for it had more than `memory.high` (version 2).
    pub high: Option<u64>,
    /// How often it was about to have more than its limit.
    pub max: u64,
    /// How often it was about to be refused memory (version 2).
    pub oom: Option<u64>,
    /// How many of its processes were killed for want of memory (since Linux 4.13).
    pub oom_kill: Option<u64>,
    /// Whether its tasks may stand still at this moment, for want of memory (version 1).
    pub under_oom: Option<bool>,
}

/// Where the memory controller's hierarchy is mounted: usually, and on Red Hat 6.
const VERSION_1: [&str; 2] = ["/sys/fs/cgroup/memory", "/cgroup/memory"];
const VERSION_2: &str = "/sys/fs/cgroup";

/// Reads the counts of the group that this hook runs in, which is the job's (Documentation/
/// cgroup-v1/memory.rst, cgroup-v2.rst). Nothing is limited or counted in the root group.
pub(super) fn collect(scene: &Scene<'_>) -> Collected<CgroupMemory> {
    if !scene.is_in_jobs_cgroup {
        return Ok(None);
    }
    let group = proc::read_if_there(c"/proc/self/cgroup", |text| Ok(Group::parse(text)))?.flatten();
    match group {
        None => Ok(None),
        Some(group) if group.leads_out() => {
            Err(format!("the path of the control group leads out of its root: {}", group.shown()))
        }
        Some(group @ Group { version: Version::One, .. }) => {
            let mut found = VERSION_1.iter().map(|mount| group.version_1(mount));
            found.find(|found| !matches!(found, Ok(None))).unwrap_or(Ok(None))
        }
        Some(group) => group.read(VERSION_2, "memory.events", |text| group.version_2(text)),
    }
}

/// The interface of the hierarchy that counts memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The control group that counts the memory of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    version: Version,
    path: Vec<u8>,
}

impl Group {
    /// The group that `/proc/self/cgroup` names: `5:memory:/upstart/nginx`, or, where no hierarchy of
    /// version 1 has the controller, `0::/system.slice/nginx.service`. `None` for a root group.
    fn parse(text: &[u8]) -> Option<Self> {
        let group = |wanted: Version| {
            lines(text).find_map(|line| {
                let mut fields = line.splitn(3, |byte| *byte == b':');
                let (number, controllers) = (fields.next()?, fields.next()?);
                let (is_it, path) = (|name: &[u8]| name == b"memory", fields.next()?.to_vec());
                let counts = match wanted {
                    Version::One => controllers.split(|byte| *byte == b',').any(is_it),
                    Version::Two => number == b"0" && controllers.is_empty(),
                };
                counts.then_some(Self { version: wanted, path })
            })
        };
        group(Version::One).or_else(|| group(Version::Two)).filter(|group| group.path != b"/")
    }

    /// Whether its path may lead elsewhere than into the hierarchy: so it looks from within a
    /// namespace of control groups.
    fn leads_out(&self) -> bool {
        !self.path.starts_with(b"/")
            || self.path.split(|byte| *byte == b'/').any(|name| name == b"..")
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }

    /// What `parse` makes of its file `name`; `None` where there is none.
    fn read<T>(
        &self,
        mount: &str,
        name: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let path = CPath::concat([mount.as_bytes(), &self.path, b"/", name.as_bytes()])
            .map_err(|_| "the path of the control group is too long".to_owned())?;
        proc::read_if_there(path.as_c_str(), parse)
    }

    fn version_1(&self, mount: &str) -> Collected<CgroupMemory> {
        let count = |text: &[u8]| number(words(text).next());
        let Some(max) = self.read(mount, "memory.failcnt", count)? else { return Ok(None) };
        // Since Linux 2.6.34.
        let control = self.read(mount, "memory.oom_control", oom_control)?;
        let (oom_kill, under_oom) = control.unwrap_or_default();
        Ok(Some(CgroupMemory {
            path: self.shown(),
            high: None,
            max,
            oom: None,
            oom_kill,
            under_oom,
        }))
    }

    fn version_2(&self, events: &[u8]) -> Result<CgroupMemory, String> {
        Ok(CgroupMemory {
            path: self.shown(),
            high: value_if_there(events, "high")?,
            max: value(events, "max")?,
            oom: value_if_there(events, "oom")?,
            oom_kill: value_if_there(events, "oom_kill")?,
            under_oom: None,
        })
    }
}

/// How many were killed, and whether tasks may stand still.
fn oom_control(text: &[u8]) -> Result<(Option<u64>, Option<bool>), String> {
    let under_oom = value_if_there(text, "under_oom")?.map(|flag| flag != 0);
    Ok((value_if_there(text, "oom_kill")?, under_oom))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_group_that_counts_memory_is_found() {
        use Version::{One, Two};
        for (text, expected) in [
            (&include_bytes!("../../tests/corpus/proc/3.2/cgroup")[..], Some((One, "/sysdefault"))),
            (include_bytes!("../../tests/corpus/proc/3.13/cgroup"), Some((One, "/upstart/nginx"))),
            (include_bytes!("../../tests/corpus/proc/6.18/cgroup"), Some((One, "/jobs/web-1"))),
            (
                include_bytes!("../../tests/corpus/proc/6.18/cgroup-unified"),
                Some((Two, "/system.slice/nginx.service")),
            ),
            (b"3:cpu,memory,blkio:/a:b\n0::/\n", Some((One, "/a:b"))),
            (b"5:memory:/\n0::/user.slice\n", None),
            (b"3:memoryless:/a\n", None),
            (b"0::/\n", None),
            (b"", None),
            (b"5:memory\n::\n", None),
        ] {
            let group = Group::parse(text).map(|group| (group.version, group.shown()));
            assert_eq!(group, expected.map(|(version, path)| (version, path.to_owned())));
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_hierarchy_is_not_followed() {
        for (path, leads_out) in [
            ("/a/b", false),
            ("/a..b/..c", false),
            ("/../a", true),
            ("/a/..", true),
            ("", true),
            ("a", true),
        ] {
            let group = Group { version: Version::Two, path: path.into() };
            assert_eq!(group.leads_out(), leads_out, "{path}");
        }
    }

    #[test]
    fn events_are_counted_as_each_kernel_does() {
        let group = Group { version: Version::Two, path: b"/a".to_vec() };
        let events = |text| group.version_2(text).map(|e| (e.high, e.max, e.oom, e.oom_kill));
        let events_6_18 = include_bytes!("../../tests/corpus/proc/6.18/memory.events");
        assert_eq!(events(events_6_18), Ok((Some(12), 7, Some(2), Some(1))));
        assert_eq!(events(b"low 0\nhigh 0\nmax 3\noom 1\n"), Ok((Some(0), 3, Some(1), None)));
        assert!(events(b"").is_err() && events(b"max x\n").is_err());

        let control_3_13 = include_bytes!("../../tests/corpus/proc/3.13/memory.oom_control");
        assert_eq!(oom_control(control_3_13), Ok((None, Some(true))));
        let control_6_18 = include_bytes!("../../tests/corpus/proc/6.18/memory.oom_control");
        assert_eq!(oom_control(control_6_18), Ok((Some(3), Some(false))));
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes: Vec<u8>,
                                  text in "([0-9]{0,3}:(memory|cpu|,){0,3}:/?[a.:/]{0,9}\n){0,4}",
                                  events in "((high|max|oom|oom_kill|under_oom) [0-9]{0,25}\n){0,6}") {
            let _ = (Group::parse(&bytes), oom_control(&bytes), oom_control(events.as_bytes()));
            if let Some(group) = Group::parse(text.as_bytes()) {
                let _ = (group.leads_out(), group.version_2(events.as_bytes()));
            }
        }
    }
}
