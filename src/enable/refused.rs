//! Why a job is left as it is.

use std::fmt;
use std::path::PathBuf;

use crate::job_file::Fault;
use crate::paths::NoPath;
use crate::supervisor::Supervisor;

/// Why a job is left as it is.
#[derive(Debug)]
pub enum Refused {
    /// No such job.
    NoJob(String),
    /// The session does not say where its jobs are.
    NoPath(NoPath),
    /// The file cannot be read, or written.
    File(PathBuf, std::io::Error),
    /// No plain file: init does not watch what a link leads to.
    NotPlain(PathBuf),
    /// Init does not take it either.
    Fault(PathBuf, Fault),
    /// A stanza of the job's own shares its line, the number of which this is, with another.
    SharedLine(PathBuf, usize),
    /// What would be put in would not be read, or not be taken out again.
    NotReversible(PathBuf),
    /// The hook is missing, or not executable.
    NoHook(PathBuf),
    /// In the jail, too.
    NoHookInJail(PathBuf, String),
    /// The hooks would run as this user.
    OtherUser(String, bool),
    /// The job is the monitor's own.
    OurOwn,
    /// The file is no longer what was shown.
    Changed(PathBuf),
    /// A program of ours is missing, or not executable.
    NoProgram(PathBuf),
    /// Several supervisors have a service of this name.
    Several(String, Vec<Supervisor>),
    /// No supervisor was found.
    NoSupervisor,
    /// What only systemd has was asked for.
    NotSystemd,
    /// systemd does not load the unit of this name: there is this in its place.
    Masked(String, PathBuf),
    /// A drop-in of our name is not of our making.
    NotOurs(PathBuf),
    /// A systemd of this version would run the hooks as this user.
    NoRights(String, u32),
    /// Its hooks would be in this directory as their root.
    OtherRoot(String),
    /// A systemd of this version has no file for all services.
    NoHostFile(u32),
    /// No program `run`.
    NoRun(PathBuf),
    /// Not to be read: what is to be put in, and where.
    NoScript(PathBuf, String),
    /// A link, or no file at all.
    SharedProgram(PathBuf),
    /// A directory that s6-rc made, of this source.
    Generated(PathBuf, Option<PathBuf>),
    /// The supervisor of the directory runs as this user, and so would the hooks.
    NotRoots(PathBuf, u32),
    /// Calls of the hooks remain, in the file's line of this number: they are not of `enable`'s.
    CallsRemain(PathBuf, usize),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJob(path) => write!(f, "there is no such job: {path}"),
            Self::NoPath(why) => f.write_str(why.words()),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NotPlain(path) => write!(
                f,
                "{} is no plain file; of a link init does not notice a change: put the file itself \
                 there",
                path.display()
            ),
            Self::Fault(path, fault) => {
                write!(f, "{}, {fault}; init does not take this file", path.display())
            }
            Self::SharedLine(path, line) => write!(
                f,
                "{}, line {line}: a hook of the job's own shares its line with another stanza; \
                 give it a line of its own",
                path.display()
            ),
            Self::NotReversible(path) => write!(
                f,
                "{}: the change could not be undone byte for byte; put the hooks in by hand",
                path.display()
            ),
            Self::NoHook(path) => write!(
                f,
                "{} is not there, or not executable; Upstart starts no job whose pre-start it \
                 cannot execute: install the hooks first",
                path.display()
            ),
            Self::NoHookInJail(path, jail) => write!(
                f,
                "it runs in {jail} (chroot), and {} is not there: Upstart would not start it. \
                 Leave it to the observer, or put the hooks into the jail",
                path.display()
            ),
            Self::OtherUser(user, is_observed) => write!(
                f,
                "it runs as {user} (setuid), and so would its hooks, who could keep no marker. {}",
                if *is_observed {
                    "The observer looks after it already"
                } else {
                    "Leave it to the observer (README, \"Every job of the host\")"
                }
            ),
            Self::OurOwn => f.write_str("it is a job of the monitor's own"),
            Self::Changed(path) => {
                write!(f, "{} was changed meanwhile; nothing was written", path.display())
            }
            Self::NoProgram(path) => write!(
                f,
                "{} is not there, or not executable: install upstart-monitor first",
                path.display()
            ),
            Self::Several(job, kinds) => {
                let names: Vec<_> = kinds.iter().map(|kind| kind.title()).collect();
                let words: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
                write!(
                    f,
                    "{job} is a service of {}; which is meant, say with --init {}",
                    names.join(" and of "),
                    words.join(" or --init ")
                )
            }
            Self::NoSupervisor => f.write_str(
                "neither Upstart nor systemd, runit or s6 was found here; --init KIND names one",
            ),
            Self::NotSystemd => f.write_str(
                "this is no host of systemd's; of Upstart's, every service has the observer \
                 (docs/enable.md), of runit's and s6's each has its own hooks",
            ),
            Self::Masked(name, path) => {
                write!(f, "{name} is masked ({}): systemd does not start it", path.display())
            }
            Self::NotOurs(path) => write!(
                f,
                "{} says something else than hooks; move that to a file of another name",
                path.display()
            ),
            Self::NoRights(user, version) => write!(
                f,
                "it runs as {user}, and so would its hooks, who could keep no marker: only since                  systemd 231 (this is {version}) a command can have all rights. What remains is an                  OnFailure= of your own"
            ),
            Self::OtherRoot(root) => write!(
                f,
                "it has {root} as its root (RootDirectory=, RootImage=), and so would its hooks: \
                 what they left there, no notifier would find. What remains is an OnFailure= of \
                 your own"
            ),
            Self::NoHostFile(version) => write!(
                f,
                "systemd {version} has no file for all services (244 has); name the services"
            ),
            Self::NoRun(path) => write!(f, "there is no {}: this is no service", path.display()),
            Self::NoScript(path, what) => {
                write!(
                    f,
                    "{} is not a script for a shell or for execline that a line can be put into; put in by hand, {what}",
                    path.display()
                )
            }
            Self::SharedProgram(path) => write!(
                f,
                "{} is no plain file; what it leads to may be another service's, too: put a file \
                 of its own there",
                path.display()
            ),
            Self::Generated(path, source) => {
                write!(
                    f,
                    "{} is made by s6-rc-compile, which would undo the change; put the hooks into \
                     the source: ",
                    path.display()
                )?;
                match source {
                    Some(source) => write!(
                        f,
                        "upstart-crash enable {}, then s6-rc-compile and s6-rc-update",
                        source.display()
                    ),
                    None => f.write_str(
                        "upstart-crash enable DIRECTORY, then s6-rc-compile and s6-rc-update",
                    ),
                }
            }
            Self::NotRoots(path, user) => write!(
                f,
                "{} has a supervisor that runs as user {user}, and so would its hooks, who could \
                 keep no marker",
                path.display()
            ),
            Self::CallsRemain(path, line) => write!(
                f,
                "{}, line {line}, names a hook in a way that `enable` does not write: take it out \
                 by hand",
                path.display()
            ),
        }
    }
}
