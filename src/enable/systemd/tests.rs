use super::drop_in::{is_ours, switched_off_text};
use super::*;

#[test]
fn a_drop_in_of_ours_is_told_from_anothers() {
    let ours = unit_text(true);
    let plain = "[Service]\nExecStopPost=-/opt/upstart-monitor/bin/post-stop systemd %n\n";
    for (text, is_one, says_nothing) in [
        (&*ours, true, false),
        (plain, true, false),
        ("[Service]\nNice=1\n", false, false),
        ("[Service]\nExecStop=/bin/a /opt/upstart-monitor/bin/post-stop\n", false, false),
        ("[Service]\n", false, false),
        ("# a comment\n\n; another\n", false, true),
        ("", false, true),
    ] {
        assert_eq!(is_ours(text.as_bytes()), is_one, "{text}");
        assert_eq!(is_silent(text.as_bytes()), says_nothing, "{text}");
    }
    assert!(!is_ours(format!("{ours}Nice=1\n").as_bytes()));
    assert!(is_silent(switched_off_text().as_bytes()));
}

#[test]
fn the_lines_that_run_hooks_are_taken_apart() {
    let lines = hook_lines(
        b"ExecStopPost = -+/opt/upstart-monitor/bin/post-stop\n\
          # ExecStop=/opt/upstart-monitor/bin/pre-stop\n\
          ExecStartPre=/opt/upstart-monitor/bin/pre-start systemd %n\n",
    );
    let parts: Vec<_> = lines
        .iter()
        .map(|it| [&*it.setting, &*it.prefixes, &*it.program, &*it.arguments])
        .collect();
    assert_eq!(
        parts,
        [["ExecStopPost", "-+", "post-stop", ""], ["ExecStartPre", "", "pre-start", "systemd %n"]]
    );
}
