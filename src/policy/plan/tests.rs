use super::*;
use crate::id::RunId;
use crate::policy::testing::{at, incident_of};

/// What the sink knows of a job.
#[derive(Clone, Copy)]
enum Knows {
    /// Nothing, since then.
    Nothing(i64),
    /// Its first crash, by notice number so and so, made at that time.
    First(u8, i64),
    /// The same, by a digest.
    ByDigest(u8, i64),
    /// Everything, and the job has been stable since.
    Stable,
}
use Knows::{ByDigest, First, Nothing, Stable};

/// A job, its crashes, and what the sink knows of them.
type Row = (&'static str, &'static [(&'static str, u64)], Knows);

fn notice(number: u8) -> ReportId {
    ReportId::new(at(0), RunId([number; 10]))
}

/// Jobs with their crashes, and what the sink knows of them.
fn incidents(jobs: &[Row]) -> Incidents {
    let incident = |(job, crashes, knows): &Row| {
        let mut incident = incident_of(job, crashes);
        let first = incident_of(job, &[(crashes[0].0, 1)]).tally();
        let told_first = |number, told_at, digest| Account {
            told: first.clone(),
            notice: Some(notice(number)),
            told_at: Some(at(told_at)),
            digest,
            notices: 1,
            untold_since: Some(at(told_at)),
            alarmed: true,
            ..Account::default()
        };
        let account = match *knows {
            Nothing(since) => Account { untold_since: Some(at(since)), ..Account::default() },
            First(number, told_at) => told_first(number, told_at, false),
            ByDigest(number, told_at) => told_first(number, told_at, true),
            Stable => Account {
                told: incident.tally(),
                untold_since: None,
                owed_recovery: true,
                ..told_first(0, -9999, false)
            },
        };
        incident.accounts.insert("chat".to_owned(), account);
        ((*job).to_owned(), incident)
    };
    jobs.iter().map(incident).collect()
}

/// The plan in words: `api`, `api recovered`, `digest api cart`, and when to look again.
fn planned(jobs: &[Row], waiting: &[u8], limit: usize, now: i64) -> String {
    let folding = Folding { host_limit: limit, ..Folding::default() };
    let waiting = waiting.iter().map(|number| notice(*number)).collect();
    let quiet = BTreeSet::from(["quiet".to_owned()]);
    let plan = plan("chat", &incidents(jobs), &waiting, &quiet, &folding, at(now));
    let tell = |tell: &Tell| match tell {
        Tell::Crashes(job) => job.clone(),
        Tell::Recovered(job) => format!("{job} recovered"),
        Tell::Digest(jobs) => format!("digest {}", jobs.join(" ")),
    };
    let again = plan.again_in.map(|wait| format!("again in {}", wait.as_secs()));
    plan.now.iter().map(tell).chain(again).collect::<Vec<_>>().join(", ")
}

const ONE: &[(&str, u64)] = &[("a", 1)];
const TWO: &[(&str, u64)] = &[("a", 2)];
const GAVE_UP: &[(&str, u64)] = &[("a", 9), ("gave up", 1)];

#[test]
fn few_jobs_are_told_of_one_by_one() {
    for (jobs, waiting, now, expected) in [
        (&[][..], &[][..], 0, ""),
        (&[("api", ONE, Nothing(0))], &[], 0, "api"),
        (&[("api", ONE, Nothing(5)), ("cart", ONE, Nothing(1))], &[], 9, "cart, api"),
        (&[("api", TWO, First(1, 0))], &[], 20, "again in 40"),
        (&[("api", TWO, First(1, 0))], &[], 60, "api"),
        // The first notice has not arrived: the count goes on.
        (&[("api", TWO, First(1, 0))], &[1], 60, ""),
        (&[("api", GAVE_UP, First(1, 0))], &[1], 60, "api"),
        (&[("api", GAVE_UP, Nothing(0)), ("an", ONE, Nothing(0))], &[], 0, "api, an"),
        (&[("api", ONE, Stable)], &[], 0, "api recovered"),
        (&[("quiet", ONE, Stable), ("api", ONE, Nothing(0))], &[], 0, "api, again in 60"),
        (&[("quiet", GAVE_UP, First(1, 0))], &[], 600, "again in 60"),
    ] {
        assert_eq!(planned(jobs, waiting, 10, now), expected);
    }
}

#[test]
fn many_jobs_make_a_digest() {
    let firsts: Vec<_> = ["a", "b", "c", "d"].map(|job| (job, ONE, Nothing(0))).to_vec();
    let repeats = |told_at| -> Vec<_> {
        ["a", "b", "c", "d"].map(|job| (job, TWO, First(job.as_bytes()[0], told_at))).to_vec()
    };
    let with =
        |one: (&'static str, &'static [(&'static str, u64)], Knows)| [&firsts[..], &[one]].concat();
    for (jobs, waiting, now, expected) in [
        // Some at once, the others together when they had time to gather.
        (firsts.clone(), &[][..], 0, "a, b, again in 10"),
        (firsts.clone(), &[], 10, "a, b, digest c d"),
        // What waits in the queue counts.
        (firsts.clone(), &[200, 201], 10, "digest a b c d"),
        (firsts.clone(), &[200, 201, 202, 203], 10, "digest a b c d"),
        // So does what was told within the minute.
        (with(("z", TWO, First(9, 5))), &[], 10, "a, again in 55, digest b c d"),
        // What repeats goes together at once.
        (repeats(0), &[], 600, "digest a b c d"),
        // What is loud goes first, and by itself.
        (with(("z", GAVE_UP, Nothing(0))), &[], 10, "z, a, b, digest c d"),
        // One digest a minute, and none while the last one waits.
        (with(("z", ONE, ByDigest(9, -20))), &[], 10, "a, again in 30"),
        (with(("z", ONE, ByDigest(9, -60))), &[], 10, "a, b, digest c d"),
        (with(("z", ONE, ByDigest(9, -999))), &[9], 10, "a, again in 60"),
        // An all-clear waits for its turn.
        (with(("z", ONE, Stable)), &[], 10, "a, b, digest c d, again in 60"),
    ] {
        let planned = planned(&jobs, waiting, 2, now);
        let sorted = |text: &str| {
            let mut parts: Vec<_> = text.split(", ").map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!(sorted(&planned), sorted(expected), "{planned}");
    }
}

#[test]
fn the_loud_ones_have_a_limit_too() {
    let jobs: Vec<_> = ["a", "b", "c", "d", "e"].map(|job| (job, GAVE_UP, Nothing(0))).to_vec();
    assert_eq!(planned(&jobs, &[], 2, 10), "a, b, c, d, digest e");
}

#[test]
fn another_sink_is_not_told_by_this_ones_account() {
    let incidents = incidents(&[("api", ONE, Nothing(0))]);
    let (nothing, nobody) = (BTreeSet::new(), BTreeSet::new());
    let plan = plan("pager", &incidents, &nothing, &nobody, &Folding::default(), at(0));
    assert_eq!(plan, Plan::default());
}
