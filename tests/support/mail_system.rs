//! A real mail system, OpenSMTPD, with its `sendmail`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Host, require_root, wait_until};

/// Who may read the box, in which all mail ends.
const OWNER: &str = "nobody";

/// A running mail system of the test's own: its queue and its socket lie where only this test's
/// thread, and what it starts, see them.
pub struct MailSystem {
    child: Child,
    mails: PathBuf,
}

impl MailSystem {
    pub fn start(host: &Host) -> Self {
        hide_the_machines_own();
        let at = |name: &str| host.path(&format!("/mail/{name}"));
        host.make_dir("/mail/box");
        let owner = nix::unistd::User::from_name(OWNER).unwrap().unwrap();
        nix::unistd::chown(&at("box"), Some(owner.uid), Some(owner.gid)).unwrap();
        host.write(
            "/mail/config",
            format!(
                "table everybody {{ \"@\" = \"{OWNER}\" }}\nlisten on socket\n\
                 action \"keep\" maildir \"{}\" virtual <everybody>\n\
                 match from any for any action \"keep\"\n",
                at("box").display(),
            ),
        );
        let log = std::fs::File::create(at("log")).unwrap();
        let child = Command::new("/usr/sbin/smtpd")
            .arg("-d")
            .arg("-f")
            .arg(at("config"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("smtpd is there: scripts/setup.sh test");
        let started = Self { child, mails: at("box").join("new") };
        wait_until("the mail system listens", || Path::new("/run/smtpd.sock").exists());
        started
    }

    /// The mails that have come, when there are `count`.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<String> {
        wait_until(&format!("{count} mails"), || mails(&self.mails).len() >= count);
        mails(&self.mails)
    }
}

/// The whole mails in `directory`.
pub(super) fn mails(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let whole = entries.filter(|entry| !entry.file_name().to_string_lossy().ends_with(".part"));
    whole.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect()
}

impl Drop for MailSystem {
    fn drop(&mut self) {
        // Its processes end with it.
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// Puts empty directories before those in which the machine's own mail system would lie.
fn hide_the_machines_own() {
    require_root();
    unshare(CloneFlags::CLONE_NEWNS).unwrap();
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
    for place in ["/var/spool", "/run"] {
        let (kind, mode) = (Some("tmpfs"), Some("mode=755"));
        mount(kind, place, kind, MsFlags::empty(), mode).unwrap();
    }
}
