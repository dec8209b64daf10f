//! What systemd-coredump tells of a core: its entry in the journal (systemd-coredump(8)).

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Scene;
use super::journalctl::Journalctl;
use crate::aftermath::{Core, CoreStorage};

/// The program that a core pattern names.
pub(super) const HANDLER: &str = "systemd-coredump";

/// `SD_MESSAGE_COREDUMP` (sd-messages.h).
const MESSAGE: &str = "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1";

/// How long is waited for the entry: the core may be long, and is written down before.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often to look.
const LOOK: Duration = Duration::from_millis(200);

/// How long before the report the core may have been made, in seconds.
const BEFORE: i64 = 60;

/// The fields of an entry that are asked for: it may have many more, and long ones.
const FIELDS: &str =
    "--output-fields=COREDUMP_FILENAME,COREDUMP_SIGNAL_NAME,COREDUMP_TRUNCATED,COREDUMP";

/// What systemd-coredump, to which the kernel hands cores by `pattern`, made of this death's.
///
/// # Errors
/// Why that is not known, in words.
pub(super) fn of_death(scene: &Scene, pattern: String) -> Result<Core, String> {
    let journal = Journalctl::of(scene.places)?;
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if let Some(entry) = entry(scene, &journal, left.max(LOOK))? {
            let core = core(&entry, pattern);
            let bytes = core.path.as_deref().and_then(|path| length(scene, path));
            return Ok(Core { bytes, ..core });
        }
        if left < LOOK {
            return Err("systemd-coredump has no entry of it in the journal".to_owned());
        }
        thread::sleep(LOOK);
    }
}

/// The newest entry on the process that died; `None` where there is none yet.
fn entry(scene: &Scene, journal: &Journalctl, limit: Duration) -> Result<Option<Value>, String> {
    let said = journal.ask(arguments(scene).into_iter().chain([FIELDS.to_owned()]), limit);
    // Before 236 it has no such option.
    let said = said.or_else(|_| journal.ask(arguments(scene), limit))?;
    Ok(said.output.lines().find_map(|line| serde_json::from_str(line).ok()))
}

fn arguments(scene: &Scene) -> Vec<String> {
    let whose = match scene.dead_main() {
        Some(pid) => format!("COREDUMP_PID={pid}"),
        None => format!("COREDUMP_UNIT={}", scene.report.unit()),
    };
    let since = scene.report.time.micros() / 1_000_000 - BEFORE;
    vec![
        MESSAGE.to_owned(),
        whose,
        "--boot".to_owned(),
        format!("--since=@{since}"),
        "--reverse".to_owned(),
        "--lines=1".to_owned(),
        "--output=json".to_owned(),
    ]
}

/// What the entry says of the core.
fn core(entry: &Value, pattern: String) -> Core {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let path = text("COREDUMP_FILENAME").filter(|path| path.starts_with('/'));
    // What is too long to be shown is there all the same, as null.
    let storage = match (&path, entry.get("COREDUMP")) {
        (Some(_), _) => CoreStorage::File,
        (None, Some(_)) => CoreStorage::Journal,
        (None, None) => CoreStorage::None,
    };
    Core {
        handler: Some(HANDLER.to_owned()),
        path,
        signal: text("COREDUMP_SIGNAL_NAME"),
        storage: Some(storage),
        truncated: text("COREDUMP_TRUNCATED").is_some_and(|word| word == "1"),
        ..Core::by(pattern)
    }
}

/// How long the file is; `None` where it is gone: systemd-tmpfiles removes old ones.
fn length(scene: &Scene, path: &str) -> Option<u64> {
    let facts = fs::symlink_metadata(scene.places.below_root(Path::new(path))).ok()?;
    facts.is_file().then_some(facts.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_tells_where_the_core_is() {
        use CoreStorage::{File, Journal, None as Nowhere};
        let file = "/var/lib/systemd/coredump/core.web.0.x.4712.1795232537000000.zst";
        for (entry, path, storage, truncated) in [
            (json!({"COREDUMP_FILENAME": file}), Some(file), File, false),
            (json!({"COREDUMP_FILENAME": file, "COREDUMP_TRUNCATED": "1"}), Some(file), File, true),
            (json!({"COREDUMP": null}), None, Journal, false),
            (json!({}), None, Nowhere, false),
            (json!({"COREDUMP_TRUNCATED": "1"}), None, Nowhere, true),
            (json!({"COREDUMP_FILENAME": [47, 255]}), None, Nowhere, false),
            (json!({"COREDUMP_FILENAME": "elsewhere"}), None, Nowhere, false),
        ] {
            let mut signalled = entry.clone();
            signalled["COREDUMP_SIGNAL_NAME"] = json!("SIGSEGV");
            let core = core(&signalled, "|x".to_owned());
            let found = (core.path.as_deref(), core.storage, core.truncated);
            assert_eq!(found, (path, Some(storage), truncated), "{entry}");
            assert_eq!(core.signal.as_deref(), Some("SIGSEGV"));
        }
    }
}
