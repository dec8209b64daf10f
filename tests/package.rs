//! The package `upstart-monitor-hooks`, by real dpkg in a minimal Debian: what comes, what stays,
//! what goes, and that no service is harmed by it. `make test` makes the packages first.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::path::PathBuf;

use support::{Debian, PACKAGE, Tree, made, wait_until};

const JOB: &str = "/etc/init/nginx.conf";
const WITH_HOOKS: &str = "pre-start exec /opt/upstart-monitor/bin/pre-start\n\
                          pre-stop exec /opt/upstart-monitor/bin/pre-stop\n\
                          post-stop exec /opt/upstart-monitor/bin/post-stop\n\
                          exec nginx\n";
const WITHOUT: &str = "# pre-start exec /opt/upstart-monitor/bin/pre-start\nexec nginx\n";
const OBSERVER: &str = "/etc/init/upstart-monitor.conf";
const BOOT_JOB: &str = "/etc/init/upstart-monitor-deliver.conf";
const CONFIG: &str = "/etc/upstart-monitor/config.toml";
const MARKER: &str = "/var/run/nginx.shutdown";

/// A Debian with the package in it.
fn installed() -> Debian {
    let debian = Debian::new();
    debian.install(&made(".deb")).well();
    debian
}

/// The same package, as if it were a later version with another example of a config.
fn later(debian: &Debian) -> PathBuf {
    fs::copy(made(".deb"), debian.path("/old.deb")).unwrap();
    debian
        .run(
            "cd /tmp && dpkg-deb -R /old.deb new && sed -i 's/^Version: /&9:/' new/DEBIAN/control
             echo '# later' >>new/etc/upstart-monitor/config.toml
             echo '# later' >>new/etc/upstart-monitor/observed
             echo later >>new/opt/upstart-monitor/bin/pre-start
             dpkg-deb -Zgzip -z1 -b new new.deb && rm -r new /old.deb",
        )
        .well();
    debian.path("/tmp/new.deb")
}

/// Runs `hook` as init would for `nginx`.
fn hook(debian: &Debian, name: &str) {
    let path = format!("/opt/upstart-monitor/bin/{name}");
    let said = debian.run(&format!("UPSTART_JOB=nginx UPSTART_INSTANCE= {path}")).well();
    assert_eq!(said, "");
}

/// A run of `nginx` that dies, as the hooks and the observer see it.
fn crash(debian: &Debian) {
    hook(debian, "pre-start");
    let event = "UPSTART_JOB=upstart-monitor UPSTART_EVENTS=stopping JOB=nginx INSTANCE= \
                 RESULT=failed PROCESS=main EXIT_SIGNAL=SEGV";
    let said = debian.run(&format!("{event} /opt/upstart-monitor/bin/stopping")).well();
    assert_eq!(said, "");
    hook(debian, "post-stop");
}

/// What is in `after` and not in `before`, or is another there.
fn changed(before: &Tree, after: &Tree) -> Tree {
    let is_new = |(path, what): &(&String, &String)| before.get(*path) != Some(what);
    after.iter().filter(is_new).map(|(path, what)| (path.clone(), what.clone())).collect()
}

