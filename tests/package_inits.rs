//! What the package says to the init of a host, and what it asks of the services there before it
//! goes. By real dpkg in a minimal Debian, as tests/package.rs.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;

use support::{Debian, PACKAGE, made};

/// Writes down how it is called, and says its version.
const SYSTEMCTL: &str = "#!/bin/sh\necho \"$*\" >>/told\n\
                         [ \"$1\" != --version ] || echo 'systemd VERSION (VERSION.1)'\n";

/// A Debian on which systemd of `version` is at work, and writes down what it is told.
fn under_systemd(version: &str) -> Debian {
    let debian = Debian::new();
    fs::create_dir_all(debian.path("/run/systemd/system")).unwrap();
    program(&debian, "/usr/bin/systemctl", &SYSTEMCTL.replace("VERSION", version));
    debian
}

fn program(debian: &Debian, path: &str, text: &str) {
    debian.write(path, text);
    debian.run(&format!("chmod 755 {path}")).well();
}

/// What `script` had systemd told, but for questions.
fn told(debian: &Debian, script: impl FnOnce(&Debian)) -> Vec<String> {
    debian.write("/told", "");
    script(debian);
    let told = debian.read("/told");
    told.lines().filter(|line| !line.starts_with("--")).map(str::to_owned).collect()
}

fn remove(debian: &Debian) -> String {
    debian.run(&format!("dpkg --remove {PACKAGE}")).well()
}

#[test]
#[ignore = "needs `make deb`"]
fn upstart_is_told_of_its_new_jobs_where_it_is_at_work() {
    let debian = Debian::new();
    for (version, is_told) in [("(upstart 1.13.2)", true), ("", false)] {
        let initctl =
            format!("#!/bin/sh\necho $1 >>/told\n[ \"$1\" != version ] || echo 'init {version}'\n");
        program(&debian, "/sbin/initctl", &initctl);
        let told = told(&debian, |debian| drop(debian.install(&made(".deb")).well()));
        assert_eq!(told.iter().any(|word| word == "reload-configuration"), is_told);
    }
}

#[test]
#[ignore = "needs `make deb`"]
fn systemd_watches_from_the_installation_to_the_removal() {
    let debian = under_systemd("252");
    let watch = ["daemon-reload", "restart upstart-monitor-deliver.path"];
    for _ in ["installation", "upgrade"] {
        let told = told(&debian, |debian| drop(debian.install(&made(".deb")).well()));
        assert_eq!(told, watch);
    }
    // A removal that is refused is none.
    debian.write("/etc/init/nginx.conf", "pre-start exec /opt/upstart-monitor/bin/pre-start\n");
    let refused = told(&debian, |debian| {
        debian.run(&format!("dpkg --remove {PACKAGE}")).refused(&["/etc/init/nginx.conf"]);
    });
    assert_eq!(refused, watch);
    fs::remove_file(debian.path("/etc/init/nginx.conf")).unwrap();

    let told = told(&debian, |debian| drop(remove(debian)));
    let gone = [
        "stop upstart-monitor-deliver.path upstart-monitor-deliver.service",
        "daemon-reload",
        "reset-failed upstart-monitor-deliver.*",
    ];
    assert_eq!(told, gone);
}

#[test]
#[ignore = "needs `make deb`"]
fn what_is_said_at_the_installation_is_true_of_the_init() {
    let every = "every service of this host is now watched";
    let by_init = [
        (Some("252"), every),
        (Some("244"), every),
        (Some("219"), "has services watched one by one"),
        (None, "services of Upstart, and of systemd since version 244, are watched"),
    ];
    for (systemd, words) in by_init {
        let debian = systemd.map_or_else(Debian::new, under_systemd);
        let said = debian.install(&made(".deb")).well();
        assert!(said.contains(words), "{systemd:?}: {said}");
    }
}

#[test]
#[ignore = "needs `make deb`"]
fn units_whose_hooks_systemd_passes_over_are_named_and_keep_nothing() {
    let debian = under_systemd("252");
    debian.install(&made(".deb")).well();
    let drop_in = "/etc/systemd/system/nginx.service.d/50-upstart-monitor.conf";
    debian.write(drop_in, "[Service]\nExecStopPost=-+/opt/upstart-monitor/bin/post-stop x\n");
    // A unit that fails without its hook is harmed.
    let unit = "/etc/systemd/system/api.service";
    for prefix in ["", "+", "@"] {
        let text =
            format!("[Service]\nExecStartPre = {prefix}/opt/upstart-monitor/bin/pre-start\n");
        debian.write(unit, &text);
        let refused = debian.run(&format!("dpkg --remove {PACKAGE}"));
        refused.refused(&["would fail without them", unit, "daemon-reload"]);
    }
    debian.write(unit, "[Service]\n# ExecStartPre=/opt/upstart-monitor/bin/pre-start\n");
    let said = remove(&debian);
    assert!(said.contains(drop_in) && said.contains("daemon-reload"), "{said}");
    assert!(!said.contains(unit), "{said}");
}

#[test]
#[ignore = "needs `make deb`"]
fn as_long_as_a_service_directory_names_the_hooks_they_stay() {
    let debian = Debian::new();
    debian.install(&made(".deb")).well();
    for path in ["/etc/sv/nginx/run", "/etc/service/api/finish", "/run/service/db/run"] {
        debian.write(path, "#!/bin/sh -e\n/opt/upstart-monitor/bin/pre-start runit\nexec nginx\n");
        let refused = debian.run(&format!("dpkg --remove {PACKAGE}"));
        refused.refused(&["would not start without them", path]);
        debian.write(path, "#!/bin/sh -e\nexec nginx\n");
    }
    remove(&debian);
}

#[test]
#[ignore = "needs `make deb`"]
fn markers_of_other_inits_keep_nothing_and_a_purge_takes_them_and_the_kick() {
    let debian = Debian::new();
    debian.install(&made(".deb")).well();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let marker = "/var/run/%=systemd=web@eu.shutdown";
    debian.write(marker, &format!("upstart-monitor marker 1\njob web\nboot {boot}"));
    debian.write("/var/run/upstart-monitor/kicks/kick", "");
    remove(&debian);
    assert!(debian.has(marker), "the package may come back");
    debian.run(&format!("dpkg --purge {PACKAGE}")).well();
    assert!(!debian.has(marker) && !debian.has("/var/run/upstart-monitor"));
}
