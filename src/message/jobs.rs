//! The jobs of a digest, a line each.

use super::tally::Ends;
use super::title::{ends_of, of_many, totals};
use super::words::counted;
use crate::notice::{JobTally, Subject};
use crate::time::Timestamp;

/// A line a job, the loudest and most frequent first. What does not fit is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jobs {
    /// The line and its crashes.
    lines: Vec<(String, u64)>,
    /// How many jobs more there are.
    more_jobs: u64,
    /// How many crashes these had.
    more_crashes: u64,
    /// What these are called.
    ends: Ends,
}

impl Jobs {
    /// The jobs that `subject` tells of; `None` where these are not several.
    pub(super) fn of(subject: &Subject) -> Option<Self> {
        let Subject::Digest { since, until: _, jobs, more_jobs, more_crashes } = subject else {
            return None;
        };
        let (ends, line) = (ends_of(subject), |job: &JobTally| line(job, *since));
        let lines = jobs.iter().map(line).collect();
        Some(Self { lines, more_jobs: *more_jobs, more_crashes: *more_crashes, ends })
    }

    /// As many whole lines as have costs within `budget` together, with a last line that counts
    /// the jobs that are not named: that one stands there whatever it costs.
    pub fn within(&self, budget: usize, cost: impl Fn(&str) -> usize) -> Vec<String> {
        let mut best = self.first(0);
        let mut used = 0_usize;
        for (number, (line, _)) in self.lines.iter().enumerate() {
            used = used.saturating_add(cost(line));
            if used > budget {
                break;
            }
            let rest = self.rest(number + 1).map_or(0, |rest| cost(&rest));
            if used.saturating_add(rest) <= budget {
                best = self.first(number + 1);
            }
        }
        best
    }

    /// The first `count` lines and the one that counts the rest.
    fn first(&self, count: usize) -> Vec<String> {
        let lines = self.lines.iter().take(count).map(|(line, _)| line.clone());
        lines.chain(self.rest(count)).collect()
    }

    /// `and 12 more jobs (30 crashes)`: those behind the first `count`; `None` where there are none.
    fn rest(&self, count: usize) -> Option<String> {
        let cut = self.lines.iter().skip(count);
        let (jobs, crashes) = cut.fold((self.more_jobs, self.more_crashes), |(jobs, all), cut| {
            (jobs.saturating_add(1), all.saturating_add(cut.1))
        });
        let jobs = (jobs > 0).then(|| counted(jobs, "more job", "more jobs"))?;
        Some(format!("and {jobs} ({})", self.ends.counted(crashes)))
    }
}

fn line(job: &JobTally, since: Timestamp) -> (String, u64) {
    (of_many(job, since), totals(std::slice::from_ref(job), 0, 0).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples::{self, tally};
    use crate::verdict::VerdictKind::{Crashed, StartFailed, Unseen};

    /// What a digest of these says within `budget` bytes.
    fn lines(subject: &Subject, budget: usize) -> Vec<String> {
        Jobs::of(subject).unwrap().within(budget, |line| line.len() + 1)
    }

    #[test]
    fn a_job_has_a_line() {
        let subject = samples::digest(
            vec![
                tally(&[(Crashed, Some("exit status 1"), 13), (Crashed, Some("SIGSEGV"), 1)]),
                tally(&[(StartFailed, Some("main could not be executed"), 2)]),
                tally(&[(Crashed, Some("SIGSEGV"), 1)]),
                tally(&[(Unseen, None, 1)]),
            ],
            0,
            0,
        );
        let expected = [
            "job-0 (eu-1) crashed 14 times (13 × exit status 1, 1 × SIGSEGV), \
             last at 03:45:10 UTC",
            "job-1 (eu-1) failed to start 2 times: main could not be executed, \
             last at 03:45:10 UTC",
            "job-2 (eu-1) crashed: SIGSEGV, at 03:45:10 UTC",
            "job-3 (eu-1) ended unseen, at 03:45:10 UTC",
        ];
        assert_eq!(lines(&subject, 4096), expected);
    }

    #[test]
    fn what_does_not_fit_is_counted_to_the_last_crash() {
        let counts: Vec<_> = (1..=99).map(|n| tally(&[(Crashed, Some("SIGSEGV"), n)])).collect();
        let subject = samples::digest(counts, 1000, 2000);
        for budget in [0, 1, 99, 100, 500, 4000, 5999, 6000, 99_999] {
            let lines = lines(&subject, budget);
            let named = lines.len() - 1;
            let used = lines.iter().map(|line| line.len() + 1).sum::<usize>();
            assert!(used <= budget || named == 0, "{budget}: {lines:?}");
            let rest: u64 = (named as u64 + 1..=99).sum();
            let expected = format!("and {} more jobs ({} crashes)", 1000 + 99 - named, 2000 + rest);
            assert_eq!(lines.last(), Some(&expected), "{budget}");
        }
        assert_eq!(lines(&subject, 99_999).len(), 100);
    }

    #[test]
    fn one_more_job_is_not_several() {
        let crash = || tally(&[(Crashed, Some("SIGSEGV"), 1)]);
        assert_eq!(lines(&samples::digest(vec![crash()], 0, 0), 0), ["and 1 more job (1 crash)"]);
        let all = lines(&samples::digest(vec![crash()], 1, 2), 99);
        assert_eq!(all.last().unwrap(), "and 1 more job (2 crashes)");
    }
}
