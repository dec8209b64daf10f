//! Services that speak HTTP.

use super::super::{Answer, Receiver, Request};
use super::{Day, NOBODY, SECRET, Service};

pub(super) const DAYS: &[(Day, &str)] = &[
    (Day::Good, "delivered"),
    (Day::Busy, "retry"),
    (Day::Picky, "refused"),
    (Day::Strange, "parked"),
    (Day::Broken, "retry"),
    (Day::CutOff, "retry"),
    (Day::Silent, "retry"),
    (Day::Absent, "retry"),
];

pub(super) struct Web {
    receiver: Receiver,
    url: String,
    table: String,
}

impl Web {
    pub(super) fn new(table: fn(&str) -> String, success: fn() -> Answer, day: Day) -> Self {
        // Services repeat what they were sent.
        let status = |status| Answer::status(status).body(&format!("no: /{SECRET}?t={SECRET}"));
        let answer = match day {
            Day::Good => success(),
            Day::Busy => status(503),
            Day::Picky => status(400),
            Day::Strange => status(401),
            Day::Broken => Answer::Reset,
            Day::CutOff => Answer::CutOff,
            Day::Silent => Answer::Hang,
            Day::Absent => return Self::at(format!("http://{NOBODY}"), table, Receiver::new([])),
        };
        Self::answering(table, answer)
    }

    pub(super) fn answering(table: fn(&str) -> String, answer: Answer) -> Self {
        let receiver = Receiver::new([answer]);
        Self::at(receiver.url(""), table, receiver)
    }

    fn at(url: String, table: fn(&str) -> String, receiver: Receiver) -> Self {
        Self { table: table(&url), url, receiver }
    }
}

impl Service for Web {
    fn table(&self) -> String {
        self.table.clone()
    }

    fn name(&self) -> String {
        self.url.clone()
    }

    fn take(&self) -> Vec<Request> {
        self.receiver.take_requests()
    }

    fn is_left_alone(&self) -> bool {
        self.receiver.is_left_alone()
    }
}
