//! What jobs died of and how often, in words.

use super::text::{harmless, shortened};
use super::words::counted;
use crate::notice::{Cause, Tally};
use crate::verdict::VerdictKind;

/// The most causes that are named.
const NAMED: usize = 5;

/// The longest name of a cause, in characters.
const CAUSE_CHARS: usize = 60;

/// What several ends have in common, so that one word holds for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// The service died, or gave up dying.
    Crashes,
    /// It never came up.
    FailedStarts,
    /// Both of these.
    Failures,
    /// Nobody saw them.
    Unseen,
    /// Crashes, perhaps.
    Unclear,
    /// They have nothing in common.
    Mixed,
}

impl Ends {
    /// What all ends of `tallies` have in common.
    pub(super) fn of<'t>(tallies: impl IntoIterator<Item = &'t Tally>) -> Self {
        let causes = tallies.into_iter().flat_map(|tally| &tally.0);
        causes
            .map(|count| Self::alone(count.cause.verdict))
            .reduce(Self::with)
            .unwrap_or(Self::Mixed)
    }

    fn alone(verdict: VerdictKind) -> Self {
        match verdict {
            VerdictKind::Crashed | VerdictKind::GaveUp => Self::Crashes,
            VerdictKind::StartFailed => Self::FailedStarts,
            VerdictKind::Unseen => Self::Unseen,
            VerdictKind::Unclear => Self::Unclear,
            VerdictKind::Stopped | VerdictKind::Finished | VerdictKind::HostShutdown => Self::Mixed,
        }
    }

    fn with(self, other: Self) -> Self {
        use Ends::{Crashes, FailedStarts, Failures};
        match (self, other) {
            (one, other) if one == other => one,
            (Crashes | FailedStarts | Failures, Crashes | FailedStarts | Failures) => Failures,
            _ => Self::Mixed,
        }
    }

    /// What the job did, `how_often`: `crashed 14 times`, `ended 2 times, perhaps by crashes`.
    pub(super) fn verb(self, how_often: &str) -> String {
        let verb = match self {
            Self::Crashes => "crashed",
            Self::FailedStarts => "failed to start",
            Self::Failures => "failed",
            Self::Unseen => "ended unseen",
            Self::Unclear | Self::Mixed => "ended",
        };
        let perhaps = if self == Self::Unclear { ", perhaps by a crash" } else { "" };
        let space = if how_often.is_empty() { "" } else { " " };
        format!("{verb}{space}{how_often}{perhaps}")
    }

    /// `1 crash`, `14 crashes`.
    pub(super) fn counted(self, count: u64) -> String {
        let (one, many) = match self {
            Self::Crashes => ("crash", "crashes"),
            Self::FailedStarts => ("failed start", "failed starts"),
            Self::Failures => ("failure", "failures"),
            Self::Unseen => ("unseen end", "unseen ends"),
            Self::Unclear => ("end, perhaps a crash", "ends, perhaps crashes"),
            Self::Mixed => ("end", "ends"),
        };
        counted(count, one, many)
    }

    /// What is left to say of `cause`; `None` where nothing is.
    fn cause(self, cause: &Cause) -> Option<String> {
        let exit = cause.exit.as_deref().map(|exit| shortened(&harmless(exit), CAUSE_CHARS));
        let also = |what: &str| match &exit {
            Some(exit) => format!("{what}: {exit}"),
            None => what.to_owned(),
        };
        match cause.verdict {
            VerdictKind::GaveUp => Some(match &exit {
                Some(exit) => format!("gave up after {exit}"),
                None => "gave up".to_owned(),
            }),
            VerdictKind::StartFailed if self != Self::FailedStarts => Some(also("failed start")),
            VerdictKind::Unclear if self != Self::Unclear => Some(also("perhaps a crash")),
            VerdictKind::Unseen if self != Self::Unseen => Some(also("unseen")),
            VerdictKind::Crashed
            | VerdictKind::StartFailed
            | VerdictKind::Unclear
            | VerdictKind::Unseen => exit,
            other => Some(also(other.words())),
        }
    }
}

/// `13 × exit status 1, 1 × SIGSEGV`; of more than [`NAMED`] causes the rest is counted.
pub(super) fn causes(tally: &Tally, ends: Ends) -> String {
    let words = |cause| ends.cause(cause).unwrap_or_else(|| "cause unknown".to_owned());
    let named = tally.0.iter().take(NAMED);
    let mut list: Vec<_> =
        named.map(|count| format!("{} × {}", count.count, words(&count.cause))).collect();
    let rest = tally.0.iter().skip(NAMED).map(|count| count.count);
    let rest = rest.fold(0, u64::saturating_add);
    if rest > 0 {
        list.push(format!("and {rest} of other kinds"));
    }
    list.join(", ")
}

