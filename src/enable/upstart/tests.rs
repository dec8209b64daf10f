use proptest::prelude::*;

use super::*;

fn place() -> JobPlace {
    JobPlace {
        name: "job".to_owned(),
        conf: "/etc/init/job.conf".into(),
        overriding: "/etc/init/job.override".into(),
    }
}

fn job(conf: &str, overriding: Option<&str>) -> Effective {
    let read = |text: &str| JobFile::read(text.as_bytes().to_vec());
    Effective { conf: read(conf), overriding: overriding.map(read) }
}

fn text(file: &JobFile) -> &str {
    std::str::from_utf8(file.bytes()).unwrap()
}

/// `conf` with the hooks, which are called, and without them it is `conf` again.
fn enabled(conf: &str) -> String {
    let after = insert::insert(&job(conf, None), &place()).unwrap();
    assert_eq!(after.conf.fault(), None, "{}", text(&after.conf));
    assert!(HOOKS.iter().all(|hook| calls(&after, *hook)), "{}", text(&after.conf));
    assert_eq!(String::from_utf8(strip::strip(&after.conf)).unwrap(), conf);
    text(&after.conf).to_owned()
}

const ADDED: &str = "\
    # Tells when this job dies unasked (upstart-monitor). To undo: upstart-crash disable\n\
    pre-start exec /opt/upstart-monitor/bin/pre-start\n\
    pre-stop exec /opt/upstart-monitor/bin/pre-stop\n\
    post-stop exec /opt/upstart-monitor/bin/post-stop\n\n";

#[test]
fn stanzas_stand_before_the_service_and_the_comment_on_it() {
    for (conf, expected) in [
        ("respawn\nexec a\n", format!("respawn\n{ADDED}exec a\n")),
        ("respawn\n\n# it\n  # is\nexec a", format!("respawn\n\n{ADDED}# it\n  # is\nexec a")),
        ("description \"a\n# b\"\nexec a\n", format!("description \"a\n# b\"\n{ADDED}exec a\n")),
        ("# state\n\nmanual\n", format!("# state\n\n{ADDED}manual\n")),
        ("manual exec a\n", format!("{ADDED}manual exec a\n")),
        ("", ADDED.to_owned()),
        ("# nothing", format!("{ADDED}# nothing")),
        ("exec a\nexec b\n", format!("exec a\n{ADDED}exec b\n")),
    ] {
        assert_eq!(enabled(conf), expected, "{conf:?}");
    }
}

#[test]
fn a_hook_of_the_jobs_own_goes_on_after_ours() {
    for (own, expected) in [
        (
            "pre-start script\n    a\n\n  b\nend script\n",
            "pre-start script\n    PRE-START || true  # upstart-crash enable\n    a\n\n  b\n\
             end script\n",
        ),
        (
            "post-stop script\n\ta\nend script\n",
            "post-stop script\n\tPOST-STOP || true; a\nend script\n",
        ),
        (
            "pre-stop script\n a\n b\nend script\n",
            "pre-stop script\n trap 'PRE-STOP || true' EXIT  # upstart-crash enable\n a\n b\n\
             end script\n",
        ),
        (
            "pre-stop script\n a\n exec b\nend script\n",
            "pre-stop script\n PRE-STOP || true  # upstart-crash enable\n a\n exec b\nend script\n",
        ),
        (
            "pre-start script\nend script",
            "pre-start script\nPRE-START || true  # upstart-crash enable\nend script",
        ),
        (
            "  pre-start exec a 'b\n c' \\\n  d # e\n",
            "#upstart-monitor#   pre-start exec a 'b\n#upstart-monitor#  c' \\\n\
             #upstart-monitor#   d # e\n\
             pre-start script\n    PRE-START || true; exec a 'b c' d\nend script\n",
        ),
        (
            "post-stop exec a > b",
            "#upstart-monitor# post-stop exec a > b\n\
             post-stop script\n    POST-STOP || true; exec a > b\nend script",
        ),
        (
            "pre-stop exec a\n",
            "#upstart-monitor# pre-stop exec a\n\
             pre-stop script\n    trap 'PRE-STOP || true' EXIT; (exec a)\nend script\n",
        ),
        (
            "manual pre-start script\n a\n b\nend script\n",
            "manual pre-start script\n PRE-START || true  # upstart-crash enable\n a\n b\n\
             end script\n",
        ),
        (
            "pre-start exec lost\npre-start script\n a\nend script\n",
            "pre-start exec lost\npre-start script\n PRE-START || true; a\nend script\n",
        ),
    ] {
        let mut expected = expected.to_owned();
        for hook in HOOKS {
            expected = expected.replace(&hook.to_string().to_uppercase(), &path_of(hook));
        }
        let after = enabled(&format!("exec main\n{own}"));
        assert!(after.ends_with(&expected), "{after}\n---- is not\n{expected}");
    }
}

