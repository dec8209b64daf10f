//! With sinks that do as they are told and write down what they were sent.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};

use super::*;
use crate::config::{Problem, Spot};
use crate::examine::Settings;
use crate::id::ReportId;
use crate::job_settings::JobSettings;
use crate::policy::Folding;
use crate::quiet::Windows;
use crate::redaction::Redaction;
use crate::routing::Routing;
use crate::sinks::{Attempt, Fidelity, Outcome, Sink, Wait};
use crate::spool::Limits;
use crate::spool::testing::{empty, id};
use crate::sys;
use crate::zone::Zone;

/// Longer than anything here takes on any machine.
const FOREVER: Duration = Duration::from_secs(120);

/// A host on which there is nothing.
const NOWHERE: Places = Places::under(b"/nonexistent");

/// A service of the test's.
#[derive(Clone, Default)]
struct Service(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Outcome>,
    sent: Vec<(ReportId, Fidelity)>,
    hangs: bool,
    fingerprint: String,
}

impl Service {
    /// Answers like this, one try after the other, and takes everything after that.
    fn answering(answers: impl IntoIterator<Item = Outcome>) -> Self {
        let service = Self::default();
        service.0.state.lock().unwrap().answers.extend(answers);
        service
    }

    fn set_fingerprint(&self, fingerprint: &str) {
        self.0.state.lock().unwrap().fingerprint = fingerprint.to_owned();
    }

    fn hang(&self, hangs: bool) {
        self.0.state.lock().unwrap().hangs = hangs;
        self.0.changed.notify_all();
    }

    fn sent(&self) -> Vec<ReportId> {
        self.0.state.lock().unwrap().sent.iter().map(|(id, _)| *id).collect()
    }

    /// Waits until `count` reports were sent.
    fn wait_for(&self, count: usize) {
        let state = self.0.state.lock().unwrap();
        let (state, wait) =
            self.0.changed.wait_timeout_while(state, FOREVER, |s| s.sent.len() < count).unwrap();
        assert!(!wait.timed_out(), "only {:?} came", state.sent);
    }
}

impl Sink for Service {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let mut state = self.0.state.lock().unwrap();
        state.sent.push((attempt.notice.notice().id, attempt.fidelity));
        self.0.changed.notify_all();
        let (mut state, _) =
            self.0.changed.wait_timeout_while(state, FOREVER, |state| state.hangs).unwrap();
        let taken = || Outcome::Delivered { answer: String::new() };
        Ok(state.answers.pop_front().unwrap_or_else(taken))
    }

    fn fingerprint(&self) -> String {
        self.0.state.lock().unwrap().fingerprint.clone()
    }
}

/// A config with these services.
fn config(services: &[(&str, &Service)]) -> Config {
    let named = |(name, service): &(&str, &Service)| NamedSink {
        name: (*name).to_owned(),
        // Told of each report by itself: what is tested here is the way, not what is folded.
        routing: Routing::of_a_feed(),
        sink: Box::new((*service).clone()),
    };
    let examination = Settings { settle: Duration::ZERO, ..Settings::default() };
    Config {
        retry_for: FOREVER,
        redaction: Redaction::off(),
        folding: Folding::default(),
        examination: Arc::new(examination),
        jobs: JobSettings::default(),
        windows: Windows::new(Vec::new(), Ok(Zone::utc())),
        spool: Limits::default(),
        metrics: None,
        sinks: services.iter().map(named).collect(),
    }
}

/// Runs a notifier to its end; what it said.
fn run(spool: &Spool, services: &[(&str, &Service)]) -> Vec<String> {
    let lines = Mutex::new(Vec::new());
    let say = |line: fmt::Arguments<'_>| lines.lock().unwrap().push(line.to_string());
    deliver(NOWHERE, spool, &|| Ok(config(services)), &say).unwrap();
    lines.into_inner().unwrap()
}

/// Runs a notifier beside the test, which is told of its end.
fn run_beside<'scope>(
    scope: &'scope Scope<'scope, '_>,
    spool: &'scope Spool,
    services: &'scope [(&str, &Service)],
) -> Receiver<()> {
    let (ended, end) = channel();
    scope.spawn(move || {
        run(spool, services);
        let _ = ended.send(());
    });
    end
}

