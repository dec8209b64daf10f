use proptest::prelude::*;

use super::*;

fn read(text: &str) -> JobFile {
    JobFile::read(text.as_bytes().to_vec())
}

/// The file in words: each stanza's line, name and content; and the fault.
fn told(file: &JobFile) -> Vec<String> {
    let text = |range: &Range<usize>| String::from_utf8_lossy(file.part(range.clone()));
    let stanza = |stanza: &Stanza| {
        let content = match &stanza.content {
            Content::Words(words) => format!("{words:?}"),
            Content::Condition(range) => format!("on {:?}", text(range)),
            Content::Process(process, Run::Exec(command)) => {
                format!("{process}: {:?}", String::from_utf8_lossy(command))
            }
            Content::Process(process, Run::Script(range)) => format!("{process}: {}", text(range)),
        };
        format!("{} {} {content}", stanza.line, stanza.name)
    };
    let mut told: Vec<_> = file.stanzas().iter().map(stanza).collect();
    told.extend(file.fault().map(ToString::to_string));
    told
}

#[test]
fn stanzas_are_read_as_init_reads_them() {
    for (text, expected) in [
        ("", &[][..]),
        ("# exec /bin/a\n\n  \t\n", &[]),
        ("exec /bin/a", &["1 exec main: \"/bin/a\""]),
        ("\n respawn\nexec /bin/a  b # c\n", &["2 respawn []", "3 exec main: \"/bin/a  b\""]),
        ("exec a#b\n", &["1 exec main: \"a\""]),
        ("exec a \\#b \"#c\" 'd\\\\'\n", &["1 exec main: \"a \\\\#b \\\"#c\\\" 'd\\\\\\\\'\""]),
        ("exec a \\\n   b\\\nc\n", &["1 exec main: \"a b c\""]),
        ("exec 'a\n  b'\ntask\n", &["1 exec main: \"'a b'\"", "3 task []"]),
        ("exec a \\\n\ntask", &["1 exec main: \"a\"", "3 task []"]),
        ("pre-start \\\n  exec a\r\ntask\r\n", &["1 pre-start pre-start: \"a\"", "3 task []"]),
        ("limit nofile 1 2\n", &["1 limit [\"nofile\", \"1\", \"2\"]"]),
        ("env A=\"b c\" # d\n", &["1 env [\"A=b c\"]"]),
        ("env A=\"b\n  c\"\ntask\n", &["1 env [\"A=b c\"]", "3 task []"]),
        ("script # x\n  a\nend script # y\n", &["1 script main:   a\n"]),
        ("script\nend script", &["1 script main: "]),
        (
            "script\nend scripts\n end\n end  script x\nend\tscript\t\n",
            &["1 script main: end scripts\n end\n end  script x\n"],
        ),
        (
            "start on (a # x\n  and b)\ntask\n",
            &["1 start on \"(a # x\\n  and b)\\n\"", "3 task []"],
        ),
        ("stop on runlevel [016]\n", &["1 stop on \"runlevel [016]\\n\""]),
        ("start on a(b)c\n", &["1 start on \"a(b)c\\n\""]),
        ("manual\ntask\n", &["1 manual []", "2 task []"]),
        ("manual task\n", &["1 manual []", "1 task []"]),
        ("future \"x\n", &["line 1: a quote that is never closed"]),
        ("task\nexec a \\", &["1 task []", "line 2: a backslash at the end of the file"]),
        ("script\n a\n", &["line 1: a script without `end script`"]),
        ("script a\nend script\n", &["line 1: something that does not belong there"]),
        ("start on (a\n", &["line 1: parentheses that do not match"]),
        ("start on (a\n\nor b)\n", &["line 1: something is missing"]),
        ("start on a)\n", &["line 1: parentheses that do not match"]),
        ("start\n", &["line 1: something is missing"]),
        ("exec # a\n", &["line 1: something is missing"]),
        ("pre-start a\n", &["line 1: neither `exec` nor `script`"]),
        ("\"exec\" a\n", &["1 \"exec\" [\"a\"]"]),
        ("exec a\0b\ntask\n", &["1 exec main: \"a\"", "2 task []"]),
    ] {
        assert_eq!(told(&read(text)), expected, "{text:?}");
    }
}

#[test]
fn the_last_stanza_counts_and_the_override_before_all() {
    for (conf, overriding, expected) in [
        ("pre-start exec a\npre-start exec b\n", None, Some("b")),
        ("pre-start exec a\n", Some("manual\n"), Some("a")),
        ("pre-start exec a\n", Some("pre-start exec b\n"), Some("b")),
        ("exec a\n", Some("pre-start script\n b\nend script\n"), Some(" b\n")),
        ("exec a\npost-stop exec c\n", Some("pre-stop exec d\n"), None),
    ] {
        let job = Effective { conf: read(conf), overriding: overriding.map(read) };
        let text = job.text(Process::PreStart).map(|text| String::from_utf8_lossy(text));
        assert_eq!(text.as_deref(), expected, "{conf:?} {overriding:?}");
    }
}

/// What job files are made of, and what may break them.
const PIECES: [&str; 24] = [
    "exec ",
    "script",
    "end script",
    "pre-start ",
    "post-stop ",
    "start on ",
    "manual",
    "env ",
    "\n",
    "\n",
    "\n",
    "  ",
    "\t",
    "\r",
    "\\",
    "\"",
    "'",
    "#",
    "(",
    ")",
    "\0",
    "a",
    "/bin/b",
    "\u{fc}",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The stanzas lie one behind the other, and what lies between is blanks and comments: so
    /// nothing of a file is lost, whatever its bytes.
    #[test]
    fn stanzas_and_comments_make_up_the_file(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
        tail in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes: Vec<u8> = pieces.concat().into_bytes();
        bytes.extend(tail);
        let file = JobFile::read(bytes.clone());
        prop_assert_eq!(file.bytes(), &*bytes);
        let mut end = 0;
        for stanza in file.stanzas() {
            prop_assert!(end <= stanza.range.start && stanza.range.start < stanza.range.end);
            for line in file.part(end..stanza.range.start).split(|byte| *byte == b'\n') {
                let text: Vec<_> = line.iter().skip_while(|byte| b" \t\r".contains(byte)).collect();
                prop_assert!(matches!(text.first(), None | Some(b'#' | b'\0')), "{:?}", line);
            }
            let before = file.part(0..stanza.range.start);
            let lines = before.iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(stanza.line, lines + 1);
            end = stanza.range.end;
        }
        prop_assert!(end <= bytes.len());
    }
}
