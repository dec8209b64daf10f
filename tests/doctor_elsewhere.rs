//! `upstart-crash doctor` on hosts of systemd's and runit's: each finding, and its end when the
//! advice was followed.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test"
)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::typed::{command, done, run};
use support::{Host, Layout, is_diagnosis, require_root};

const UNITS: &str = "/usr/lib/systemd/system";
const DROP_IN: &str = "/etc/systemd/system/api.service.d/50-upstart-monitor.conf";
const SHIPPED: &str = "/usr/lib/systemd/system/service.d/50-upstart-monitor.conf";

/// A host without Upstart.
fn host() -> Host {
    require_root();
    let host = Host::laid_out(Layout::Bare);
    let bin = Path::new(env!("CARGO_BIN_EXE_upstart-crash"));
    symlink(bin, host.path("/opt/upstart-monitor/bin/upstart-crash")).unwrap();
    host
}

/// A host of systemd's with a unit `api`, of which its stand-in says that it is `stale`, and that
/// the path unit is as the file `path-unit` says.
fn of_systemd() -> Host {
    let host = host();
    host.make_dir("/run/systemd/system");
    host.write(&format!("{UNITS}/api.service"), "[Service]\nExecStart=/bin/a\n");
    host.write(SHIPPED, "[Service]\nExecStopPost=-+/opt/upstart-monitor/bin/stopping systemd %n\n");
    let script = format!(
        "#!/bin/sh\ncd {}\ncase \"$*\" in\n\
         --version) echo 'systemd 252 (252.1)';;\n\
         daemon-reload) rm -f stale;;\n\
         'enable --now '*) echo active > path-unit;;\n\
         is-active*) grep -q '^active' path-unit;;\n\
         *Id,Need*) [ ! -e stale ] || printf 'Id=api.service\\nNeedDaemonReload=yes\\n';;\n\
         esac\n",
        host.path("").display()
    );
    host.write("/path-unit", "active\n");
    host.write_program("/usr/bin/systemctl", &script);
    host
}

/// The ids of the checks, and the level and advice of the worst finding of `check`.
fn found(host: &Host, check: &str) -> (Vec<String>, Option<(String, String)>) {
    let output = command(host, &["doctor", "--json"]).output().unwrap();
    let examined: Value = serde_json::from_slice(&output.stdout).unwrap();
    host.note(format!("{examined:#}"));
    assert!(is_diagnosis(&examined), "{examined:#}");
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let checks: Vec<_> =
        examined["checks"].as_array().unwrap().iter().map(|it| text(&it["id"])).collect();
    let mut findings = examined["findings"].as_array().unwrap().iter();
    let first = findings.find(|it| it["check"] == check);
    (checks, first.map(|it| (text(&it["level"]), text(&it["advice"]))))
}

#[track_caller]
fn expect_fine(host: &Host, check: &str) {
    let (checks, found) = found(host, check);
    assert!(checks.iter().any(|it| it == check), "{checks:?}");
    assert_eq!(found, None, "{check}");
}

/// A finding of `check` at `level`, and its end by the advice.
#[track_caller]
fn expect_cured(host: &Host, check: &str, level: &str) {
    let (_, found) = found(host, check);
    let (is, advice) = found.unwrap_or_else(|| panic!("{check} is fine"));
    assert_eq!(is, level, "{check}: {advice}");
    let own = host.path("/opt/upstart-monitor/bin/upstart-crash").display().to_string();
    let mut line = advice.replace("systemctl", host.path("/usr/bin/systemctl").to_str().unwrap());
    for verb in ["enable", "disable"] {
        line = line.replace(&format!("upstart-crash {verb}"), &format!("{own} {verb} --yes"));
    }
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", &line]).env("UPSTART_MONITOR_ROOT", host.path(""));
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    expect_fine(host, check);
}

#[test]
fn only_what_is_on_the_host_is_looked_at() {
    let host = of_systemd();
    let (checks, found_of_upstart) = found(&host, "upstart");
    assert_eq!(found_of_upstart, None);
    for (check, is_there) in [
        ("supervisors", true),
        ("systemd", true),
        ("units", true),
        ("path-unit", true),
        ("host-drop-in", true),
        ("upstart", false),
        ("observer", false),
        ("boot-delivery", false),
        ("service-directories", false),
    ] {
        assert_eq!(checks.iter().any(|it| it == check), is_there, "{check}");
    }
    let (code, text) = {
        let ran = run(&host, &["doctor", "api"]);
        (ran.code, ran.out)
    };
    assert!(code == Some(0) && text.contains("2 of 2 checks fine."), "{text}");
    assert_eq!(run(&host, &["doctor", "nothing"]).code, Some(3));
}

