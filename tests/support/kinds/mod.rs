//! Every kind of sink: how it is configured, and a service that it hands over to.

mod file;
mod http;
mod mail;
mod program;
mod syslog;
mod table;

pub use table::KINDS;

use super::{Answer, Host, Request};

/// What no text may show. Every key that is a secret, or may hold one, holds this.
pub const SECRET: &str = "XXXXsecretXXXX";

/// Where no service of a test is, whatever its port.
const NOBODY: &str = "127.0.0.2:9";

/// A kind of sink, with one of the ways that it has.
pub struct Kind {
    /// As the config calls it.
    pub name: &'static str,
    /// Where it goes.
    pub way: Way,
    /// What was told, as text that can be searched; fails where it is not in the format of its kind.
    pub read: fn(&Request) -> String,
    /// What tells the service that a second try is one, if there is a place for that.
    pub idempotency_key: Option<fn(&Request) -> String>,
}

/// Where a sink hands over what it is given.
pub enum Way {
    /// To a service that speaks HTTP.
    Http {
        /// What stands below `[sink.KIND.it]`, for a service at `url`, which ends in no slash.
        table: fn(url: &str) -> String,
        /// How it says that it took something.
        success: fn() -> Answer,
    },
    /// To a mail server that wants TLS and a password.
    Smtp,
    /// To the host's own mail system.
    Sendmail,
    /// To a command.
    Command,
    /// To a socket of the host.
    SyslogSocket,
    /// In a packet.
    SyslogUdp,
    /// By a connection.
    SyslogTcp,
    /// To the end of a file.
    File,
}

/// How a service has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// It takes what it is given.
    Good,
    /// It cannot at the moment, and says so.
    Busy,
    /// It does not take this one message.
    Picky,
    /// It does not know us.
    Strange,
    /// It breaks the connection off, or dies, before it has answered.
    Broken,
    /// The same in the middle of its answer.
    CutOff,
    /// It says nothing, and does not end.
    Silent,
    /// Nobody is there.
    Absent,
}

/// What takes what a sink hands over.
pub trait Service {
    /// What stands in the table of a sink that hands over to it.
    fn table(&self) -> String;

    /// Who it is, in the words of a sink.
    fn name(&self) -> String;

    /// What it has taken since it was asked last, in order.
    fn take(&self) -> Vec<Request>;

    /// Whether a silent one was reached, and the try that has ended has left nothing behind there: no
    /// connection, no process.
    fn is_left_alone(&self) -> bool;
}

impl Kind {
    /// The name and, where there are several, the way.
    pub fn label(&self) -> String {
        match self.way {
            Way::Http { .. } | Way::Command | Way::File => self.name.to_owned(),
            Way::Smtp => format!("{} by SMTP", self.name),
            Way::Sendmail => format!("{} by sendmail", self.name),
            Way::SyslogSocket => format!("{} by a socket", self.name),
            Way::SyslogUdp => format!("{} by UDP", self.name),
            Way::SyslogTcp => format!("{} by TCP", self.name),
        }
    }

    /// A service for it on `host`, which has a day such as this.
    pub fn service(&self, host: &Host, day: Day) -> Box<dyn Service> {
        match self.way {
            Way::Http { table, success } => Box::new(http::Web::new(table, success, day)),
            Way::Smtp => Box::new(mail::Server::new(host, day)),
            Way::Sendmail => Box::new(program::Program::sendmail(host, day)),
            Way::Command => Box::new(program::Program::command(host, day)),
            Way::SyslogSocket => Box::new(syslog::Socket::new(host, day)),
            Way::SyslogUdp => Box::new(syslog::Packets::new()),
            Way::SyslogTcp => Box::new(syslog::Connections::new(day)),
            Way::File => Box::new(file::Appended::new(host, day)),
        }
    }

    /// A service that gives `answer` to every request; for kinds over HTTP.
    pub fn answering(&self, answer: Answer) -> Box<dyn Service> {
        let Way::Http { table, .. } = self.way else { panic!("{} speaks no HTTP", self.name) };
        Box::new(http::Web::answering(table, answer))
    }

    /// What becomes of a try on each day that its services have.
    pub fn days(&self) -> &'static [(Day, &'static str)] {
        match self.way {
            Way::Http { .. } => http::DAYS,
            Way::Smtp => mail::DAYS,
            Way::Sendmail => program::DAYS_OF_SENDMAIL,
            Way::Command => program::DAYS_OF_COMMANDS,
            Way::SyslogSocket => syslog::DAYS_OF_SOCKETS,
            Way::SyslogUdp => syslog::DAYS_OF_PACKETS,
            Way::SyslogTcp => syslog::DAYS_OF_CONNECTIONS,
            Way::File => file::DAYS,
        }
    }

    /// Whether its services may refuse what they were sent.
    pub fn may_refuse(&self) -> bool {
        self.days().iter().any(|(day, _)| *day == Day::Picky)
    }
}
