//! A mail server that wants TLS and a password.

use super::super::scripted_mail::{Encryption, Reply, ScriptedMail};
use super::super::{Host, Request};
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

pub(super) struct Server {
    server: ScriptedMail,
    url: String,
}

impl Server {
    pub(super) fn new(host: &Host, day: Day) -> Self {
        // Servers repeat what they were sent.
        let says = |words: &str| Reply::Says(format!("{words}: {SECRET}"));
        let script = match day {
            Day::Good | Day::Absent => vec![],
            Day::Busy => vec![("MAIL", says("451 try later"))],
            Day::Picky => vec![(".", says("552 too much"))],
            Day::Strange => vec![("AUTH", says("535 who are you"))],
            Day::Broken => vec![(".", Reply::Reset)],
            Day::CutOff => vec![(".", Reply::CutOff)],
            Day::Silent => vec![(".", Reply::Hang)],
        };
        let server = ScriptedMail::start(Encryption::FromTheStart, script);
        host.write("/mail.pem", &server.ca_pem);
        let url = match day {
            Day::Absent => format!("smtps://{NOBODY}"),
            _ => server.url(),
        };
        Self { server, url }
    }
}

impl Service for Server {
    fn table(&self) -> String {
        format!(
            "to = [\"ops@example.com\"]\nsmtp = \"{}\"\nusername = \"monitor\"\n\
             password = \"{SECRET}\"\nca_file = \"/mail.pem\"\n",
            self.url
        )
    }

    fn name(&self) -> String {
        self.url.clone()
    }

    fn take(&self) -> Vec<Request> {
        self.server.take_mails().into_iter().map(|mail| Request::of(mail.into_bytes())).collect()
    }

    fn is_left_alone(&self) -> bool {
        self.server.is_left_alone()
    }
}
