//! `upstart-crash enable` and `disable` for services of runit and s6.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails the test")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use support::typed::{done, run};
use support::{Host, Layout, require_root};

const RUN: &str = "#!/bin/sh\nexec 2>&1\nexec a\n";
const CALL: &str = "/opt/upstart-monitor/bin/pre-start runit || :  # upstart-crash enable\n";
const END: &str = "/opt/upstart-monitor/bin/post-stop runit \"$@\" || :  # upstart-crash enable\n";

/// A host on which nothing supervises yet.
fn host() -> Host {
    require_root();
    Host::laid_out(Layout::Bare)
}

/// A service as runit has it when it is up.
fn service(host: &Host, path: &str, run: &str) {
    host.make_dir(&format!("{path}/supervise"));
    host.write(&format!("{path}/supervise/stat"), "run\n");
    host.write_program(&format!("{path}/run"), run);
}

#[test]
fn run_and_finish_are_given_back_byte_for_byte() {
    let host = host();
    service(&host, "/etc/service/api", RUN);
    let finish = "#!/bin/sh\n# own\necho \"$1\"\n";
    for own in [None, Some(finish)] {
        if let Some(own) = own {
            host.write("/etc/service/api/finish", own);
            let path = host.path("/etc/service/api/finish");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
            chown(&path, Some(65534), Some(4)).unwrap();
        }
        done(&host, &["enable", "--yes", "api"]);
        let (run, end) = (host.read("/etc/service/api/run"), host.read("/etc/service/api/finish"));
        assert_eq!(run, RUN.replacen('\n', &format!("\n{CALL}"), 1));
        let first = format!("#!/bin/sh\n{END}# own\n");
        assert!(own.is_none() && end.ends_with(END) || end.starts_with(&first), "{end}");
        let stat = host.path("/etc/service/api/finish").metadata().unwrap();
        let expected = if own.is_some() { (0o750, 65534, 4) } else { (0o755, 0, 0) };
        assert_eq!((stat.mode() & 0o7777, stat.uid(), stat.gid()), expected);
        let copy = host.path("/var/lib/upstart-monitor/jobs/etc/service/api/run");
        assert_eq!(fs::read_to_string(&copy).unwrap(), RUN);
        let again = done(&host, &["enable", "--yes", "api"]);
        assert!(again.out.contains("is enabled already."), "{again:?}");
        done(&host, &["disable", "--yes", "api"]);
        assert_eq!(host.read("/etc/service/api/run"), RUN);
        assert_eq!(host.path("/etc/service/api/finish").exists(), own.is_some());
        assert!(own.is_none_or(|own| host.read("/etc/service/api/finish") == own));
        assert!(!copy.exists());
        let again = done(&host, &["disable", "--yes", "api"]);
        assert!(again.out.contains("has no hooks."), "{again:?}");
    }
}

#[test]
fn a_program_that_is_gone_fails_no_script() {
    let host = host();
    service(&host, "/etc/service/api", "#!/bin/sh -e\necho went on\n");
    done(&host, &["enable", "--yes", "api"]);
    // The lines name the programs of a host, which this test's has elsewhere.
    for file in ["run", "finish"] {
        let path = host.path(&format!("/etc/service/api/{file}"));
        let text = fs::read_to_string(&path).unwrap().replace("/opt/", "/no/such/opt/");
        fs::write(&path, text).unwrap();
        let ran = std::process::Command::new(&path).args(["3", "0"]).output().unwrap();
        assert!(ran.status.success(), "{file}: {ran:?}");
        assert_eq!(ran.stdout == b"went on\n", file == "run");
    }
}

