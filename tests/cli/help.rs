//! What the command says of itself.

use clap::Command;
use upstart_monitor::cli::command;

use super::root::Root;

/// The subcommands that people type.
fn typed() -> Vec<Command> {
    let command = command();
    let typed = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    typed.cloned().collect()
}

/// The words of a line that a shell would run: quotes hold words together, and what is for the
/// shell itself ends the command.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words.into_iter().take_while(|word| !word.starts_with(['|', '>', '&'])).collect()
}

#[test]
fn every_subcommand_says_its_exit_status_and_has_examples_that_can_be_typed() {
    let subcommands = typed();
    assert!(subcommands.len() > 10);
    for sub in subcommands {
        let name = sub.get_name();
        let text = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(text.contains("Exit status"), "`{name} --help` says no exit status");
        let examples = text.lines().filter_map(|line| line.strip_prefix("  upstart-crash"));
        let examples: Vec<_> =
            examples.map(|rest| words(&format!("upstart-crash{rest}"))).collect();
        assert!(!examples.is_empty(), "`{name} --help` has no example");
        for example in examples {
            assert_eq!(example[1], name, "{example:?}");
            let parsed = command().try_get_matches_from(&example);
            assert!(parsed.is_ok(), "{example:?}: {}", parsed.unwrap_err());
        }
    }
}

#[test]
fn help_fits_a_narrow_terminal() {
    let root = Root::new();
    for sub in typed() {
        let text = root.run_on_a_terminal(80, &[], &[sub.get_name(), "--help"]);
        assert!(text.contains("Usage: upstart-crash "), "{text}");
    }
}
