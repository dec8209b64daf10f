//! A time zone: what the clock on the wall shows.

use std::io::ErrorKind;
use std::path::Path;

use tz::TimeZone;

use crate::paths::Places;
use crate::time::Timestamp;

/// Where a host keeps its zone, in the format of tzfile(5). The variable `TZ` is not asked: whoever
/// starts the notifier by hand may live in another one.
const LOCALTIME: &str = "/etc/localtime";

/// The rules by which a host's clocks are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// That of the host that `places` are on; one that names none lives by UTC.
    ///
    /// # Errors
    /// Why its rules cannot be read, in words.
    pub fn of(places: Places) -> Result<Self, String> {
        let path = places.below_root(Path::new(LOCALTIME));
        let in_words = |why: String| format!("{}: {why}", path.display());
        match std::fs::read(&path) {
            Ok(rules) => Self::parse(&rules).map_err(in_words),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::utc()),
            Err(error) => Err(in_words(error.to_string())),
        }
    }

    /// UTC.
    pub fn utc() -> Self {
        Self(TimeZone::utc())
    }

    /// The zone with `rules`, in the format of tzfile(5).
    fn parse(rules: &[u8]) -> Result<Self, String> {
        TimeZone::from_tz_data(rules).map(Self).map_err(|error| error.to_string())
    }

    /// How far the clock on the wall is ahead of UTC at `time`, in seconds.
    pub fn ahead_seconds(&self, time: Timestamp) -> i64 {
        let zone = self.0.as_ref();
        // Rules that say nothing of the time after the last change: it was for good.
        let last_change = || {
            let index = zone.transitions().last()?.local_time_type_index();
            zone.local_time_types().get(index)
        };
        let seconds = time.micros().div_euclid(1_000_000);
        let found = zone.find_local_time_type(seconds).ok().or_else(last_change);
        found.map_or(0, |kind| i64::from(kind.ut_offset()))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Zone;

    /// The zone by the rule `rule` (tzset(3)): a file of version 2 that holds nothing else.
    pub(crate) fn zone(rule: &str) -> Zone {
        let header = [b"TZif2".as_slice(), &[0; 15], &[0; 16], &[0, 0, 0, 1, 0, 0, 0, 4]].concat();
        let kind = b"\0\0\0\0\0\0UTC\0";
        let file =
            [&header, kind.as_slice(), &header, kind, b"\n", rule.as_bytes(), b"\n"].concat();
        Zone::parse(&file).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_ahead_of_utc_by_its_rules() {
        let berlin = testing::zone("CET-1CEST,M3.5.0,M10.5.0/3");
        for (zone, utc, ahead) in [
            (&Zone::utc(), "2026-07-01T00:00:00Z", 0),
            (&testing::zone("<+0545>-5:45"), "2026-07-01T00:00:00Z", 5 * 3600 + 45 * 60),
            (&berlin, "2026-03-29T00:59:59Z", 3600),
            (&berlin, "2026-03-29T01:00:00Z", 7200),
            (&berlin, "2026-10-25T00:59:59Z", 7200),
            (&berlin, "2026-10-25T01:00:00Z", 3600),
        ] {
            let time = humantime::parse_rfc3339(utc).unwrap().into();
            assert_eq!(zone.ahead_seconds(time), ahead, "{zone:?} {utc}");
        }
    }

    #[test]
    fn a_host_without_a_zone_lives_by_utc_and_a_broken_one_is_named() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::under(Vec::leak(root.path().as_os_str().as_encoded_bytes().to_vec()));
        assert_eq!(Zone::of(places), Ok(Zone::utc()));
        std::fs::create_dir(root.path().join("etc")).unwrap();
        let path = root.path().join("etc/localtime");
        std::fs::write(&path, "TZif").unwrap();
        let why = Zone::of(places).unwrap_err();
        assert!(why.starts_with(&format!("{}: ", path.display())), "{why}");
    }
}
