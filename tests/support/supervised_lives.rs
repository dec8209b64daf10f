//! The lives that a service has under runit as under s6, each with the hooks and without.

use nix::sys::signal::Signal;

use super::supervised::{Supervised, WAITS};
use super::{GENEROUS, Host, MemoryLimit, wait_until};
use upstart_monitor::supervisor::Supervisor;

/// One life: what the service is, what becomes of it, and what is told.
struct Life {
    name: &'static str,
    main: &'static str,
    act: fn(&Supervised<'_>),
    /// How often it has run then.
    runs: usize,
    /// The verdict and a part of the summary; nothing where all is silent.
    told: Option<(&'static str, &'static str)>,
}

const fn life(name: &'static str, act: fn(&Supervised<'_>), runs: usize) -> Life {
    Life { name, main: WAITS, act, runs, told: None }
}

impl Life {
    const fn crashed(self, words: &'static str) -> Self {
        Self { told: Some(("crashed", words)), ..self }
    }

    const fn unclear(self, words: &'static str) -> Self {
        Self { told: Some(("unclear", words)), ..self }
    }

    /// With a main that does not go by its first SIGTERM.
    const fn of(self, main: &'static str) -> Self {
        Self { main, ..self }
    }
}

const EXITS_3_ON_TERM: &str = "trap 'exit 3' TERM\nexec 3<>told\nUP\nread status <&3\nexit $status";

fn commanded(service: &Supervised<'_>, word: &str) {
    service.command(word);
    service.wait_for_end(1);
}

const LIVES: [Life; 15] = [
    life("segv", |it| it.kill(Signal::SIGSEGV), 2).crashed("crashed: SIGSEGV after "),
    life("abort", |it| it.kill(Signal::SIGABRT), 2).crashed("crashed: SIGABRT after "),
    life("killed", |it| it.kill(Signal::SIGKILL), 2).crashed("crashed: SIGKILL after "),
    life("term", |it| it.kill(Signal::SIGTERM), 2).crashed("crashed: SIGTERM after "),
    life("exit3", |it| it.exit(3), 2).crashed("crashed: exit status 3 after "),
    life("exit0", |it| it.exit(0), 2).crashed("crashed: exit status 0 after "),
    life("stop", |it| commanded(it, "down"), 1),
    life("stop3", |it| commanded(it, "down"), 1).of(EXITS_3_ON_TERM),
    life("restart", |it| commanded(it, "restart"), 2),
    life("restart3", |it| commanded(it, "restart"), 2)
        .of(EXITS_3_ON_TERM)
        .unclear("perhaps by a crash: exit status 3"),
    life("kill", |it| commanded(it, "kill"), 2),
    life(
        "shutdown",
        |it| {
            it.shut_down();
            it.wait_for_end(1);
        },
        1,
    )
    .of(EXITS_3_ON_TERM),
    life(
        "stop-then-up",
        |it| {
            commanded(it, "down");
            it.command("up");
            it.wait_for_run(2);
            it.exit(3);
        },
        3,
    )
    .crashed("crashed: exit status 3"),
    life(
        "last-run",
        |it| {
            it.command("once");
            it.wait_until_wanted_down();
            it.exit(0);
        },
        1,
    ),
    life(
        "crash-then-stop",
        |it| {
            it.kill(Signal::SIGSEGV);
            it.wait_for_run(2);
            it.command("down");
            it.wait_for_end(2);
        },
        2,
    )
    .crashed("crashed: SIGSEGV"),
];

/// Leads every life with the hooks and without. All of them at once: each waits a second for a
/// restart.
pub fn every_life_is_judged_and_left_as_it_is(by: Supervisor) {
    std::thread::scope(|scope| {
        let lives = LIVES.iter().map(|life| (life.name, scope.spawn(|| lead(by, life))));
        let failed: Vec<_> = lives
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|(name, life)| life.join().is_err().then_some(name))
            .collect();
        assert!(failed.is_empty(), "{} within {GENEROUS:?}: {failed:?}", by.word());
    });
}

fn lead(by: Supervisor, life: &Life) {
    let bare_host = Host::new();
    let bare = Supervised::bare(&bare_host, by, life.name, life.main).start();
    (life.act)(&bare);
    let without = bare.settled(life.runs);
    drop(bare);

    let host = Host::new();
    let service = Supervised::new(&host, by, life.name, life.main).start();
    (life.act)(&service);
    assert_eq!(service.settled(life.runs), without, "{}", life.name);
    match life.told {
        None => assert_eq!(host.reports(), [""; 0], "{}", life.name),
        Some((kind, words)) => {
            let report = host.only_report();
            assert_eq!(report["verdict"]["kind"], kind, "{report:#}");
            assert!(report["summary"].as_str().unwrap().contains(words), "{report:#}");
            assert_eq!(report["init"]["kind"], by.word());
            assert_eq!(report["job"]["name"], life.name);
        }
    }
    let armed = format!("%={}={}.shutdown", by.word(), life.name);
    let expected = if service.ends().len() < life.runs { vec![armed] } else { vec![] };
    assert_eq!(host.markers(), expected, "{}", life.name);
}