fn busy() -> Outcome {
    Outcome::Retry { why: "busy".to_owned(), wait: Wait::BackOff }
}

fn why() -> String {
    "because".to_owned()
}

#[test]
fn every_sink_gets_every_report_in_order_and_once() {
    let (_dir, spool) = empty();
    for number in [2, 3] {
        spool.leave_report(number);
    }
    spool.leave_marker(1);
    let (a, b) = (Service::default(), Service::answering([busy()]));
    run(&spool, &[("file.a", &a), ("slack.b", &b)]);
    assert_eq!(a.sent(), [id(1), id(2), id(3)]);
    assert_eq!(b.sent(), [id(1), id(1), id(2), id(3)], "the first one is retried first");
    assert_eq!(spool.files(), [1, 2, 3].map(|number| format!("archive/{}.json", id(number))));

    run(&spool, &[("file.a", &a), ("slack.b", &b)]);
    assert_eq!((a.sent().len(), b.sent().len()), (3, 4), "nothing comes twice");
}

#[test]
fn a_sink_that_hangs_holds_up_no_other() {
    let (_dir, spool) = empty();
    let (slow, quick) = (Service::default(), Service::default());
    let services = [("slack.slow", &slow), ("file.quick", &quick)];
    slow.hang(true);
    for number in [1, 2] {
        spool.leave_report(number);
    }
    thread::scope(|scope| {
        let end = run_beside(scope, &spool, &services);
        slow.wait_for(1);
        quick.wait_for(2);
        spool.leave_report(3);
        quick.wait_for(3);
        assert_eq!(slow.sent(), [id(1)], "one at a time");
        slow.hang(false);
        end.recv_timeout(FOREVER).unwrap();
    });
    assert_eq!(slow.sent(), [id(1), id(2), id(3)]);
    assert_eq!(quick.sent(), [id(1), id(2), id(3)]);
}

#[test]
fn a_notifier_at_work_notices_what_comes_in_and_a_second_one_steps_back() {
    let (_dir, spool) = empty();
    let (service, never) = (Service::default(), Service::default());
    let services = [("slack.ops", &service)];
    service.hang(true);
    spool.leave_report(1);
    thread::scope(|scope| {
        let end = run_beside(scope, &spool, &services);
        service.wait_for(1);
        spool.leave_marker(2);
        run(&spool, &[("slack.ops", &never)]);
        assert_eq!(never.sent(), [], "the second notifier does not send");
        service.hang(false);
        end.recv_timeout(FOREVER).unwrap();
    });
    assert_eq!(service.sent(), [id(1), id(2)]);
}

