//! What an examination found, without its secrets: command lines and what commands say hold many.

use super::Redaction;
use crate::aftermath::{
    Aftermath, ChangedFile, Changes, CommandResult, Core, LeftBehind, Recovery, TopProcess,
    TopProcesses,
};

impl Redaction {
    pub(super) fn aftermath(&self, aftermath: &mut Aftermath) {
        let Aftermath {
            examined_at: _,
            recovery,
            processes,
            left_behind,
            core,
            changes,
            commands,
            logs,
        } = aftermath;
        if let Some(Recovery { kind: _, after_seconds: _, known_by }) = recovery {
            self.text(known_by);
        }
        if let Some(TopProcesses { by_memory, by_cpu }) = processes {
            by_memory.iter_mut().chain(by_cpu.iter_mut().flatten()).for_each(|it| self.process(it));
        }
        for LeftBehind { pid: _, command, ports: _ } in left_behind.iter_mut().flatten() {
            self.text(command);
        }
        if let Some(Core { pattern, handler, path, bytes: _, signal, storage: _, truncated: _ }) =
            core
        {
            self.texts([pattern].into_iter().chain(handler).chain(path).chain(signal));
        }
        if let Some(Changes { booted_at: _, packages_changed_at: _, configuration }) = changes {
            for ChangedFile { path, changed_at: _ } in configuration {
                self.text(path);
            }
        }
        commands.iter_mut().flatten().for_each(|command| self.command(command));
        logs.iter_mut().flatten().for_each(|log| self.log(log));
    }

    fn process(&self, process: &mut TopProcess) {
        let TopProcess {
            pid: _,
            user: _,
            state: _,
            age_seconds: _,
            memory_bytes: _,
            cpu_percent: _,
            command,
        } = process;
        self.text(command);
    }

    /// A secret in a command's output may go over several lines.
    fn command(&self, command: &mut CommandResult) {
        let CommandResult { name, exit: _, timed_out: _, seconds: _, output, truncated: _ } =
            command;
        self.text(name);
        let lines = output.split('\n').map(str::to_owned).collect();
        *output = self.redact_lines(lines).join("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notice;
    use crate::sinks::samples;

    #[test]
    fn nothing_that_was_found_shows_a_secret() {
        let mut report = samples::report();
        let aftermath = report.aftermath.as_mut().unwrap();
        let line = "mysql --password s3cret";
        aftermath.processes.as_mut().unwrap().by_memory[0].command = line.to_owned();
        aftermath.processes.as_mut().unwrap().by_cpu.as_mut().unwrap()[0].command = line.to_owned();
        aftermath.left_behind.as_mut().unwrap()[0].command = line.to_owned();
        aftermath.commands.as_mut().unwrap()[0].output = format!("one\n{line}\n\nlast\n");
        aftermath.logs.as_mut().unwrap()[0].lines = vec![line.to_owned()];
        let redaction = Redaction::new(Vec::new()).unwrap();
        let redacted = redaction.redact_notice(&Notice::of(&report), Some(&report));
        assert!(!serde_json::to_string(&redacted.report()).unwrap().contains("s3cret"));
        let found = redacted.report().unwrap().aftermath.as_ref().unwrap();
        let masked = "mysql --password [redacted: password]";
        assert_eq!(found.left_behind.as_ref().unwrap()[0].command, masked);
        let output = &found.commands.as_ref().unwrap()[0].output;
        assert_eq!(*output, format!("one\n{masked}\n\nlast\n"));
    }

    #[test]
    fn command_lines_show_no_secrets() {
        let redaction = Redaction::new(Vec::new()).unwrap();
        for line in [
            "mysql --password=s3cret -h db",
            "mysql --password s3cret db",
            "x --api-key s3cret --token-file=/etc/t",
            "x --private_key=s3cret --keyboard=de",
            "sh -c PGPASSWORD=s3cret psql -h db",
            "x postgres://shop:s3cret@db/shop?ssl=1",
            "curl https://a/b?token=s3cret&x=1",
            "curl -H Authorization: Bearer s3cret -v",
            "curl -u admin:s3cret http://x",
        ] {
            let shown = redaction.redact(line);
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
