//! Whether somebody takes the reports that hooks leave.

use std::time::Duration;

use super::finding::{Finding, Level, count};
use super::host::{Host, SpoolFacts};
use crate::report::duration_in_words;

/// How long a report may lie untaken: it is examined first, and a job that crashes again holds
/// its reports together.
const OLD: Duration = Duration::from_secs(600);

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let Ok(spool) = &host.spool else { return Vec::new() };
    new(host, spool).or_else(|| due(host, spool)).into_iter().collect()
}

/// Reports that nobody takes.
fn new(host: &Host, spool: &SpoolFacts) -> Option<Finding> {
    let age = spool.new_since.map(|since| host.now.since(since)).filter(|age| *age > OLD)?;
    // Where the config is broken, or names no sink, they are to stay.
    host.config.as_ref().ok().filter(|config| !config.sinks.is_empty())?;
    let waiting = count(spool.new, "report");
    Some(stuck(spool, &format!("{waiting} not taken, the oldest for {}", duration_in_words(age))))
}

/// A delivery that is due, and is not tried.
fn due(host: &Host, spool: &SpoolFacts) -> Option<Finding> {
    let is_known =
        |name: &String| host.config.as_ref().is_ok_and(|config| config.sinks.contains(name));
    let sink = spool.sinks.iter().find(|sink| {
        let due = sink.next_attempt_at.or(sink.since);
        let late = due.map(|due| host.now.since(due)).is_some_and(|late| late > OLD);
        late && sink.parked.is_none() && is_known(&sink.name)
    })?;
    Some(stuck(spool, &format!("{} is owed {}", sink.name, count(sink.owed, "notice"))))
}

fn stuck(spool: &SpoolFacts, what: &str) -> Finding {
    match spool.notifier {
        Some(pid) => Finding::new(
            Level::Critical,
            format!("process {pid}"),
            format!("holds the lock of the spool and does not get on: {what}"),
        )
        .advised(format!("kill {pid}; upstart-crash deliver")),
        None => Finding::new(Level::Warning, "the notifier", format!("nobody is at work: {what}"))
            .advised("upstart-crash deliver"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::SinkFacts;
    use super::super::testing::{host, sink};
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn what_is_not_taken_is_told_by_who_holds_the_lock() {
        let now = host().now;
        let ago = |minutes: i64| Some(Timestamp::from_micros(now.micros() - minutes * 60_000_000));
        for (new_since, next, notifier, level) in [
            (ago(9), None, None, None),
            (ago(11), None, None, Some(Level::Warning)),
            (ago(11), None, Some(7), Some(Level::Critical)),
            (None, ago(-5), Some(7), None),
            (None, ago(11), Some(7), Some(Level::Critical)),
            (None, ago(11), None, Some(Level::Warning)),
        ] {
            let mut host = host();
            let owed = SinkFacts { owed: 1, since: ago(30), next_attempt_at: next, ..sink() };
            let spool = host.spool.as_mut().unwrap();
            (spool.new_since, spool.notifier) = (new_since, notifier);
            spool.sinks = if next.is_some() { vec![owed] } else { Vec::new() };
            assert_eq!(check(&host).first().map(|it| it.level), level, "{new_since:?} {next:?}");
        }
    }
}
