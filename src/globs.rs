//! Which jobs the operator means: globs against their names.

use crate::sys;

/// What stands before a glob whose jobs are left out.
pub const NOT: char = '!';

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

    /// The jobs that `globs` mean, each as the operator writes it.
    pub fn of<G: AsRef<str>>(globs: impl IntoIterator<Item = G>) -> Self {
        let mut list = Self::ALL;
        for glob in globs {
            match glob.as_ref().strip_prefix(NOT) {
                Some(glob) => list.left_out.push(glob.to_owned()),
                None => list.meant.push(glob.as_ref().to_owned()),
            }
        }
        list
    }

    /// Whether `job` is meant; `instance` is empty for a job without instances.
    pub fn mean(&self, job: &str, instance: &str) -> bool {
        let any = |globs: &[String]| globs.iter().any(|glob| names(glob, job, instance));
        (self.meant.is_empty() || any(&self.meant)) && !any(&self.left_out)
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
            assert_eq!(
                JobGlobs::of(globs).mean(job, instance),
                meant,
                "{globs:?} {job} {instance}"
            );
        }
        assert!(JobGlobs::ALL.mean("nginx", ""));
    }
}
