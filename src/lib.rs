//! Tells the people on call when a supervised service dies unasked: under Upstart, systemd, runit or s6.
//!
//! Two halves meet only in the spool. *Capture* runs inside the job's hooks: no network, no TOML,
//! bounded in time, unable to fail the job. *Deliver* (feature `deliver`) runs in a process of its
//! own. `docs/architecture.md` has the picture; `tests/layers.rs` holds it.

#[cfg(feature = "deliver")]
pub mod aftermath;
mod bus;
pub mod evidence;
pub mod hooks;
pub mod id;
pub mod init;
pub mod job;
pub mod marker;
pub mod paths;
pub mod report;
pub mod service_dir;
pub mod snapshot;
pub mod spool;
pub mod supervisor;
pub mod sys;
pub mod systemd;
pub mod time;
pub mod verdict;

#[cfg(feature = "deliver")]
pub mod cli;
#[cfg(feature = "deliver")]
pub mod config;
#[cfg(feature = "deliver")]
pub mod demo;
#[cfg(feature = "deliver")]
pub mod doctor;
#[cfg(feature = "deliver")]
pub mod enable;
#[cfg(feature = "deliver")]
pub mod examine;
#[cfg(feature = "deliver")]
pub mod globs;
#[cfg(feature = "deliver")]
pub mod host_supervisors;
#[cfg(feature = "deliver")]
pub mod html;
#[cfg(feature = "deliver")]
pub mod incident;
#[cfg(feature = "deliver")]
pub mod intake;
#[cfg(feature = "deliver")]
pub mod job_file;
#[cfg(feature = "deliver")]
pub mod job_settings;
#[cfg(feature = "deliver")]
pub mod meaning;
#[cfg(feature = "deliver")]
pub mod message;
#[cfg(feature = "deliver")]
pub mod metrics;
#[cfg(feature = "deliver")]
pub mod notice;
#[cfg(feature = "deliver")]
pub mod notifier;
#[cfg(feature = "deliver")]
pub mod policy;
#[cfg(feature = "deliver")]
pub mod quiet;
#[cfg(feature = "deliver")]
pub mod redaction;
#[cfg(feature = "deliver")]
pub mod routing;
#[cfg(feature = "deliver")]
pub mod run_command;
#[cfg(feature = "deliver")]
pub mod secret;
#[cfg(feature = "deliver")]
pub mod sinks;
#[cfg(feature = "deliver")]
pub mod terminal;
#[cfg(feature = "deliver")]
pub mod zone;
