//! A file to whose end lines are added.

use std::path::PathBuf;

use super::super::{Host, Request};
use super::{Day, Service};

pub(super) const DAYS: &[(Day, &str)] = &[(Day::Good, "delivered"), (Day::Absent, "retry")];

pub(super) struct Appended {
    table: String,
    path: PathBuf,
}

impl Appended {
    pub(super) fn new(host: &Host, day: Day) -> Self {
        let path = if day == Day::Absent { "/no/such/directory/told" } else { "/told.jsonl" };
        Self { table: format!("path = \"{path}\"\n"), path: host.path(path) }
    }
}

impl Service for Appended {
    fn table(&self) -> String {
        self.table.clone()
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn take(&self) -> Vec<Request> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let _ = std::fs::remove_file(&self.path);
        assert!(text.is_empty() || text.ends_with('\n'), "torn: {text}");
        text.lines().map(|line| Request::of(line.as_bytes().to_vec())).collect()
    }

    fn is_left_alone(&self) -> bool {
        unreachable!("no file is silent")
    }
}
