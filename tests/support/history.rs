//! What happened when: kept for the asserts, and for the person who reads a failure.

use std::fmt;
use std::sync::Mutex;
use std::time::Instant;

/// Lines with the milliseconds since the host was made.
#[derive(Debug)]
pub struct History {
    began: Instant,
    lines: Mutex<Vec<(f64, String)>>,
}

impl History {
    pub fn new() -> Self {
        Self { began: Instant::now(), lines: Mutex::default() }
    }

    pub fn add(&self, line: impl Into<String>) {
        let millis = self.began.elapsed().as_secs_f64() * 1e3;
        self.lines.lock().unwrap().push((millis, line.into()));
    }

    /// The lines so far, without their times.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A thread that panicked while it wrote a line has not spoilt the others.
        let lines = self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        lines.iter().try_for_each(|(millis, line)| writeln!(f, "{millis:10.1} ms  {line}"))
    }
}
