//! Whether systemd starts the notifier when a hook leaves something: what a hook starts by itself
//! dies with its service.

use super::finding::{Finding, Level};
use super::host::{Host, PATH_UNIT};
use crate::host_supervisors::systemctl::Failed;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let Some(systemd) = &host.systemd else { return Vec::new() };
    match &systemd.path_unit {
        Err(Failed::Said(_)) if systemd.answers.is_ok() => {
            let words = "is not active: what hooks leave waits until somebody delivers it";
            let advice = format!("systemctl enable --now {PATH_UNIT}");
            vec![Finding::new(Level::Critical, PATH_UNIT, words).advised(advice)]
        }
        // That it does not answer is told already.
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::SystemdFacts;
    use super::super::testing::{host, systemd};
    use super::*;

    #[test]
    fn without_it_nothing_is_told() {
        let said = || Err(Failed::Said("inactive".to_owned()));
        for (answers, path_unit, count) in [
            (Ok(()), Ok(()), 0),
            (Ok(()), said(), 1),
            (said(), said(), 0),
            (Err(Failed::NotAtWork), Err(Failed::NotAtWork), 0),
        ] {
            let facts = SystemdFacts { answers, path_unit, ..systemd() };
            assert_eq!(check(&Host { systemd: Some(facts), ..host() }).len(), count);
        }
    }
}
