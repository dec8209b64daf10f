//! What is found out between a crash and its message: the real hooks, the real notifier.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use support::{Hook, Host, STAYS_UP, violations, wait_until};

const CRASHES: &str = "kill -SEGV $$";

/// A host that tells a file of its crashes, and waits so long whether jobs come back.
fn host(settle: &str, more: &str) -> Host {
    let host = Host::with_notifier();
    config(&host, settle, more);
    host
}

fn config(host: &Host, settle: &str, more: &str) {
    host.config(&format!(
        "[sink.file.all]\npath = \"/told\"\n[snapshot]\nsettle = \"{settle}\"\n{more}"
    ));
    let path = host.path("/etc/upstart-monitor/config.toml");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// `[[snapshot.command]]`, a script for the shell.
fn command(name: &str, script: &str, more: &str) -> String {
    format!(
        "[[snapshot.command]]\nname = \"{name}\"\nargv = [\"/bin/sh\", \"-c\", '{script}']\n{more}\n"
    )
}

/// What was told, when it is so much.
fn told(host: &Host, count: usize) -> Vec<Value> {
    wait_until("people to be told", || told_now(host).len() >= count);
    let told = told_now(host);
    assert_eq!(told.len(), count);
    for report in &told {
        assert_eq!(violations(report), [""; 0], "{report:#}");
    }
    told
}

fn told_now(host: &Host) -> Vec<Value> {
    let text = std::fs::read_to_string(host.path("/told")).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one report that is told of, and its aftermath.
fn examined(host: &Host) -> (Value, Value) {
    let report = told(host, 1).remove(0);
    let aftermath = report["aftermath"].clone();
    assert!(aftermath.is_object(), "{report:#}");
    (report, aftermath)
}

/// A crash without a kick: beside these hooks lies no notifier.
fn crash_unnoticed(host: &Host, job: &str) {
    let elsewhere = Host::new();
    for hook in [Hook::PreStart, Hook::PostStop] {
        let run = elsewhere.hook(hook, job).env("UPSTART_MONITOR_ROOT", host.path(""));
        run.run().harms_nobody().says_nothing();
    }
}

/// `upstart-crash deliver` on this host.
fn notifier(host: &Host) -> Command {
    let mut command = Command::new(host.program("upstart-crash"));
    command.arg("deliver").env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn deliver(host: &Host) {
    assert!(notifier(host).status().unwrap().success());
}

/// What `incomplete` says of `part`.
fn missing<'a>(report: &'a Value, part: &str) -> &'a str {
    let gaps = report["incomplete"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| gap["part"] == part);
    gap.unwrap_or_else(|| panic!("{part} is not in {gaps:?}"))["reason"].as_str().unwrap()
}

/// Whether a process runs; one that nobody has reaped does not.
fn runs(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn what_main_left_running_is_named_and_the_new_main_is_not() {
    let host = host("300ms", "");
    let tests = std::env::current_exe().unwrap();
    let child = format!("'{}' --exact --ignored holds_a_port", tests.display());
    let has_it = "until test -s \"$UPSTART_MONITOR_ROOT/port\"; do sleep 0.01; done";
    let crashes = format!("{child} & {has_it}; {CRASHES}");
    let job = host.job("shop").instance("eu-1").respawn().lives([&crashes, STAYS_UP]).start();
    job.wait_until_up_after(1);

    let (_, aftermath) = examined(&host);
    let words = host.read("/port");
    let (pid, port) = words.trim().split_once(' ').unwrap();
    let (pid, port): (i32, u16) = (pid.parse().unwrap(), port.parse().unwrap());
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let left = &aftermath["left_behind"];
    assert_eq!(left.as_array().unwrap().len(), 1, "{left:#}");
    assert_eq!(left[0]["pid"], pid);
    assert!(left[0]["command"].as_str().unwrap().ends_with("--ignored holds_a_port"));
    let expected = json!([{"protocol": "tcp", "address": "127.0.0.1", "port": port}]);
    assert_eq!(left[0]["ports"], expected);
}

#[test]
#[ignore = "not a test, but the child of one: it listens until it is killed"]
fn holds_a_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let root = std::env::var_os("UPSTART_MONITOR_ROOT").unwrap();
    let (beside, words) = (Path::new(&root).join("port~"), Path::new(&root).join("port"));
    std::fs::write(&beside, format!("{} {port}\n", std::process::id())).unwrap();
    std::fs::rename(beside, words).unwrap();
    drop(listener.accept());
}

#[test]
fn processes_of_another_job_are_not_left_behind_by_this_one() {
    let host = host("0s", "");
    let other = host.job("cart").main(STAYS_UP).start();
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    assert_eq!(aftermath["left_behind"], json!([]));
    drop(other);
}

#[test]
fn the_greediest_processes_are_told_of_with_their_owners() {
    let busy = command("busy", "while :; do :; done", "timeout = \"1s\"");
    let host = host("200ms", &busy);
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    let by_memory = aftermath["processes"]["by_memory"].as_array().unwrap();
    assert!((1..=5).contains(&by_memory.len()), "{by_memory:?}");
    let sizes: Vec<_> = by_memory.iter().map(|it| it["memory_bytes"].as_u64().unwrap()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b) && sizes[0] > 0, "{sizes:?}");
    assert!(by_memory.iter().all(|it| it["user"] != "?" && it["cpu_percent"].is_number()));
    let by_cpu = aftermath["processes"]["by_cpu"].as_array().unwrap();
    let is_ours = |it: &&Value| it["command"].as_str().unwrap().contains("while :");
    assert_eq!(by_cpu.iter().find(is_ours), None, "it is done for this report");
    assert!(
        aftermath["changes"]["configuration"][0]["path"].as_str().unwrap().ends_with("/shop.conf")
    );
}