/// A run that was to be the only one is told of where nobody asked for its end.
pub fn an_only_run_is_judged_by_how_it_ends(by: Supervisor) {
    let host = Host::new();
    let mut service = Supervised::new(&host, by, "web", WAITS);
    service.file("down", "");
    service.supervise();
    let once = |act: fn(&Supervised<'_>), end: usize| {
        service.command("once");
        service.wait_for_run(end);
        act(&service);
        service.wait_for_end(end);
        service.settled(end);
    };
    once(|it| it.exit(0), 1);
    once(|it| it.command("down"), 2);
    assert_eq!(host.reports(), [""; 0]);
    once(|it| it.exit(3), 3);
    assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
    once(|it| it.kill(Signal::SIGSEGV), 4);
    assert_eq!(host.reports().len(), 2);
}

/// The kernel names the process that it killed, which pre-start noted.
pub fn what_the_kernel_killed_for_want_of_memory_is_told_so(by: Supervisor) {
    let host = Host::new();
    let limit = MemoryLimit::of(20 << 20);
    let eats = format!(": >fed\n{}\nUP\nexec tail /dev/zero", limit.enter());
    let main = format!("if [ ! -e fed ]; then\n{eats}\nfi\n{WAITS}");
    let mut service = Supervised::new(&host, by, "web", &main);
    let (copied, finish) = (host.path("/dev/kmsg"), service.script("finish"));
    // In a root of its own a hook reads no device.
    let copy = format!("dd if=/dev/kmsg iflag=nonblock bs=8k of={}", copied.display());
    service.file("finish", &finish.replacen('\n', &format!("\n{copy} 2>&-\n"), 1));
    service.supervise();
    service.wait_for_run(2);
    let report = host.only_report();
    assert_eq!(report["exit"]["kind"], "oom", "{report:#}");
    assert!(report["summary"].as_str().unwrap().contains("web was killed: out of memory"));
    assert!(report["kernel"]["lines"][0]["text"].as_str().unwrap().contains("Killed process"));
}

/// Each service of a host is told of by its own name.
pub fn services_that_die_at_once_are_kept_apart(by: Supervisor) {
    let host = Host::new();
    let names = ["a", "b", "c", "d"];
    let services = names.map(|name| Supervised::new(&host, by, name, WAITS).start());
    services.iter().for_each(|service| service.send(Signal::SIGSEGV));
    for service in &services {
        service.wait_for_end(1);
    }
    let mut told: Vec<_> = host.reports().iter().map(|it| it["job"]["name"].clone()).collect();
    told.sort_by_key(ToString::to_string);
    assert_eq!(told, names);
}

/// The report has the last lines of the service's own logger, of this run.
pub fn the_services_own_log_is_shown(by: Supervisor, logger: &str) {
    let host = Host::new();
    let main = format!("echo last words of $$\n{WAITS}");
    let mut service = Supervised::new(&host, by, "web", &main);
    let log = host.path("/var/log/web");
    std::fs::create_dir_all(&log).unwrap();
    service.program("log/run", &format!("exec {logger} {}\n", log.display()));
    service.supervise_with_log();
    service.wait_for_run(1);
    let words = format!("last words of {}", service.main());
    wait_until("the logger", || {
        let written = std::fs::read_to_string(log.join("current"));
        written.is_ok_and(|text| text.contains(&words))
    });
    service.kill(Signal::SIGSEGV);
    let report = host.only_report();
    let lines = report["log"]["lines"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    assert!(lines.iter().any(|line| line.as_str().unwrap().contains(&words)), "{report:#}");
    assert!(report["log"]["path"].as_str().unwrap().ends_with("/var/log/web/current"));
}

/// A report stands the schema, and `explain` says what each witness said.
pub fn a_report_is_as_the_schema_says(by: Supervisor) {
    let host = Host::new();
    let service = Supervised::new(&host, by, "web", WAITS).start();
    service.kill(Signal::SIGABRT);
    let report = host.only_report();
    assert_eq!(super::violations(&report), [""; 0], "{report:#}");
    let finish = &report["evidence"]["finish"];
    assert!(finish["directory"].as_str().unwrap().ends_with("/etc/sv/web"), "{finish}");
    assert_eq!((&finish["wanted_up"], &finish["once"]), (&true.into(), &false.into()));
    assert!(finish["commanded"].is_null(), "{finish}");
}

/// The notifier is kicked, and knows from the service directory that the service is back.
#[cfg(feature = "deliver")]
pub fn the_notifier_knows_that_the_service_is_back(by: Supervisor) {
    let host = Host::with_notifier();
    host.config("[snapshot]\nsettle = \"3s\"\n[sink.file.it]\npath = \"/told\"\n");
    let service = Supervised::new(&host, by, "web", WAITS).start();
    service.kill(Signal::SIGSEGV);
    wait_until("the report in the history", || {
        !host.names("/var/spool/upstart-monitor/archive").is_empty()
    });
    let name = host.names("/var/spool/upstart-monitor/archive").remove(0);
    let text = host.read(&format!("/var/spool/upstart-monitor/archive/{name}"));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let recovery = &report["aftermath"]["recovery"];
    assert_eq!(recovery["kind"], "respawned", "{recovery}");
    assert_eq!(recovery["known_by"], "the supervisor's status");
}
