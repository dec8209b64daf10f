//! Whether the hooks that units name are whole, and are called as they are to be.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, SystemdFacts, UnitFacts};
use crate::enable::systemd::{ARGUMENTS, HOOKS, HookLine, PLUS_SINCE};

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let Some(systemd) = &host.systemd else { return Vec::new() };
    systemd.units.iter().filter_map(|unit| look_at(systemd, unit)).collect()
}

fn look_at(systemd: &SystemdFacts, unit: &UnitFacts) -> Option<Finding> {
    let has_plus = systemd.version.is_none_or(|version| version >= PLUS_SINCE);
    let (level, words) =
        unit.hooks.iter().find_map(|line| fault_of(line, has_plus)).or_else(|| missing(unit))?;
    let advice = format!("upstart-crash enable {}", quoted(&unit.name));
    Some(Finding::new(level, &unit.name, words).advised(advice))
}

/// What is wrong with one line.
fn fault_of(line: &HookLine, has_plus: bool) -> Option<(Level, String)> {
    let HookLine { setting, prefixes, program, arguments } = line;
    let known = HOOKS.iter().find(|(_, hook)| hook == program);
    if arguments != ARGUMENTS {
        let words = format!(
            "{setting}= calls {program} without `{ARGUMENTS}`: it takes the unit for a job of \
             Upstart's, or for another unit"
        );
        Some((Level::Critical, words))
    } else if known.is_some_and(|(expected, _)| expected != setting) {
        Some((Level::Critical, format!("{setting}= calls {program}, which is not for that")))
    } else if !prefixes.contains('-') {
        let words =
            format!("{setting}= calls {program} without `-`: where it is gone, the unit fails");
        Some((Level::Warning, words))
    } else if has_plus && !prefixes.contains('+') {
        let words = format!(
            "{setting}= calls {program} without `+`: it may have too few rights to keep a marker"
        );
        Some((Level::Warning, words))
    } else if !has_plus && prefixes.contains('+') {
        let words =
            format!("{setting}= has a `+`, which this systemd does not know: it is not run");
        Some((Level::Critical, words))
    } else {
        None
    }
}

/// A hook that the others need.
fn missing(unit: &UnitFacts) -> Option<(Level, String)> {
    let is_of_a_unit = |line: &HookLine| HOOKS.iter().any(|(_, hook)| *hook == line.program);
    if !unit.hooks.iter().any(is_of_a_unit) {
        return None;
    }
    let lacks = |hook: &&str| unit.hooks.iter().all(|line| line.program != *hook);
    let hook = ["post-stop", "pre-start", "pre-stop"].into_iter().find(lacks)?;
    let level = if hook == "post-stop" { Level::Critical } else { Level::Warning };
    Some((level, format!("names hooks, and {hook} is not among them")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, systemd, unit};
    use super::*;
    use crate::enable::systemd::{hook_lines, unit_text};

    #[test]
    fn hooks_that_are_not_as_enable_writes_them_are_pointed_out() {
        let good = unit_text(true);
        let without = |hook: &str| {
            let lines = good.lines().filter(|line| !line.contains(hook));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        for (version, text, level) in [
            (252, good.clone(), None),
            (219, unit_text(false), None),
            (219, good.clone(), Some(Level::Critical)),
            (252, unit_text(false), Some(Level::Warning)),
            (252, good.replace("=-+", "=+"), Some(Level::Warning)),
            (252, good.replace(" systemd %n", ""), Some(Level::Critical)),
            (252, good.replace("systemd %n", "systemd %p"), Some(Level::Critical)),
            (252, good.replace("ExecStop=", "ExecReload="), Some(Level::Critical)),
            (252, without("post-stop"), Some(Level::Critical)),
            (252, without("pre-start"), Some(Level::Warning)),
            (252, "ExecStopPost=-+/opt/upstart-monitor/bin/stopping systemd %n\n".to_owned(), None),
            (252, "ExecStart=/opt/upstart-monitor/bin/upstart-crash deliver\n".to_owned(), None),
        ] {
            let unit = UnitFacts { hooks: hook_lines(text.as_bytes()), ..unit("api.service") };
            let facts = SystemdFacts { version: Some(version), units: vec![unit], ..systemd() };
            let found = check(&Host { systemd: Some(facts), ..host() });
            assert_eq!(found.first().map(|it| it.level), level, "{version} {text} {found:?}");
        }
    }
}
