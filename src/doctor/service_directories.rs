//! Whether the hooks in service directories are called, both of them.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, ProgramOfService, ServiceFacts};

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let with_hooks = host.service_directories.iter().filter(|service| service.has_hooks());
    with_hooks.flat_map(|service| look_at(host, service)).collect()
}

fn look_at(host: &Host, service: &ServiceFacts) -> Vec<Finding> {
    let ServiceFacts { name, kind, run, finish, supervise } = service;
    let kind = kind.title();
    let enable = format!("upstart-crash enable {}", quoted(name));
    let mut findings = Vec::new();
    for program in [run, finish] {
        let path = program.path.display().to_string();
        if program.exists && !program.is_executable {
            let words = format!("is not executable: {kind} cannot run it, nor the hook in it");
            let advice = format!("chmod 755 {}", quoted(&path));
            findings.push(Finding::new(Level::Critical, path, words).advised(advice));
        } else if let Some(line) = program.ends_before {
            let words = format!("ends in line {line}, before it calls the hook");
            let advice = format!("upstart-crash disable {} && {enable}", quoted(name));
            findings.push(Finding::new(Level::Critical, path, words).advised(advice));
        }
    }
    let lacks = |program: &ProgramOfService, level, what| {
        let path = program.path.display().to_string();
        let words = format!("does not call the hook, and the other program does: {what}");
        (!program.calls).then(|| Finding::new(level, path, words).advised(enable.clone()))
    };
    findings.extend(lacks(finish, Level::Critical, "no crash is told"));
    findings.extend(lacks(run, Level::Warning, "how long it ran is not known"));
    if let Err(why) = supervise {
        let words = host.unless_root(format!(
            "what {kind} knows of it cannot be read, so that no end of it is told from a wanted \
             one: {why}"
        ));
        findings.push(Finding::unknown(name, words));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, service};
    use super::*;

    #[test]
    fn each_half_of_the_hooks_has_its_level() {
        type Change = fn(&mut ServiceFacts);
        let set: [(Change, Option<Level>); 8] = [
            (|_| (), None),
            (|it| it.finish.is_executable = false, Some(Level::Critical)),
            (|it| it.finish.calls = false, Some(Level::Critical)),
            (|it| it.run.calls = false, Some(Level::Warning)),
            (|it| (it.run.calls, it.finish.calls) = (false, false), None),
            (|it| it.run.ends_before = Some(3), Some(Level::Critical)),
            (|it| it.supervise = Err("no".to_owned()), Some(Level::Unknown)),
            (
                |it| {
                    (it.finish.exists, it.finish.is_executable, it.finish.calls) =
                        (false, false, false)
                },
                Some(Level::Critical),
            ),
        ];
        for (number, (change, level)) in set.into_iter().enumerate() {
            let mut facts = service("api");
            change(&mut facts);
            let found = check(&Host { service_directories: vec![facts], ..host() });
            assert_eq!(found.first().map(|it| it.level), level, "{number}: {found:?}");
        }
    }
}