#[test]
fn a_wake_up_between_the_last_look_and_the_end_of_the_lock_is_not_lost() {
    let (_dir, spool) = empty();
    let mut rounds = 0;
    alone(&spool, || {
        rounds += 1;
        if rounds == 1 {
            alone(&spool, || panic!("two at a time")).unwrap();
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(rounds, 2);
}

#[test]
fn notifiers_that_come_and_go_deliver_everything_once() {
    let (_dir, spool) = empty();
    let service = Service::default();
    thread::scope(|scope| {
        for kicker in 0..8_u16 {
            let (spool, service) = (&spool, &service);
            scope.spawn(move || {
                for number in 0..12 {
                    spool.leave_report(kicker * 100 + number);
                    run(spool, &[("file.a", service)]);
                }
            });
        }
    });
    // All have returned: whoever stepped back relied on somebody else.
    let mut sent = service.sent();
    sent.sort();
    let mut left: Vec<_> =
        (0..8).flat_map(|kicker| (0..12).map(move |number| id(kicker * 100 + number))).collect();
    left.sort();
    assert_eq!(sent, left);
}

#[test]
fn refused_reports_come_once_more_in_the_minimal_form_and_then_no_more() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    spool.leave_report(2);
    let refused = || Outcome::Refused { why: why() };
    let service = Service::answering([refused(), refused(), refused()]);
    run(&spool, &[("slack.ops", &service)]);
    assert_eq!(
        service.0.state.lock().unwrap().sent,
        [
            (id(1), Fidelity::Full),
            (id(1), Fidelity::Minimal),
            (id(2), Fidelity::Full),
            (id(2), Fidelity::Minimal),
        ]
    );
    let entry = spool.entry(id(1), sys::now()).unwrap().unwrap();
    assert_eq!(entry.dead.len(), 1);
    assert_eq!(entry.dead[0].1.given_up.as_deref(), Some("because"));
    assert!(entry.owed.is_empty());
}

#[test]
fn a_report_that_was_rejected_does_not_hold_up_the_next_one() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    spool.leave_report(2);
    let service = Service::answering([Outcome::Rejected { why: why() }]);
    run(&spool, &[("slack.ops", &service)]);
    assert_eq!(service.sent(), [id(1), id(2)]);
    assert!(spool.files().contains(&format!("dead/slack.ops/{}.json", id(1))));
}

#[test]
fn a_parked_sink_is_left_alone_until_its_fingerprint_changes() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    spool.leave_report(2);
    let service = Service::answering([Outcome::Parked { why: why() }]);
    let other = Service::default();
    let services = [("file.b", &other), ("slack.ops", &service)];
    run(&spool, &services);
    assert_eq!(service.sent(), [id(1)]);
    assert_eq!(other.sent(), [id(1), id(2)]);

    spool.leave_report(3);
    let said = run(&spool, &services);
    assert_eq!(service.sent(), [id(1)], "still parked");
    assert!(said.iter().any(|line| line.contains("slack.ops") && line.contains("because")));

    service.set_fingerprint("another secret");
    run(&spool, &services);
    assert_eq!(service.sent(), [id(1), id(1), id(2), id(3)]);
    assert_eq!(other.sent(), [id(1), id(2), id(3)]);
    assert_eq!(spool.parked("slack.ops"), None);
}

#[test]
fn without_sinks_reports_wait_for_a_config() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    spool.leave_marker(2);
    let said = run(&spool, &[]);
    assert!(said.len() == 1 && said[0].contains("no sink"), "{said:?}");
    assert_eq!(spool.files(), [1, 2].map(|number| format!("new/{}.json", id(number))));

    let service = Service::default();
    run(&spool, &[("file.a", &service)]);
    assert_eq!(service.sent(), [id(1), id(2)]);
}

#[test]
fn a_sink_that_left_the_config_keeps_its_queue_and_is_named_once() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    spool.leave_report(2);
    let parked = Service::answering([Outcome::Parked { why: why() }]);
    run(&spool, &[("slack.gone", &parked)]);

    let service = Service::default();
    let said = run(&spool, &[("file.a", &service)]);
    assert_eq!(said.iter().filter(|line| line.contains("slack.gone")).count(), 1, "{said:#?}");
    let queue = [1, 2].map(|number| format!("queue/slack.gone/{}.json", id(number)));
    assert!(queue.iter().all(|record| spool.files().contains(record)));
}

/// A mistake in a config.
fn unknown_key() -> ConfigError {
    let spot = Spot { file: "config.toml".into(), position: Some((3, 1)) };
    ConfigError(vec![Problem { spot, text: "unknown key `urll`".to_owned() }])
}

#[test]
fn a_broken_config_leaves_the_reports_where_they_are() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    let broken = || Err(unknown_key());
    let error = deliver(NOWHERE, &spool, &broken, &|_| ()).unwrap_err();
    assert!(matches!(error, NotifierError::Config(_)));
    assert_eq!(error.to_string(), "config.toml:3:1: unknown key `urll`");
    assert_eq!(spool.files(), [format!("new/{}.json", id(1))]);
}

#[test]
fn a_report_lost_from_the_archive_is_given_up_and_the_rest_goes_on() {
    let (dir, spool) = empty();
    spool.leave_report(1);
    spool.leave_report(2);
    let lock = spool.lock().unwrap();
    spool.take_all(&["file.a"], sys::now(), &|_| ());
    drop(lock);
    fs::write(dir.path().join(format!("spool/archive/{}.json", id(1))), "{").unwrap();
    let service = Service::default();
    run(&spool, &[("file.a", &service)]);
    assert_eq!(service.sent(), [id(2)]);
    assert!(spool.files().contains(&format!("dead/file.a/{}.json", id(1))));
}

