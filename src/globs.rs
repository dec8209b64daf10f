//! Which jobs the operator means: globs against their names.

use serde::{Deserialize, Deserializer, de::Error};

use crate::sys;

/// What stands before a glob whose jobs are left out.
const NOT: char = '!';

/// Whether `glob` names `job`: by its name, or as `initctl list` writes an instance,
/// `name (instance)`. `instance` is empty for a job without instances.
pub fn names(glob: &str, job: &str, instance: &str) -> bool {
    let is = |name: &str| sys::matches(glob.as_bytes(), name.as_bytes());
    is(job) || !instance.is_empty() && is(&format!("{job} ({instance})"))
}

/// A list of globs, some of which may leave jobs out: `["nginx*", "!nginx-canary"]`.
///
/// Their order does not matter: what one leaves out is out. Where all leave something out, every
/// other job is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobGlobs {
    meant: Vec<String>,
    left_out: Vec<String>,
}

impl JobGlobs {
    /// Every job.
    pub const ALL: Self = Self { meant: Vec::new(), left_out: Vec::new() };

    /// Whether `job` is meant; `instance` is empty for a job without instances.
    pub fn mean(&self, job: &str, instance: &str) -> bool {
        let any = |globs: &[String]| globs.iter().any(|glob| names(glob, job, instance));
        (self.meant.is_empty() || any(&self.meant)) && !any(&self.left_out)
    }
}

impl<'de> Deserialize<'de> for JobGlobs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let globs = Vec::<Glob>::deserialize(deserializer)?;
        if globs.is_empty() {
            return Err(D::Error::custom("`jobs` names no job; without it every job is meant"));
        }
        let (mut meant, mut left_out) = (Vec::new(), Vec::new());
        for Glob(glob) in globs {
            match glob.strip_prefix(NOT) {
                Some(glob) => left_out.push(glob.to_owned()),
                None => meant.push(glob),
            }
        }
        Ok(Self { meant, left_out })
    }
}

/// One of them, as written.
struct Glob(String);

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let glob = String::deserialize(deserializer)?;
        if glob.trim_start_matches(NOT).is_empty() {
            return Err(D::Error::custom("an empty glob names no job"));
        }
        Ok(Self(glob))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_meant_by_name_or_title_and_what_is_left_out_is_out() {
        for (globs, job, instance, meant) in [
            (&["nginx"][..], "nginx", "", true),
            (&["nginx"], "nginx2", "", false),
            (&["nginx*"], "nginx", "eu-1", true),
            (&["nginx"], "nginx", "eu-1", true),
            (&["nginx (eu-*)"], "nginx", "eu-1", true),
            (&["nginx (eu-*)"], "nginx", "us-1", false),
            (&["nginx (*)"], "nginx", "", false),
            (&["*"], "web/nginx", "", true),
            (&["shop", "nginx"], "nginx", "", true),
            (&["nginx*", "!nginx-canary"], "nginx-canary", "", false),
            (&["!nginx-canary", "nginx*"], "nginx-canary", "", false),
            (&["nginx*", "!nginx-canary"], "nginx-eu", "", true),
            (&["nginx*", "!nginx-canary"], "shop", "", false),
            (&["!nginx*"], "shop", "", true),
            (&["!nginx*"], "nginx", "", false),
            (&["!nginx (eu-1)"], "nginx", "eu-1", false),
            (&["!nginx (eu-1)"], "nginx", "us-1", true),
            (&["!a", "!b"], "b", "", false),
        ] {
            let read: JobGlobs = serde_json::from_value(globs.into()).unwrap();
            assert_eq!(read.mean(job, instance), meant, "{globs:?} {job} {instance}");
        }
        assert!(JobGlobs::ALL.mean("nginx", ""));
    }
}