#[test]
fn what_an_override_says_is_changed_in_the_override() {
    let overriding = "manual\npost-stop script\n own\nend script\n";
    let before = job("post-stop exec replaced\nexec a\n", Some(overriding));
    let after = insert::insert(&before, &place()).unwrap();
    let post_stop = path_of(Process::PostStop);
    assert_eq!(
        text(after.overriding.as_ref().unwrap()),
        overriding.replace(" own", &format!(" {post_stop} || true; own"))
    );
    let added = ADDED.replace(&format!("post-stop exec {post_stop}\n"), "");
    assert_eq!(text(&after.conf), format!("post-stop exec replaced\n{added}exec a\n"));
    assert_eq!(stripped(&after), before);
}

#[test]
fn what_was_changed_meanwhile_stays() {
    let conf = "pre-start exec a\npre-stop script\n  b\n  c\nend script\nexec main\n";
    let enabled = enabled(conf);
    for (from, to, expected) in [
        ("exec main", "exec other", conf.replace("exec main", "exec other")),
        ("  b\n", "  b\n  b2\n", conf.replace("  b\n", "  b\n  b2\n")),
        (
            "\npost-stop exec",
            "\ntask\npost-stop exec",
            conf.replace("exec main", "task\n\nexec main"),
        ),
        (
            "true; exec a\n",
            "true; exec a2\n",
            conf.replace("pre-start exec a", "pre-start script\n    exec a2\nend script"),
        ),
        (
            "exec /opt/upstart-monitor/bin/post-stop\n",
            "exec own\n",
            conf.replace("exec main", "post-stop exec own\n\nexec main"),
        ),
    ] {
        let changed = enabled.replace(from, to);
        assert_ne!(changed, enabled, "{from:?}");
        let stripped = strip::strip(&JobFile::read(changed.into_bytes()));
        assert_eq!(String::from_utf8(stripped).unwrap(), expected, "{from:?}");
    }
}

#[test]
fn hooks_that_were_put_in_by_hand_are_known_and_taken_out() {
    let by_hand = "pre-start exec /opt/upstart-monitor/bin/pre-start # here\n\
        pre-stop script\n  own\n  /opt/upstart-monitor/bin/pre-stop\nend script\n\
        post-stop exec /opt/upstart-monitor/bin/post-stop\nexec a\n";
    let before = job(by_hand, None);
    assert!(HOOKS.iter().all(|hook| calls(&before, *hook)));
    assert_eq!(text(&stripped(&before).conf), "pre-stop script\n  own\nend script\nexec a\n");
    for conf in [
        "# /opt/upstart-monitor/bin/pre-start\nexec a\n",
        "pre-start exec a\n",
        "pre-start script\n # /opt/upstart-monitor/bin/pre-start\nend script\n",
        "pre-start exec /opt/upstart-monitor/bin/pre-start\npre-start exec a\n",
    ] {
        assert!(!calls(&job(conf, None), Process::PreStart), "{conf}");
    }
}

/// Stanzas, some of which share a line or break off.
const STANZAS: [&str; 21] = [
    "exec main\n",
    "script\n\tmain\nend script\n",
    "respawn\n",
    "start on (a\n  and b) # c\n",
    "description \"x\n# y\"\n",
    "\n",
    "# a comment\n",
    "manual ",
    "pre-start exec a b\n",
    "  pre-start exec a \\\n  b > c # d\n",
    "pre-start script\n  a\n  b\nend script\n",
    "pre-start script\n\n\ta\n \nend script # x\n",
    "pre-start script\nend script\n",
    "pre-start \\\nexec 'a\nb'\n",
    "post-stop exec a\r\n",
    "post-stop script\n    exit 3\nend script\n",
    "pre-stop exec a; b\n",
    "pre-stop script\n  trap a EXIT\n  b\nend script\n",
    "pre-stop script\n  a <<EOF\n  b\nEOF\nend script\n",
    "env A=\"\u{e9}\"\n",
    "exec main",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a file is made of: without the hooks that were put in it is what it was.
    #[test]
    fn every_file_is_given_back_byte_for_byte(
        conf in prop::collection::vec(prop::sample::select(STANZAS.to_vec()), 0..12),
        overriding in prop::option::of(
            prop::collection::vec(prop::sample::select(STANZAS.to_vec()), 0..5)
        ),
    ) {
        let before = job(&conf.concat(), overriding.map(|pieces| pieces.concat()).as_deref());
        prop_assume!(before.conf.fault().is_none());
        prop_assume!(before.overriding.as_ref().is_none_or(|file| file.fault().is_none()));
        match insert::insert(&before, &place()) {
            Ok(after) => {
                prop_assert_eq!(&stripped(&after), &before);
                for hook in HOOKS {
                    prop_assert!(calls(&after, hook), "{}: {}", hook, text(&after.conf));
                }
            }
            Err(Refused::SharedLine(..)) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