#[test]
#[ignore = "needs `make deb`"]
fn what_is_installed_has_its_mode_and_is_roots() {
    let debian = Debian::new();
    let before = debian.tree();
    let said = debian.install(&made(".deb")).well();
    assert!(said.contains("upstart-crash enable NAME"), "{said}");
    let new = changed(&before, &debian.tree());

    let modes = [
        ("/etc/init/upstart-monitor-deliver.conf", "100644 0:0"),
        ("/etc/init/upstart-monitor.conf", "100644 0:0"),
        ("/etc/upstart-monitor", "40755 0:0"),
        ("/etc/upstart-monitor/conf.d", "40755 0:0"),
        ("/etc/upstart-monitor/config.toml", "100600 0:0"),
        ("/etc/upstart-monitor/examples/slack.toml", "100600 0:0"),
        ("/etc/upstart-monitor/observed", "100644 0:0"),
        ("/etc/upstart-monitor/secrets", "40700 0:0"),
        ("/opt/upstart-monitor", "40755 0:0"),
        ("/opt/upstart-monitor/bin", "40755 0:0"),
        ("/opt/upstart-monitor/bin/post-stop", "100755 0:0"),
        ("/opt/upstart-monitor/bin/pre-start", "100755 0:0"),
        ("/opt/upstart-monitor/bin/pre-stop", "100755 0:0"),
        ("/opt/upstart-monitor/bin/stopping", "100755 0:0"),
        ("/opt/upstart-monitor/bin/upstart-crash", "100755 0:0"),
        ("/usr/lib/systemd/system/service.d/50-upstart-monitor.conf", "100644 0:0"),
        ("/usr/lib/systemd/system/upstart-monitor-deliver.path", "100644 0:0"),
        ("/usr/lib/systemd/system/upstart-monitor-deliver.service", "100644 0:0"),
        ("/usr/sbin/upstart-crash", "120777 0:0"),
        ("/usr/share/doc/upstart-monitor-hooks/README.md", "100644 0:0"),
        ("/usr/share/doc/upstart-monitor-hooks/changelog.gz", "100644 0:0"),
        ("/usr/share/doc/upstart-monitor-hooks/copyright", "100644 0:0"),
        ("/var/spool/upstart-monitor", "40700 0:0"),
    ];
    for (path, what) in modes {
        let found = new.get(path).unwrap_or_else(|| panic!("{path} is missing: {new:#?}"));
        assert!(found.starts_with(what), "{path} is {found}, not {what}");
    }
    // What others share, and a minimal Debian does not have.
    let shared = [
        "/etc/init",
        "/usr/lib/systemd",
        "/usr/share/bash-completion",
        "/usr/share/fish",
        "/usr/share/zsh",
    ];
    for (path, what) in &new {
        assert!(what.contains(" 0:0 "), "{path} is {what}");
        let is_shared = what.starts_with("40755") && shared.iter().any(|it| path.starts_with(it));
        assert!(path.contains("upstart-") || is_shared, "{path} came as well");
    }
    let conffiles = debian.run(&format!("dpkg-query -W -f '${{Conffiles}}' {PACKAGE}")).well();
    let in_etc =
        new.iter().filter(|(path, what)| path.starts_with("/etc/") && what.starts_with("100"));
    for (path, _) in in_etc {
        assert!(conffiles.contains(&format!(" {path} ")), "{path} is no conffile");
    }
}

#[test]
#[ignore = "needs `make deb`"]
fn the_hooks_tell_of_a_crash_from_where_they_are_installed() {
    let debian = installed();
    hook(&debian, "pre-start");
    assert!(debian.read(MARKER).starts_with("upstart-monitor marker 1\njob nginx\n"));
    hook(&debian, "pre-stop");
    assert!(!debian.has(MARKER));
    crash(&debian);
    assert!(!debian.has(MARKER));
    let listed = debian.run("upstart-crash list").well();
    assert!(listed.contains("nginx"), "{listed}");
}

#[test]
#[ignore = "needs `make deb`"]
fn an_upgrade_keeps_what_was_changed_and_what_was_seen() {
    let debian = installed();
    debian.write(CONFIG, "# mine\n");
    debian.write("/etc/upstart-monitor/secrets/slack", "secret\n");
    debian.write(JOB, WITH_HOOKS);
    crash(&debian);
    hook(&debian, "pre-start");
    let (marker, listed) = (debian.read(MARKER), debian.run("upstart-crash list").well());

    let said = debian.install(&later(&debian)).well();
    assert!(!said.contains("is not removed"), "{said}");
    assert!(!said.contains("upstart-crash demo"), "said at the first installation: {said}");
    assert_eq!(debian.status(), "installed");
    assert_eq!(debian.read(CONFIG), "# mine\n");
    assert_eq!(debian.read("/etc/upstart-monitor/secrets/slack"), "secret\n");
    assert!(debian.read("/etc/upstart-monitor/observed").ends_with("# later\n"));
    assert!(
        fs::read(debian.path("/opt/upstart-monitor/bin/pre-start")).unwrap().ends_with(b"later\n")
    );
    assert_eq!(debian.read(MARKER), marker);
    assert_eq!(debian.run("upstart-crash list").well(), listed);
}

#[test]
#[ignore = "needs `make deb`"]
fn as_long_as_a_job_names_the_hooks_they_stay() {
    let debian = installed();
    let places = [
        JOB,
        "/etc/init/sub/nginx.conf",
        "/etc/init/nginx.override",
        "/usr/share/upstart/sessions/nginx.conf",
        "/home/ann/.config/upstart/nginx.conf",
    ];
    for place in places {
        debian.write(place, WITH_HOOKS);
        for way in ["--remove", "--purge"] {
            let refused = debian.run(&format!("dpkg {way} {PACKAGE}"));
            refused.refused(&["these jobs name its hooks", place, "upstart-crash disable JOB"]);
        }
        assert_eq!(debian.status(), "installed");
        assert!(debian.has(OBSERVER) && debian.has(BOOT_JOB));
        hook(&debian, "pre-start");
        hook(&debian, "pre-stop");
        fs::remove_file(debian.path(place)).unwrap();
    }
    debian.write(JOB, WITHOUT);
    debian.run(&format!("dpkg --remove {PACKAGE}")).well();
}

