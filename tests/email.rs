//! Mails by the `sendmail` of a real mail system, and by SMTP with STARTTLS and AUTH to a real server;
//! and to servers on a bad day.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod support;

use support::scripted_mail::{Encryption, Reply, ScriptedMail};
use support::{
    Host, MailServer, MailSystem, PASSWORD, USER, configure, fingerprint, report, told, try_once,
    try_with, write_secret,
};
use upstart_monitor::sinks::{Fidelity, Outcome};

const TO: &str = "to = [\"Operations <ops@example.com>\", \"b@example.com\"]\n";

fn email(host: &Host, settings: &str) {
    configure(host, &format!("[sink.email.ops]\n{TO}{settings}"));
}

/// Fails where `outcome` shows the password, in any form.
fn without_secret(outcome: Outcome) -> (&'static str, Option<u64>, String) {
    let shown = format!("{outcome:?}");
    assert!(!shown.contains("Pa55") && !shown.contains("bW9uaXRvcg"), "{shown}");
    told(outcome)
}

/// A config that reaches `server`, whose password stands in a file.
fn reaching(host: &Host, server: &MailServer, username: &str) -> String {
    host.write("/ca.pem", &server.ca_pem);
    let url = server.url();
    format!(
        "smtp = \"{url}\"\nusername = \"{username}\"\npassword_file = \"mail\"\nca_file = \"/ca.pem\"\n"
    )
}

/// `mail` without the breaks that its encodings put into long lines.
fn unfolded(mail: &str) -> String {
    let (head, body) = mail.split_once("\n\n").unwrap();
    format!("{}\n\n{}", head.replace("\n ", " "), body.replace("=\n", ""))
}

#[track_caller]
fn is_whole(mail: &str) {
    let mail = unfolded(mail);
    for line in [
        "Message-ID: <01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40@web-1>",
        "Auto-Submitted: auto-generated",
        "From: upstart-monitor@web-1",
        "Subject: [crash] web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min,",
        "To: Operations <ops@example.com>, b@example.com",
        "Host:        web-1",
        "    AssertionError: a < b && b > c",
        "AssertionError: a &lt; b &amp;&amp; b &gt; c",
        "report 6c1d8e40: upstart-crash show 6c1d8e40",
    ] {
        assert!(mail.lines().any(|read| read.starts_with(line)), "{line}\n{mail}");
    }
}

#[test]
fn sendmail_takes_a_mail_for_everybody() {
    let host = Host::new();
    let system = MailSystem::start(&host);
    email(&host, "");
    let mut report = report();
    // A lone dot ends a mail, for a sendmail that was not told otherwise.
    report.log.as_mut().unwrap().lines.splice(0..0, [".", "."].map(str::to_owned));
    assert_eq!(told(try_with(&host, &report, Fidelity::Full)).0, "delivered");
    let mails = system.wait_for(2);
    mails.iter().for_each(|mail| is_whole(mail));
    for to in ["ops@example.com", "b@example.com"] {
        let delivered = format!("Delivered-To: {to}");
        assert!(mails.iter().any(|mail| mail.lines().any(|line| line == delivered)), "{mails:#?}");
    }
    assert!(mails.iter().all(|mail| mail.lines().any(|line| line == ".")), "{mails:#?}");
}

#[test]
fn a_server_takes_a_mail_behind_starttls_and_a_password() {
    let host = Host::new();
    let server = MailServer::start(&host);
    email(&host, &reaching(&host, &server, USER));
    write_secret(&host, "mail", PASSWORD);
    for fidelity in [Fidelity::Full, Fidelity::Minimal] {
        assert_eq!(without_secret(try_once(&host, fidelity)).0, "delivered");
    }
    let mails = server.wait_for(2);
    let (full, minimal): (Vec<_>, Vec<_>) =
        mails.iter().partition(|mail| mail.contains("multipart/alternative"));
    assert_eq!((full.len(), minimal.len()), (1, 1));
    full.into_iter().for_each(|mail| is_whole(mail));
    assert!(minimal.iter().all(|mail| !mail.contains("AssertionError")), "{minimal:#?}");
}

