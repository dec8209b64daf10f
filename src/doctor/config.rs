//! Whether the config is sound, and tells anybody.

use super::finding::{Finding, Level};
use super::host::Host;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    match &host.config {
        Ok(config) if config.sinks.is_empty() => {
            let words = "names no sink: nobody is told of a crash";
            let advice =
                "upstart-crash test  # once it names one, as in /etc/upstart-monitor/examples";
            vec![Finding::new(Level::Warning, "the config", words).advised(advice)]
        }
        Ok(_) => Vec::new(),
        Err(problems) if !host.us.is_root && !host.us.is_in_session => problems
            .iter()
            .take(1)
            .map(|problem| Finding::unknown("the config", host.unless_root(problem.as_str())))
            .collect(),
        Err(problems) => {
            let broken = |problem: &String| {
                let mut lines = problem.lines();
                let words = lines.next().unwrap_or_default();
                Finding::new(
                    Level::Critical,
                    "the config",
                    format!("{words}. Nothing is delivered until it is put right"),
                )
                .advised("upstart-crash check")
            };
            problems.iter().map(broken).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::{ConfigFacts, Us};
    use super::super::testing::host;
    use super::*;
    use crate::spool::Limits;

    #[test]
    fn a_broken_config_is_critical_and_one_that_tells_nobody_a_warning() {
        let no_sink = || Ok(ConfigFacts { sinks: Vec::new(), limits: Limits::default() });
        let broken = || Err(vec!["config.toml:1:2: a".to_owned(), "b\n  c".to_owned()]);
        for (config, is_root, levels) in [
            (host().config, true, &[][..]),
            (no_sink(), true, &[Level::Warning]),
            (broken(), true, &[Level::Critical, Level::Critical]),
            (broken(), false, &[Level::Unknown]),
        ] {
            let host = Host { config, us: Us { is_root, is_in_session: false }, ..host() };
            let found: Vec<_> = check(&host).iter().map(|it| it.level).collect();
            assert_eq!(found, levels);
        }
    }
}
