//! The door of the host's own mail system, as every mail system has it.

use std::path::Path;
use std::time::Duration;

use super::letter::Letter;
use crate::run_command::{Children, Ended, PATH, Run, run};
use crate::sinks::{MENDING, Outcome, Wait, said_last};

/// Hands `letter` to `program`, which keeps it when this returns.
pub(super) fn send(program: &Path, letter: &Letter, timeout: Duration) -> Outcome {
    let input = match letter.written(&[]) {
        Ok(letter) => String::from_utf8_lossy(&letter).replace("\r\n", "\n"),
        Err(error) => return Outcome::Rejected { why: error.to_string() },
    };
    let from: &str = letter.from.email.as_ref();
    // -i: a line with nothing but a dot does not end the mail.
    let options = [&program.to_string_lossy(), "-i", "-f", from, "--"].map(str::to_owned);
    let to = letter.to.iter().map(|to| to.email.to_string());
    let ended = run(Run {
        argv: &options.into_iter().chain(to).collect::<Vec<_>>(),
        environment: &[("PATH", PATH.to_owned())],
        input: input.as_bytes(),
        timeout,
        // Some mail systems deliver in the background.
        children: Children::LeftAlone,
    });
    let program = program.display();
    match ended {
        Ok(ended) if ended.timed_out => {
            let limit = humantime::format_duration(timeout);
            let why = format!("{program} did not end within {limit}{}", said_last(&ended.output));
            Outcome::Retry { why, wait: Wait::BackOff }
        }
        Ok(ended) => judge(&program.to_string(), &ended),
        Err(error) => {
            let why = format!("cannot run {program}: {error}");
            Outcome::Retry { why, wait: MENDING }
        }
    }
}

/// What the exit status means, by sysexits(3). One that is not known there is no reason to give up.
fn judge(program: &str, ended: &Ended) -> Outcome {
    let status = ended.exit.map_or("a signal".to_owned(), |status| format!("status {status}"));
    let why = format!("{program} ended with {status}{}", said_last(&ended.output));
    match ended.exit {
        Some(0) => Outcome::Delivered { answer: format!("{program}: exit status 0") },
        // The data are wrong.
        Some(65) => Outcome::Refused { why },
        // Usage, no such user, no such host, no permission, the mail system's own set-up.
        Some(64 | 67 | 68 | 77 | 78) => Outcome::Parked { why },
        _ => Outcome::Retry { why, wait: Wait::BackOff },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_decides() {
        for (exit, expected) in [
            (Some(0), "Delivered"),
            (Some(1), "Retry"),
            (Some(64), "Parked"),
            (Some(65), "Refused"),
            (Some(67), "Parked"),
            (Some(69), "Retry"),
            (Some(75), "Retry"),
            (Some(77), "Parked"),
            (Some(78), "Parked"),
            (None, "Retry"),
        ] {
            let ended = Ended {
                exit,
                signal: None,
                timed_out: false,
                ran: Duration::ZERO,
                output: "queue is full\n".to_owned(),
                truncated: false,
            };
            let outcome = format!("{:?}", judge("/usr/sbin/sendmail", &ended));
            assert!(outcome.starts_with(expected), "{exit:?}: {outcome}");
            assert!(exit == Some(0) || outcome.contains("queue is full"), "{outcome}");
        }
    }
}
