//! The drop-in for every service of the host, which the package brings: switched off, and on again.

use std::fs;
use std::path::{Path, PathBuf};

use super::drop_in::{host_text, is_ours, is_silent, switched_off_text};
use super::{change, read};
use crate::enable::{FileChange, Refused, programs};
use crate::host_supervisors::systemctl;
use crate::paths::Places;

/// Where the package puts it.
pub const SHIPPED: [&str; 2] = [
    "/usr/lib/systemd/system/service.d/50-upstart-monitor.conf",
    "/lib/systemd/system/service.d/50-upstart-monitor.conf",
];

/// Where an administrator's stands in for it.
pub const HOST_FILE: &str = "/etc/systemd/system/service.d/50-upstart-monitor.conf";

/// The first version that knows a directory for all services (NEWS, 244).
pub const SINCE: u32 = 244;

/// What switches it on.
///
/// # Errors
/// [`Refused`].
pub fn enable_host(places: Places) -> Result<Vec<FileChange>, Refused> {
    if let Some(version) = systemctl::version(places).filter(|version| *version < SINCE) {
        return Err(Refused::NoHostFile(version));
    }
    programs::are_there(places, &["stopping"])?;
    let (path, before) = own(places)?;
    let is_off = before.as_deref().is_some_and(is_silent);
    match (is_shipped(places), &before) {
        (true, None) => Ok(Vec::new()),
        (true, Some(_)) if is_off => Ok(change(path, before, None)),
        (false, None) => Ok(change(path, None, Some(host_text().into_bytes()))),
        (false, Some(_)) if is_off => Ok(change(path, before, Some(host_text().into_bytes()))),
        (_, Some(_)) => Ok(Vec::new()),
    }
}

/// What switches it off.
///
/// # Errors
/// [`Refused`].
pub fn disable_host(places: Places) -> Result<Vec<FileChange>, Refused> {
    let (path, before) = own(places)?;
    let after = is_shipped(places).then(|| switched_off_text().into_bytes());
    match before {
        Some(before) if is_silent(&before) => Ok(Vec::new()),
        before => Ok(change(path, before, after)),
    }
}

/// The administrator's file.
fn own(places: Places) -> Result<(PathBuf, Option<Vec<u8>>), Refused> {
    let path = places.below_root(Path::new(HOST_FILE));
    let before = read(&path)?;
    match &before {
        Some(text) if !is_ours(text) && !is_silent(text) => Err(Refused::NotOurs(path)),
        _ => Ok((path, before)),
    }
}

fn is_shipped(places: Places) -> bool {
    let texts = SHIPPED.iter().filter_map(|path| fs::read(places.below_root(Path::new(path))).ok());
    texts.into_iter().any(|text| is_ours(&text))
}
