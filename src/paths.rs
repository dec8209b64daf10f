//! Where things lie: on the host, or with the user whose own Upstart (`init --user`) runs the job.

use std::ffi::CStr;

use crate::sys::{self, CPath, TooLong};

/// What has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Markers lie here, as `$UPSTART_JOB.shutdown`.
    Run,
    /// Upstart writes the output of `console log` jobs here (since 1.4; init/main.c, handle_logdir).
    Logs,
    /// Upstart reads the jobs' configuration here, and a session's init first of all here
    /// (init/xdg.c, get_user_upstart_dirs).
    Jobs,
    /// Reports lie here, from capture to the last delivery.
    Spool,
    /// Reports that the spool does not take lie here until it does.
    EmergencySpool,
    /// What the operator asked for: `config.toml`, `conf.d`, `secrets`, `observed`.
    Config,
    /// `NAME=value` lines for the notifier, whose environment is its own.
    Environment,
    /// The kernel log.
    KernelLog,
    /// The system's log on Debian, to which Upstart 0.6.5 writes.
    Syslog,
    /// The same on Red Hat.
    Messages,
    /// Init notes the runlevel here (utmp(5)).
    Utmp,
    /// What jobs' files were before hooks were put into them.
    #[cfg(feature = "deliver")]
    JobCopies,
}

impl Place {
    /// Where it is on the host.
    pub const fn on_the_host(self) -> &'static str {
        match self {
            Self::Run => "/var/run",
            Self::Logs => "/var/log/upstart",
            Self::Jobs => "/etc/init",
            Self::Spool => "/var/spool/upstart-monitor",
            Self::EmergencySpool => "/var/run/upstart-monitor",
            Self::Config => "/etc/upstart-monitor",
            Self::Environment => "/etc/default/upstart-monitor",
            Self::KernelLog => "/dev/kmsg",
            Self::Syslog => "/var/log/syslog",
            Self::Messages => "/var/log/messages",
            Self::Utmp => "/var/run/utmp",
            #[cfg(feature = "deliver")]
            Self::JobCopies => "/var/lib/upstart-monitor/jobs",
        }
    }
}

/// The config that is read first.
pub const CONFIG: &str = "/config.toml";
/// More of it, read in the order of the file names.
pub const CONFIG_DIR: &str = "/conf.d";
/// Secrets that the config names by file, unless it gives an absolute path.
pub const SECRETS: &str = "/secrets";
/// Which jobs the observer looks after, one glob a line.
pub const OBSERVED: &str = "/observed";

/// The command, where it does not lie beside the hook.
pub const COMMAND: &str = "/opt/upstart-monitor/bin/upstart-crash";

/// The variable that puts another root in front of the host's paths: for tests, demo and images.
pub const ROOT_VARIABLE: &str = "UPSTART_MONITOR_ROOT";

/// Under another root than the host's, init listens here instead of at its abstract address.
const INIT_SOCKET: &[u8] = b"/var/run/upstart.socket";

/// Upstart's own socket (dbus/upstart.h), an abstract name.
const INIT_ADDRESS: &[u8] = b"\0/com/ubuntu/upstart";

/// systemd's own socket (core/dbus.c), below whatever root.
const SYSTEMD_SOCKET: &[u8] = b"/run/systemd/private";

/// Why something has no path, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPath(&'static str);

impl NoPath {
    /// The words.
    pub fn words(self) -> &'static str {
        self.0
    }
}

impl From<TooLong> for NoPath {
    fn from(_: TooLong) -> Self {
        Self("the path is too long")
    }
}

/// Where everything lies for one init: the host's, or a user's own.
#[derive(Debug, Clone, Copy)]
pub struct Places(Domain);

