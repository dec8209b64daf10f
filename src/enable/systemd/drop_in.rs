//! The text of drop-ins.

use super::super::program;

/// The name of every drop-in of ours. The one of a unit stands in for the host's, since both are
/// called the same.
pub const FILE: &str = "50-upstart-monitor.conf";

/// What stands behind the program in each line of a hook.
pub const ARGUMENTS: &str = "systemd %n";

/// The first version that gives a command of a unit all rights by `+` (NEWS, 231).
pub const PLUS_SINCE: u32 = 231;

/// The hooks of a unit: the setting, and the program.
pub const HOOKS: [(&str, &str); 3] =
    [("ExecStartPre", "pre-start"), ("ExecStop", "pre-stop"), ("ExecStopPost", "post-stop")];

/// What stands above the hooks of a unit, of a host, and where a host's are switched off.
const OF_A_UNIT: &str =
    "# Tells when this service dies unasked (upstart-monitor). To undo: upstart-crash disable\n";
const OF_THE_HOST: &str = "# Tells when a service dies unasked (upstart-monitor). To undo: upstart-crash disable --host\n";
const SWITCHED_OFF: &str = "# Services without hooks of their own are left out (upstart-monitor). \
                            To undo: upstart-crash enable --host\n";

/// The drop-in of a unit; without `+` for a systemd that does not know it.
pub fn unit_text(has_plus: bool) -> String {
    let mut text = format!("{OF_A_UNIT}[Service]\n");
    for (setting, hook) in HOOKS {
        text.push_str(&line(setting, hook, has_plus));
    }
    text
}

/// The drop-in for every service.
pub(super) fn host_text() -> String {
    format!("{OF_THE_HOST}[Service]\n{}", line("ExecStopPost", "stopping", true))
}

/// What stands in the place of that, and says nothing.
pub(super) fn switched_off_text() -> String {
    SWITCHED_OFF.to_owned()
}

fn line(setting: &str, hook: &str, has_plus: bool) -> String {
    let plus = if has_plus { "+" } else { "" };
    format!("{setting}=-{plus}{} {ARGUMENTS}\n", program(hook))
}

/// A line that runs a program of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookLine {
    /// The setting.
    pub setting: String,
    /// The prefixes of the command.
    pub prefixes: String,
    /// The name of the program.
    pub program: String,
    /// What stands behind it.
    pub arguments: String,
}

/// The programs that are hooks of units; the command, which a unit of ours runs, is none.
const PROGRAMS: [&str; 4] = ["pre-start", "pre-stop", "post-stop", "stopping"];

/// The lines of `text` that run programs of ours.
pub fn hook_lines(text: &[u8]) -> Vec<HookLine> {
    let text = String::from_utf8_lossy(text);
    let directory = program("");
    let hook = |line: &str| {
        let (setting, command) = line.trim().split_once('=')?;
        let (prefixes, rest) = command.trim_start().split_once(&directory)?;
        let (program, arguments) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_ours = PROGRAMS.contains(&program)
            && !prefixes.contains('/')
            && !setting.starts_with(['#', ';']);
        is_ours.then(|| HookLine {
            setting: setting.trim_end().to_owned(),
            prefixes: prefixes.to_owned(),
            program: program.to_owned(),
            arguments: arguments.trim().to_owned(),
        })
    };
    text.lines().filter_map(hook).collect()
}

/// Whether nothing is in `text` but hooks of ours, and at least one.
pub(super) fn is_ours(text: &[u8]) -> bool {
    let hooks = hook_lines(text).len();
    let lines = settings(text);
    hooks > 0 && lines.iter().filter(|line| line.as_str() != "[Service]").count() == hooks
}

/// Whether `text` says nothing: such a file switches off those of the same name that systemd has
/// elsewhere.
pub fn is_silent(text: &[u8]) -> bool {
    settings(text).is_empty()
}

/// The lines that say something.
fn settings(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let says = |line: &&str| !line.is_empty() && !line.starts_with(['#', ';']);
    text.lines().map(str::trim).filter(says).map(str::to_owned).collect()
}
