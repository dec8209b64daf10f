//! `upstart-crash enable` and `disable` for units of systemd's, and for a whole host.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails the test")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use support::typed::{done, run};
use support::{Host, Layout};

const UNITS: &str = "/usr/lib/systemd/system";
const OWN: &str = "/etc/systemd/system";
const FILE: &str = "50-upstart-monitor.conf";
const DROP_IN: &str = "\
    # Tells when this service dies unasked (upstart-monitor). To undo: upstart-crash disable\n\
    [Service]\n\
    ExecStartPre=-+/opt/upstart-monitor/bin/pre-start systemd %n\n\
    ExecStop=-+/opt/upstart-monitor/bin/pre-stop systemd %n\n\
    ExecStopPost=-+/opt/upstart-monitor/bin/post-stop systemd %n\n";

/// A host that systemd of this version has booted, with units of these names.
fn host(version: u32, units: &[&str]) -> Host {
    let host = Host::laid_out(Layout::Bare);
    host.make_dir("/run/systemd/system");
    host.make_dir(UNITS);
    host.make_dir(OWN);
    for unit in units {
        host.write(&format!("{UNITS}/{unit}"), "[Service]\nExecStart=/bin/a\n");
    }
    systemctl(&host, version, "");
    host
}

/// A stand-in for systemctl, which notes what it was told and says this of what runs.
fn systemctl(host: &Host, version: u32, running: &str) {
    let told = host.path("/systemctl.told");
    let script = format!(
        "#!/bin/sh\ncase $1 in\n--version) echo 'systemd {version} ({version}.1-1)';;\n\
         list-units) printf '{running}';;\n*) echo \"$@\" >> {};;\nesac\n",
        told.display()
    );
    host.write_program("/usr/bin/systemctl", &script);
}

fn drop_in(unit: &str) -> String {
    format!("{OWN}/{unit}.d/{FILE}")
}

fn exists(host: &Host, path: &str) -> bool {
    host.path(path).exists()
}

#[test]
fn a_unit_gets_a_drop_in_and_loses_it_without_a_trace() {
    let host = host(252, &["nginx.service", "web@.service"]);
    for (named, unit) in [
        ("nginx", "nginx.service"),
        ("nginx.service", "nginx.service"),
        ("/usr/lib/systemd/system/nginx.service", "nginx.service"),
        ("web@eu", "web@eu.service"),
        ("web@.service", "web@.service"),
        ("ngi*", "nginx.service"),
    ] {
        let dry = done(&host, &["enable", "--dry-run", named]);
        assert!(dry.out.contains("--- /dev/null") && dry.out.contains("+[Service]"), "{dry:?}");
        assert_eq!(host.names(OWN), [""; 0], "{named}");

        done(&host, &["enable", "--yes", named]);
        assert_eq!(host.read(&drop_in(unit)), DROP_IN, "{named}");
        let again = done(&host, &["enable", "--yes", named]);
        assert!(again.out.contains("is enabled already."), "{again:?}");
        done(&host, &["disable", "--yes", named]);
        assert_eq!(host.names(OWN), [""; 0], "{named}");
        let again = done(&host, &["disable", "--yes", named]);
        assert!(again.out.contains("has no hooks."), "{again:?}");
        assert_eq!(host.read("/systemctl.told"), "daemon-reload\n".repeat(2), "{named}");
        fs::remove_file(host.path("/systemctl.told")).unwrap();
    }
}

#[test]
fn a_unit_is_found_where_systemd_finds_it() {
    let host = host(252, &["real.service"]);
    symlink("real.service", host.path(&format!("{UNITS}/other.service"))).unwrap();
    done(&host, &["enable", "--yes", "other"]);
    assert!(exists(&host, &drop_in("real.service")), "another name is not the unit's own");
    for directory in ["/run/systemd/transient", "/run/systemd/generator", "/lib/systemd/system"] {
        host.make_dir(directory);
        let name = directory.rsplit('/').next().unwrap();
        host.write(&format!("{directory}/{name}.service"), "[Service]\nExecStart=/bin/a\n");
        done(&host, &["enable", "--yes", name]);
        assert!(exists(&host, &drop_in(&format!("{name}.service"))), "{directory}");
    }
    // What an administrator put beside it stays.
    host.write(&format!("{OWN}/real.service.d/own.conf"), "[Service]\nNice=1\n");
    done(&host, &["disable", "--yes", "*"]);
    assert_eq!(host.names(OWN), ["real.service.d"]);
    assert_eq!(host.names(&format!("{OWN}/real.service.d")), ["own.conf"]);
}

