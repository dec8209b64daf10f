use proptest::prelude::*;

use super::script::{by_hand, insert, new_file, strip};
use super::*;
use crate::supervisor::Supervisor;

fn inserted(text: &str, hook: Hook, kind: Supervisor) -> Option<String> {
    insert(text.as_bytes(), hook, kind).map(|text| String::from_utf8(text).unwrap())
}

#[test]
fn a_call_is_the_first_thing_that_a_script_does() {
    for (text, hook, kind, expected) in [
        (
            "#!/bin/sh\nexec 2>&1\n",
            Hook::Run,
            Supervisor::Runit,
            Some("#!/bin/sh\nRUN runit || :\nexec 2>&1\n"),
        ),
        (
            "#!/usr/bin/env bash",
            Hook::Run,
            Supervisor::S6,
            Some("#!/usr/bin/env bash\nRUN s6 || :"),
        ),
        ("#! /bin/dash -e\n", Hook::Run, Supervisor::S6, Some("#! /bin/dash -e\nRUN s6 || :\n")),
        (
            "#!/bin/busybox sh\na\n",
            Hook::Run,
            Supervisor::S6,
            Some("#!/bin/busybox sh\nRUN s6 || :\na\n"),
        ),
        (
            "#!/command/with-contenv bash\nexit\n",
            Hook::Finish,
            Supervisor::S6,
            Some("#!/command/with-contenv bash\nEND s6 \"$@\" || :\nexit\n"),
        ),
        (
            "#!/usr/bin/env /lib/runit/invoke-run\na\n",
            Hook::Run,
            Supervisor::Runit,
            Some("#!/usr/bin/env /lib/runit/invoke-run\nRUN runit || :\na\n"),
        ),
        (
            "#!/bin/execlineb -P\na\n",
            Hook::Finish,
            Supervisor::S6,
            Some("#!/bin/execlineb -P\nforeground { END s6 }\na\n"),
        ),
        (
            "#!/bin/execlineb -S0\na\n",
            Hook::Finish,
            Supervisor::Runit,
            Some("#!/bin/execlineb -S0\nforeground { END runit $@ }\na\n"),
        ),
        ("#!/bin/execlineb\na\n", Hook::Finish, Supervisor::Runit, None),
        ("#!/usr/bin/perl\n", Hook::Run, Supervisor::Runit, None),
        ("exec a\n", Hook::Run, Supervisor::Runit, None),
        ("", Hook::Run, Supervisor::Runit, None),
    ] {
        let path = |name: &str| format!("/opt/upstart-monitor/bin/{name}");
        let expected = expected.map(|text| {
            text.replace("RUN", &path("pre-start"))
                .replace("END", &path("post-stop"))
                .replace("|| :", "|| :  # upstart-crash enable")
                .replace(" }", " }  # upstart-crash enable")
        });
        assert_eq!(inserted(text, hook, kind), expected, "{text:?}");
    }
}

#[test]
fn what_was_put_in_by_hand_is_known_and_taken_out() {
    for line in [
        "/opt/upstart-monitor/bin/post-stop runit \"$@\"",
        "  /opt/upstart-monitor/bin/post-stop s6 \"$@\" || true",
        "foreground { /opt/upstart-monitor/bin/post-stop s6 }",
    ] {
        let text = format!("#!/bin/sh\n{line}\nown\n").into_bytes();
        assert!(calls(&text, Hook::Finish));
        assert_eq!(strip(&text, Hook::Finish).unwrap(), b"#!/bin/sh\nown\n", "{line}");
        assert!(!calls(&text, Hook::Run));
    }
    let other = b"#!/bin/sh\nnice /opt/upstart-monitor/bin/post-stop runit \"$@\"\n";
    assert_eq!(strip(other, Hook::Finish).unwrap(), other);
    assert!(!calls(b"#!/bin/sh\n# /opt/upstart-monitor/bin/pre-start runit\n", Hook::Run));
}

#[test]
fn a_finish_that_was_made_is_nothing_without_the_call() {
    for kind in [Supervisor::Runit, Supervisor::S6] {
        let text = new_file(Hook::Finish, kind);
        assert!(calls(&text, Hook::Finish));
        assert_eq!(strip(&text, Hook::Finish), None);
        let own = [&*text, b"own\n"].concat();
        assert!(strip(&own, Hook::Finish).unwrap().ends_with(b"own\n"));
    }
}

#[test]
fn a_script_that_ends_before_the_call_is_known() {
    const CALL: &str = "/opt/upstart-monitor/bin/pre-start runit || :";
    for (before, line) in [
        ("exec 2>&1\nset -e\n", None),
        ("exec a\n", Some(2)),
        ("true\nexit 0\n", Some(3)),
        ("if a; then\n  exit 0\nfi\n", None),
        ("execute\n", None),
    ] {
        let text = format!("#!/bin/sh\n{before}{CALL}\n");
        assert_eq!(end_before_call(text.as_bytes(), Hook::Run), line, "{before:?}");
    }
    assert_eq!(end_before_call(b"#!/bin/sh\nexec a\n", Hook::Run), None);
}

#[test]
fn the_words_for_a_program_name_the_call() {
    for (text, hook, words) in [
        ("\x7fELF", Hook::Run, "pre-start runit"),
        ("#!/usr/bin/perl\n", Hook::Finish, "post-stop runit ARGUMENTS"),
        (
            "#!/bin/execlineb -P\n",
            Hook::Finish,
            "foreground { /opt/upstart-monitor/bin/post-stop runit $@ }",
        ),
    ] {
        assert!(by_hand(text.as_bytes(), hook, Supervisor::Runit).ends_with(words), "{text:?}");
    }
}

/// What scripts are made of, some of it broken off.
const PIECES: [&str; 12] = [
    "exec 2>&1\n",
    "set -eu\n",
    "\n",
    "  # a comment\r\n",
    "cd /srv || exit 1\n",
    "cat <<EOF\n",
    "EOF\n",
    "exec a \\\n  --b\n",
    "exit 3",
    "\u{e9}",
    "# Tells when this service dies unasked (upstart-monitor). To undo: upstart-crash disable\n",
    "true; ",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a script is made of: without the call that was put in it is what it was.
    #[test]
    fn every_script_is_given_back_byte_for_byte(
        first in prop::sample::select(vec!["#!/bin/sh", "#!/bin/bash -e", "#!/bin/execlineb -S0"]),
        end in prop::sample::select(vec!["", "\n", "\r\n"]),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12),
        hook in prop::sample::select(vec![Hook::Run, Hook::Finish]),
        kind in prop::sample::select(vec![Supervisor::Runit, Supervisor::S6]),
    ) {
        let rest = if end.is_empty() { String::new() } else { pieces.concat() };
        let text = format!("{first}{end}{rest}");
        let after = insert(text.as_bytes(), hook, kind).unwrap();
        prop_assert!(calls(&after, hook));
        let new = "#!/bin/sh\n# Tells when this service dies";
        // That alone is what a finish of ours is without its call.
        if !(text.starts_with(new) && text.lines().count() == 2) {
            prop_assert_eq!(strip(&after, hook), Some(text.into_bytes()));
        }
    }
}
