//! The lives that a service has under runit as under s6, each with the hooks and without.

use nix::sys::signal::Signal;

use super::supervised::{Supervised, WAITS};
use super::{GENEROUS, Host};
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

const EXITS_3_ON_TERM: &str = "trap 'exit 3' TERM\nexec 3<>told\nread status <&3\nexit $status";

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