#[test]
fn a_path_unit_that_is_down_and_files_that_are_not_read() {
    let host = of_systemd();
    expect_fine(&host, "path-unit");
    host.write("/path-unit", "inactive\n");
    expect_cured(&host, "path-unit", "critical");
    done(&host, &["enable", "--yes", "api"]);
    expect_fine(&host, "systemd");
    host.write("/stale", "");
    expect_cured(&host, "systemd", "warning");
    host.write_program("/usr/bin/systemctl", "#!/bin/sh\nexit 1\n");
    assert_eq!(found(&host, "systemd").1.unwrap().0, "unknown");
    assert_eq!(found(&host, "path-unit").1, None);
}

#[test]
fn hooks_of_a_unit_that_are_not_as_they_are_to_be() {
    let host = of_systemd();
    done(&host, &["enable", "--yes", "api"]);
    expect_fine(&host, "units");
    let good = host.read(DROP_IN);
    for (text, level) in [
        (good.replace(" systemd %n", ""), "critical"),
        (good.replace("=-+", "=-"), "warning"),
        (good.replace("ExecStopPost=", "# "), "critical"),
    ] {
        host.write(DROP_IN, &text);
        expect_cured(&host, "units", level);
        assert_eq!(host.read(DROP_IN), good);
    }
    expect_fine(&host, "programs");
    fs::remove_file(host.program("post-stop")).unwrap();
    let (level, advice) = found(&host, "programs").1.unwrap();
    assert!(level == "critical" && advice.contains("install"), "{advice}");
}

#[test]
fn a_host_drop_in_that_does_not_count() {
    let host = of_systemd();
    expect_fine(&host, "host-drop-in");
    done(&host, &["disable", "--yes", "--host"]);
    expect_cured(&host, "host-drop-in", "notice");
    let own = "/etc/systemd/system/service.d/50-upstart-monitor.conf";
    host.make_dir("/etc/systemd/system/service.d");
    symlink("/dev/null", host.path(own)).unwrap();
    expect_cured(&host, "host-drop-in", "notice");
    host.write(own, "[Service]\nNice=1\n");
    expect_cured(&host, "host-drop-in", "warning");
    fs::remove_file(host.path(SHIPPED)).unwrap();
    expect_cured(&host, "host-drop-in", "notice");
    fs::remove_file(host.program("stopping")).unwrap();
    assert_eq!(found(&host, "host-drop-in").1.unwrap().0, "critical");
}

#[test]
fn hooks_in_a_service_directory_that_are_not_called() {
    let host = host();
    let (run, finish) = ("/etc/service/api/run", "/etc/service/api/finish");
    host.make_dir("/etc/service/api/supervise");
    host.write_program(run, "#!/bin/sh\nexec a\n");
    expect_fine(&host, "service-directories");
    expect_cured(&host, "unwatched", "notice");
    expect_fine(&host, "service-directories");
    let good = (host.read(run), host.read(finish));
    for (path, text, level) in [
        (finish, "#!/bin/sh\n".to_owned(), "critical"),
        (run, "#!/bin/sh\nexec a\n".to_owned(), "warning"),
        (run, good.0.replacen("#!/bin/sh\n", "#!/bin/sh\nexec b\n", 1), "critical"),
        (finish, good.1.replacen("#!/bin/sh\n", "#!/bin/sh\nexit 0\n", 1), "critical"),
    ] {
        host.write(path, &text);
        let ends = text.contains("exec b") || text.contains("exit 0");
        let (is, advice) = found(&host, "service-directories").1.unwrap();
        assert_eq!(is, level, "{text}");
        assert_eq!(advice.contains("disable"), ends, "{advice}");
        expect_cured(&host, "service-directories", level);
        host.write(run, &good.0);
        host.write(finish, &good.1);
    }
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(host.path(finish), mode).unwrap();
    expect_cured(&host, "service-directories", "critical");
    // It cannot be read as a file, whoever looks.
    host.make_dir("/etc/service/api/supervise/status");
    assert_eq!(found(&host, "service-directories").1.unwrap().0, "unknown");
}

#[test]
fn version_and_status_name_the_supervisors() {
    let host = of_systemd();
    host.make_dir("/etc/service/api/supervise");
    for words in [&["version"][..], &["status"]] {
        let shown = done(&host, words).out;
        assert!(shown.contains("Services   of systemd 252, runit\n"), "{shown}");
    }
    for words in [["version", "--json"], ["status", "--json"]] {
        let facts: Value = serde_json::from_str(&done(&host, &words).out).unwrap();
        let first = &facts["supervisors"][0];
        assert_eq!((&first["kind"], &first["version"]), (&"systemd".into(), &"252".into()));
        assert_eq!(first["is_at_work"], true);
    }
}