/// What follows the count: `: SIGSEGV`, ` (13 × exit status 1, 1 × SIGSEGV)`; empty where nothing is
/// known.
pub(super) fn of_causes(tally: &Tally, ends: Ends) -> String {
    match tally.0.as_slice() {
        [] => String::new(),
        [only] => ends.cause(&only.cause).map(|cause| format!(": {cause}")).unwrap_or_default(),
        _ => format!(" ({})", causes(tally, ends)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples::tally;
    use VerdictKind::{Crashed, GaveUp, StartFailed, Stopped, Unclear, Unseen};

    #[test]
    fn one_word_holds_for_all_ends() {
        for (of, verb, counts, causes) in [
            (
                &[(Crashed, Some("exit status 1"), 13), (Crashed, Some("SIGSEGV"), 1)][..],
                "crashed 14 times",
                "14 crashes",
                " (13 × exit status 1, 1 × SIGSEGV)",
            ),
            (&[(Crashed, Some("SIGSEGV"), 1)], "crashed", "1 crash", ": SIGSEGV"),
            (&[(Crashed, None, 2)], "crashed 2 times", "2 crashes", ""),
            (
                &[(Crashed, None, 2), (Crashed, Some("SIGSEGV"), 1)],
                "crashed 3 times",
                "3 crashes",
                " (2 × cause unknown, 1 × SIGSEGV)",
            ),
            (
                &[(GaveUp, Some("SIGSEGV"), 1), (Crashed, Some("SIGSEGV"), 10)],
                "crashed 11 times",
                "11 crashes",
                " (1 × gave up after SIGSEGV, 10 × SIGSEGV)",
            ),
            (
                &[(StartFailed, Some("pre-start exit status 1"), 3)],
                "failed to start 3 times",
                "3 failed starts",
                ": pre-start exit status 1",
            ),
            (
                &[(StartFailed, Some("pre-start exit status 1"), 3), (Crashed, Some("SIGSEGV"), 1)],
                "failed 4 times",
                "4 failures",
                " (3 × failed start: pre-start exit status 1, 1 × SIGSEGV)",
            ),
            (&[(Unseen, None, 1)], "ended unseen", "1 unseen end", ""),
            (&[(Unseen, None, 2)], "ended unseen 2 times", "2 unseen ends", ""),
            (
                &[(Unclear, Some("exit status 143"), 1)],
                "ended, perhaps by a crash",
                "1 end, perhaps a crash",
                ": exit status 143",
            ),
            (
                &[(Unclear, Some("exit status 143"), 3)],
                "ended 3 times, perhaps by a crash",
                "3 ends, perhaps crashes",
                ": exit status 143",
            ),
            (
                &[(Crashed, Some("SIGSEGV"), 2), (Unclear, None, 1), (Unseen, None, 1)],
                "ended 4 times",
                "4 ends",
                " (2 × SIGSEGV, 1 × perhaps a crash, 1 × unseen)",
            ),
            (&[(Stopped, None, 1)], "ended", "1 end", ": was stopped"),
            (&[], "ended 0 times", "0 ends", ""),
        ] {
            let tally = tally(of);
            let ends = Ends::of([&tally]);
            let total = tally.total();
            let how_often = if total == 1 { String::new() } else { format!("{total} times") };
            assert_eq!(ends.verb(&how_often), verb, "{of:?}");
            assert_eq!(ends.counted(total), counts, "{of:?}");
            assert_eq!(of_causes(&tally, ends), causes, "{of:?}");
        }
    }

    #[test]
    fn of_many_causes_the_rest_is_counted() {
        let exits: Vec<_> = (1..=8).map(|status| format!("exit status {status}")).collect();
        let counts: Vec<_> = exits.iter().map(|exit| (Crashed, Some(exit.as_str()), 7)).collect();
        let tally = tally(&counts);
        let words = causes(&tally, Ends::of([&tally]));
        assert!(words.starts_with("7 × exit status 1, 7 × exit status 2, "), "{words}");
        assert!(words.ends_with("7 × exit status 5, and 21 of other kinds"), "{words}");
    }

    #[test]
    fn what_a_cause_is_called_is_harmless_and_short() {
        let long = format!("SIG\u{1b}[31m\n{}", "X".repeat(500));
        let tally = tally(&[(Crashed, Some(&long), 1)]);
        let words = of_causes(&tally, Ends::of([&tally]));
        assert!(words.starts_with(": SIG\u{fffd}XX") && words.ends_with('…'), "{words}");
        assert_eq!(words.chars().count(), ": ".len() + CAUSE_CHARS);
    }
}