#[test]
fn the_core_is_found_where_this_machine_puts_it() {
    let host = host("0s", "");
    host.make_dir("/srv");
    let waits = "until test -e go; do sleep 0.01; done";
    let main = format!("cd \"$UPSTART_MONITOR_ROOT/srv\"; ulimit -c unlimited; {waits}; {CRASHES}");
    let job = host.job("shop").main(&main).start();
    host.write("/etc/init/shop.conf", "chdir /srv\n");
    host.write("/srv/core.of-another", "");
    host.write("/srv/go", "");
    job.wait_until_down();

    let (_, aftermath) = examined(&host);
    let core = &aftermath["core"];
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    assert_eq!(core["pattern"], pattern.trim_end());
    let of = |name: &str| host.path("/srv").join(name);
    let written = host
        .names("/srv")
        .into_iter()
        .find(|name| name == "core" || name.starts_with("core.") && name != "core.of-another");
    match (pattern.starts_with('|'), written) {
        (true, _) => assert!(!core["handler"].as_str().unwrap().is_empty()),
        (false, Some(name)) => {
            assert_eq!(Path::new(core["path"].as_str().unwrap()), of(&name));
            assert_eq!(core["bytes"], of(&name).metadata().unwrap().len());
        }
        // Some patterns lead out of the directory that the test can look at.
        (false, None) => assert_eq!(core["handler"], Value::Null),
    }
}

#[test]
fn an_end_without_a_core_has_none() {
    let host = host("0s", "");
    host.job("shop").main("echo last words; exit 3").start().wait_until_down();
    let (report, aftermath) = examined(&host);
    assert_eq!(aftermath["core"], Value::Null);
    assert_eq!(report["incomplete"], json!([]));
}

#[test]
fn a_command_is_run_without_a_shell_in_an_environment_of_its_own() {
    let commands = "[[snapshot.command]]\nname = \"env\"\nargv = [\"env\"]\njobs = [\"sh*\"]\n\
                    [[snapshot.command]]\nname = \"words\"\nargv = [\"echo\", \"$HOME\", \"a  b\"]\n\
                    [[snapshot.command]]\nname = \"other\"\nargv = [\"true\"]\njobs = [\"cart\"]\n\
                    [[snapshot.command]]\nname = \"gone\"\nargv = [\"/no/such/program\"]\n";
    let host = host("0s", commands);
    let job = host.job("shop").instance("eu-1").env("SECRET", "x");
    job.main("exit 3").start().wait_until_down();

    let (report, aftermath) = examined(&host);
    let results = aftermath["commands"].as_array().unwrap();
    let names: Vec<_> = results.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["env", "words"]);
    let mut variables: Vec<_> = results[0]["output"].as_str().unwrap().lines().collect();
    variables.sort_unstable();
    let of =
        |name: &str, value: &Value| format!("UPSTART_MONITOR_{name}={}", value.as_str().unwrap());
    let expected = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        "UPSTART_MONITOR_EXIT=exit status 3".to_owned(),
        of("HOST", &report["host"]["name"]),
        "UPSTART_MONITOR_INSTANCE=eu-1".to_owned(),
        "UPSTART_MONITOR_JOB=shop".to_owned(),
        of("REPORT_ID", &report["id"]),
        of("VERDICT", &report["verdict"]["kind"]),
    ];
    assert_eq!(variables, expected);
    assert_eq!((&results[0]["exit"], &results[0]["timed_out"]), (&json!(0), &json!(false)));
    assert_eq!(results[1]["output"], "$HOME a  b\n");
    assert!(missing(&report, "command gone").contains("/no/such/program"));
}