#[test]
fn a_server_that_does_not_know_us_or_is_not_trusted_gets_no_mail() {
    let host = Host::new();
    let server = MailServer::start(&host);
    let known = reaching(&host, &server, USER);
    let right = known.clone();
    let untrusted = known.replace("ca_file = \"/ca.pem\"\n", "");
    let other_name = known.replace("127.0.0.1", "localhost");
    let stranger = reaching(&host, &server, "stranger");
    write_secret(&host, "mail", PASSWORD);
    let mut fingerprints = Vec::new();
    for (config, password, expected, words) in [
        (&right, "Pa55-of-another", ("parked", None), "authorisation failed: 535 "),
        (&stranger, PASSWORD, ("parked", None), "authorisation failed: 535 "),
        (&untrusted, PASSWORD, ("retry", Some(300)), "its certificate is not trusted"),
        (&other_name, PASSWORD, ("retry", Some(300)), "its certificate is not trusted"),
    ] {
        email(&host, config);
        write_secret(&host, "mail", password);
        fingerprints.push(fingerprint(&host));
        let (outcome, wait, why) = without_secret(try_once(&host, Fidelity::Full));
        assert_eq!((outcome, wait), expected, "{why}");
        assert!(why.contains(words), "{why}");
    }
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 4);

    email(&host, &right);
    write_secret(&host, "mail", PASSWORD);
    assert_eq!(told(try_once(&host, Fidelity::Full)).0, "delivered");
    assert_eq!(server.wait_for(1).len(), 1, "no other mail came");
}

// --- a bad day -----------------------------------------------------------------------------

fn plain(server: &ScriptedMail) -> Host {
    let host = Host::new();
    let address = server.address();
    email(&host, &format!("smtp = \"smtp://{address}\"\nstarttls = \"none\"\ntimeout = \"20s\"\n"));
    host
}

#[test]
fn an_answer_decides() {
    for (script, expected, words) in [
        (&[][..], ("delivered", None), ""),
        (&[("(greeting)", "421 too busy")], ("retry", None), "421 too busy"),
        (&[("(greeting)", "554 go away")], ("parked", None), "554 go away"),
        (&[("MAIL", "451 try later")], ("retry", None), "451 try later"),
        (&[("MAIL", "530 say who you are")], ("parked", None), "530 say who you are"),
        (&[("RCPT", "450 greylisted")], ("retry", None), "450 greylisted"),
        (&[("RCPT", "550 no such user")], ("parked", None), "b@example.com: 550 no such user"),
        (&[(".", "552 too much")], ("refused", None), "552 too much"),
        (&[(".", "451 disk full")], ("retry", None), "451 disk full"),
        (&[("QUIT", "500 what?")], ("delivered", None), ""),
        (&[("EHLO", "gibberish")], ("retry", None), ""),
    ] {
        let server = ScriptedMail::new(script);
        let (outcome, wait, why) = told(try_once(&plain(&server), Fidelity::Full));
        assert_eq!((outcome, wait), expected, "{script:?}: {why}");
        assert!(why.contains(words), "{script:?}: {why}");
        let shown = outcome == "delivered" || why.contains(&server.address().to_string());
        assert!(shown, "who answered is missing: {why}");
    }
}

#[test]
fn whom_the_server_does_not_know_is_told_to_the_others() {
    let server = ScriptedMail::new(&[("RCPT TO:<b@", "550 5.1.1 no such user")]);
    assert_eq!(told(try_once(&plain(&server), Fidelity::Full)).0, "delivered");
    let said = server.heard();
    let line = "the mail server did not take this for b@example.com: 550 5.1.1 no such user";
    assert!(said.replace("=\n", "").contains(line), "{said}");
    assert!(said.contains("RCPT TO:<ops@example.com>") && said.contains("\n."), "{said}");
}

