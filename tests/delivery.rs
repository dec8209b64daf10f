//! From a crash to its receivers: the real hooks, the real notifier that they kick.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use support::{
    AT_ONCE, Answer, Hook, Host, Receiver, Request, is_notice, peak_kib_of_one_post, wait_until,
};

const CRASHES: &str = "echo last words; kill -SEGV $$";

/// A host whose notifier delivers as `config` says.
fn host(config: &str) -> Host {
    let host = Host::with_notifier();
    private_config(&host, config);
    host
}

/// A config for root alone, as one with secrets must be. Nothing is asked of the machine's proxy.
fn private_config(host: &Host, config: &str) {
    host.config(&format!("[delivery]\nproxy = \"none\"\n{config}{AT_ONCE}"));
    let path = host.path("/etc/upstart-monitor/config.toml");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn webhook(receiver: &Receiver) -> String {
    format!("[sink.webhook.hook]\nurl = \"{}\"\n", receiver.url("/hook"))
}

/// The command, on this host.
fn upstart_crash(host: &Host, words: &[&str]) -> Command {
    let mut command = Command::new(host.program("upstart-crash"));
    command.args(words).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn deliver(host: &Host) -> Output {
    let output = upstart_crash(host, &["deliver"]).output().unwrap();
    host.note(format!("deliver: {output:?}"));
    output
}

/// A crash without a kick: beside these hooks lies no notifier.
fn crash_unnoticed(host: &Host) {
    let elsewhere = Host::new();
    for hook in [Hook::PreStart, Hook::PostStop] {
        let run = elsewhere.hook(hook, "shop").env("UPSTART_MONITOR_ROOT", host.path(""));
        run.run().harms_nobody().says_nothing();
    }
}

/// Waits until `sink` is owed nothing, and the notifier is gone.
fn wait_until_delivered(host: &Host, sink: &str) {
    wait_until("everything to be delivered", || {
        host.spool("new").is_empty()
            && !host.spool("archive").is_empty()
            && host.spool(&format!("queue/{sink}")).is_empty()
    });
}

/// The report that was told as a crash, as the spool has it.
fn report_of(mut told: Value) -> Value {
    assert!(is_notice(&told), "{told:#}");
    let fields = told.as_object_mut().unwrap();
    assert_eq!(fields.remove("kind"), Some("crash".into()));
    assert_eq!(fields.remove("incident").unwrap()["nth"], 1);
    told
}

fn summary(request: &Request) -> String {
    request.json()["summary"].as_str().unwrap().to_owned()
}

#[test]
fn a_crash_arrives_at_every_sink() {
    let (slack, hook) = (Receiver::new([Answer::status(200).body("ok")]), Receiver::new([]));
    let host = host(&format!(
        "[sink.slack.ops]\nwebhook_url = \"{}\"\n{}[sink.file.all]\npath = \"/reports.jsonl\"\n",
        slack.url("/services/T0/B0/x"),
        webhook(&hook),
    ));
    host.job("shop").instance("eu-1").main(CRASHES).start().wait_until_down();

    let message = slack.wait_for(1).remove(0);
    assert!(message.json()["text"].as_str().unwrap().contains(": shop (eu-1) crashed"));
    assert!(message.text().contains("last words"), "{}", message.text());
    let posted = hook.wait_for(1).remove(0);
    for sink in ["slack.ops", "webhook.hook", "file.all"] {
        wait_until_delivered(&host, sink);
    }
    let report = host.only_report();
    assert_eq!(report_of(posted.json()), report);
    assert_eq!(posted.header("webhook-id"), report["id"].as_str());
    let line: Value = serde_json::from_str(&host.read("/reports.jsonl")).unwrap();
    assert_eq!(report_of(line), report);
    assert_eq!((slack.requests().len(), hook.requests().len()), (1, 1));
}

#[test]
fn a_service_that_is_down_gets_the_report_when_it_is_back() {
    let hook =
        Receiver::new([Answer::status(503), Answer::Reset, Answer::CutOff, Answer::status(200)]);
    let host = host(&webhook(&hook));
    host.job("shop").main(CRASHES).start().wait_until_down();

    let tries = hook.wait_for(4);
    wait_until_delivered(&host, "webhook.hook");
    let ids: Vec<_> = tries.iter().map(|request| request.header("webhook-id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "one id over all tries: {ids:?}");
    assert_eq!(hook.requests().len(), 4, "nothing is sent after it was delivered");
}

#[test]
fn a_form_that_is_refused_is_sent_once_more_and_smaller() {
    let hook = Receiver::new([Answer::status(413), Answer::status(200)]);
    let host = host(&webhook(&hook));
    host.job("shop").main(CRASHES).start().wait_until_down();

    let tries = hook.wait_for(2);
    wait_until_delivered(&host, "webhook.hook");
    assert!(tries[0].text().contains("last words"));
    assert!(!tries[1].text().contains("last words"), "{}", tries[1].text());
    assert_eq!(summary(&tries[0]), summary(&tries[1]));
}

#[test]
fn what_is_rejected_is_given_up_with_the_reason_and_the_next_one_goes_on() {
    let hook = Receiver::new([Answer::status(418), Answer::status(200)]);
    let host = host(&webhook(&hook));
    for job in ["shop", "cart"] {
        host.job(job).main(CRASHES).start().wait_until_down();
    }

    hook.wait_for(2);
    wait_until("both to be settled", || {
        host.spool("archive").len() == 2 && host.spool("queue/webhook.hook").is_empty()
    });
    let dead = host.spool("dead/webhook.hook");
    assert_eq!(dead.len(), 1);
    let record = host.read(&format!("/var/spool/upstart-monitor/dead/webhook.hook/{}", dead[0]));
    assert!(record.contains("418"), "{record}");
}

#[test]
fn a_sink_that_is_gone_is_left_alone_until_its_config_changes() {
    let (gone, back) = (Receiver::new([Answer::status(410)]), Receiver::new([]));
    let host = host(&webhook(&gone));
    host.job("shop").main(CRASHES).start().wait_until_down();
    wait_until("the sink to be parked", || {
        host.spool("queue/webhook.hook").contains(&"parked".to_owned())
    });
    let told = deliver(&host);
    assert!(told.status.success() && gone.requests().len() == 1, "{told:?}");

    private_config(&host, &webhook(&back));
    assert!(deliver(&host).status.success());
    assert_eq!(back.wait_for(1).len(), 1);
    wait_until_delivered(&host, "webhook.hook");
}

#[test]
fn a_notifier_that_is_killed_while_it_sends_loses_nothing() {
    let hook = Receiver::new([Answer::Hang, Answer::status(200)]);
    let host = host(&webhook(&hook));
    crash_unnoticed(&host);
    let mut killed = upstart_crash(&host, &["deliver"]).spawn().unwrap();
    hook.wait_for(1);
    kill(&mut killed);

    assert!(deliver(&host).status.success());
    let tries = hook.wait_for(2);
    assert_eq!(tries[0].header("webhook-id"), tries[1].header("webhook-id"));
    wait_until_delivered(&host, "webhook.hook");
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_second_notifier_steps_back_and_the_first_one_takes_its_report() {
    let hook = Receiver::new([Answer::Hang]);
    let file = "[sink.file.all]\npath = \"/reports.jsonl\"\n";
    let host = host(&format!("{}{file}", webhook(&hook)));
    crash_unnoticed(&host);
    let mut first = upstart_crash(&host, &["deliver"]).spawn().unwrap();
    hook.wait_for(1);

    // Its hook kicks a notifier of its own, which finds the first one at work.
    host.job("cart").main(CRASHES).start().wait_until_down();
    wait_until("the second report in the file", || {
        host.path("/reports.jsonl").exists() && host.read("/reports.jsonl").lines().count() == 2
    });
    assert!(deliver(&host).status.success(), "it steps back, though one sink hangs");
    assert_eq!(first.try_wait().unwrap(), None, "the first one is still at work");
    kill(&mut first);
}

#[test]
fn a_loop_arrives_whole_in_order_and_once_where_each_crash_is_told_by_itself() {
    let hook = Receiver::new([]);
    let host = host(&format!("{}fold = false\n", webhook(&hook)));
    let job = host.job("shop").respawn().respawn_limit(10, 600).main(CRASHES).start();
    job.wait_until_down();

    let posted = hook.wait_for(11);
    wait_until_delivered(&host, "webhook.hook");
    let ids: Vec<_> = posted.iter().map(|request| request.header("webhook-id")).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(host.runs_told().len(), 11);
    assert_eq!(hook.requests().len(), 11);
}

#[test]
fn a_loop_that_upstart_gives_up_is_a_few_messages_the_last_of_them_at_once() {
    let hook = Receiver::new([]);
    let host = host(&webhook(&hook));
    let job = host.job("shop").respawn().respawn_limit(10, 600).main(CRASHES).start();
    job.wait_until_down();

    let gave_up = |request: &Request| request.json()["verdict"]["kind"] == "gave_up";
    wait_until("it to be told", || hook.requests().iter().any(gave_up));
    wait_until_delivered(&host, "webhook.hook");
    let posted = hook.requests();
    assert!(gave_up(posted.last().unwrap()), "{posted:#?}");
    assert!(posted.len() <= 2, "{posted:#?}");
    assert_eq!(host.runs_told().len(), 11);
}

#[test]
fn a_broken_config_stops_no_capture_and_loses_no_report() {
    let hook = Receiver::new([]);
    let host = host("[sink.webhook.hook]\nurll = \"http://127.0.0.1:1/\"\n");
    host.job("shop").main(CRASHES).start().wait_until_down();
    let told = deliver(&host);
    let problem = String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(78), "{problem}");
    assert!(problem.contains("config.toml:4:1: ") && problem.contains("`url`"), "{problem}");
    assert_eq!(host.spool("new").len(), 1);

    private_config(&host, &webhook(&hook));
    assert!(deliver(&host).status.success());
    assert_eq!(report_of(hook.wait_for(1)[0].json()), host.only_report());
}

#[test]
fn without_a_config_reports_wait_and_can_be_looked_at() {
    let host = Host::with_notifier();
    host.job("shop").main(CRASHES).start().wait_until_down();
    assert!(deliver(&host).status.success());
    assert_eq!(host.spool("new").len(), 1);
    let listed = upstart_crash(&host, &["list", "--json"]).output().unwrap();
    let line: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(line, host.only_report());

    let hook = Receiver::new([]);
    private_config(&host, &webhook(&hook));
    assert!(deliver(&host).status.success());
    assert_eq!(hook.wait_for(1).len(), 1);
}

#[test]
fn an_end_that_nobody_saw_is_told_as_unseen() {
    let hook = Receiver::new([]);
    let host = host(&webhook(&hook));
    host.hook(Hook::PreStart, "shop").run().harms_nobody();
    host.hook(Hook::PreStart, "shop").run().harms_nobody();

    let posted = hook.wait_for(1).remove(0).json();
    wait_until_delivered(&host, "webhook.hook");
    assert_eq!(posted["verdict"]["kind"], "unseen");
    assert_eq!(report_of(posted), host.only_report());
    assert_eq!(host.spool("unseen"), [""; 0]);
    assert_eq!(host.markers(), ["shop.shutdown"]);
}

#[test]
fn what_is_no_report_is_put_aside_and_the_rest_goes_on() {
    let hook = Receiver::new([]);
    let host = host(&webhook(&hook));
    crash_unnoticed(&host);
    host.write(
        "/var/spool/upstart-monitor/new/01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40.json",
        "{\"ver",
    );
    host.write("/var/spool/upstart-monitor/new/notes.txt", "mine");
    let told = deliver(&host);
    let lines = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && lines.contains("notes.txt"), "{lines}");
    assert_eq!(hook.wait_for(1).len(), 1);
    assert_eq!(host.spool("corrupt").len(), 2);
}

/// What a service writes that must not leave the host, each line with what is secret in it.
const TELLTALE: [(&str, &str); 4] = [
    ("db password=hunter2-hunter2", "hunter2-hunter2"),
    ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("order 17 of tabby-4711", "4711"),
    ("-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"),
];

#[test]
fn a_secret_stays_on_the_host_whatever_the_sink() {
    let receivers = [Receiver::new([]), Receiver::new([Answer::status(200).body("ok")])];
    let [hook, chat] = &receivers;
    let host = host(&format!(
        "{}[sink.slack.ops]\nwebhook_url = \"{}\"\n[sink.file.all]\npath = \"/reports.jsonl\"\n\
         [redaction]\npatterns = [\"tabby-([0-9]+)\"]\n",
        webhook(hook),
        chat.url("/services/x")
    ));
    let says: String = TELLTALE.map(|(line, _)| format!("echo '{line}'; ")).concat();
    let main = format!("{says}echo {}; {CRASHES}", TELLTALE[3].1);
    host.job("shop").main(&main).start().wait_until_down();

    let told = [hook.wait_for(1).remove(0).text(), chat.wait_for(1).remove(0).text()];
    wait_until_delivered(&host, "file.all");
    for told in told.into_iter().chain([host.read("/reports.jsonl")]) {
        for (_, secret) in TELLTALE {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
        assert!(told.contains("db password=[redacted: password]"), "{told}");
        assert!(told.contains("tabby-[redacted: pattern]"), "{told}");
    }
    let kept = host.only_report()["log"]["lines"].to_string();
    assert!(TELLTALE.iter().all(|(_, secret)| kept.contains(secret)), "{kept}");
}

#[test]
fn where_redaction_is_off_everything_is_sent() {
    let hook = Receiver::new([]);
    let host = host(&format!("{}[redaction]\nenabled = false\n", webhook(&hook)));
    host.job("shop").main("echo password=hunter2; kill -SEGV $$").start().wait_until_down();
    assert!(hook.wait_for(1)[0].text().contains("password=hunter2"));
    wait_until_delivered(&host, "webhook.hook");
}

/// The bound for the released program is the promise; the other is for one with all that helps to
/// find faults.
#[test]
fn one_post_takes_little_memory() {
    let is_released = std::env::var_os("UPSTART_MONITOR_TEST_PROGRAMS").is_some();
    let most = if is_released { 12 << 10 } else { 64 << 10 };
    let peak = peak_kib_of_one_post(&Host::with_notifier(), "https");
    assert!((1..=most).contains(&peak), "{peak} KiB");
}
