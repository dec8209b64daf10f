//! Faults from outside: `strace` counts a run's system calls and lets one of them go wrong.

use super::HookRun;

/// The `nth` call of `name` in a run, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub nth: usize,
}

impl Call {
    /// `run` with `fault` at this call: `signal=SIGTERM`, `error=EIO`, `delay_enter=300000`.
    pub fn goes_wrong<'a>(&self, run: HookRun<'a>, fault: &str) -> HookRun<'a> {
        let inject = format!("inject={}:{fault}:when={}", self.name, self.nth);
        run.under(["strace", "-o", "/dev/null", "-e", &inject])
    }
}

/// The system calls that `run` makes once its door is shut against signals, up to its exit. What
/// the C library does before `main`, no hook can answer for.
pub fn calls_of(run: HookRun<'_>) -> Vec<Call> {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let path = trace.path().to_str().unwrap().to_owned();
    run.under(["strace", "-o", &path]).run().harms_nobody();

    let mut calls: Vec<Call> = Vec::new();
    let mut behind_the_door = None;
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let Some((name, _)) = line.split_once('(') else { continue };
        if name.starts_with("exit") {
            break;
        }
        if name == "setitimer" {
            behind_the_door = Some(calls.len());
        }
        let nth = 1 + calls.iter().filter(|call| call.name == name).count();
        calls.push(Call { name: name.to_owned(), nth });
    }
    calls.split_off(behind_the_door.expect("the door sets a deadline"))
}
