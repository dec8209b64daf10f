//! Sinks of every kind, as the config makes them, and what each of them tells.

use serde_json::Value;

use super::{Answer, Host, Receiver, Request};
use upstart_monitor::config::Config;
use upstart_monitor::notice::Notice;
use upstart_monitor::paths::Places;
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::{Attempt, Fidelity, Outcome};
use upstart_monitor::time::Timestamp;

/// A notice of each kind, as they lie in a queue; those that name a report name
/// `data/report-v1.json`.
pub fn notices() -> Vec<Value> {
    serde_json::from_str(include_str!("../data/notices.json")).unwrap()
}

/// The chats, but for Rocket.Chat, which is told what Mattermost is.
const CHATS: [&str; 5] = ["discord", "googlechat", "mattermost", "slack", "teams"];

/// A service for each kind of sink that posts, and a host whose config names all kinds.
pub struct Sinks {
    host: Host,
    receiver: Receiver,
    config: Config,
}

/// What the sinks told of one notice.
pub struct Told {
    /// What was posted to the webhook.
    pub hook: Request,
    /// What was posted to the chats.
    pub chats: Vec<Request>,
    /// The line in the file.
    pub line: String,
}

impl Told {
    /// Everything that was told.
    pub fn texts(&self) -> Vec<String> {
        let posted = self.chats.iter().chain([&self.hook]).map(Request::text);
        posted.chain([self.line.clone()]).collect()
    }
}

impl Sinks {
    /// With the default redaction.
    pub fn new() -> Self {
        let receiver = Receiver::new([Answer::status(200).body("ok")]);
        let host = Host::new();
        host.config(&format!(
            "[delivery]\nproxy = \"none\"\n[sink.file.all]\npath = \"/all.jsonl\"\n\
             [sink.webhook.hook]\nurl = \"{}\"\n{}",
            receiver.url("/hook"),
            CHATS.map(|chat| format!("[sink.{chat}.ops]\nwebhook_url_env = \"OPS\"\n")).concat(),
        ));
        host.write("/etc/default/upstart-monitor", format!("OPS={}\n", receiver.url("/ops")));
        let path = host.path("/etc/default/upstart-monitor");
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
        let config = Config::load(Places::under(root)).unwrap_or_else(|e| panic!("{:#?}", e.0));
        Self { host, receiver, config }
    }

    /// Hands `notice`, and the report that it names, to each of them.
    pub fn tell(&self, notice: &Notice, report: Option<&CrashReport>, fidelity: Fidelity) -> Told {
        let before = self.receiver.requests().len();
        std::fs::remove_file(self.host.path("/all.jsonl")).ok();
        let notice = &self.config.redaction.redact_notice(notice, report);
        for sink in &self.config.sinks {
            let attempt = Attempt { notice, fidelity, now: Timestamp::from_micros(0) };
            let outcome = sink.sink.deliver(&attempt);
            assert!(matches!(outcome, Outcome::Delivered { .. }), "{}: {outcome:?}", sink.name);
        }
        let posted = self.receiver.wait_for(before + 1 + CHATS.len()).split_off(before);
        let is_hook = |request: &Request| request.header("webhook-id").is_some();
        let (mut hooks, chats): (Vec<_>, Vec<_>) = posted.into_iter().partition(is_hook);
        assert_eq!((hooks.len(), chats.len()), (1, CHATS.len()));
        Told { hook: hooks.remove(0), chats, line: self.host.read("/all.jsonl") }
    }
}
