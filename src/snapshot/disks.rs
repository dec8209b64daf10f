//! How full the disks were that everything needs.

use serde::Serialize;

use super::{Collected, Scene};
use crate::paths::Place;
use crate::sys::{self, CPath, Errno};

/// The room on one file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Disk {
    /// A path on it.
    pub path: String,
    /// What of ours lies on it.
    pub holds: Vec<Held>,
    /// All of it, in bytes.
    pub total_bytes: u64,
    /// What users other than root can still write, in bytes.
    pub available_bytes: u64,
    /// How many files it can hold; `None` where it sets no limit.
    pub inodes_total: Option<u64>,
    /// How many more users other than root can make.
    pub inodes_available: Option<u64>,
}

/// What lies on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// `/`.
    Root,
    /// The jobs' logs.
    Log,
    /// The spool.
    Spool,
}

/// Asks the file systems of `/`, of the jobs' logs and of the spool, each once.
///
/// No others: to ask one whose server is dead is to wait for ever, and not even the hook's deadline
/// ends that. What lies on these three the hook needs anyway, for it has opened the spool
/// before, and reads the log next.
pub(super) fn collect(scene: &Scene<'_>) -> Collected<Vec<Disk>> {
    let mut disks: Vec<(u64, Disk)> = Vec::with_capacity(3);
    let places = scene.places;
    for (held, path) in [
        (Held::Root, places.root()),
        (Held::Log, places.join(Place::Logs, &[])),
        (Held::Spool, places.join(Place::Spool, &[])),
    ] {
        let path = path.map_err(|why| why.words().to_owned())?;
        let (device, disk) = look_at(path, held)?;
        match disks.iter_mut().find(|(known, _)| *known == device) {
            Some((_, known)) => known.holds.push(held),
            None => disks.push((device, disk)),
        }
    }
    Ok(Some(disks.into_iter().map(|(_, disk)| disk).collect()))
}

/// The file system that `path` lies on, and its device; where nothing lies there yet, the one that
/// it would be made on.
fn look_at(mut path: CPath, held: Held) -> Result<(u64, Disk), String> {
    loop {
        match (sys::room(path.as_c_str()), parent(&path)) {
            (Ok(room), _) => {
                let has_inodes = room.inodes > 0;
                let disk = Disk {
                    path: path.as_path().display().to_string(),
                    holds: vec![held],
                    total_bytes: room.total_bytes,
                    available_bytes: room.available_bytes,
                    inodes_total: has_inodes.then_some(room.inodes),
                    inodes_available: has_inodes.then_some(room.inodes_available),
                };
                return Ok((room.device, disk));
            }
            (Err(Errno::ENOENT | Errno::EACCES), Some(parent)) => path = parent,
            (Err(errno), _) => {
                return Err(format!("{}: {}", path.as_path().display(), errno.desc()));
            }
        }
    }
}

/// What `path` lies in; `None` for `/`.
fn parent(path: &CPath) -> Option<CPath> {
    let bytes = path.as_bytes();
    let bytes = bytes.strip_suffix(b"/").unwrap_or(bytes);
    let slash = bytes.iter().rposition(|byte| *byte == b'/')?;
    CPath::concat([bytes.get(..slash.max(1))?]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_to_the_root() {
        let path = |text: &str| CPath::concat([text.as_bytes()]).unwrap();
        for (child, expected) in [
            ("/var/log/upstart", Some("/var/log")),
            ("/var/", Some("/")),
            ("/var", Some("/")),
            ("/", None),
            ("", None),
        ] {
            let parent = parent(&path(child));
            let parent = parent.as_ref().map(|parent| parent.as_path().to_str().unwrap());
            assert_eq!(parent, expected, "{child}");
        }
    }

    #[test]
    fn what_is_not_there_yet_lies_on_what_it_would_be_made_on() {
        let look_at = |text: &str| look_at(CPath::concat([text.as_bytes()]).unwrap(), Held::Spool);
        let (device, disk) = look_at("/no/such/directory").unwrap();
        assert_eq!((device, disk.path.as_str()), (look_at("/").unwrap().0, "/"));
        assert!(disk.total_bytes > 0 && disk.available_bytes <= disk.total_bytes);
        assert_eq!(disk.inodes_total.is_some(), disk.inodes_available.is_some());
        let refused = look_at("/proc/self/cmdline/x");
        assert_eq!(refused, Err("/proc/self/cmdline/x: Not a directory".to_owned()));
        assert_eq!(look_at("/proc/self").unwrap().1.inodes_total, None);
    }
}
