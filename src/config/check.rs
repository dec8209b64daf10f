//! The config and all that it needs, looked at without sending anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::findings::{Findings, Found};
use super::problem::{Problem, Spot, sort};
use super::{Config, files};
use crate::globs::{NOT, names};
use crate::paths::{Place, Places};
use crate::secret::Environment;
use crate::sinks::{Flaw, Needed};

/// How deep directories of jobs are looked into.
const DEEP: usize = 8;

/// What came to light.
#[derive(Debug)]
pub struct Checked {
    /// The files, in the order in which they are read.
    pub files: Vec<PathBuf>,
    /// The sinks, in the order of their names; those that cannot be made are not among them.
    pub sinks: Vec<CheckedSink>,
    /// What must be mended: the config is not used, or a sink sends nothing.
    pub problems: Vec<Problem>,
    /// What may be meant so.
    pub warnings: Vec<Problem>,
}

/// A sink.
#[derive(Debug)]
pub struct CheckedSink {
    /// `slack.ops`.
    pub name: String,
    /// What it keeps secret.
    pub secrets: Vec<UsedSecret>,
}

/// A secret that a sink uses.
#[derive(Debug, Clone)]
pub struct UsedSecret {
    /// `webhook_url`.
    pub key: String,
    /// The path of a file, `$VARIABLE`, or "the config".
    pub from: String,
}

/// Checks `these` files, or else the config that is installed in `places`. Reads every secret, and
/// sends nothing: no name is resolved and no program started.
pub fn check(places: Places, these: Option<Vec<PathBuf>>) -> Checked {
    let mut findings = Findings::default();
    let files = these.unwrap_or_else(|| files::installed(places, &mut findings.problems));
    let config = Config::read(places, &files, &mut findings);
    let Findings { mut problems, needs, globs } = findings;
    let mut warnings = Vec::new();
    let environment = Environment::of(places);
    let mut secrets = BTreeMap::<_, Vec<_>>::new();
    for Found { spot, sink, need } in needs {
        for flaw in need.flaws(&environment) {
            let (list, why) = match flaw {
                Flaw::Problem(why) => (&mut problems, why),
                Flaw::Warning(why) => (&mut warnings, why),
            };
            let text = format!("`{}`: {why}", need.written_key());
            list.push(Problem { spot: spot.clone(), text });
        }
        if let Needed::Secret { source, .. } = &need.what {
            let secret = UsedSecret { from: source.origin(&environment), key: need.key };
            secrets.entry(sink).or_default().push(secret);
        }
    }
    warnings.extend(strangers(places, globs));
    sort(&mut problems, &files);
    sort(&mut warnings, &files);
    let sinks = config.into_iter().flat_map(|config| config.sinks);
    let sinks = sinks.map(|sink| CheckedSink {
        secrets: secrets.remove(&Some(sink.name.clone())).unwrap_or_default(),
        name: sink.name,
    });
    Checked { sinks: sinks.collect(), files, problems, warnings }
}

/// A warning of each of `globs` that names no job that init knows of. Nothing is said where there are
/// no jobs at all, as where a config is written, or where init reads more than one directory.
fn strangers(places: Places, globs: Vec<(Spot, String)>) -> Vec<Problem> {
    let Ok(directory) = places.path(Place::Jobs, "") else { return Vec::new() };
    let mut jobs = Vec::new();
    list_jobs(&directory, "", DEEP, &mut jobs);
    if places.are_of_a_session() || jobs.is_empty() {
        return Vec::new();
    }
    let is_stranger = |(_, glob): &(Spot, String)| !jobs.iter().any(|job| may_name(glob, job));
    let warning = |(spot, glob)| {
        let text = format!("`{glob}` names no job in {}", directory.display());
        Problem { spot, text }
    };
    globs.into_iter().filter(is_stranger).map(warning).collect()
}

/// Whether `glob`, which may name an instance, may name one of `job`.
fn may_name(glob: &str, job: &str) -> bool {
    let glob = glob.trim_start_matches(NOT);
    let of_instance = glob.split_once(" (").map(|(job, _)| job);
    names(glob, job, "") || of_instance.is_some_and(|glob| names(glob, job, ""))
}

/// The names of the jobs that init reads below `directory` (init/conf.c): `web/nginx` for
/// `web/nginx.conf`.
fn list_jobs(directory: &Path, prefix: &str, deep: usize, jobs: &mut Vec<String>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if let Some(job) = name.strip_suffix(".conf") {
            jobs.push(format!("{prefix}{job}"));
        } else if deep > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            list_jobs(&entry.path(), &format!("{prefix}{name}/"), deep - 1, jobs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_may_name_a_job_or_an_instance_of_it() {
        for (glob, job, may) in [
            ("nginx", "nginx", true),
            ("ngin*", "nginx", true),
            ("!nginx", "nginx", true),
            ("nginx (eu-1)", "nginx", true),
            ("!nginx (*)", "nginx", true),
            ("web/*", "web/nginx", true),
            ("ngnix", "nginx", false),
            ("ngnix (eu-1)", "nginx", false),
        ] {
            assert_eq!(may_name(glob, job), may, "{glob}");
        }
    }
}
