use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::paths::Places;

const SECRET: &str = "correct horse battery staple";

/// A root in which `/etc/.../NAME` holds `text` with `mode`.
fn host(path: &str, text: &str, mode: u32) -> (tempfile::TempDir, Environment) {
    let root = tempfile::tempdir().unwrap();
    let prefix = Vec::leak(root.path().as_os_str().as_encoded_bytes().to_vec());
    let environment = Environment::of(Places::under(prefix));
    let file = environment.path(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    (root, environment)
}

#[test]
fn exactly_one_source_is_taken() {
    let secret = || Some(Secret(SECRET.to_owned()));
    let file = || Some(PathBuf::from("slack"));
    let variable = || Some("HOOK".to_owned());
    for (inline, file, variable, expected) in [
        (None, None, None, Err("one of `url`, `url_file`, `url_env` must be set")),
        (secret(), None, None, Ok("Inline([secret])")),
        (None, file(), None, Ok("File(\"slack\")")),
        (None, None, variable(), Ok("Variable(\"HOOK\")")),
        (secret(), file(), None, Err("only one of `url`, `url_file`, `url_env` may be set")),
        (
            None,
            Some(PathBuf::from(format!("https://example.com/{SECRET}"))),
            None,
            Err("`url_file` must be the name of a file, not a URL"),
        ),
        (None, None, Some(SECRET.to_owned()), Err("`url_env` must be the name of a variable")),
        (None, None, Some(String::new()), Err("`url_env` must be the name of a variable")),
        (None, None, Some("1X".to_owned()), Err("`url_env` must be the name of a variable")),
        (None, None, Some("_X1".to_owned()), Ok("Variable(\"_X1\")")),
        (secret(), file(), variable(), Err("only one of `url`, `url_file`, `url_env` may be set")),
    ] {
        let source = SecretSource::one_of("url", inline, file, variable);
        let shown = source.map(|source| format!("{source:?}"));
        assert_eq!(shown, expected.map(str::to_owned).map_err(str::to_owned));
    }
}

#[test]
fn a_file_is_read_without_its_last_newline() {
    for text in [SECRET.to_owned(), format!("{SECRET}\n"), format!("{SECRET}\r\n")] {
        let (_root, environment) = host("/etc/upstart-monitor/secrets/ops", &text, 0o600);
        for name in ["ops", "/etc/upstart-monitor/secrets/ops"] {
            let secret = SecretSource::File(name.into()).read(&environment).unwrap();
            assert_eq!(secret.reveal(), SECRET);
        }
    }
}

#[test]
fn a_file_that_others_can_read_is_refused_with_the_command_that_helps() {
    for mode in [0o604, 0o640, 0o644, 0o602, 0o610] {
        let (_root, environment) = host("/etc/upstart-monitor/secrets/ops", SECRET, mode);
        let why = SecretSource::File("ops".into()).read(&environment).unwrap_err();
        let path = environment.path("/etc/upstart-monitor/secrets/ops");
        assert!(why.ends_with(&format!("chmod 0600 {}", path.display())), "{mode:o}: {why}");
        assert!(!why.contains(SECRET));
    }
}

#[test]
fn what_is_no_secret_says_so() {
    let (_root, environment) = host("/etc/upstart-monitor/secrets/empty", "\n", 0o600);
    for (name, why) in [
        ("empty", "empty is empty"),
        ("absent", "No such file"),
        ("/etc/upstart-monitor/secrets", "not a plain file"),
    ] {
        let told = SecretSource::File(name.into()).read(&environment).unwrap_err();
        assert!(told.contains(why), "{name}: {told}");
    }
}

#[test]
fn a_variable_of_the_file_counts_if_the_file_is_private() {
    let text = format!("UPSTART_MONITOR_TEST_HOOK='{SECRET}'\n");
    let named = |name: &str| SecretSource::Variable(name.to_owned());
    let hook = named("UPSTART_MONITOR_TEST_HOOK");

    let (_root, environment) = host("/etc/default/upstart-monitor", &text, 0o600);
    assert_eq!(hook.read(&environment).unwrap().reveal(), SECRET);
    let why = named("UPSTART_MONITOR_TEST_ABSENT").read(&environment).unwrap_err();
    assert!(why.starts_with("UPSTART_MONITOR_TEST_ABSENT is set neither"), "{why}");

    let (_root, environment) = host("/etc/default/upstart-monitor", &text, 0o644);
    let why = hook.read(&environment).unwrap_err();
    assert!(why.contains("chmod 0600"), "{why}");
}

#[test]
fn a_secret_is_struck_out_whole_and_in_parts() {
    let mut redactor = Redactor::default();
    redactor.add("/services/T0/B0/abcdefghijkl");
    redactor.add("Bearer mnopqrstuvwxyz");
    for (text, shown) in [
        ("no such hook: /services/T0/B0/abcdefghijkl", "no such hook: ***"),
        ("token abcdefghijkl and mnopqrstuvwxyz", "token *** and ***"),
        ("invalid_token", "invalid_token"),
    ] {
        assert_eq!(redactor.redact(text), shown);
    }
    assert!(!format!("{redactor:?}").contains("abcdef"));
}
