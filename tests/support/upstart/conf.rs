//! A job's configuration file, as it would have to be for init to play that job.

use std::fmt::Write as _;

use super::class::{Class, End, Stanza};
use super::stopping::signal_name;
use crate::support::NOBODY;
use crate::support::host::Shared;

/// Writes `/etc/init/JOB.conf`; of a job in a sub-directory, in that. Where it says so already, it
/// keeps its age.
pub(super) fn write(shared: &Shared, class: &Class) {
    let path = shared.path(&format!("/etc/init/{}.conf", class.name));
    let text = text(class, shared.path("").to_str().unwrap());
    if std::fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Another instance's hooks may be reading it.
    let beside = path.with_extension("conf.new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}

/// The file's text; nothing in it names the `root` of the test.
fn text(class: &Class, root: &str) -> String {
    let mut conf = String::new();
    // The variable that tells the instances apart, where the test gave one.
    if !class.instance.is_empty() {
        let named = class.env.iter().find(|(_, value)| *value == class.instance);
        let _ = writeln!(conf, "instance ${}", named.map_or("INSTANCE", |(name, _)| name));
    }
    for (name, value) in class.env.iter().filter(|(_, value)| value != root) {
        let _ = writeln!(conf, "env {name}=\"{}\"", value.replace('\\', "\\\\"));
    }
    for (flag, stanza) in [
        (class.task, "task"),
        (class.respawn, "respawn"),
        (class.expect_stop, "expect stop"),
        (!class.console_log, "console none"),
    ] {
        if flag {
            let _ = writeln!(conf, "{stanza}");
        }
    }
    let (count, seconds) = (class.respawn_limit.0, class.respawn_limit.1.as_secs());
    let _ = writeln!(conf, "respawn limit {count} {seconds}");
    let _ = writeln!(conf, "kill timeout {}", class.kill_timeout.as_secs());
    for end in &class.normal_exit {
        let _ = match end {
            End::Exited(status) => writeln!(conf, "normal exit {status}"),
            End::Killed(signal) => writeln!(conf, "normal exit {}", signal_name(*signal)),
        };
    }
    if class.surroundings.nobody {
        let _ = writeln!(conf, "setuid nobody # {NOBODY}");
    }
    for (prefix, stanza) in [
        ("pre-start ", &class.pre_start),
        ("post-start ", &class.post_start),
        ("pre-stop ", &class.pre_stop),
        ("post-stop ", &class.post_stop),
        ("", &class.lives.first().cloned()),
    ] {
        match stanza {
            Some(Stanza::Program(path)) => {
                let _ = writeln!(conf, "{prefix}exec {}", path.display());
            }
            Some(Stanza::Script(text)) => {
                let _ = writeln!(conf, "{prefix}script\n{text}\nend script");
            }
            None => {}
        }
    }
    conf.replace(root.trim_end_matches('/'), "")
}