#[test]
fn a_command_that_hangs_is_killed_with_its_child() {
    let hangs = "sleep 600 & echo $$ $!; wait";
    let host = host("0s", &command("hangs", hangs, "timeout = \"500ms\""));
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    let result = &aftermath["commands"][0];
    assert_eq!((&result["exit"], &result["timed_out"]), (&Value::Null, &json!(true)));
    let output = result["output"].as_str().unwrap();
    let pids: Vec<i32> = output.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 2, "{output}");
    wait_until("both to be gone", || pids.iter().all(|pid| !runs(*pid)));
}

#[test]
fn a_command_that_leaves_a_child_behind_holds_up_nobody() {
    let leaves = "sleep 600 & echo $!; exit 7";
    let host = host("0s", &command("leaves", leaves, "timeout = \"30s\""));
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    let result = &aftermath["commands"][0];
    assert_eq!((&result["exit"], &result["timed_out"]), (&json!(7), &json!(false)));
    let pid: i32 = result["output"].as_str().unwrap().trim().parse().unwrap();
    wait_until("it to be gone", || !runs(pid));
}

#[test]
fn what_a_command_says_is_bounded() {
    let host =
        host("0s", &command("floods", "echo first; yes | head -c 1000000; echo last >&2", ""));
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    let result = &aftermath["commands"][0];
    let output = result["output"].as_str().unwrap();
    assert!(output.starts_with("first\ny\n") && output.ends_with("\n[cut off here]"));
    assert!((16 * 1024..17 * 1024).contains(&output.len()), "{}", output.len());
    assert_eq!((&result["exit"], &result["truncated"]), (&json!(0), &json!(true)));
}