#[test]
fn what_an_earlier_notifier_found_out_is_heeded() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    spool.leave_report(2);
    let lock = spool.lock().unwrap();
    spool.take_all(&["file.a"], sys::now(), &|_| ());
    drop(lock);
    // It was killed after it had decided, before it had moved the record.
    let mut record = spool.record("file.a", id(1), sys::now()).unwrap();
    record.given_up = Some(why());
    spool.keep("file.a", id(1), &record).unwrap();
    // The minimal form was decided on for the second.
    let mut record = spool.record("file.a", id(2), sys::now()).unwrap();
    record.fidelity = Fidelity::Minimal;
    spool.keep("file.a", id(2), &record).unwrap();

    let service = Service::default();
    run(&spool, &[("file.a", &service)]);
    assert_eq!(service.0.state.lock().unwrap().sent, [(id(2), Fidelity::Minimal)]);
    assert!(spool.files().contains(&format!("dead/file.a/{}.json", id(1))));
}

#[test]
fn a_changed_config_is_taken_up_at_work_and_a_broken_one_is_not() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    let _lock = spool.lock().unwrap();
    let an_hour = Wait::For(Duration::from_secs(3600));
    let deaf = Service::answering([Outcome::Retry { why: why(), wait: an_hour }]);
    let old = config(&[("slack.ops", &deaf)]);
    let looks = Mutex::new(0);
    let load = || {
        let mut looks = looks.lock().unwrap();
        *looks += 1;
        match *looks {
            1 => Err(unknown_key()),
            2 => Ok(config(&[("slack.ops", &deaf)])),
            _ => Ok(config(&[("slack.new", &deaf)])),
        }
    };
    let lines = Mutex::new(Vec::new());
    let say = |line: fmt::Arguments<'_>| lines.lock().unwrap().push(line.to_string());
    let mut examinations = Examinations::new(NOWHERE, &spool).unwrap();
    let desk = Desk {
        spool: &spool,
        config: &old,
        examinations: &mut examinations,
        given_up: &mut GivenUp::new(NOWHERE),
        uptime: &|_| None,
        clock: &Moment::now,
        say: &say,
        books: None,
        meters: None,
        unpruned: 0,
    };
    let served = serve(desk, &load, Duration::from_millis(1)).unwrap();
    let Served::Changed(changed) = served else { panic!("the config has changed") };
    assert_eq!(changed.sinks[0].name, "slack.new");
    assert_eq!(*looks.lock().unwrap(), 3);
    assert!(lines.lock().unwrap().iter().any(|line| line.contains("unknown key")));
    assert_eq!(spool.first("slack.ops"), Some(id(1)), "still owed");
}

#[test]
fn a_kick_is_taken_away_first_of_all() {
    let (_dir, spool) = empty();
    let kick = || spool.leave("kicks", "kick", b"");
    kick();
    deliver(NOWHERE, &spool, &|| Err(unknown_key()), &|_| ()).unwrap_err();
    assert!(!spool.take_kick(), "a broken config starts no second notifier");

    let lock = spool.lock().unwrap();
    spool.take_word();
    kick();
    run(&spool, &[]);
    assert!(!spool.take_kick(), "nor does one that steps back");
    assert!(spool.has_word(), "it leaves word");
    drop(lock);
}

#[test]
fn a_kick_at_work_is_as_good_as_word() {
    let (_dir, spool) = empty();
    spool.leave_report(1);
    spool.leave("kicks", "kick", b"");
    spool.take_kick();
    let an_hour = Wait::For(Duration::from_secs(3600));
    let deaf = Service::answering([Outcome::Retry { why: why(), wait: an_hour }]);
    let is_kicked = Mutex::new(false);
    let services = [("deaf", &deaf)];
    let load = || Ok(config(if *is_kicked.lock().unwrap() { &[] } else { &services }));
    let (ended, end) = channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            deliver(NOWHERE, &spool, &load, &|_| ()).unwrap();
            ended.send(()).unwrap();
        });
        deaf.wait_for(1);
        *is_kicked.lock().unwrap() = true;
        spool.leave("kicks", "kick", b"");
        // By itself it looks at the config later than this, and then there is nothing left to do.
        end.recv_timeout(LOOK_AROUND / 2).expect("the kick has the config looked at again");
    });
    assert!(!spool.take_kick(), "it was taken");
}