#[test]
#[ignore = "needs `make deb`"]
fn as_long_as_a_job_runs_with_the_hooks_they_stay() {
    let debian = installed();
    debian.write(JOB, WITHOUT);
    hook(&debian, "pre-start");
    let refused = debian.run(&format!("dpkg --remove {PACKAGE}"));
    refused.refused(&["these jobs run with its hooks", MARKER, "Stop and start each job"]);
    assert_eq!(debian.status(), "installed");
    hook(&debian, "pre-stop");
    debian.run(&format!("dpkg --remove {PACKAGE}")).well();
}

#[test]
#[ignore = "needs `make deb`"]
fn a_marker_of_an_earlier_boot_keeps_nothing() {
    let debian = installed();
    debian.write(MARKER, "upstart-monitor marker 1\njob nginx\nboot 1f0f3f3e\n");
    debian.write("/var/run/other.shutdown", "");
    debian.run(&format!("dpkg --remove {PACKAGE}")).well();
}

#[test]
#[ignore = "needs `make deb`"]
fn once_removed_it_leaves_config_and_reports_and_no_job_without_a_program() {
    let debian = installed();
    crash(&debian);
    debian.write(OBSERVER, "# mine\n");
    debian.run(&format!("dpkg --remove {PACKAGE}")).well();
    assert_eq!(debian.status(), "config-files");
    for gone in ["/opt/upstart-monitor", "/usr/sbin/upstart-crash", OBSERVER, BOOT_JOB] {
        assert!(!debian.has(gone), "{gone} is still there");
    }
    assert!(debian.has(CONFIG) && debian.has("/var/spool/upstart-monitor"));

    debian.install(&later(&debian)).well();
    assert_eq!(debian.read(OBSERVER), "# mine\n");
    assert!(debian.has(BOOT_JOB));
    assert!(debian.run("upstart-crash list").well().contains("nginx"));
}

#[test]
#[ignore = "needs `make deb`"]
fn a_notifier_that_waits_ends_with_the_removal() {
    let debian = installed();
    debian.write(CONFIG, "[sink.webhook.hook]\nurl = \"https://127.0.0.1:1/\"\n");
    crash(&debian);
    let lock = "/var/spool/upstart-monitor/lock";
    wait_until("the notifier's lock", || debian.has(lock));
    let is_held = || !debian.run(&format!("flock -n {lock} true")).ok;
    wait_until("the notifier", is_held);
    debian.run(&format!("dpkg --remove {PACKAGE}")).well();
    wait_until("the notifier's end", || !is_held());
}

#[test]
#[ignore = "needs `make deb`"]
fn a_purge_leaves_nothing() {
    let debian = Debian::new();
    // An empty directory that no package has goes with the last one that lay in it.
    debian.write("/opt/other", "");
    debian.write("/etc/init/other.conf", WITHOUT);
    debian.write("/var/run/other.shutdown", "");
    let before = debian.tree();
    for ways in [&["--remove", "--purge"][..], &["--purge"]] {
        debian.install(&made(".deb")).well();
        crash(&debian);
        debian.write("/etc/upstart-monitor/secrets/slack", "secret\n");
        debian.write("/etc/default/upstart-monitor", "SLACK=secret\n");
        debian.write("/etc/init/upstart-monitor.override", "manual\n");
        debian.write("/var/run/upstart-monitor/new/x.json", "{}");
        debian.write("/var/run/%nginx@1.shutdown", "upstart-monitor marker 1\nboot x\n");
        for way in ways {
            debian.run(&format!("dpkg {way} {PACKAGE}")).well();
        }
        let after = debian.tree();
        assert_eq!((changed(&before, &after), changed(&after, &before)), Default::default());
    }
}

#[test]
#[ignore = "needs `make deb`"]
fn it_lives_beside_upstarts_own_package_of_a_like_name() {
    let debian = installed();
    debian
        .run(
            "cd /tmp && mkdir -p own/DEBIAN own/usr/bin own/usr/share/applications
             touch own/usr/bin/upstart-monitor own/usr/share/applications/upstart-monitor.desktop
             printf '%s\\n' 'Package: upstart-monitor' 'Version: 1.13' 'Architecture: all' \
                 'Maintainer: x <x@example.org>' 'Description: x' >own/DEBIAN/control
             dpkg-deb -b own && dpkg -i own.deb && dpkg --purge upstart-monitor",
        )
        .well();
    assert_eq!(debian.status(), "installed");
}
