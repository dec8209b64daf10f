//! The notifier at work on a throw-away host, as an operator would start it by hand.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use super::{AT_ONCE, Answer, Certified, Crashes, Hook, Host, Receiver, wait_until};

/// Where the notifier's words are kept.
const WORDS: &str = "/notifier.stderr";

/// Writes the config, for root alone, as one with secrets must be. Nothing is asked of the
/// machine's proxy.
pub fn configure(host: &Host, toml: &str) {
    host.config(&format!("[delivery]\nproxy = \"none\"\n{toml}{AT_ONCE}"));
    let path = host.path("/etc/upstart-monitor/config.toml");
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// Writes a secret into the file `name`, for root alone.
pub fn write_secret(host: &Host, name: &str, secret: &str) {
    host.make_dir("/etc/upstart-monitor/secrets");
    let absolute = format!("/etc/upstart-monitor/secrets/{name}");
    host.write(&absolute, secret);
    std::fs::set_permissions(host.path(&absolute), Permissions::from_mode(0o600)).unwrap();
}

/// A crash of `job` without a kick: beside these hooks lies no notifier.
pub fn crash_unnoticed(host: &Host, job: &str) {
    let elsewhere = Host::new();
    for hook in [Hook::PreStart, Hook::PostStop] {
        let run = elsewhere.hook(hook, job).env("UPSTART_MONITOR_ROOT", host.path(""));
        run.run().harms_nobody().says_nothing();
    }
}

/// `upstart-crash deliver` on this host, with nothing in its environment but the root.
pub fn deliver_command(host: &Host) -> Command {
    let mut command = Command::new(host.program("upstart-crash"));
    command.arg("deliver").env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Delivers until nothing is owed to a sink that takes it.
pub fn deliver(host: &Host) -> Output {
    let output = deliver_command(host).stderr(Stdio::piped()).output().unwrap();
    host.note(format!("deliver: {output:?}"));
    output
}

/// The most memory, in KiB, that a notifier needs which tells one slack channel, by `scheme`, of one
/// crash, of which there is as much to tell as there can be.
pub fn peak_kib_of_one_post(host: &Host, scheme: &str) -> u64 {
    Crashes::on(host).worst();
    // When the second post has come, the first one is over.
    let answers = [Answer::status(503).body(&"x".repeat(64 * 1024)), Answer::Hang];
    let certified = Certified::here();
    let service = match scheme {
        "https" => Receiver::over_tls(answers, &certified),
        _ => Receiver::new(answers),
    };
    host.write("/ca.pem", &certified.ca_pem);
    let url = service.url("/services/T0/B0/x");
    configure(host, &format!("ca_file = \"/ca.pem\"\n[sink.slack.ops]\nwebhook_url = \"{url}\"\n"));
    let notifier = Notifier::start(host);
    service.wait_for(2);
    notifier.peak_kib()
}

/// A notifier that is at work until the test lets go of it.
pub struct Notifier<'a> {
    host: &'a Host,
    child: Child,
}

impl<'a> Notifier<'a> {
    pub fn start(host: &'a Host) -> Self {
        Self::start_as(host, deliver_command(host))
    }

    /// The same by a command of the test's own.
    pub fn start_as(host: &'a Host, mut command: Command) -> Self {
        let words = File::create(host.path(WORDS)).unwrap();
        Self { host, child: command.stderr(words).spawn().unwrap() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has had so far, in KiB; 0 where it has ended.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = peak.and_then(|peak| peak.split_whitespace().next());
        number.map_or(0, |number| number.parse().unwrap())
    }

    pub fn is_at_work(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// All that it has said so far.
    pub fn words(&self) -> String {
        self.host.read(WORDS)
    }

    /// Waits until it says a line with one of `words` in it.
    #[track_caller]
    pub fn wait_for_word(&self, words: &[&str]) -> String {
        let mut found = None;
        wait_until(&format!("a line with one of {words:?}"), || {
            let said = self.words();
            // The last line may be half written.
            let whole = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            found = whole
                .filter(|line| words.iter().any(|word| line.contains(word)))
                .map(|line| line.trim_end().to_owned())
                .next();
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Notifier<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
