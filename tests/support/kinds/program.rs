//! Programs: a command of the operator's own, and one that stands in for a mail system's `sendmail`.

use std::path::{Path, PathBuf};

use super::super::{Host, Request};
use super::{Day, SECRET, Service};

pub(super) const DAYS_OF_COMMANDS: &[(Day, &str)] = &[
    (Day::Good, "delivered"),
    (Day::Busy, "retry"),
    (Day::Picky, "rejected"),
    (Day::Broken, "retry"),
    (Day::Silent, "retry"),
    (Day::Absent, "retry"),
];

pub(super) const DAYS_OF_SENDMAIL: &[(Day, &str)] = &[
    (Day::Good, "delivered"),
    (Day::Busy, "retry"),
    (Day::Picky, "refused"),
    (Day::Strange, "parked"),
    (Day::Broken, "retry"),
    (Day::Silent, "retry"),
    (Day::Absent, "retry"),
];

/// The program, on the host.
const PROGRAM: &str = "/bin/taker";
/// Where it lays down what it took, each in a file with the next number.
const TAKEN: &str = "/taken";
/// And what stood in its environment then.
const ENVIRONMENT: &str = "/environment";
/// The processes that wait for nothing.
const WAITING: &str = "/waiting";

pub(super) struct Program {
    path: PathBuf,
    table: String,
    taken: PathBuf,
    environment: PathBuf,
    waiting: PathBuf,
}

impl Program {
    pub(super) fn command(host: &Host, day: Day) -> Self {
        let path = lay_down(host, day, 1);
        let table = format!("command = [{path:?}, \"--token\", \"{SECRET}\"]\n");
        Self::at(path, host, table)
    }

    pub(super) fn sendmail(host: &Host, day: Day) -> Self {
        let path = lay_down(host, day, 65);
        let table = format!("to = [\"ops@example.com\"]\nsendmail = {path:?}\n");
        Self::at(path, host, table)
    }

    fn at(path: PathBuf, host: &Host, table: String) -> Self {
        let [taken, environment, waiting] =
            [TAKEN, ENVIRONMENT, WAITING].map(|name| host.path(name));
        Self { path, table, taken, environment, waiting }
    }
}

/// Writes a program that takes all it reads, and says by the status `picky` that it does not take
/// it in this form; returns where it lies.
fn lay_down(host: &Host, day: Day, picky: u8) -> PathBuf {
    let [taken, environment, waiting] =
        [TAKEN, ENVIRONMENT, WAITING].map(|name| host.path(name).display().to_string());
    let take = format!(
        "n=0; while [ -e {taken}/$n ]; do n=$((n+1)); done\n\
         cat > {taken}/$n; cat /proc/self/environ > {environment}/$n"
    );
    let script = match day {
        Day::Good => take,
        Day::Busy => format!("{take}; echo 'not now' >&2; exit 75"),
        Day::Picky => format!("{take}; echo 'not this' >&2; exit {picky}"),
        Day::Strange => format!("{take}; echo 'not you' >&2; exit 77"),
        Day::Broken | Day::CutOff => "kill -9 $$".to_owned(),
        Day::Silent => format!("echo $$ > {waiting}; sleep 999 & echo $! >> {waiting}; wait"),
        Day::Absent => return host.path("/no/such/program"),
    };
    ["/bin", TAKEN, ENVIRONMENT].into_iter().for_each(|name| host.make_dir(name));
    host.write_program(PROGRAM, &format!("#!/bin/sh\n{script}\n"));
    host.path(PROGRAM)
}

impl Service for Program {
    fn table(&self) -> String {
        self.table.clone()
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// With the environment as headers.
    fn take(&self) -> Vec<Request> {
        let numbers = 0..self.taken.read_dir().map_or(0, Iterator::count);
        let one = |number: usize| {
            let read = |from: &Path| {
                let path = from.join(number.to_string());
                let read = std::fs::read(&path).unwrap();
                std::fs::remove_file(&path).unwrap();
                read
            };
            let environment = String::from_utf8(read(&self.environment)).unwrap();
            let pairs = environment.split_terminator('\0').filter_map(|pair| pair.split_once('='));
            let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Request { headers: owned.collect(), ..Request::of(read(&self.taken)) }
        };
        numbers.map(one).collect()
    }

    fn is_left_alone(&self) -> bool {
        let waiting = std::fs::read_to_string(&self.waiting).unwrap_or_default();
        // One that has ended and was not yet reaped has no command line any more.
        let command_line = |id: &str| std::fs::read(format!("/proc/{id}/cmdline"));
        let both = waiting.lines().count() == 2;
        both && waiting.lines().all(|id| command_line(id).unwrap_or_default().is_empty())
    }
}
