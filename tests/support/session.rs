//! A user's own Upstart (`init --user`): the harness's, at an address of the session, and what its
//! jobs find in their environment.
#![allow(unsafe_code, reason = "a listener's owner is that of the thread that made it")]

use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::libc;
use serde_json::Value;

use super::{Hook, HookRun, Host, INIT_SOCKET, JobBuilder, NOBODY, Surroundings, violations};

/// The session of one user on a host.
pub struct Session<'a> {
    host: &'a Host,
    user: u32,
    env: Vec<(&'static str, String)>,
}

/// The user's home, and what a login manager makes for him.
pub const HOME: &str = "/home/user";
pub const RUNTIME: &str = "/run/user/1";
/// Where reports lie, unless the user's environment says otherwise.
pub const SPOOL: &str = "/home/user/.local/state/upstart-monitor";

impl<'a> Session<'a> {
    /// The session of root or of `NOBODY`. No init listens yet.
    pub fn new(host: &'a Host, user: u32) -> Self {
        for directory in [HOME, RUNTIME] {
            host.make_dir(directory);
            host.give_to(user, directory);
        }
        let path = |absolute| host.path(absolute).to_str().unwrap().to_owned();
        let env = vec![
            ("UPSTART_MONITOR_ROOT", String::new()),
            ("UPSTART_SESSION", format!("unix:abstract={}", path("/session"))),
            ("HOME", path(HOME)),
            ("XDG_RUNTIME_DIR", path(RUNTIME)),
        ];
        Self { host, user, env }
    }

    /// Sets, or replaces, a variable of the user's; an empty one is as good as none.
    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.into()));
        self
    }

    /// The user's environment.
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.env
    }

    /// The init of the session, as `owner` runs it.
    pub fn init(&self, owner: u32) -> Relay {
        Relay::new(self.host.path("/session").to_str().unwrap(), owner, self.host.path(INIT_SOCKET))
    }

    /// A job of the session.
    pub fn job(&self, name: &str) -> JobBuilder {
        let job = self.host.job(name).within(self.surroundings());
        self.env.iter().fold(job, |job, (name, value)| job.env(name, value))
    }

    /// One run of `hook` for the session's job `name`.
    pub fn hook(&self, hook: Hook, name: &str) -> HookRun<'a> {
        self.within(self.host.hook(hook, name))
    }

    /// `run`, as the user has it.
    pub fn within(&self, run: HookRun<'a>) -> HookRun<'a> {
        let run = run.within(self.surroundings());
        self.env.iter().fold(run, |run, (name, value)| run.env(name, value))
    }

    fn surroundings(&self) -> Surroundings {
        let nobody = self.user == NOBODY;
        Surroundings { nobody, ..Surroundings::default() }
    }

    /// The reports in the spool at `spool` that no notifier has taken; each is held against the
    /// schema.
    pub fn reports(&self, spool: &str) -> Vec<Value> {
        let new = format!("{spool}/new");
        let read = |name: String| {
            let report = serde_json::from_str(&self.host.read(&format!("{new}/{name}"))).unwrap();
            assert_eq!(violations(&report), [""; 0]);
            report
        };
        self.host.names(&new).into_iter().map(read).collect()
    }
}

/// An abstract address at which the harness's Upstart can be called, by every user.
pub struct Relay(SocketAddr);

impl Relay {
    /// Listens at the abstract name `name`, as a process of `owner` does, for the init at `to`.
    pub fn new(name: &str, owner: u32, to: PathBuf) -> Self {
        let address = SocketAddr::from_abstract_name(name).unwrap();
        let listener = as_user(owner, || UnixListener::bind_addr(&address)).unwrap();
        std::thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                if relay(caller, &to).is_none() {
                    return;
                }
            }
        });
        Self(address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // A caller who says nothing ends the service.
        drop(UnixStream::connect_addr(&self.0));
    }
}

/// Carries one call to init, as from root; `None` where nothing is said.
fn relay(caller: UnixStream, to: &Path) -> Option<()> {
    let mut back = caller.try_clone().unwrap();
    let mut calls = BufReader::new(caller);
    let mut introduction = Vec::new();
    if calls.read_until(b'\n', &mut introduction).ok()? == 0 {
        return None;
    }
    assert!(introduction.starts_with(b"\0AUTH EXTERNAL "), "{introduction:?}");
    let Ok(mut init) = UnixStream::connect(to) else { return Some(()) };
    init.write_all(b"\0AUTH EXTERNAL 30\r\n").ok()?;
    let mut answers = init.try_clone().unwrap();
    std::thread::spawn(move || io::copy(&mut calls, &mut init));
    let _ = io::copy(&mut answers, &mut back);
    let _ = back.shutdown(Shutdown::Both);
    Some(())
}

/// Does `story` with the effective user id `user`, in this thread alone.
fn as_user<T>(user: u32, story: impl FnOnce() -> T) -> T {
    let become_user = |user: u32| {
        // SAFETY: a plain system call; not the C library's, which would change all threads.
        let done = unsafe { libc::syscall(libc::SYS_setresuid, u32::MAX, user, u32::MAX) };
        assert_eq!(done, 0, "{}", io::Error::last_os_error());
    };
    become_user(user);
    let told = story();
    become_user(0);
    told
}