#[test]
fn services_are_found_where_their_supervisor_looks() {
    let host = host();
    // By the process, which names its directory.
    host.write("/proc/7/cmdline", "/usr/bin/runsvdir\0-P\0/srv/sv\0log: ...\0");
    host.write("/proc/8/cmdline", "s6-svscan\0-t\x30\0/srv/s6\0");
    host.write_program("/srv/sv/one/run", RUN);
    host.write_program("/srv/s6/two/run", RUN);
    // Behind a link, and by the name of what it leads to.
    host.make_dir("/etc/service");
    service(&host, "/etc/sv/three", RUN);
    symlink(host.path("/etc/sv/three"), host.path("/etc/service/third")).unwrap();
    host.make_dir("/etc/service/.hidden");
    for (named, path, kind) in [
        ("one", "/srv/sv/one", "runit"),
        ("two", "/srv/s6/two", "s6"),
        ("three", "/etc/sv/three", "runit"),
        ("/etc/service/third", "/etc/sv/three", "runit"),
    ] {
        done(&host, &["enable", "--yes", named]);
        let run = host.read(&format!("{path}/run"));
        assert!(run.contains(&format!("bin/pre-start {kind} || :")), "{named}: {run}");
        done(&host, &["disable", "--yes", named]);
        assert_eq!(host.read(&format!("{path}/run")), RUN, "{named}");
    }
    assert!(host.path("/etc/service/third").is_symlink());
    let ran = done(&host, &["enable", "--yes", "t*", "one"]);
    assert_eq!(ran.out.matches(" is enabled.").count(), 3, "{ran:?}");
}

#[test]
fn what_cannot_be_changed_is_told_with_what_to_do() {
    let host = host();
    let s6 = |name: &str| format!("/run/service/{name}");
    for (name, run) in [
        ("perl", "#!/usr/bin/perl\nexec 'a';\n"),
        ("binary", "\x7fELF"),
        ("linked", RUN),
        ("users", RUN),
        ("gone", RUN),
        ("odd", "#!/bin/sh\n/opt/upstart-monitor/bin/post-stop s6 \"$@\"\n"),
    ] {
        host.make_dir(&format!("{}/event", s6(name)));
        host.make_dir(&format!("{}/supervise", s6(name)));
        host.write_program(&format!("{}/run", s6(name)), run);
    }
    fs::rename(host.path("/run/service/linked/run"), host.path("/shared")).unwrap();
    symlink(host.path("/shared"), host.path("/run/service/linked/run")).unwrap();
    host.give_to(1000, "/run/service/users/supervise");
    fs::remove_file(host.path("/run/service/gone/run")).unwrap();
    host.write_program("/run/s6-rc/servicedirs/made/run", RUN);
    host.make_dir("/etc/s6-rc/source/made");
    symlink(host.path("/run/s6-rc/servicedirs/made"), host.path("/run/service/made")).unwrap();
    for (name, why) in [
        ("perl", "have it run: /opt/upstart-monitor/bin/pre-start s6"),
        ("binary", "have it run: /opt/upstart-monitor/bin/pre-start s6"),
        ("linked", "is no plain file"),
        ("users", "a supervisor that runs as user 1000"),
        ("gone", "there is no "),
        ("made", "etc/s6-rc/source/made, then s6-rc-compile"),
        ("nothing", "no such job: nothing"),
    ] {
        let ran = run(&host, &["enable", "--yes", name]);
        assert!(ran.code == Some(1) && ran.err.contains(why), "{name}: {ran:?}");
        assert!(!host.path(&format!("{}/finish", s6(name))).exists(), "{name}");
    }
    host.write_program("/etc/s6-rc/source/made/run", "#!/bin/execlineb -P\na\n");
    host.write("/etc/s6-rc/source/made/type", "longrun\n");
    done(&host, &["enable", "--yes", "/etc/s6-rc/source/made"]);
    let run_of_source = host.read("/etc/s6-rc/source/made/run");
    let block = "foreground { /opt/upstart-monitor/bin/pre-start s6 }  # upstart-crash enable";
    assert_eq!(run_of_source, format!("#!/bin/execlineb -P\n{block}\na\n"));
    host.write("/run/service/odd/down", "");
    let ran = done(&host, &["enable", "--yes", "odd"]);
    assert!(ran.out.contains("It is not started by itself"), "{ran:?}");
    let text = host.read("/run/service/odd/finish");
    host.write("/run/service/odd/finish", text.replace("/opt", "nice /opt"));
    let ran = run(&host, &["disable", "--yes", "odd"]);
    assert!(ran.code == Some(1) && ran.err.contains("line 3, names a hook"), "{ran:?}");
}

#[test]
fn the_page_shows_what_is_written() {
    let page = include_str!("../docs/enable.md");
    assert!(page.contains(&format!("    {CALL}    {END}")));
    for hook in ["pre-start", "post-stop"] {
        let block = format!("{{ /opt/upstart-monitor/bin/{hook} s6 }}  # upstart-crash enable\n");
        assert!(page.contains(&format!("    foreground {block}")), "{block}");
    }
}
