//! What the files of a unit say that systemd itself does not tell: to which files it writes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Scene;
use crate::systemd::{Systemd, UnitFiles, last_setting};

/// How long systemd may take to say which files there are.
const PATIENCE: Duration = Duration::from_millis(500);

/// The most bytes of one file that are read, and the most files.
const BYTES: u64 = 256 * 1024;
const FILES: usize = 32;

/// The files of the unit that died.
///
/// # Errors
/// Why systemd does not tell, in words.
pub(super) fn of(scene: &Scene) -> Result<UnitFiles, String> {
    let unit = scene.report.unit();
    let files = Systemd::of(scene.places, PATIENCE).and_then(|it| it.files(unit.as_bytes()));
    let mut files = files.map_err(|why| format!("systemd: {}", why.words()))?;
    files.paths.truncate(FILES);
    Ok(files)
}

/// The files that the unit writes its output and its errors to; none where it writes to the journal.
///
/// # Errors
/// Why they are not known, in words.
pub(super) fn outputs(scene: &Scene) -> Result<Vec<PathBuf>, String> {
    let files = of(scene)?;
    let settings =
        [("StandardOutput", &files.standard_output), ("StandardError", &files.standard_error)];
    let written = settings.into_iter().filter(|(_, kind)| KINDS.contains(&kind.as_str()));
    let written: Vec<_> = written.map(|(setting, _)| setting).collect();
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let texts: Vec<_> = files.paths.iter().map(|path| text(scene, path)).collect();
    let host = scene.report.host.name.as_str();
    let mut paths = Vec::new();
    for setting in written {
        let named = last_setting(texts.iter().map(String::as_str), setting)
            .ok_or_else(|| format!("{setting}= stands in none of the unit's files"))?;
        let path = output_path(&named, &scene.report.unit(), host)
            .ok_or_else(|| format!("{setting}={named}: which file that is, is not known here"))?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// How systemd calls an output that goes to a file, and how a unit's file begins to name it
/// (systemd.exec(5)).
const KINDS: [&str; 3] = ["file", "append", "truncate"];

fn text(scene: &Scene, path: &str) -> String {
    let mut bytes = Vec::new();
    let opened = File::open(scene.places.below_root(Path::new(path)));
    let _ = opened.and_then(|file| file.take(BYTES).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The file that `value` names, `append:/var/log/%p.log`, as of `unit` on `host`; `None` for
/// anything else, and where something is to be put in that is not known here.
fn output_path(value: &str, unit: &str, host: &str) -> Option<PathBuf> {
    let (kind, pattern) = value.split_once(':')?;
    let whole = unit.strip_suffix(".service").unwrap_or(unit);
    let (prefix, instance) = whole.split_once('@').unwrap_or((whole, ""));
    let mut path = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            path.push(c);
            continue;
        }
        path.push_str(match chars.next()? {
            '%' => "%",
            'n' => unit,
            'N' => whole,
            'p' => prefix,
            'i' => instance,
            'j' => prefix.rsplit('-').next().unwrap_or(prefix),
            'H' => host,
            'l' => host.split('.').next().unwrap_or(host),
            't' => "/run",
            'S' => "/var/lib",
            'C' => "/var/cache",
            'L' => "/var/log",
            'E' => "/etc",
            _ => return None,
        });
    }
    (KINDS.contains(&kind) && path.starts_with('/')).then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_units_names_in_it() {
        for (value, expected) in [
            ("file:/var/log/web.log", Some("/var/log/web.log")),
            ("append:%L/%p/%i.log", Some("/var/log/web-shop/eu.log")),
            (
                "truncate:/%n-%N-%j-%H-%l-100%%",
                Some("/web-shop@eu.service-web-shop@eu-shop-a.b-a-100%"),
            ),
            ("file:%h/log", None),
            ("file:/log%", None),
            ("file:relative", None),
            ("fd:stdout", None),
            ("journal", None),
        ] {
            let path = output_path(value, "web-shop@eu.service", "a.b");
            assert_eq!(path, expected.map(PathBuf::from), "{value}");
        }
    }
}
