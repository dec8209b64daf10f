//! What sinks are owed, and what was given up for them.

use std::time::Duration;

use super::finding::{Finding, Level, count};
use super::host::{Host, SinkFacts};
use crate::report::duration_in_words;

/// How old what is undelivered may be.
const OLD: Duration = Duration::from_secs(3600);

pub(super) fn check(host: &Host) -> Vec<Finding> {
    // That it cannot be looked at is told already.
    let Ok(spool) = &host.spool else { return Vec::new() };
    spool.sinks.iter().flat_map(|sink| look_at(host, sink)).collect()
}

fn look_at(host: &Host, sink: &SinkFacts) -> Vec<Finding> {
    let name = &sink.name;
    let is_gone = |config: &super::host::ConfigFacts| !config.sinks.contains(name);
    let owed = count(sink.owed, "notice");
    let mut findings = Vec::new();
    if let Some(parked) = &sink.parked {
        let words = format!(
            "takes nothing since {} and is not tried: {}; it is owed {owed}",
            parked.since, parked.why
        );
        let advice = format!("upstart-crash retry {name}  # once its config or secret is right");
        findings.push(Finding::new(Level::Critical, name, words).advised(advice));
    } else if host.config.as_ref().is_ok_and(is_gone) && sink.owed > 0 {
        let words = format!("is owed {owed}, and the config names no such sink any more");
        let advice = "upstart-crash queue";
        findings.push(Finding::new(Level::Notice, name, words).advised(advice));
    } else if let Some(age) = sink.since.map(|since| host.now.since(since)).filter(|it| *it > OLD) {
        let said = sink.last_error.as_ref();
        let said =
            said.map_or_else(|| "it was not tried".to_owned(), |it| format!("it said: {it}"));
        let age = duration_in_words(age);
        let words = format!("is owed {owed}, the oldest for {age}; {said}");
        let advice = format!("upstart-crash test {name} && upstart-crash retry {name}");
        findings.push(Finding::new(Level::Warning, name, words).advised(advice));
    }
    if sink.dead > 0 {
        let words = format!("{} given up for it", count(sink.dead, "notice"));
        let advice = format!("upstart-crash queue  # then: upstart-crash retry {name}");
        findings.push(Finding::new(Level::Warning, name, words).advised(advice));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, sink};
    use super::*;
    use crate::spool::Parked;
    use crate::time::Timestamp;

    #[test]
    fn what_is_owed_for_long_parked_or_given_up_is_told() {
        let now = host().now;
        let minutes_ago =
            |minutes: i64| Timestamp::from_micros(now.micros() - minutes * 60_000_000);
        let owed = |minutes| SinkFacts { owed: 1, since: Some(minutes_ago(minutes)), ..sink() };
        let parked =
            || Some(Parked { fingerprint: "f".into(), why: "410 Gone".into(), since: now });
        for (sink, levels) in [
            (sink(), &[][..]),
            (owed(59), &[]),
            (owed(61), &[Level::Warning]),
            (SinkFacts { parked: parked(), ..owed(1) }, &[Level::Critical]),
            (SinkFacts { name: "slack.gone".to_owned(), ..owed(1) }, &[Level::Notice]),
            (SinkFacts { name: "slack.gone".to_owned(), ..sink() }, &[]),
            (SinkFacts { dead: 2, ..owed(61) }, &[Level::Warning, Level::Warning]),
        ] {
            let mut host = host();
            host.spool.as_mut().unwrap().sinks = vec![sink];
            let found: Vec<_> = check(&host).iter().map(|it| it.level).collect();
            assert_eq!(found, levels, "{:?}", host.spool);
        }
    }
}
