//! A notice as a mail: headers, and the text in one or two forms.

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::body;
use crate::message::{Message, View, shortened};
use crate::notice::{JobName, Notice, Subject};
use crate::sinks::{Attempt, Fidelity};
use crate::time::Timestamp;

/// The longest subject, in characters.
const SUBJECT: usize = 200;

/// A mail that is not yet written: who takes it shows only when the server is asked.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) from: Mailbox,
    pub(super) to: Vec<Mailbox>,
    message: Message,
    fidelity: Fidelity,
    now: Timestamp,
    /// `<ID@HOST>`, the same over all tries.
    id: String,
    /// What stands between the parts: it has `=_`, which quoted-printable text never has.
    boundary: String,
    /// `<DIGEST.incident@HOST>`, the same for all that is told of one trouble of a job.
    thread: Option<String>,
}

impl Letter {
    /// The mail of `attempt`, from the host with the domain `host`.
    pub(super) fn new(
        attempt: &Attempt<'_>,
        host: &str,
        from: Mailbox,
        to: Vec<Mailbox>,
        view: &View,
    ) -> Self {
        let Attempt { notice: told, fidelity, now } = *attempt;
        let Notice { id, subject, .. } = told.notice();
        Self {
            from,
            to,
            message: Message::of(told, now, view),
            fidelity,
            now,
            id: format!("<{id}@{host}>"),
            boundary: format!("=_{id}"),
            thread: thread(subject).map(|digest| format!("<{digest}.incident@{host}>")),
        }
    }

    /// The mail as it is sent, each line ended by CRLF. Tells of `refused`: whom the server does not
    /// know, and what it said.
    ///
    /// # Errors
    /// None that a test would not have found.
    pub(super) fn written(&self, refused: &[String]) -> Result<Vec<u8>, lettre::error::Error> {
        let Self { message, fidelity, .. } = self;
        let title = format!("[{}] {}", message.tone.word(), message.title);
        let mut letter = lettre::Message::builder()
            .message_id(Some(self.id.clone()))
            .date(self.now.to_system_time())
            .from(self.from.clone())
            .subject(shortened(&title, SUBJECT))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for to in &self.to {
            letter = letter.to(to.clone());
        }
        if let Some(thread) = &self.thread {
            letter = letter.in_reply_to(thread.clone()).references(thread.clone());
        }
        let text = part(ContentType::TEXT_PLAIN, body::text(message, *fidelity, refused));
        let letter = match fidelity {
            Fidelity::Minimal => letter.singlepart(text),
            Fidelity::Full => {
                let html = part(ContentType::TEXT_HTML, body::html(message, refused));
                let both = MultiPart::alternative().boundary(&self.boundary);
                letter.multipart(both.singlepart(text).singlepart(html))
            }
        };
        Ok(letter?.formatted())
    }
}

fn part(kind: ContentType, text: String) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let builder = SinglePart::builder().header(kind);
    match Body::new_with_encoding(text, encoding) {
        Ok(body) => builder.body(body),
        // No encoding but this one is asked for, and it takes every text.
        Err(text) => builder.body(text),
    }
}