#[test]
fn other_logs_of_a_job_are_read_from_their_end() {
    let logs = "[job.\"sh*\"]\nlog = [\"/var/log/shop.log\", \"/var/log/gone.log\"]\n\
                [job.cart]\nlog = [\"/var/log/cart.log\"]\n";
    let host = host("0s", logs);
    host.write("/var/log/shop.log", "old\n".repeat(100) + "GET / 500\n");
    host.write("/var/log/cart.log", "not this one\n");
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (report, aftermath) = examined(&host);
    let logs = aftermath["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(Path::new(logs[0]["path"].as_str().unwrap()), host.path("/var/log/shop.log"));
    assert_eq!(logs[0]["lines"].as_array().unwrap().last().unwrap(), "GET / 500");
    assert_eq!(logs[0]["truncated"], true);
    assert!(missing(&report, "logs").contains("/var/log/gone.log"));
}

#[test]
fn the_journal_is_read_where_there_is_one() {
    let host = host("0s", "[job.shop]\nlog = [\"journal\"]\n");
    host.make_dir("/usr/bin");
    host.write_program(
        "/usr/bin/journalctl",
        "#!/bin/sh\n[ \"$1\" = --unit=shop.service ] || exit 1\nprintf 'newest\\noldest\\n'\n",
    );
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    let log = &aftermath["logs"][0];
    assert_eq!(log["path"], "journal");
    assert_eq!(log["lines"], serde_json::json!(["oldest", "newest"]));
    assert_eq!(log["this_run_only"], true);
}

#[test]
fn a_host_without_a_journal_says_so() {
    let host = host("0s", "[job.shop]\nlog = [\"journal\"]\n");
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (report, _) = examined(&host);
    assert_eq!(missing(&report, "logs"), "journal: this host has no journalctl");
}

#[test]
fn a_job_that_init_respawns_is_back() {
    let host = host("1s", "");
    let job = host.job("shop").respawn().lives([CRASHES, STAYS_UP]).start();
    job.wait_until_up_after(1);
    let (report, aftermath) = examined(&host);
    let recovery = &aftermath["recovery"];
    assert_eq!(recovery["kind"], "respawned");
    assert_eq!(recovery["known_by"], "init's status");
    assert_eq!(report["init"], json!({"kind": "upstart", "version": "1.13.2"}));
    let output = Command::new(host.program("upstart-crash"))
        .args(["show", report["id"].as_str().unwrap()])
        .env("UPSTART_MONITOR_ROOT", host.path(""))
        .output();
    let page = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(page.contains("\nRecovery  back after "), "{page}");
}

#[test]
fn a_marker_that_is_armed_again_tells_of_it_where_init_does_not() {
    let host = host("1s", "");
    host.hook(Hook::PreStart, "shop").run().harms_nobody();
    host.hook(Hook::PostStop, "shop").run().harms_nobody();
    host.hook(Hook::PreStart, "shop").run().harms_nobody();
    let (_, aftermath) = examined(&host);
    assert_eq!(aftermath["recovery"]["kind"], "respawned");
    assert_eq!(aftermath["recovery"]["known_by"], "the marker of pre-start");
}

#[test]
fn a_job_that_nobody_respawns_stays_down() {
    let host = host("300ms", "");
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    assert_eq!(aftermath["recovery"]["kind"], "stayed_down");
    assert!(aftermath["recovery"]["after_seconds"].as_f64().unwrap() >= 0.3);
}

#[test]
fn another_crash_is_told_of_at_once_and_in_order() {
    let host = host("10s", "");
    let job = host.job("shop").respawn().lives([CRASHES, CRASHES, STAYS_UP]).start();
    job.wait_until_up_after(2);
    let (_, aftermath) = examined(&host);
    assert_eq!(aftermath["recovery"]["kind"], "crashed_again");
    assert_eq!(host.spool("new").len(), 1, "the second one is still being examined");
}

#[test]
fn without_settle_nothing_is_awaited() {
    let host = host("0s", "");
    host.job("shop").main(CRASHES).start().wait_until_down();
    let (_, aftermath) = examined(&host);
    assert_eq!(aftermath["recovery"], Value::Null);
    assert_eq!(aftermath["processes"]["by_cpu"], Value::Null);
    assert!(aftermath["processes"]["by_memory"].is_array());
}

#[test]
fn a_notifier_killed_while_it_examines_loses_nothing_and_tells_nothing_twice() {
    let host = host("10s", &command("begins", "touch \"$0\"", ""));
    let begun = host.path("/begun");
    let toml = host.read("/etc/upstart-monitor/config.toml");
    let toml = toml.replace("'touch \"$0\"'", &format!("'touch \"$0\"', {begun:?}"));
    host.config(&toml);
    crash_unnoticed(&host, "shop");
    let mut killed = notifier(&host).spawn().unwrap();
    wait_until("the examination to begin", || begun.exists());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(host.spool("new").len(), 1);

    config(&host, "0s", "");
    deliver(&host);
    let (_, aftermath) = examined(&host);
    assert_eq!(aftermath["recovery"], Value::Null, "it was examined anew");
    deliver(&host);
    told(&host, 1);
    assert_eq!(host.reports().len(), 1);
}

#[test]
fn of_a_storm_nothing_is_examined() {
    let host = host("10s", "");
    for number in 0..6 {
        crash_unnoticed(&host, &format!("shop-{number}"));
    }
    deliver(&host);
    for report in told(&host, 6) {
        assert_eq!(report["aftermath"], Value::Null);
        assert_eq!(missing(&report, "aftermath"), "6 reports waited at the same time");
    }
}

#[test]
fn what_waited_too_long_is_not_examined_and_waits_for_no_examination() {
    let host = host("10s", "");
    let mut old: Value = serde_json::from_str(include_str!("data/report-v1.json")).unwrap();
    old["aftermath"] = Value::Null;
    let id = old["id"].as_str().unwrap().to_owned();
    host.make_dir("/var/spool/upstart-monitor/new");
    host.write(&format!("/var/spool/upstart-monitor/new/{id}.json"), old.to_string());
    crash_unnoticed(&host, "shop");
    let mut notifier = notifier(&host).spawn().unwrap();

    let report = told(&host, 1).remove(0);
    assert_eq!(report["id"], id);
    assert_eq!(missing(&report, "aftermath"), "the report waited for more than 30 s");
    assert_eq!(host.spool("new").len(), 1, "the fresh one is still being examined");
    notifier.kill().unwrap();
    notifier.wait().unwrap();
}
