use super::*;
use crate::id::RunId;
use crate::notice::Tally;
use crate::policy::testing::{at, incident_of};

const ID: [u8; 10] = [7; 10];

/// What `chat` is told of a job with these crashes, when it knows the first `known` kinds so
/// often.
fn told(crashes: &[(&str, u64)], known: &[(&str, u64)]) -> Composed {
    let mut incident = incident_of("api", crashes);
    let account = match known {
        [] => Account::default(),
        known => Account {
            told: incident_of("api", known).tally(),
            notice: None,
            told_at: Some(at(-60)),
            notices: 1,
            ..Account::default()
        },
    };
    incident.accounts.insert("chat".to_owned(), account);
    let incidents = [("api".to_owned(), incident)].into();
    let tell = Tell::Crashes("api".to_owned());
    let id = ReportId::new(at(0), RunId(ID));
    compose(&tell, "chat", &incidents, &Folding::default(), at(0), id).unwrap()
}

fn words(tally: &Tally) -> String {
    let word = |count: &crate::notice::Count| {
        format!("{} {}", count.count, count.cause.exit.as_deref().unwrap_or("gave up"))
    };
    tally.0.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn one_that_stands_out_is_told_by_itself_and_the_others_are_counted_with_it() {
    for (crashes, known, expected) in [
        (&[("a", 1)][..], &[][..], "crash 1: 1 a"),
        (&[("a", 3)], &[], "crash 3: 3 a"),
        (&[("a", 2)], &[("a", 1)], "crash 2: 1 a"),
        (&[("a", 4)], &[("a", 1)], "repeats 4: 3 a"),
        (&[("a", 4), ("b", 1)], &[("a", 1)], "crash 5: 3 a, 1 b"),
        (&[("a", 4), ("b", 9)], &[("a", 1), ("b", 1)], "repeats 13: 8 b, 3 a"),
        (&[("a", 10), ("gave up", 1)], &[("a", 1)], "crash 11: 1 gave up, 9 a"),
    ] {
        let notice = told(crashes, known).notice;
        let shown = match &notice.subject {
            Subject::Crash { report, nth, tally, .. } => {
                assert_eq!(notice.id, *report);
                format!("crash {nth}: {}", words(tally))
            }
            Subject::Repeats { total, tally, since, .. } => {
                assert_eq!((notice.id, *since), (ReportId::new(at(0), RunId(ID)), at(-60)));
                format!("repeats {total}: {}", words(tally))
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(shown, expected);
    }
}

#[test]
fn the_sink_then_knows_everything_and_waits_longer_for_the_next_one() {
    for (crashes, known, notices) in [
        (&[("a", 1)][..], &[][..], 1),
        (&[("a", 4)], &[("a", 1)], 2),
        // Told at once, out of turn.
        (&[("a", 4), ("b", 1)], &[("a", 1)], 1),
    ] {
        let composed = told(crashes, known);
        let [(key, account)] = composed.accounts.as_slice() else { panic!("{composed:?}") };
        assert_eq!(key, "api");
        assert_eq!(account.told.total(), crashes.iter().map(|(_, count)| count).sum::<u64>());
        assert_eq!(account.notice, Some(composed.notice.id));
        assert_eq!((account.notices, account.told_at), (notices, Some(at(0))));
        assert!(account.alarmed && !account.owed_recovery && account.untold_since.is_none());
    }
}

#[test]
fn a_digest_names_the_loudest_first_and_counts_those_it_does_not_name() {
    let jobs = (0..JOBS_NAMED as u64 + 5).map(|n| {
        let job = format!("job-{n}");
        let mut incident = incident_of(&job, &[("a", n + 1), ("gave up", u64::from(n == 3))]);
        incident.accounts.insert("chat".to_owned(), Account::default());
        (job, incident)
    });
    let incidents: Incidents = jobs.collect();
    let tell = Tell::Digest(incidents.keys().cloned().collect());
    let id = ReportId::new(at(0), RunId(ID));
    let folding = Folding::default();
    let composed = compose(&tell, "chat", &incidents, &folding, at(0), id).unwrap();
    assert_eq!(composed.accounts.len(), JOBS_NAMED + 5);
    assert!(composed.accounts.iter().all(|(_, account)| account.digest));
    let Subject::Digest { jobs, more_jobs, more_crashes, .. } = composed.notice.subject else {
        panic!("no digest")
    };
    let first: Vec<_> = jobs.iter().take(3).map(|job| job.job.name.as_str()).collect();
    assert_eq!(first, ["job-3", "job-104", "job-103"]);
    assert_eq!((jobs.len(), more_jobs, more_crashes), (JOBS_NAMED, 5, 1 + 2 + 3 + 5 + 6));
    assert_eq!(composed.notice.severity, Severity::Critical);
}

#[test]
fn the_all_clear_tells_of_what_the_job_has_recovered_from() {
    let mut incident = incident_of("api", &[("a", 13), ("b", 1)]);
    let account = Account { alarmed: true, notices: 3, ..Account::default() };
    incident.accounts.insert("chat".to_owned(), account);
    incident.close(at(400), std::time::Duration::from_secs(300), |_| true);
    let incidents = [("api".to_owned(), incident)].into();
    let tell = Tell::Recovered("api".to_owned());
    let id = ReportId::new(at(400), RunId(ID));
    let composed = compose(&tell, "chat", &incidents, &Folding::default(), at(400), id).unwrap();
    let Subject::Recovered { tally, up_seconds, .. } = &composed.notice.subject else {
        panic!("no all-clear")
    };
    assert_eq!((words(tally), *up_seconds), ("13 a, 1 b".to_owned(), 300));
    let account = &composed.accounts[0].1;
    assert_eq!((account.alarmed, account.owed_recovery, account.notices), (false, false, 3));
}
