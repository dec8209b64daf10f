//! A real mail system, OpenSMTPD: its `sendmail`, and a server with STARTTLS and AUTH.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::{Host, require_root, wait_until};

/// Whom the server knows.
pub const USER: &str = "monitor";

/// The password of [`USER`].
pub const PASSWORD: &str = "Pa55-of-the-monitor";

/// The same as crypt(3) keeps it.
const CRYPTED: &str = "$6$upstart$NuYQ2/ex10rcTFhnt359Q3vaAbZsmFPBpN7WPfKpvyBHXvuHbCTAhefeB/2igq4feUhlvRuS4B2zvISBhFbzA.";

/// Who may read the box, in which all mail ends.
const OWNER: &str = "nobody";

/// A running mail system of the test's own: its queue and its socket lie where only this test's
/// thread, and what it starts, see them.
pub struct MailServer {
    child: Child,
    port: u16,
    /// The certificate that vouches for the server's.
    pub ca_pem: String,
    mails: PathBuf,
}

impl MailServer {
    pub fn start(host: &Host) -> Self {
        hide_the_machines_own();
        let at = |name: &str| host.path(&format!("/mail/{name}"));
        host.make_dir("/mail/box");
        let owner = nix::unistd::User::from_name(OWNER).unwrap().unwrap();
        nix::unistd::chown(&at("box"), Some(owner.uid), Some(owner.gid)).unwrap();
        let ca_pem = certify(&at("certificate"), &at("key"));
        host.write("/mail/users", format!("{USER} {CRYPTED}\n"));

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let shown = |name: &str| at(name).display().to_string();
        host.write(
            "/mail/config",
            format!(
                "pki test cert \"{}\"\npki test key \"{}\"\n\
                 table users file:{}\ntable everybody {{ \"@\" = \"{OWNER}\" }}\n\
                 listen on socket\n\
                 listen on 127.0.0.1 port {port} tls-require pki test auth <users>\n\
                 action \"keep\" maildir \"{}\" virtual <everybody>\n\
                 match from any for any action \"keep\"\n",
                shown("certificate"),
                shown("key"),
                shown("users"),
                shown("box"),
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
        let started = Self { child, port, ca_pem, mails: at("box").join("new") };
        wait_until("the mail system listens", || {
            let listens = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            listens && Path::new("/run/smtpd.sock").exists()
        });
        started
    }

    /// Where it is to be reached.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The mails that have come, when there are `count`.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<String> {
        let names = || std::fs::read_dir(&self.mails).into_iter().flatten().flatten();
        wait_until(&format!("{count} mails"), || names().count() >= count);
        names().map(|name| std::fs::read_to_string(name.path()).unwrap()).collect()
    }
}

impl Drop for MailServer {
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

/// Writes a certificate for 127.0.0.1 and its key; returns the one that vouches for it.
fn certify(certificate: &Path, key: &Path) -> String {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();

    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let server_key = KeyPair::generate().unwrap();
    let signed = server.signed_by(&server_key, &Issuer::new(ca, ca_key)).unwrap();
    std::fs::write(certificate, signed.pem()).unwrap();
    std::fs::write(key, server_key.serialize_pem()).unwrap();
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
    ca_pem
}