#[derive(Debug, Clone, Copy)]
enum Domain {
    /// The host's, and what stands in front of every path: nothing on the real one.
    Host(&'static [u8]),
    /// A user's session, and the abstract address of its init.
    Session(&'static [u8]),
}

impl Places {
    /// A root that `UPSTART_MONITOR_ROOT` names comes first (a relative one is not taken); else the
    /// session whose init set `UPSTART_SESSION`, as it does for every process of its jobs.
    pub fn from_env() -> Self {
        let root = root_from_env();
        let session = sys::var(c"UPSTART_SESSION").filter(|session| !session.is_empty());
        Self(match (root, session) {
            (Some(root), _) => Domain::Host(root),
            (None, None) => Domain::Host(b""),
            (None, Some(session)) => Domain::Session(abstract_name(session)),
        })
    }

    /// Those of the host, whatever session this process is in; `UPSTART_MONITOR_ROOT` comes first.
    pub fn of_the_host() -> Self {
        Self(Domain::Host(root_from_env().unwrap_or_default()))
    }

    /// Those of a host whose paths all begin with `root`.
    pub const fn under(root: &'static [u8]) -> Self {
        Self(Domain::Host(root))
    }

    /// Whether they are a user's own, and not the host's.
    pub fn are_of_a_session(self) -> bool {
        matches!(self.0, Domain::Session(_))
    }

    /// Whether this is the host that the program runs on, and not one under a root of its own.
    pub fn are_of_this_host(self) -> bool {
        matches!(self.0, Domain::Host(b""))
    }

    /// The name of the socket that init listens at, in two parts; an abstract one begins with NUL.
    pub fn init_socket(self) -> [&'static [u8]; 2] {
        match self.0 {
            Domain::Host(b"") => [INIT_ADDRESS, b""],
            Domain::Host(root) => [root, INIT_SOCKET],
            Domain::Session(address) => [b"\0", address],
        }
    }

    /// The path of the socket that systemd listens at, in two parts.
    pub fn systemd_socket(self) -> [&'static [u8]; 2] {
        match self.0 {
            Domain::Host(root) => [root, SYSTEMD_SOCKET],
            // A session is Upstart's; a systemd beside it is the host's.
            Domain::Session(_) => [b"", SYSTEMD_SOCKET],
        }
    }

    /// Whether a systemd listens at that socket, or did.
    #[cfg(feature = "deliver")]
    pub fn has_systemd(self) -> bool {
        CPath::concat(self.systemd_socket()).is_ok_and(|path| sys::exists(path.as_c_str()))
    }

    /// The variables by which another process finds the same places.
    pub fn variables(self) -> &'static [&'static CStr] {
        match self.0 {
            Domain::Host(_) => &[c"UPSTART_MONITOR_ROOT"],
            Domain::Session(_) => &[
                c"UPSTART_SESSION",
                c"HOME",
                c"XDG_RUNTIME_DIR",
                c"XDG_CACHE_HOME",
                c"XDG_CONFIG_HOME",
                c"XDG_STATE_HOME",
            ],
        }
    }

    /// The directory that everything on the host lies below.
    ///
    /// # Errors
    /// [`NoPath`] where no system call would take it.
    pub fn root(self) -> Result<CPath, NoPath> {
        let root = if let Domain::Host(root) = self.0 { root } else { b"" };
        Ok(CPath::concat([root, b"/"])?)
    }

    /// The path of `place`, and behind it `rest`, piece by piece.
    ///
    /// # Errors
    /// [`NoPath`] where no system call would take it, or a session does not say where it is.
    pub fn join(self, place: Place, rest: &[&[u8]]) -> Result<CPath, NoPath> {
        Ok(CPath::concat(self.parts(place)?.into_iter().chain(rest.iter().copied()))?)
    }

    /// The path of `place` as what makes it up, one after the other.
    ///
    /// # Errors
    /// [`NoPath`] where a session does not say where it is, or has no such thing.
    pub fn parts(self, place: Place) -> Result<[&'static [u8]; 3], NoPath> {
        match self.0 {
            Domain::Host(root) => Ok([root, place.on_the_host().as_bytes(), b""]),
            Domain::Session(_) => in_the_session(place),
        }
    }
}

/// The root that `UPSTART_MONITOR_ROOT` names; a relative one is not taken.
fn root_from_env() -> Option<&'static [u8]> {
    sys::var(c"UPSTART_MONITOR_ROOT").filter(|root| root.starts_with(b"/"))
}

