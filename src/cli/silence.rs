//! `upstart-crash silence`.

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::look::Look;
use super::table::Table;
use super::text::{harmless, time};
use super::{CliError, operator, warn};
use crate::quiet::{LONGEST, Silence};
use crate::spool::Spool;
use crate::sys;
use crate::time::Timestamp;

/// Tell nobody when a job crashes, for a while; without a job: list what is silenced
///
/// What happens meanwhile is in the history: `upstart-crash list` shows it as `silenced`, and it
/// is not told later. That the job gave up is silenced too. What lasts longer than 30 days, or
/// comes every week, stands in the config: `[[window]]`, or `jobs` of a sink.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash silence nginx 2h --why \"new kernel\"\n  \
    upstart-crash silence 'shop*' 90m\n  \
    upstart-crash silence 'shop (eu-1)' 1d\n  \
    upstart-crash silence\n\n\
    A job that is silenced already is silenced anew. To end it: upstart-crash unsilence JOB\n\
    Exit status: 0 done, 1 no such silence can be made.")]
pub(super) struct SilenceJob {
    /// The job, or a glob that names several; an instance is `NAME (INSTANCE)`, as `initctl list`
    /// writes it
    #[arg(requires = "time", value_parser = glob)]
    job: Option<String>,
    /// For how long from now on: 90m, 2h, 1d; at most 30d
    #[arg(value_parser = length)]
    time: Option<Duration>,
    /// The reason, which the history and the list show
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        requires = "job"
    )]
    why: String,
}

impl SilenceJob {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        let now = sys::now();
        let (Some(job), Some(length)) = (self.job, self.time) else {
            return list(spool, now, out);
        };
        let silence = Silence::new(&job, now, length, &self.why, &operator::name())?;
        spool.silence(&silence)?;
        let (job, until) = (harmless(&job), time(silence.until));
        writeln!(out, "{job} is silenced until {until} (for {}).", minutes(silence.until, now))?;
        writeln!(out, "What it crashes of meanwhile: upstart-crash list")?;
        writeln!(out, "To end it: upstart-crash unsilence '{job}'")?;
        Ok(())
    }
}

/// Prints what is silenced at `now`.
fn list(spool: &Spool, now: Timestamp, out: &mut dyn Write) -> Result<(), CliError> {
    let mut silences = spool.silences(&warn)?;
    silences.retain(|silence| silence.holds_at(now));
    if silences.is_empty() {
        writeln!(out, "Nothing is silenced.")?;
        return Ok(());
    }
    let row = |silence: &Silence| {
        [
            harmless(&silence.glob),
            time(silence.until),
            minutes(silence.until, now),
            harmless(&silence.by),
            harmless(&silence.why),
        ]
    };
    let rows: Vec<_> = silences.iter().map(row).collect();
    Table::new(["JOB", "UNTIL", "FOR", "BY", "WHY"], &[1, 2], Look::of_stdout()).print(&rows, out)
}

/// `120 min`; a minute that has begun counts.
fn minutes(until: Timestamp, now: Timestamp) -> String {
    format!("{} min", until.since(now).as_micros().div_ceil(60_000_000))
}

fn glob(text: &str) -> Result<String, &'static str> {
    if text.is_empty() { Err("an empty glob names no job") } else { Ok(text.to_owned()) }
}

fn length(text: &str) -> Result<Duration, &'static str> {
    let length = humantime::parse_duration(text).ok();
    length
        .filter(|length| !length.is_zero() && *length <= LONGEST)
        .ok_or("not a length of time such as 90m, 2h or 1d, of 30 days at most")
}
