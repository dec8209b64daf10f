//! The test harness: a throw-away host, an Upstart that runs a job's life on it as the real one
//! does, and a receiver for what is delivered.
//!
//! A test is a story of about five lines. When it fails, everything is printed: what happened
//! when, what every process said and how it ended, and the whole tree of the host.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a harness that cannot go on fails the test"
)]

mod alertmanager;
#[cfg(feature = "deliver")]
mod browser;
#[cfg(feature = "deliver")]
mod certificates;
#[cfg(feature = "deliver")]
mod crashes;
mod debian;
mod history;
mod hook;
mod host;
#[cfg(feature = "deliver")]
pub mod kinds;
mod layout;
#[cfg(feature = "deliver")]
mod mail;
#[cfg(feature = "deliver")]
mod mail_server;
#[cfg(feature = "deliver")]
mod mail_system;
mod memory_limit;
mod mounts;
#[cfg(feature = "deliver")]
mod notifier;
#[cfg(target_arch = "x86_64")]
mod old_kernel;
mod payloads;
#[cfg(feature = "deliver")]
mod private_systemd;
mod receiver;
#[cfg(feature = "deliver")]
mod rsyslog;
mod schema;
#[cfg(feature = "deliver")]
pub mod scripted_mail;
mod session;
#[cfg(feature = "deliver")]
mod stage;
mod strace;
pub mod supervised;
pub mod supervised_lives;
mod surroundings;
mod systemd;
mod terminal;
mod told;
#[cfg(target_arch = "x86_64")]
mod tracer;
mod tree;
#[cfg(feature = "deliver")]
mod tried;
#[cfg(feature = "deliver")]
pub mod typed;
mod upstart;

pub use alertmanager::Alertmanager;
#[cfg(feature = "deliver")]
pub use browser::Browser;
#[cfg(feature = "deliver")]
pub use certificates::Certified;
#[cfg(feature = "deliver")]
pub use crashes::Crashes;
pub use debian::{Debian, PACKAGE, Tree, made, made_in, project, tree_of};
pub use history::History;
pub use hook::{Hook, HookRun, Ran, Stderr};
pub use host::{AT_ONCE, Host, fixture, require_root};
pub use layout::Layout;
#[cfg(feature = "deliver")]
pub use mail::readable;
#[cfg(feature = "deliver")]
pub use mail_server::{MailServer, PASSWORD, USER};
#[cfg(feature = "deliver")]
pub use mail_system::MailSystem;
pub use memory_limit::MemoryLimit;
#[cfg(feature = "deliver")]
pub use notifier::{
    Notifier, configure, crash_unnoticed, deliver, deliver_command, peak_kib_of_one_post,
    write_secret,
};
#[cfg(target_arch = "x86_64")]
pub use old_kernel::OldKernel;
pub use payloads::expect_payload;
#[cfg(feature = "deliver")]
pub use private_systemd::{PrivateSystemd, Property};
pub use receiver::{Answer, Receiver, Request};
#[cfg(feature = "deliver")]
pub use rsyslog::Rsyslog;
pub use schema::{is_diagnosis, is_notice, missing, violations};
pub use session::{HOME, RUNTIME, Relay, SPOOL as SESSION_SPOOL, Session};
#[cfg(feature = "deliver")]
pub use stage::{Sinks, Stage, known_kinds, notices};
pub use strace::{Call, calls_of};
pub use surroundings::{NOBODY, Surroundings};
pub use systemd::{Hooks, Life, Lived, Machine};
pub use terminal::on_a_terminal;
#[cfg(target_arch = "x86_64")]
pub use tracer::{SystemCall, Then, Traced, trace};
#[cfg(feature = "deliver")]
pub use tried::{fingerprint, report, told, try_once, try_with};
pub use upstart::{End, Job, JobBuilder, LogPriority, SOCKET as INIT_SOCKET, STAYS_UP, Stanza};

use std::time::{Duration, Instant};

/// Long enough for the slowest machine; no test that passes waits for it.
pub const GENEROUS: Duration = Duration::from_secs(60);

/// Waits until `condition` holds; fails with `what` where it never does.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + GENEROUS;
    while !condition() {
        assert!(Instant::now() < deadline, "waited {GENEROUS:?} for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