/// What all notices on one trouble of a job have in common; `None` for those that are on none.
fn thread(subject: &Subject) -> Option<String> {
    let (JobName { key, .. }, began) = match subject {
        Subject::Crash { job, since, .. } => (job, since),
        Subject::Repeats { job, began, .. } | Subject::Recovered { job, began, .. } => (job, began),
        Subject::Digest { .. } | Subject::SinkFailed { .. } | Subject::Test { .. } => return None,
    };
    let digest = Sha256::digest(format!("{key}\0{began}"));
    Some(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redaction::Redacted;
    use crate::sinks::samples;

    fn written(told: &Redacted, fidelity: Fidelity) -> String {
        let attempt = Attempt { notice: told, fidelity, now: told.notice().time };
        let to = vec!["Ops <ops@example.com>".parse().unwrap(), "b@example.com".parse().unwrap()];
        let from = "upstart-monitor@web-1".parse().unwrap();
        let letter = Letter::new(&attempt, "web-1", from, to, &samples::view(50));
        String::from_utf8(letter.written(&[]).unwrap()).unwrap()
    }

    fn told(notice: &Notice) -> Redacted {
        let report = match notice.host.starts_with('>') {
            true => samples::worst(),
            false => samples::report(),
        };
        samples::redacted(notice, notice.report().is_some().then_some(&report))
    }

    /// The names of the headers, and the whole of one.
    fn header(mail: &str, wanted: &str) -> Option<String> {
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let value = unfolded.lines().find_map(|line| line.strip_prefix(&format!("{wanted}: ")));
        value.map(str::to_owned)
    }

    fn header_names(mail: &str) -> Vec<String> {
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn headers_say_whose_it_is_and_that_nobody_is_to_answer() {
        let [notice, ..] = samples::notices();
        let mail = written(&told(&notice), Fidelity::Full);
        for (name, value) in [
            ("Message-ID", "<01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40@web-1>"),
            ("Date", "Sat, 21 Nov 2026 03:42:17 +0000"),
            ("From", "upstart-monitor@web-1"),
            ("To", "Ops <ops@example.com>, b@example.com"),
            ("Auto-Submitted", "auto-generated"),
            ("MIME-Version", "1.0"),
        ] {
            assert_eq!(header(&mail, name).as_deref(), Some(value), "{mail}");
        }
        let subject = header(&mail, "Subject").unwrap();
        assert!(subject.starts_with("[crash] web-1: nginx (eu-1) crashed: SIGSEGV"), "{subject}");
        assert_eq!(mail, written(&told(&notice), Fidelity::Full), "every try is the same");
    }

    #[test]
    fn one_trouble_of_a_job_is_one_thread() {
        let [crash, gave_up, repeats, recovered, digest, failed, test] =
            samples::notices().map(|notice| {
                let mail = written(&told(&notice), Fidelity::Full);
                let thread = header(&mail, "References");
                assert_eq!(thread, header(&mail, "In-Reply-To"));
                thread
            });
        assert!(crash.is_some());
        assert_eq!([&repeats, &recovered], [&crash; 2]);
        assert_ne!(gave_up, crash, "it began at another time");
        assert_eq!([digest, failed, test], [const { None }; 3]);
    }

    #[test]
    fn every_mail_is_ascii_in_short_lines() {
        for notice in samples::notices().into_iter().chain(samples::worst_notices()) {
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let mail = written(&told(&notice), fidelity);
                assert!(mail.is_ascii());
                let lines = mail.split("\r\n");
                assert!(
                    lines.clone().all(|line| line.len() <= 998 && !line.contains(['\r', '\n']))
                );
                // Few servers take less than 10 MB.
                assert!(mail.len() < 1 << 20, "{}", mail.len());
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_in_a_name_makes_a_header_or_a_part(
            name in ".{0,40}|[\r\n\0 :a-z=?]{0,40}",
            exit in ".{0,40}",
        ) {
            let [mut notice, ..] = samples::notices();
            if let Subject::Crash { job, cause, .. } = &mut notice.subject {
                job.name = format!("{name}\r\nBcc: evil@example.com\r\n\r\n--=_{}--", notice.id);
                cause.exit = Some(exit);
            }
            let mail = written(&samples::alone(&notice), Fidelity::Full);
            let expected = [
                "Message-ID", "Date", "From", "Subject", "Auto-Submitted", "To", "In-Reply-To",
                "References", "MIME-Version", "Content-Type",
            ];
            prop_assert_eq!(header_names(&mail), expected, "{}", mail);
            let boundary = format!("--=_{}", notice.id);
            let marks = mail.split("\r\n").filter(|line| line.starts_with(&boundary)).count();
            prop_assert_eq!(marks, 3, "{}", mail);
        }
    }
}
