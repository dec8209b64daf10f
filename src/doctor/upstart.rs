//! Whether there is an Upstart, and what it writes.

use super::finding::{Finding, Level};
use super::host::Host;
use crate::init::{LogPriority, Unavailable};

pub(super) fn answers(host: &Host) -> Vec<Finding> {
    let Err(why) = host.init else { return Vec::new() };
    let finding = match why {
        Unavailable::TimedOut => Finding::new(
            Level::Critical,
            "init",
            "it does not answer; one that takes a whole processor has met a log path of more than \
             255 bytes (check log-path)",
        )
        .advised("top -b -n 1 -p 1"),
        Unavailable::Unreachable(_) => Finding::unknown(
            "init",
            format!(
                "no Upstart listens here ({}): what it knows of jobs is not looked at",
                why.words()
            ),
        )
        .advised("initctl version  # is this a host of Upstart's?"),
        Unavailable::NotPermitted => {
            Finding::unknown("init", why.words()).advised("sudo upstart-crash doctor")
        }
        why => Finding::unknown("init", why.words()),
    };
    vec![finding]
}

pub(super) fn log_priority(host: &Host) -> Vec<Finding> {
    match host.init {
        Ok(priority) if !priority.tells_of_failures() => {
            // The observer is told by events.
            let level = if host.has_observer { Level::Notice } else { Level::Warning };
            let words = format!(
                "its log priority is {}: it does not write that a process failed, which hooks \
                 look for in the kernel log",
                priority.name()
            );
            let advice = format!("initctl log-priority {}", LogPriority::Message.name());
            vec![Finding::new(level, "init", words).advised(advice)]
        }
        // That it does not answer is told already.
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::host;
    use super::*;
    use crate::sys::Errno;

    #[test]
    fn each_silence_of_inits_has_its_level() {
        for (why, level) in [
            (Unavailable::TimedOut, Level::Critical),
            (Unavailable::Unreachable(Errno::ECONNREFUSED), Level::Unknown),
            (Unavailable::NotPermitted, Level::Unknown),
            (Unavailable::NotUnderstood, Level::Unknown),
        ] {
            let host = Host { init: Err(why), ..host() };
            assert_eq!(answers(&host).first().map(|it| it.level), Some(level), "{why:?}");
            assert_eq!(log_priority(&host), []);
        }
    }

    #[test]
    fn a_log_that_hides_failures_matters_less_to_the_observer() {
        for (priority, has_observer, level) in [
            (LogPriority::Error, false, Some(Level::Warning)),
            (LogPriority::Fatal, true, Some(Level::Notice)),
            (LogPriority::Info, false, None),
        ] {
            let host = Host { init: Ok(priority), has_observer, ..host() };
            assert_eq!(log_priority(&host).first().map(|it| it.level), level, "{priority:?}");
        }
    }
}