#[test]
fn what_systemd_would_not_run_is_refused() {
    let host = host(252, &["upstart-monitor-deliver.service", "masked.service", "own.service"]);
    symlink("/dev/null", host.path(&format!("{OWN}/masked.service"))).unwrap();
    host.write(&drop_in("own.service"), "[Service]\nNice=1\n");
    host.write(&format!("{UNITS}/empty.service"), "");
    host.write(&format!("{UNITS}/jailed.service"), "[Service]\nRootDirectory=/srv/jail\n");
    for (named, why) in [
        ("nothing", "no such job"),
        ("web@eu", "no such job"),
        ("../nginx", "no such job"),
        ("masked", "masked.service is masked"),
        ("empty", "empty.service is masked"),
        ("own", "says something else than hooks"),
        ("jailed", "/srv/jail as its root"),
        ("upstart-monitor-deliver", "a job of the monitor's own"),
    ] {
        let ran = run(&host, &["enable", "--yes", named]);
        assert!(ran.code == Some(1) && ran.err.contains(why), "{named}: {ran:?}");
    }
    assert!(!exists(&host, "/systemctl.told"));
    fs::remove_file(host.program("pre-stop")).unwrap();
    host.write(&format!("{UNITS}/api.service"), "[Service]\n");
    let ran = run(&host, &["enable", "--yes", "api"]);
    assert!(ran.err.contains("pre-stop is not there"), "{ran:?}");
}

#[test]
fn an_old_systemd_gets_what_it_understands() {
    let host = host(219, &["api.service", "root.service", "user.service", "starts.service"]);
    let write = |unit: &str, text: &str| host.write(&format!("{UNITS}/{unit}.service"), text);
    write("root", "[Service]\nUser=nobody\nUser=root\n");
    write("starts", "[Service]\nUser=nobody\nPermissionsStartOnly=yes\n");
    write("user", "[Service]\nExecStart=/bin/a\n");
    host.write(&format!("{OWN}/user.service.d/user.conf"), "[Service]\nUser = nobody\n");
    for unit in ["api", "root", "starts"] {
        done(&host, &["enable", "--yes", unit]);
        let text = host.read(&drop_in(&format!("{unit}.service")));
        assert_eq!(text, DROP_IN.replace("=-+", "=-"), "{unit}");
    }
    let ran = run(&host, &["enable", "--yes", "user"]);
    assert!(ran.err.contains("runs as nobody") && ran.err.contains("OnFailure="), "{ran:?}");
    let ran = run(&host, &["enable", "--yes", "--host"]);
    assert!(ran.code == Some(1) && ran.err.contains("no file for all services"), "{ran:?}");
    // It was upgraded.
    systemctl(&host, 252, "");
    done(&host, &["enable", "--yes", "api", "user"]);
    assert_eq!(host.read(&drop_in("api.service")), DROP_IN);
}

#[test]
fn without_a_systemd_at_work_the_files_are_written_all_the_same() {
    let host = host(252, &["api.service"]);
    fs::remove_dir(host.path("/run/systemd/system")).unwrap();
    host.write("/usr/lib/systemd/systemd", "");
    let ran = done(&host, &["enable", "--yes", "api"]);
    assert!(ran.out.contains("No systemd is at work here"), "{ran:?}");
    assert_eq!(host.read(&drop_in("api.service")), DROP_IN);
    assert!(!exists(&host, "/systemctl.told"));
}

