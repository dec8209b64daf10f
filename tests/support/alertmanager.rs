//! A real Alertmanager on 127.0.0.1, which tells a receiver of the test's own.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Receiver, wait_until};

/// How long the second of two waits for word that the first has told people.
pub const PEER_TIMEOUT: &str = "5s";

/// A process that the test lets go of.
pub struct Alertmanager {
    child: Child,
    address: String,
    _dir: tempfile::TempDir,
}

impl Alertmanager {
    /// One that tells `receiver` at once, and again only what has changed. A member of the cluster
    /// of `peer`, if there is one.
    pub fn start(receiver: &Receiver, peer: Option<&Self>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = format!(
            "route: {{receiver: hook, group_by: [alertname, instance, upstart_job], \
             group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}}\n\
             receivers: [{{name: hook, webhook_configs: [{{url: \"{}\", send_resolved: true}}]}}]\n",
            receiver.url("/told")
        );
        std::fs::write(dir.path().join("config.yml"), config).unwrap();
        let log = dir.path().join("log");
        let mut command = Command::new("prometheus-alertmanager");
        command.env_clear().current_dir(dir.path()).args([
            "--config.file=config.yml",
            "--storage.path=data",
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=127.0.0.1:0",
            "--cluster.advertise-address=127.0.0.1:0",
            "--cluster.gossip-interval=20ms",
        ]);
        command.arg(format!("--cluster.peer-timeout={PEER_TIMEOUT}"));
        command.args(peer.map(|peer| format!("--cluster.peer={}", peer.cluster_address())));
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start prometheus-alertmanager (scripts/setup.sh test): {error}")
            });
        let mut this = Self { child, address: String::new(), _dir: dir };
        wait_until("Alertmanager to listen", || {
            let said = std::fs::read_to_string(&log).unwrap();
            let listens = said.lines().find(|line| line.contains("msg=\"Listening on\""));
            let address = listens.and_then(|line| line.split_once("address="));
            this.address = address.map(|(_, address)| address.to_owned()).unwrap_or_default();
            !this.address.is_empty()
        });
        let members = peer.map_or(1, |_| 2);
        wait_until("Alertmanager to be ready", || {
            let cluster = this.cluster();
            cluster["status"] == "ready" && cluster["peers"].as_array().unwrap().len() == members
        });
        this
    }

    /// What the config names.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The alerts that are not over.
    pub fn active(&self) -> Vec<Value> {
        self.get("/api/v2/alerts").as_array().unwrap().clone()
    }

    /// Its name in the cluster: the one that comes first tells first.
    pub fn name(&self) -> String {
        self.cluster()["name"].as_str().unwrap().to_owned()
    }

    fn cluster(&self) -> Value {
        self.get("/api/v2/status")["cluster"].clone()
    }

    fn cluster_address(&self) -> String {
        let (cluster, name) = (self.cluster(), self.name());
        let mut peers = cluster["peers"].as_array().unwrap().iter();
        let own = peers.find(|peer| peer["name"] == name.as_str()).unwrap();
        own["address"].as_str().unwrap().to_owned()
    }

    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
