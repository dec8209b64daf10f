//! What a host's spools tell of.

use std::collections::BTreeSet;

use serde_json::Value;

use super::host::{EMERGENCY_SPOOL, SPOOL};
use super::{Host, violations};

impl Host {
    /// The names in a place of the spool (`new`, `queue/file.all`, ...), sorted.
    pub fn spool(&self, place: &str) -> Vec<String> {
        self.names(&format!("{SPOOL}/{place}"))
    }

    /// The names in a place of the emergency spool (`new`, `unseen`), sorted.
    pub fn emergency_spool(&self, place: &str) -> Vec<String> {
        self.names(&format!("{EMERGENCY_SPOOL}/{place}"))
    }

    /// All reports, taken by the notifier or not, by their ids, those in the emergency spool among
    /// them; each is held against the schema.
    pub fn reports(&self) -> Vec<Value> {
        let new = format!("{EMERGENCY_SPOOL}/new");
        let mut reports: Vec<_> = [new, format!("{SPOOL}/new"), format!("{SPOOL}/archive")]
            .iter()
            .flat_map(|place| self.names(place).into_iter().map(move |name| (name, place.clone())))
            .collect();
        reports.sort();
        reports.iter().map(|(name, place)| self.report(place, name)).collect()
    }

    fn report(&self, place: &str, name: &str) -> Value {
        let text = self.read(&format!("{place}/{name}"));
        let report: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{place}/{name} is no JSON: {error}\n{text}"));
        let violations = violations(&report);
        assert!(violations.is_empty(), "{place}/{name} breaks the schema: {violations:#?}\n{text}");
        assert_eq!(format!("{}.json", report["id"].as_str().unwrap()), name);
        report
    }

    /// The one report there is.
    pub fn only_report(&self) -> Value {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "exactly one report was expected");
        reports.remove(0)
    }

    /// What pre-start found of ends that nobody saw, and the notifier has not taken yet.
    pub fn unseen(&self) -> Vec<String> {
        let unseen = |spool| {
            let place = format!("{spool}/unseen");
            let names = self.names(&place).into_iter();
            names.map(|name| self.read(&format!("{place}/{name}"))).collect::<Vec<_>>()
        };
        [EMERGENCY_SPOOL, SPOOL].into_iter().flat_map(unseen).collect()
    }

    /// The runs that the spool tells of, wherever in it. Fails where it tells of one twice.
    pub fn runs_told(&self) -> BTreeSet<String> {
        let of_reports = self.reports().into_iter().map(|report| report["job"]["run"].to_string());
        let of_unseen = self.unseen().into_iter().map(|text| {
            let run = text.lines().find_map(|line| line.strip_prefix("run "));
            format!("{:?}", run.expect("a marker that pre-start keeps names its run"))
        });
        let all: Vec<_> = of_reports.chain(of_unseen).collect();
        let runs: BTreeSet<_> = all.iter().cloned().collect();
        assert_eq!(all.len(), runs.len(), "the spool tells of a run twice: {all:?}");
        runs
    }
}
