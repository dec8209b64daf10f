//! What people have asked the notifier for: `requests/ID.json`. The command writes them, in one
//! step each; the notifier carries them out under its lock, and removes each when that is done.
//!
//! Killed in between, the next notifier carries it out once more: all that a request asks for can
//! be done twice.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::disk::{self, SpoolError};
use super::store::{Say, Spool, ids_of, json_line};
use crate::id::{ReportId, RunId};
use crate::sys;
use crate::time::Timestamp;

/// What somebody has asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// To send again, and now.
    Retry(Vec<Again>),
    /// To drop what the spool need not keep.
    Prune(Surplus),
}

/// What is sent again to one sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// The sink's name.
    pub sink: String,
    /// The notice; null is every one that the sink is owed or that was given up for it.
    pub notice: Option<ReportId>,
}

/// What the spool need not keep, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surplus {
    /// Only what is older; null is what is more than the config allows.
    pub older_than_seconds: Option<u64>,
    /// Only reports on jobs that these globs mean; empty is everything.
    pub jobs: Vec<String>,
}

impl Spool {
    /// Leaves `request`, made at `now`, for the notifier. Its name.
    ///
    /// # Errors
    /// What the kernel says; then there is none.
    pub fn ask(&self, request: &Request, now: Timestamp) -> Result<ReportId, SpoolError> {
        let (tmp, requests) = (self.dir.join("tmp"), self.dir.join("requests"));
        disk::make_dirs(&tmp)?;
        disk::make_dirs(&requests)?;
        let id = ReportId::new(now, RunId(sys::random_bytes()));
        let path = self.report_path("requests", id);
        let beside = tmp.join(format!("request.{id}"));
        disk::write(&beside, &path, &json_line(request, &path)?)?;
        Ok(id)
    }

    /// Where requests lie: the directory to be watched by whoever waits for one to be done.
    pub fn requests_dir(&self) -> PathBuf {
        self.dir.join("requests")
    }

    /// Whether nobody has carried out the request named `id` yet.
    pub fn is_asked(&self, id: ReportId) -> bool {
        disk::exists(&self.report_path("requests", id))
    }

    /// Whether somebody has asked for something.
    pub fn has_requests(&self) -> bool {
        disk::names(&self.dir.join("requests")).is_ok_and(|names| !names.is_empty())
    }

    /// What people have asked for, in the order in which they did. What is no request goes to
    /// `corrupt/`.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn requests(&self, say: Say<'_>) -> Result<Vec<(ReportId, Request)>, SpoolError> {
        let directory = self.dir.join("requests");
        let mut requests = Vec::new();
        for name in disk::names(&directory)? {
            let path = directory.join(&name);
            let id = ids_of(&[name], ".json").next();
            let read = disk::read(&path).and_then(|json| Ok(serde_json::from_slice(&json)?));
            match (id, read) {
                (Some(id), Ok(request)) => requests.push((id, request)),
                (_, Err(error)) => {
                    self.put_aside(&path, &SpoolError::at("use", &path)(error), say)?
                }
                (None, Ok(_)) => {
                    let error = std::io::ErrorKind::InvalidData.into();
                    self.put_aside(&path, &SpoolError::at("use", &path)(error), say)?;
                }
            }
        }
        Ok(requests)
    }

    /// The request named `id` is carried out.
    ///
    /// # Errors
    /// What the kernel says; then it is carried out once more.
    pub fn forget_request(&self, id: ReportId) -> Result<(), SpoolError> {
        disk::remove(&self.report_path("requests", id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{empty, id};
    use super::*;

    fn again(sink: &str, notice: Option<ReportId>) -> Request {
        Request::Retry(vec![Again { sink: sink.to_owned(), notice }])
    }

    fn now(second: i64) -> Timestamp {
        Timestamp::from_micros(1_795_300_000_000_000 + second * 1_000_000)
    }

    #[test]
    fn what_is_asked_for_is_read_in_its_order_until_it_is_done() {
        let (_dir, spool) = empty();
        assert!(!spool.has_requests(), "a spool that is not there yet");
        let prune = Surplus { older_than_seconds: None, jobs: vec!["shop*".to_owned()] };
        let asked = [again("file.a", None), Request::Prune(prune), again("file.a", Some(id(1)))];
        let ids = [30, 10, 20].map(now).into_iter().zip(&asked);
        let ids: Vec<_> = ids.map(|(now, request)| spool.ask(request, now).unwrap()).collect();
        let [last, first, middle] = [0, 1, 2].map(|index| (ids[index], asked[index].clone()));
        let read = || spool.requests(&|line| unreachable!("{line}")).unwrap();
        assert_eq!(read(), [first.clone(), middle, last.clone()]);

        spool.forget_request(first.0).unwrap();
        spool.forget_request(first.0).unwrap();
        assert!(!spool.is_asked(first.0) && spool.is_asked(last.0) && spool.has_requests());
        assert_eq!(read().len(), 2);
    }

    #[test]
    fn what_is_no_request_is_put_aside_and_the_rest_is_read() {
        let (_dir, spool) = empty();
        let whole = spool.ask(&again("file.a", None), now(0)).unwrap();
        let retry = br#"{"retry":[]}"#;
        for (name, content) in [
            (format!("{}.json", id(1)), &b"{"[..]),
            (format!("{}.json", id(2)), b"{\"erase\":[]}"),
            (format!("{}.json", id(3)), br#"{"retry":[{"sink":"a","notice":null,"all":true}]}"#),
            ("other.json".to_owned(), retry),
        ] {
            spool.leave("requests", &name, content);
        }
        let lines = std::sync::Mutex::new(0);
        let read = spool.requests(&|_| *lines.lock().unwrap() += 1).unwrap();
        assert_eq!(read.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [whole]);
        assert_eq!(lines.into_inner().unwrap(), 4);
        let names = disk::names(&spool.dir.join("corrupt")).unwrap();
        assert_eq!(names.len(), 4, "{names:?}");
    }
}
