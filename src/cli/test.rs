//! `upstart-crash test`.

mod answer;
mod chosen;
mod trial;

use std::io::Write;
use std::thread;

use clap::Args;

use super::{CliError, operator};
use crate::config::Config;
use crate::notifier::NotifierError;
use crate::paths::Places;
use crate::spool::Spool;
use crate::sys;
use answer::Answer;
use trial::Trial;

/// Send a marked TEST to sinks, and say what each service answered
///
/// It takes the way that crashes take: same config, same secrets, same redaction, same message in
/// two forms. It is tried once, by itself: nothing is queued, parked, set free or counted, and a
/// notifier may be at work meanwhile. Whom a sink is told of (`min_severity`, `jobs`, ...) does not
/// matter. Nobody stays paged: an alert that it opens ends by itself.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash test\n  \
    upstart-crash test slack.ops file.all\n  \
    upstart-crash test --json\n\n\
    Exit status: 0 all delivered, 1 not all, 2 no such sink, 78 broken config.")]
pub(super) struct Test {
    /// Sinks as the config calls them, KIND.NAME; all of them where none is named
    #[arg(value_name = "SINK")]
    sinks: Vec<String>,
    /// Print one line of JSON for each sink
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(super) fn run(
        self,
        places: Places,
        spool: &Spool,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        // It reads the secrets of the sinks.
        sys::never_dump_core();
        let config = Config::load(places).map_err(NotifierError::Config)?;
        let sinks = chosen::chosen(&config.sinks, &self.sinks)?;
        let width = sinks.iter().map(|sink| sink.name.len()).max().unwrap_or_default();
        let by = operator::name();
        let mut failed = 0;
        thread::scope(|scope| {
            let try_sink = |sink| Trial::of(sink, &config.redaction, &by);
            let start = |sink| {
                let trial = thread::Builder::new().spawn_scoped(scope, move || try_sink(sink));
                (sink, trial)
            };
            let trials: Vec<_> = sinks.iter().copied().map(start).collect();
            for (sink, trial) in trials {
                // Where the host has no thread to give, one after the other.
                let trial = trial.ok().and_then(|trial| trial.join().ok());
                let trial = trial.unwrap_or_else(|| try_sink(sink));
                let answer = Answer::of(sink, trial, spool);
                failed += usize::from(!answer.is_delivered());
                if self.json {
                    writeln!(out, "{}", answer.json())?;
                } else {
                    answer.print(width, out)?;
                }
                out.flush()?;
            }
            Ok::<_, CliError>(())
        })?;
        if failed == 0 { Ok(()) } else { Err(CliError::NotDelivered(failed, sinks.len())) }
    }
}
