//! A real mail server, aiosmtpd, that wants STARTTLS and a password.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::mail_system::mails;
use super::{Certified, Host, wait_until};

/// Whom the server knows.
pub const USER: &str = "monitor";

/// The password of [`USER`].
pub const PASSWORD: &str = "Pa55-of-the-monitor";

/// A running mail server.
pub struct MailServer {
    child: Child,
    port: u16,
    /// The certificate that vouches for the server's, which is for 127.0.0.1.
    pub ca_pem: String,
    mails: PathBuf,
}

impl MailServer {
    pub fn start(host: &Host) -> Self {
        host.make_dir("/mails");
        let Certified { certificate_pem, key_pem, ca_pem, .. } = Certified::here();
        host.write("/certificate", certificate_pem);
        host.write("/key", key_pem);
        let mails = host.path("/mails");
        let mut child = Command::new("/usr/bin/python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/smtp_server.py"))
            .args(["/certificate", "/key"].map(|name| host.path(name)))
            .args([USER, PASSWORD])
            .arg(&mails)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().expect("aiosmtpd is there: scripts/setup.sh test");
        Self { child, port, ca_pem, mails }
    }

    /// Where it is to be reached.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The mails that have come, when there are `count`.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<String> {
        wait_until(&format!("{count} mails"), || mails(&self.mails).len() >= count);
        mails(&self.mails)
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