#[test]
fn a_reload_that_fails_is_told_and_what_runs_is_named() {
    let host = host(252, &["web@.service"]);
    systemctl(&host, 252, "web@eu.service loaded active running Web\\n");
    let ran = done(&host, &["enable", "--yes", "web@.service"]);
    assert!(ran.out.contains("Running: web@eu.service."), "{ran:?}");
    host.write_program("/usr/bin/systemctl", "#!/bin/sh\necho no way >&2\nexit 1\n");
    let ran = run(&host, &["disable", "--yes", "web@.service"]);
    assert!(ran.code == Some(1) && ran.err.contains("daemon-reload: no way"), "{ran:?}");
}

const SHIPPED: &str = "/usr/lib/systemd/system/service.d/50-upstart-monitor.conf";
const HOST_FILE: &str = "/etc/systemd/system/service.d/50-upstart-monitor.conf";
const OF_ALL: &str = "[Service]\nExecStopPost=-+/opt/upstart-monitor/bin/stopping systemd %n\n";

#[test]
fn the_hosts_drop_in_is_switched_off_and_on_again() {
    let host = host(252, &[]);
    host.write(SHIPPED, OF_ALL);
    let on = done(&host, &["enable", "--yes", "--host"]);
    assert!(on.out.contains("is enabled already."), "{on:?}");
    done(&host, &["disable", "--yes", "--host"]);
    assert!(host.read(HOST_FILE).lines().all(|line| line.starts_with('#')), "it says nothing");
    done(&host, &["disable", "--yes", "--host"]);
    done(&host, &["enable", "--yes", "--host"]);
    assert_eq!(host.names(OWN), [""; 0]);
    // As somebody else switches it off.
    host.make_dir(&format!("{OWN}/service.d"));
    symlink("/dev/null", host.path(HOST_FILE)).unwrap();
    let off = done(&host, &["disable", "--yes", "--host"]);
    assert!(off.out.contains("has no hooks."), "{off:?}");
    done(&host, &["enable", "--yes", "--host"]);
    assert_eq!((host.names(OWN), host.read(SHIPPED)), (vec![], OF_ALL.to_owned()));
    assert_eq!(host.read("/systemctl.told"), "daemon-reload\n".repeat(3));
    // Where the package did not bring it.
    fs::remove_file(host.path(SHIPPED)).unwrap();
    done(&host, &["enable", "--yes", "--host"]);
    assert!(host.read(HOST_FILE).ends_with(OF_ALL));
    done(&host, &["disable", "--yes", "--host"]);
    assert_eq!(host.names(OWN), [""; 0]);
}

#[test]
fn a_unit_that_was_left_out_by_hand_takes_the_hooks() {
    let host = host(252, &["api.service"]);
    host.make_dir(&format!("{OWN}/api.service.d"));
    symlink("/dev/null", host.path(&drop_in("api.service"))).unwrap();
    let none = done(&host, &["disable", "--yes", "api"]);
    assert!(none.out.contains("has no hooks."), "{none:?}");
    done(&host, &["enable", "--yes", "api"]);
    assert_eq!(host.read(&drop_in("api.service")), DROP_IN);
}

#[test]
fn a_name_that_two_supervisors_know_is_not_guessed() {
    let host = host(252, &["api.service", "web.service"]);
    host.make_dir("/etc/service/api/supervise");
    host.write_program("/etc/service/api/run", "#!/bin/sh\nexec a\n");
    for named in ["api", "a*"] {
        let ran = run(&host, &["enable", "--yes", named]);
        assert!(ran.code == Some(1), "{ran:?}");
        assert!(ran.err.contains("--init systemd or --init runit"), "{ran:?}");
    }
    done(&host, &["enable", "--yes", "--init", "runit", "api"]);
    assert!(host.read("/etc/service/api/run").contains("pre-start runit"));
    assert!(!exists(&host, &drop_in("api.service")));
    done(&host, &["enable", "--yes", "web"]);
    assert!(exists(&host, &drop_in("web.service")));
}

#[test]
fn the_page_shows_what_is_written() {
    let page = include_str!("../docs/enable.md");
    let shown: String = DROP_IN.lines().map(|line| format!("    {line}\n")).collect();
    assert!(page.contains(&shown), "{shown}");
}
