//! One service's life under a real systemd, and what became of it.

use serde_json::Value;

/// The life of one service.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// The service's name: `web.service`, `web@eu.service`.
    pub unit: &'static str,
    /// Its unit file. Where it has no section, all of it is of `[Service]`.
    pub text: &'static str,
    /// What is done with it: a shell script of the words in `steps.sh`.
    pub steps: &'static str,
    /// What the reports say of it, in their order, as [`Lived::told`] has it; none where nobody is
    /// told of it.
    pub told: &'static [&'static str],
}

impl Life {
    /// The unit file, for a service that is called `unit`.
    pub(super) fn file(&self) -> String {
        let section = if self.text.contains("[Service]") { "" } else { "[Service]\n" };
        format!("{section}{}\n", self.text)
    }
}

/// What became of a life.
#[derive(Debug, PartialEq, Eq)]
pub struct Lived {
    /// What each step answered, and the unit's state, result and restart count at the end.
    pub behaviour: String,
    /// The reports on it, as they were written.
    pub reports: Vec<Value>,
}

impl Lived {
    /// The reports in short: `crashed main SIGSEGV`, `start_failed pre-start status 4`.
    pub fn told(&self) -> Vec<String> {
        self.reports.iter().map(in_short).collect()
    }
}

fn in_short(report: &Value) -> String {
    let (exit, word) = (&report["exit"], |value: &Value| value.as_str().unwrap_or("-").to_owned());
    let how = match exit["kind"].as_str() {
        Some("signal") => word(&exit["signal_name"]),
        Some("status") => format!("status {}", exit["status"]),
        _ => word(&exit["kind"]),
    };
    format!("{} {} {how}", word(&report["verdict"]["kind"]), word(&exit["process"]))
}
