//! `upstart-crash test`: what each kind of sink is sent and answers, and that nothing else happens.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use support::kinds::{KINDS, Kind, SECRET, Way};
use support::{
    Answer, Host, Notifier, Receiver, configure, crash_unnoticed, deliver, deliver_command,
    wait_until,
};

/// What a webhook is owed.
const QUEUE: &str = "/var/spool/upstart-monitor/queue/webhook.hook";

/// What `upstart-crash test` said, and how it ended.
struct Said {
    status: Option<i32>,
    lines: Vec<String>,
    errors: String,
}

/// `upstart-crash test` with `arguments`, typed by alice. It shows no secret and nothing that acts
/// on a terminal.
#[track_caller]
fn test(host: &Host, arguments: &[&str]) -> Said {
    let mut command = deliver_command(host);
    command.env("SUDO_USER", "alice").stdout(std::process::Stdio::piped());
    let program = command.get_program().to_owned();
    let mut test = std::process::Command::new(program);
    test.arg("test").args(arguments).env_clear();
    test.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let Output { status, stdout, stderr } = test.output().unwrap();
    let [text, errors] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    host.note(format!("test {arguments:?}: {status}\n{text}{errors}"));
    let shown = format!("{text}{errors}");
    assert!(!shown.contains(SECRET) && !shown.contains('\x1b'), "{shown}");
    Said { status: status.code(), lines: text.lines().map(str::to_owned).collect(), errors }
}

impl Said {
    /// The lines, with the time that it took replaced.
    fn timeless(&self) -> Vec<String> {
        self.lines.iter().map(|line| timeless(line)).collect()
    }

