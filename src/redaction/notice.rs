//! A notice without its secrets: names of jobs and what others said stand in it too.

use super::Redaction;
use crate::notice::{Cause, Count, JobName, JobTally, Notice, Subject, Tally};

impl Redaction {
    pub(super) fn notice(&self, notice: &mut Notice) {
        let Notice {
            id: _,
            time: _,
            severity: _,
            // The host's own name for itself.
            host: _,
            subject,
        } = notice;
        match subject {
            Subject::Crash { job, cause, report: _, nth: _, since: _, tally } => {
                self.job(job);
                self.cause(cause);
                self.tally(tally);
            }
            Subject::Repeats { job, tally, since: _, until: _, total: _, began: _, latest: _ }
            | Subject::Recovered {
                job,
                tally,
                since: _,
                until: _,
                up_seconds: _,
                began: _,
                latest: _,
            } => {
                self.job(job);
                self.tally(tally);
            }
            Subject::Digest { since: _, until: _, jobs, more_jobs: _, more_crashes: _ } => {
                for JobTally { job, tally, until: _, latest: _ } in jobs {
                    self.job(job);
                    self.tally(tally);
                }
            }
            // The operator's own name for it.
            Subject::SinkFailed { sink: _, why, since: _, waiting: _ } => self.text(why),
            Subject::Test { sink: _, by } => self.text(by),
        }
    }

    fn job(&self, job: &mut JobName) {
        let JobName { key, name, instance, supervisor: _ } = job;
        self.texts([key, name, instance]);
    }

    fn tally(&self, Tally(counts): &mut Tally) {
        for Count { cause, count: _ } in counts {
            self.cause(cause);
        }
    }

    fn cause(&self, cause: &mut Cause) {
        let Cause { verdict: _, exit, severity: _ } = cause;
        self.texts(exit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples;

    #[test]
    fn no_kind_of_notice_shows_a_secret() {
        let redaction = Redaction::new(Vec::new()).unwrap();
        for notice in samples::notices() {
            let text = serde_json::to_string(&notice).unwrap();
            let planted = ["nginx", "SIGSEGV", "exit status 1", "404 no_service", "eu-1", "alice"]
                .iter()
                .fold(text, |text, part| text.replace(part, "password=s3cret"));
            assert!(planted.contains("s3cret"), "{planted}");
            let notice: Notice = serde_json::from_str(&planted).unwrap();
            let redacted = redaction.redact_notice(&notice, None);
            let told = serde_json::to_string(redacted.notice()).unwrap();
            assert!(!told.contains("s3cret") && told.contains("[redacted: password]"), "{told}");
        }
    }
}
