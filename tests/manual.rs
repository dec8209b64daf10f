//! The man pages and the completions, as they are made of the command line.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::fixture;

fn made() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    assert!(Command::new(fixture("manual")).arg(directory.path()).status().unwrap().success());
    directory
}

/// The pages that were made, and those that were written by hand.
fn pages(made: &Path) -> Vec<PathBuf> {
    let files = |directory: &Path| {
        let files = directory.read_dir().unwrap().map(|file| file.unwrap().path());
        files.collect::<Vec<_>>()
    };
    [files(&made.join("man")), files(Path::new("docs/man"))].concat()
}

#[test]
fn every_subcommand_has_a_page_and_troff_has_nothing_to_say_of_it() {
    let made = made();
    let pages = pages(made.path());
    let command = upstart_monitor::cli::command();
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let page = made.path().join(format!("man/upstart-crash-{}.8", sub.get_name()));
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(text.contains("Examples:"), "{page:?} {text}");
    }
    for page in pages {
        let mut troff = Command::new("groff");
        let ran = troff.args(["-man", "-Tutf8", "-ww", "-z"]).arg(&page).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.is_empty(), "{page:?}: {said}");
    }
}

#[test]
fn bash_completes_a_subcommand_and_an_option() {
    let made = made();
    let script = made.path().join("completions/upstart-crash.bash");
    for (line, offered) in
        [("upstart-crash sta", "status"), ("upstart-crash list --fol", "--follow")]
    {
        let words: Vec<_> = line.split(' ').collect();
        let last = words.last().unwrap();
        let ask = format!(
            "source {script}; function=$(complete -p upstart-crash | sed 's/.* -F //; s/ .*//'); \
             COMP_WORDS=({line}); COMP_CWORD={}; \
             $function upstart-crash {last} {}; echo \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
            words[words.len() - 2],
            script = script.display(),
        );
        let ran = Command::new("bash").args(["-c", &ask]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout).trim(), offered, "{ran:?}");
    }
    for shell in ["_upstart-crash", "upstart-crash.fish"] {
        assert!(made.path().join("completions").join(shell).exists());
    }
}