#[test]
fn without_starttls_nothing_is_said() {
    let server = ScriptedMail::new(&[]);
    let host = Host::new();
    email(
        &host,
        &format!(
            "smtp = \"smtp://{}\"\nusername = \"{USER}\"\npassword = \"{PASSWORD}\"\n",
            server.address()
        ),
    );
    let (outcome, _, why) = without_secret(try_once(&host, Fidelity::Full));
    assert_eq!(outcome, "parked", "{why}");
    assert!(why.contains("STARTTLS"), "{why}");
    assert!(
        !server.heard().contains("AUTH") && !server.heard().contains("MAIL"),
        "{}",
        server.heard()
    );
}

/// Somebody on the way answers for the server before the encryption begins: what we are going to say
/// is known. None of that is believed behind it.
#[test]
fn what_was_said_before_the_encryption_is_not_believed() {
    let injected = "220 ready\r\n250-scripted\r\n250 AUTH PLAIN\r\n235 known\r\n250 ok\r\n250 ok\r\n\
                    250 ok\r\n354 go on\r\n250 taken";
    // The same in an answer before that, in which it is not looked for.
    let early = "250-scripted\r\n250 STARTTLS\r\n220 ready\r\n250-scripted\r\n250 AUTH PLAIN";
    for (script, words) in [
        (("STARTTLS", injected), "somebody on the way may speak for it"),
        (("EHLO", early), "somebody on the way may speak for it"),
    ] {
        let (word, lines) = script;
        let server = ScriptedMail::start(Encryption::OnDemand, vec![(word, lines.into())]);
        let host = Host::new();
        host.write("/ca.pem", &server.ca_pem);
        let login = format!("username = \"{USER}\"\npassword = \"{PASSWORD}\"\n");
        email(&host, &format!("smtp = \"{}\"\n{login}ca_file = \"/ca.pem\"\n", server.url()));
        let (outcome, wait, why) = without_secret(try_once(&host, Fidelity::Full));
        assert_eq!((outcome, wait), ("retry", None), "{word}: {why}");
        assert!(why.contains(words), "{word}: {why}");
        assert!(!server.heard().contains("AUTH"), "{word}: {}", server.heard());
    }
}

#[test]
fn a_server_is_asked_anew_what_it_can_do_behind_the_encryption() {
    let server = ScriptedMail::start(Encryption::OnDemand, vec![]);
    let host = Host::new();
    host.write("/ca.pem", &server.ca_pem);
    let login = format!("username = \"{USER}\"\npassword = \"{PASSWORD}\"\n");
    email(&host, &format!("smtp = \"{}\"\n{login}ca_file = \"/ca.pem\"\n", server.url()));
    assert_eq!(without_secret(try_once(&host, Fidelity::Full)).0, "delivered");
    let heard = server.heard();
    let commands: Vec<_> =
        heard.lines().filter_map(|line| line.split(' ').next()).take(4).collect();
    assert_eq!(commands, ["EHLO", "STARTTLS", "EHLO", "AUTH"]);
}

#[test]
fn a_server_that_says_nothing_is_left_at_the_time_limit() {
    for word in ["(greeting)", "EHLO", "."] {
        let server = ScriptedMail::start(Encryption::None, vec![(word, Reply::Hang)]);
        let host = Host::new();
        let address = server.address();
        email(
            &host,
            &format!("smtp = \"smtp://{address}\"\nstarttls = \"none\"\ntimeout = \"500ms\"\n"),
        );
        let (outcome, wait, why) = told(try_once(&host, Fidelity::Full));
        assert_eq!((outcome, wait), ("retry", None), "{why}");
        assert!(why.contains("no whole answer within 500ms"), "{why}");
    }
}

#[test]
fn a_mail_system_that_is_not_there_is_tried_again_when_somebody_has_mended_it() {
    let host = Host::new();
    email(&host, "sendmail = \"/no/such/sendmail\"\n");
    let (outcome, wait, why) = told(try_once(&host, Fidelity::Full));
    assert_eq!((outcome, wait), ("retry", Some(300)), "{why}");
    assert!(why.contains("/no/such/sendmail"), "{why}");
}
