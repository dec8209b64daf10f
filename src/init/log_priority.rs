//! How loud init is: `initctl log-priority`.

/// The least important messages that init writes (nih/logging.h); each lets through those that
/// stand behind it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPriority {
    /// Everything.
    Debug,
    /// Each change of a job's state, and ends in order.
    Info,
    /// The default.
    Message,
    /// Failures of jobs.
    Warn,
    /// Failures of init's own.
    Error,
    /// Init's last words.
    Fatal,
}

impl LogPriority {
    const ALL: [Self; 6] =
        [Self::Debug, Self::Info, Self::Message, Self::Warn, Self::Error, Self::Fatal];

    /// The priority that init calls `name` (`control_get_log_priority`).
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.name().as_bytes() == name)
    }

    /// Init's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Message => "message",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Whether init writes that a process of a job failed: it warns of it.
    pub fn tells_of_failures(self) -> bool {
        !matches!(self, Self::Error | Self::Fatal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_written_up_to_warn() {
        for (name, tells) in [
            ("debug", true),
            ("info", true),
            ("message", true),
            ("warn", true),
            ("error", false),
            ("fatal", false),
        ] {
            let priority = LogPriority::named(name.as_bytes());
            assert_eq!(priority.map(LogPriority::tells_of_failures), Some(tells), "{name}");
        }
        assert_eq!(LogPriority::named(b"loud"), None);
    }
}
