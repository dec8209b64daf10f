//! The replicas of one Alertmanager: each is told, and what they answer is one outcome.

use std::thread;

use reqwest::Url;

use crate::sinks::{Fidelity, Outcome};

/// What `post` comes to for each of `urls`, all at the same time: one that hangs does not hold up
/// the others.
pub(super) fn at_once(urls: &[Url], post: &(dyn Fn(&Url) -> Outcome + Sync)) -> Vec<Outcome> {
    thread::scope(|scope| {
        let start = |url| thread::Builder::new().spawn_scoped(scope, move || post(url));
        let tries: Vec<_> = urls.iter().map(|url| (url, start(url))).collect();
        // Where the host has no thread to give, one after the other.
        let end = |(url, of): (_, std::io::Result<thread::ScopedJoinHandle<'_, _>>)| {
            of.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| post(url))
        };
        tries.into_iter().map(end).collect()
    })
}

/// What the replicas' answers come to: the most hopeful of them. That the full form was refused is
/// acted on first, and that the minimal one was only when no replica is left to be asked again.
pub(super) fn together(outcomes: Vec<Outcome>, fidelity: Fidelity) -> Outcome {
    let hope = |outcome: &Outcome| match outcome {
        Outcome::Delivered { .. } => 5,
        Outcome::Refused { .. } if fidelity == Fidelity::Full => 4,
        Outcome::Retry { .. } => 3,
        Outcome::Refused { .. } => 2,
        Outcome::Parked { .. } => 1,
        Outcome::Rejected { .. } => 0,
    };
    // The first of equals.
    let best = outcomes.into_iter().rev().max_by_key(hope);
    best.unwrap_or_else(|| Outcome::Rejected { why: "`urls` names no Alertmanager".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::Wait;

    #[test]
    fn one_replica_that_took_it_is_enough() {
        let of = |word: &str| {
            let why = word.to_owned();
            match word {
                "delivered" => Outcome::Delivered { answer: why },
                "retry" => Outcome::Retry { why, wait: Wait::BackOff },
                "refused" => Outcome::Refused { why },
                "parked" => Outcome::Parked { why },
                _ => Outcome::Rejected { why },
            }
        };
        for (outcomes, full, minimal) in [
            (&["delivered"][..], "delivered", "delivered"),
            (&["retry", "delivered"], "delivered", "delivered"),
            (&["parked", "rejected", "delivered"], "delivered", "delivered"),
            (&["retry", "refused"], "refused", "retry"),
            (&["refused", "parked"], "refused", "refused"),
            (&["parked", "retry"], "retry", "retry"),
            (&["rejected", "parked"], "parked", "parked"),
            (&["rejected", "rejected"], "rejected", "rejected"),
        ] {
            for (fidelity, expected) in [(Fidelity::Full, full), (Fidelity::Minimal, minimal)] {
                let outcomes = outcomes.iter().map(|word| of(word)).collect();
                assert_eq!(together(outcomes, fidelity), of(expected), "{fidelity:?}");
            }
        }
    }
}