/// The abstract name in a D-Bus address of Upstart's; empty where there is none.
fn abstract_name(address: &'static [u8]) -> &'static [u8] {
    const KIND: &[u8] = b"unix:abstract=";
    // Not `strip_prefix`, which keeps a panic path in the program.
    address.get(KIND.len()..).filter(|_| address.starts_with(KIND)).unwrap_or_default()
}

/// Where `place` is for the jobs of a user's own init, by the rules that this one goes by (XDG Base
/// Directory Specification; init/xdg.c).
fn in_the_session(place: Place) -> Result<[&'static [u8]; 3], NoPath> {
    let (base, below): (_, &[u8]) = match place {
        Place::Run => (runtime()?, b""),
        Place::EmergencySpool => (runtime()?, b"/upstart-monitor"),
        Place::Logs => (base(c"XDG_CACHE_HOME", b"/.cache")?, b"/upstart"),
        Place::Jobs => (base(c"XDG_CONFIG_HOME", b"/.config")?, b"/upstart"),
        Place::Spool => (base(c"XDG_STATE_HOME", b"/.local/state")?, b"/upstart-monitor"),
        Place::Config => (base(c"XDG_CONFIG_HOME", b"/.config")?, b"/upstart-monitor"),
        Place::Environment => {
            (base(c"XDG_CONFIG_HOME", b"/.config")?, b"/upstart-monitor/environment")
        }
        #[cfg(feature = "deliver")]
        Place::JobCopies => (base(c"XDG_DATA_HOME", b"/.local/share")?, b"/upstart-monitor/jobs"),
        Place::KernelLog | Place::Syslog | Place::Messages => {
            return Err(NoPath(
                "the init of a session writes to its stderr, not to the kernel log",
            ));
        }
        Place::Utmp => ([place.on_the_host().as_bytes(), b""], b""),
    };
    let [directory, default] = base;
    Ok([directory, default, below])
}

/// A directory, and the one below it that stands in for a variable which is not set.
type Base = [&'static [u8]; 2];

fn runtime() -> Result<Base, NoPath> {
    let directory = absolute(c"XDG_RUNTIME_DIR");
    let directory = directory.ok_or(NoPath("XDG_RUNTIME_DIR is not set to an absolute path"))?;
    Ok([directory, b""])
}

/// What `variable` says, or `default` below the user's home.
fn base(variable: &CStr, default: &'static [u8]) -> Result<Base, NoPath> {
    match (absolute(variable), absolute(c"HOME")) {
        (Some(directory), _) => Ok([directory, b""]),
        (None, Some(home)) => Ok([home, default]),
        (None, None) => Err(NoPath("HOME is not set to an absolute path")),
    }
}

/// The value of `variable`, where it is an absolute path: others are to be ignored.
fn absolute(variable: &CStr) -> Option<&'static [u8]> {
    sys::var(variable).filter(|value| value.starts_with(b"/"))
}

/// Paths as the notifier uses them.
#[cfg(feature = "deliver")]
mod owned {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Path, PathBuf};

    use super::{Domain, NoPath, Place, Places};

    impl Places {
        /// The path of `place`, and `rest` behind it.
        ///
        /// # Errors
        /// [`NoPath`] where a session does not say where it is, or has no such thing.
        pub fn path(self, place: Place, rest: &str) -> Result<PathBuf, NoPath> {
            let mut path = OsString::new();
            for part in self.parts(place)? {
                path.push(OsStr::from_bytes(part));
            }
            path.push(rest);
            Ok(path.into())
        }

        /// The absolute path `named` by the operator: below the root, where the host has one.
        pub fn below_root(self, named: &Path) -> PathBuf {
            let root = if let Domain::Host(root) = self.0 { root } else { b"" };
            let mut path = OsStr::from_bytes(root).to_owned();
            path.push(named);
            path.into()
        }
    }
}
