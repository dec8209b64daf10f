use std::fs;

use super::*;

/// A root with these directories and files in it, and the kinds of its supervisors, each with
/// whether it is at work.
fn found(paths: &[&str]) -> Vec<(Supervisor, bool)> {
    let root = tempfile::tempdir().unwrap();
    for path in paths {
        let (path, content) = path.split_once('=').unwrap_or((path, ""));
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if path.ends_with("cmdline") || !content.is_empty() {
            fs::write(path, content).unwrap();
        } else {
            fs::create_dir_all(path).unwrap();
        }
    }
    let name = root.path().as_os_str().as_encoded_bytes().to_vec().leak();
    let found = HostSupervisors::find(Places::under(name));
    found.all().iter().map(|it| (it.kind, it.is_at_work)).collect()
}

#[test]
fn who_is_at_work_counts_and_else_who_is_installed() {
    const SYSTEMD: &str = "usr/lib/systemd/systemd=program";
    const RUNIT: &str = "etc/service/a/supervise";
    for (paths, kinds) in [
        (&[][..], &[][..]),
        (&["etc/init"], &[(Supervisor::Upstart, false)]),
        (&["etc/init", SYSTEMD], &[(Supervisor::Upstart, false), (Supervisor::Systemd, false)]),
        (&["etc/init", "run/systemd/system"], &[(Supervisor::Systemd, true)]),
        (&[SYSTEMD, RUNIT], &[(Supervisor::Runit, true)]),
        (&["run/systemd/system", RUNIT], &[(Supervisor::Systemd, true), (Supervisor::Runit, true)]),
        (&["etc/service/a/run=x"], &[(Supervisor::Runit, false)]),
        (
            &["etc/service/a/run=x", "etc/init", "run/systemd/system"],
            &[(Supervisor::Systemd, true)],
        ),
        (&["run/service/a/run=x"], &[(Supervisor::S6, false)]),
        (&["run/service/a/supervise"], &[(Supervisor::S6, true)]),
        // Whose it is, what lies in a directory tells before its place.
        (&["service/a/supervise", "service/a/event"], &[(Supervisor::S6, true)]),
        (&["etc/service/.a/supervise"], &[]),
        (&["proc/7/cmdline=/bin/s6-svscan\0-d4\0/sv\0", "sv/a/run=x"], &[(Supervisor::S6, true)]),
        (&["proc/7/cmdline=runsvdir\0-P\0/sv\0log\0", "sv/a/run=x"], &[(Supervisor::Runit, true)]),
        (&["proc/7/cmdline=vi\0runsvdir\0/sv\0", "sv/a/run=x"], &[]),
    ] {
        assert_eq!(found(paths), kinds, "{paths:?}");
    }
}