    fn json(&self) -> Vec<Value> {
        self.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// `delivered in 0.2 s` as `delivered in N s`.
fn timeless(line: &str) -> String {
    let is_time = |word: &str| word.parse::<f64>().is_ok() && word.contains('.');
    let words = line.split(' ').map(|word| if is_time(word) { "N" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Each kind over HTTP with a service of its own.
struct Services(Vec<(&'static Kind, Receiver)>);

impl Services {
    /// With services that answer so, given their success.
    fn answering(answers: impl Fn(Answer) -> Vec<Answer>) -> (Self, Host) {
        let service = |kind: &'static Kind| match kind.way {
            Way::Http { success, .. } => Some((kind, Receiver::new(answers(success())))),
            _ => None,
        };
        let services = Self(KINDS.iter().filter_map(service).collect());
        let host = Host::with_notifier();
        let table = |(kind, receiver): &(&Kind, Receiver)| match kind.way {
            Way::Http { table, .. } => {
                Some(format!("[sink.{}.it]\n{}", kind.name, table(&receiver.url(""))))
            }
            _ => None,
        };
        let tables: String = services.0.iter().filter_map(table).collect();
        configure(&host, &format!("timeout = \"1s\"\n{tables}"));
        (services, host)
    }

    /// The kinds whose service was asked otherwise than so often.
    fn asked_otherwise_than(&self, times: usize) -> Vec<&str> {
        let otherwise = self.0.iter().filter(|(_, service)| service.requests().len() != times);
        otherwise.map(|(kind, _)| kind.name).collect()
    }
}

/// A host with one webhook.
fn with_webhook(receiver: &Receiver) -> Host {
    let host = Host::with_notifier();
    configure(&host, &format!("[sink.webhook.hook]\nurl = \"{}\"\n", receiver.url("/x")));
    host
}

/// Every file of the host's state, with what is in it.
fn state(host: &Host) -> BTreeMap<PathBuf, Vec<u8>> {
    fn add(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in directory.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                files.insert(path.clone(), Vec::new());
                add(&path, files);
            } else if let Ok(content) = std::fs::read(&path) {
                files.insert(path, content);
            }
        }
    }
    let mut files = BTreeMap::new();
    ["/var", "/etc"].iter().for_each(|top| add(&host.path(top), &mut files));
    files
}

// --- what is sent and said -----------------------------------------------------------------

#[test]
fn every_service_gets_a_test_that_says_so_and_its_answer_is_told() {
    let (services, host) = Services::answering(|success| vec![success]);
    let said = test(&host, &[]);
    assert_eq!((said.status, &*said.errors), (Some(0), ""));
    let width = "alertmanager.it".len();
    let expected: Vec<_> = services
        .0
        .iter()
        .map(|(kind, service)| {
            let answer = match service.requests()[0].answered.unwrap() {
                202 => "202 Accepted",
                204 => "204 No Content",
                _ => "200 OK",
            };
            format!("{:width$}  delivered in N s ({answer})", format!("{}.it", kind.name))
        })
        .collect();
    assert_eq!(said.timeless(), expected);
    for (kind, service) in &services.0 {
        let told = (kind.read)(&service.requests()[0]);
        let title = format!("TEST: upstart-monitor can reach {}.it", kind.name);
        assert!(told.contains(&title), "{}: {told}", kind.name);
    }
    assert_eq!(services.asked_otherwise_than(1), ["pagerduty"]);
}

#[test]
fn of_pagerduty_the_answer_to_the_test_is_told_and_not_that_to_its_end() {
    let success = |status| Answer::status(status).body("{\"status\":\"success\"}");
    let receiver = Receiver::new([success(202), success(200)]);
    let host = Host::with_notifier();
    let url = receiver.url("/v2/enqueue");
    configure(
        &host,
        &format!("[sink.pagerduty.it]\nurl = \"{url}\"\nrouting_key = \"{SECRET}\"\n"),
    );
    assert_eq!(test(&host, &[]).timeless(), ["pagerduty.it  delivered in N s (202 Accepted)"]);
    let action = |request: &support::Request| request.json()["event_action"].to_string();
    let actions: Vec<_> = receiver.requests().iter().map(action).collect();
    assert_eq!(actions, ["\"trigger\"", "\"resolve\""]);
}

#[test]
fn what_is_no_service_over_http_answers_in_its_own_way() {
    let host = Host::with_notifier();
    let syslog = UdpSocket::bind("127.0.0.1:0").unwrap();
    for name in ["command", "sendmail"] {
        let told = host.path(&format!("/{name}.told"));
        let script =
            format!("#!/bin/sh\ncat >'{}'\nprintf 'taken \\033[31m{name}\\n'\n", told.display());
        host.write_program(&format!("/{name}"), &script);
    }
    configure(
        &host,
        &format!(
            "[sink.exec.it]\ncommand = [\"{}\", \"{SECRET}\"]\n\
             [sink.email.it]\nto = [\"ops@example.com\"]\nsendmail = \"{}\"\n\
             [sink.file.it]\npath = \"/told.jsonl\"\n\
             [sink.syslog.it]\ntarget = \"udp://{}\"\n",
            host.path("/command").display(),
            host.path("/sendmail").display(),
            syslog.local_addr().unwrap(),
        ),
    );
    let said = test(&host, &[]);
    let line = host.read("/told.jsonl");
    let [sendmail, file] = ["/sendmail", "/told.jsonl"].map(|path| host.path(path));
    assert_eq!(
        said.timeless(),
        [
            format!("email.it   delivered in N s ({}: exit status 0)", sendmail.display()),
            "exec.it    delivered in N s (exit status 0: taken command)".to_owned(),
            format!("file.it    delivered in N s ({} bytes in {})", line.len(), file.display()),
            "syslog.it  delivered in N s (sent by UDP, which nobody confirms)".to_owned(),
        ]
    );
    assert_eq!(said.status, Some(0), "{}", said.errors);
    let mut packet = [0; 2048];
    let length = syslog.recv(&mut packet).unwrap();
    let packet = String::from_utf8_lossy(&packet[..length]).into_owned();
    for (sink, told) in [
        ("email.it", host.read("/sendmail.told")),
        ("exec.it", host.read("/command.told")),
        ("file.it", line),
        ("syslog.it", packet),
    ] {
        let title = format!("TEST: upstart-monitor can reach {sink}");
        assert!(told.replace("=\n", "").contains(&title), "{sink}: {told}");
        assert!(told.contains("alice") || sink == "syslog.it", "{sink}: who asked? {told}");
    }
}

#[test]
fn every_failure_is_told_with_what_would_follow() {
    let echo = |status| Answer::status(status).body(&format!("no \x1b[31m: /{SECRET}?t={SECRET}"));
    let given_up = "A crash would be given up for it.";
    for (answer, times, said_of_it, follows) in [
        (echo(400), 2, "answered 400 Bad Request", given_up),
        (
            echo(401),
            1,
            "answered 401 Unauthorized (authorisation failed: check the URL and the secret)",
            "A crash would park it: it is sent nothing until its config or secret changes.",
        ),
        (echo(418), 1, "answered 418 I'm a teapot", given_up),
        (
            echo(429).header("Retry-After", "17"),
            1,
            "answered 429 Too Many Requests",
            "A crash would be tried again after 17s.",
        ),
        (
            echo(429),
            1,
            "answered 429 Too Many Requests",
            "A crash would be tried again after 30s, then twice as long each time.",
        ),
        (
            Answer::Hang,
            1,
            "no whole answer within 1s",
            "A crash would be tried again within 1, 2, 4, ... 300 s.",
        ),
    ] {
        let (services, host) = Services::answering(|_| vec![answer.clone()]);
        let said = test(&host, &[]);
        assert_eq!(said.status, Some(1), "{answer:?}: {}", said.errors);
        let count = services.0.len();
        let summary = format!("upstart-crash: {count} of {count} sinks did not take the test\n");
        assert_eq!(said.errors, summary);
        for (kind, service) in &services.0 {
            let start = format!("{}.it ", kind.name);
            let at = said.lines.iter().position(|line| line.starts_with(&start)).unwrap();
            let rest: Vec<_> = said.lines[at..].iter().map(|line| timeless(line)).collect();
            let why = format!("not delivered, after N s: {}", service.url(""));
            assert!(rest[0].contains(&why) && rest[0].contains(said_of_it), "{}", rest[0]);
            let last = if times == 2 { &rest[2] } else { &rest[1] };
            assert_eq!(last.trim_start(), follows, "{}: {:#?}", kind.name, said.lines);
        }
        assert_eq!(services.asked_otherwise_than(times), [""; 0], "{answer:?}");
    }
}

#[test]
fn the_minimal_form_follows_a_refusal() {
    let (services, host) =
        Services::answering(|success| vec![Answer::status(400).body("too gaudy"), success]);
    let said = test(&host, &[]);
    assert_eq!(said.status, Some(0), "{}", said.errors);
    let delivered = said.lines.iter().filter(|line| line.contains(".it ")).count();
    let plain = said.lines.iter().filter(|line| {
        line.contains("  That was the plain form. It refused the full one: http://127.0.0.1:")
            && line.ends_with(" answered 400 Bad Request: too gaudy")
    });
    assert_eq!((delivered, plain.count()), (services.0.len(), services.0.len()));
    for (kind, service) in &services.0 {
        let requests = service.requests();
        let [full, minimal] = [&requests[0], &requests[1]].map(|request| (kind.read)(request));
        // A record of OTLP has nothing to leave out.
        assert_eq!(full == minimal, kind.name == "otlp", "{}", kind.name);
    }
}

#[test]
fn a_service_that_is_not_there_is_told() {
    // No service of a test has this address, whatever its port.
    let nobody = "127.0.0.2:9";
    let host = Host::with_notifier();
    configure(&host, &format!("[sink.webhook.hook]\nurl = \"http://{nobody}/{SECRET}\"\n"));
    let said = test(&host, &["webhook.hook"]);
    let why = "cannot connect: Connection refused (os error 111)";
    let expected = format!("webhook.hook  not delivered, after N s: http://{nobody}: {why}");
    assert_eq!((said.status, &said.timeless()[0]), (Some(1), &expected));
}

#[test]
fn a_program_reads_one_object_for_each_sink() {
    let services = [
        vec![Answer::status(200).body("ok")],
        vec![Answer::status(400).body("no"), Answer::status(200).body("ok")],
        vec![Answer::status(429).header("Retry-After", "17")],
    ]
    .map(Receiver::new);
    let host = Host::with_notifier();
    let sink = |(name, service): (&str, &Receiver)| {
        format!("[sink.slack.{name}]\nwebhook_url = \"{}/{SECRET}\"\n", service.url(""))
    };
    configure(&host, &["a", "b", "c"].into_iter().zip(&services).map(sink).collect::<String>());
    let said = test(&host, &["--json"]);
    assert_eq!(said.status, Some(1));
    let from = |service: &Receiver| service.url("");
    let mut told = said.json();
    for told in &mut told {
        assert!(told["seconds"].take().as_f64().unwrap() >= 0.0);
        assert_eq!(told["id"].take().as_str().unwrap().len(), 36);
    }
    let common = json!({
        "version": 1, "id": null, "seconds": null, "outcome": "delivered", "form": "full",
        "answer": null, "why": null, "wait_seconds": null, "full_refused": null, "parked": null,
    });
    let with = |own: Value| {
        let mut object = common.clone();
        object.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        object
    };
    assert_eq!(
        told,
        [
            with(json!({ "sink": "slack.a", "answer": "200 OK" })),
            with(json!({
                "sink": "slack.b", "answer": "200 OK", "form": "minimal",
                "full_refused": format!("{} answered 400 Bad Request: no", from(&services[1])),
            })),
            with(json!({
                "sink": "slack.c", "outcome": "retry", "wait_seconds": 17.0,
                "why": format!("{} answered 429 Too Many Requests", from(&services[2])),
            })),
        ]
    );
}

// --- which sinks ---------------------------------------------------------------------------

#[test]
fn a_named_sink_is_tested_alone_whatever_it_is_told_of() {
    let [ops, dev] = [Receiver::new([]), Receiver::new([])];
    let host = Host::with_notifier();
    configure(
        &host,
        &format!(
            "[sink.webhook.dev]\nurl = \"{}\"\n\
             [sink.webhook.ops]\nurl = \"{}\"\nmin_severity = \"critical\"\njobs = [\"none\"]\n",
            dev.url("/x"),
            ops.url("/x"),
        ),
    );
    let said = test(&host, &["webhook.ops", "webhook.ops"]);
    assert_eq!((said.status, said.lines.len()), (Some(0), 1), "{}", said.errors);
    assert_eq!((ops.requests().len(), dev.requests().len()), (1, 0));
    let told = ops.requests()[0].json();
    assert_eq!((&told["kind"], &told["severity"]), (&json!("test"), &json!("info")));
    assert_eq!(told["test"], json!({ "sink": "webhook.ops", "by": "alice" }));
    test(&host, &["webhook.ops"]);
    let ids = ops.requests().into_iter().map(|request| request.json()["id"].to_string());
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 2, "each is another one");
}

#[test]
fn what_cannot_be_tested_is_said_and_nobody_is_told() {
    let receiver = Receiver::new([]);
    let host = with_webhook(&receiver);
    let said = test(&host, &["webhook.hook", "webhook.hok"]);
    let unknown = "upstart-crash: no sink is called webhook.hok; did you mean webhook.hook?\n\
                   upstart-crash: the config has webhook.hook\n";
    assert_eq!((said.status, &*said.errors), (Some(2), unknown));

    configure(&host, "");
    let said = test(&host, &[]);
    assert_eq!((said.status, said.errors.contains("no sink is in the config")), (Some(1), true));

    configure(&host, "[sink.webhook.hook]\nurl = 1\n[sink.slack.ops]\nwebhook_url_fil = \"x\"\n");
    let said = test(&host, &[]);
    let by_deliver = String::from_utf8(deliver(&host).stderr).unwrap();
    assert_eq!((said.status, said.errors), (Some(78), by_deliver));
    assert!(receiver.requests().is_empty());
}

// --- what it leaves alone ------------------------------------------------------------------

#[test]
fn nothing_of_the_hosts_state_is_touched_beside_a_notifier_at_work() {
    let busy = Answer::status(503).header("Retry-After", "3000");
    let receiver = Receiver::new([busy]);
    let host = with_webhook(&receiver);
    crash_unnoticed(&host, "shop");
    let mut notifier = Notifier::start(&host);
    wait_until("the notifier waits", || {
        let owed = host.names(QUEUE);
        owed.iter().any(|name| host.read(&format!("{QUEUE}/{name}")).contains("\"attempts\":1"))
    });
    let before = state(&host);
    receiver.answer_from_now_on([Answer::status(200)]);
    assert_eq!(test(&host, &[]).status, Some(0));
    receiver.answer_from_now_on([Answer::status(401)]);
    assert_eq!(test(&host, &[]).status, Some(1));
    assert!(state(&host) == before);
    assert!(notifier.is_at_work());
    let kinds: Vec<_> = receiver.requests().iter().map(|it| it.json()["kind"].clone()).collect();
    assert_eq!(kinds, ["crash", "test", "test"]);
}

#[test]
fn a_parked_sink_stays_parked_and_that_is_said() {
    let receiver = Receiver::new([Answer::status(401)]);
    let host = with_webhook(&receiver);
    crash_unnoticed(&host, "shop");
    deliver(&host);
    receiver.answer_from_now_on([Answer::status(200)]);
    let before = state(&host);
    let said = test(&host, &[]);
    assert_eq!((said.status, said.lines.len()), (Some(0), 2), "{:?}", said.lines);
    let note = said.lines[1].trim_start();
    let stays = "and no test sets it free: a change of its config or secret does.";
    assert!(note.starts_with("It is parked since 20") && note.ends_with(stays), "{note}");
    assert_eq!(test(&host, &["--json"]).json()[0]["parked"]["stays"], json!(true));
    assert!(state(&host) == before);

    let another = receiver.url("/another");
    configure(&host, &format!("[sink.webhook.hook]\nurl = \"{another}\"\n"));
    let note = test(&host, &[]).lines.remove(1);
    assert!(note.ends_with("`upstart-crash deliver` sets it free."), "{note}");
    let before = receiver.requests().len();
    deliver(&host);
    assert_eq!(receiver.requests()[before].json()["kind"], "crash", "as it was said");
}

// --- the page ------------------------------------------------------------------------------

#[test]
fn the_page_on_delivery_shows_what_it_does() {
    let page = include_str!("../docs/delivery.md");
    let (_, section) = page.split_once("## How to test a sink\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let shown = |line: &&str| line.starts_with("    ");
    let shown: Vec<_> = section.lines().filter(shown).map(|line| &line[4..]).collect();
    let (commands, answers): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|line| line.starts_with("upstart-crash "));

    let good = Receiver::new([Answer::status(200).body("ok")]);
    let gone = Receiver::new([Answer::status(404).body("no_service")]);
    let host = Host::with_notifier();
    host.make_dir("/var/log");
    configure(
        &host,
        &format!(
            "[sink.file.all]\npath = \"/var/log/upstart-monitor.jsonl\"\n\
             [sink.slack.dev]\nwebhook_url = \"{}\"\n[sink.slack.ops]\nwebhook_url = \"{}\"\n",
            gone.url("/x"),
            good.url("/x"),
        ),
    );
    let told: Vec<_> = commands
        .iter()
        .map(|command| test(&host, &command.split(' ').skip(2).collect::<Vec<_>>()))
        .collect();
    let ended: Vec<_> = told.iter().map(|said| (said.status, said.lines.len())).collect();
    assert_eq!(ended, [(Some(1), 4), (Some(0), 2), (Some(0), 1)], "{commands:?}");

    let root = host.path("/").display().to_string();
    let as_shown = |line: String| {
        let line = line
            .replace(root.trim_end_matches('/'), "")
            .replace(&gone.url(""), "https://hooks.slack.com");
        line.split_once(" bytes").map_or(line.clone(), |(start, rest)| {
            format!("{} bytes{rest}", start.rsplit_once('(').unwrap().0)
        })
    };
    let said: Vec<_> = told[0].timeless().into_iter().map(as_shown).collect();
    let answers: Vec<_> = answers.iter().map(|line| as_shown(timeless(line))).collect();
    assert_eq!(said, answers);

    let fields: Vec<_> = told[2].json()[0].as_object().unwrap().keys().cloned().collect();
    let mut described: Vec<_> = section
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0))
        .collect();
    described.sort_unstable();
    assert_eq!(fields, described);
}
