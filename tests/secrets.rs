//! Secrets leave by no door: the real notifier, what it says, writes and starts, and what others
//! can see of it.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{
    AT_ONCE, Answer, Host, NOBODY, Notifier, Receiver, configure, crash_unnoticed, deliver,
    deliver_command, require_root, write_secret,
};

/// What nobody may see: first what a service is sent.
const SECRETS: [&str; 8] = [
    "XXXXsecretpathXXXX",
    "YYYYsecretqueryYYYY",
    "ZZZZpasswordZZZZ",
    "WWWWsecretheaderWWWW",
    // Basic authentication: user:ZZZZpasswordZZZZ
    "dXNlcjpaWlpacGFzc3dvcmRaWlpa",
    "UUUUproxywordUUUU",
    // proxy:UUUUproxywordUUUU
    "cHJveHk6VVVVVXByb3h5d29yZFVVVVU=",
    "VVVVsigningkeyVVVV",
];

/// How many of them a service is sent, and how many a proxy.
const SENT: usize = 5;
const SENT_TO_PROXY: usize = 7;

const VARIABLES: &str = "/etc/default/upstart-monitor";

/// A webhook with a secret wherever one can be.
fn webhook(url: &str) -> String {
    format!(
        "[sink.webhook.hook]\nurl = \"{}/hooks/{}?token={}\"\nsecret = \"{}\"\n\
         headers = {{ \"X-Api-Key\" = \"Bearer {}\" }}\ntimeout = \"300ms\"\n",
        url.replace("://", &format!("://user:{}@", SECRETS[2])),
        SECRETS[0],
        SECRETS[1],
        SECRETS[7],
        SECRETS[3],
    )
}

/// A host with a report for the sinks of `config`.
fn owing(config: &str) -> Host {
    let host = Host::with_notifier();
    configure(&host, config);
    crash_unnoticed(&host, "shop");
    host
}

fn chmod(host: &Host, absolute: &str, mode: u32) {
    std::fs::set_permissions(host.path(absolute), Permissions::from_mode(mode)).unwrap();
}

/// Fails if `shown` holds a secret.
#[track_caller]
fn tells_nothing(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

/// The text of every file below `directory`.
fn texts(directory: &Path) -> String {
    let mut texts = String::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            texts += &self::texts(&entry.path());
        } else if let Ok(bytes) = std::fs::read(entry.path()) {
            texts += &String::from_utf8_lossy(&bytes);
        }
    }
    texts
}

// --- where they come from ------------------------------------------------------------------

#[test]
fn a_secret_that_others_can_read_refuses_its_sink_alone_until_it_is_mended() {
    let (exposed, other) = (Receiver::new([]), Receiver::new([]));
    let host = owing(&format!(
        "[sink.webhook.exposed]\nurl_file = \"exposed\"\n[sink.webhook.other]\nurl = \"{}\"\n",
        other.url("/x")
    ));
    write_secret(&host, "exposed", &exposed.url("/x"));
    let file = "/etc/upstart-monitor/secrets/exposed";
    chmod(&host, file, 0o644);

    let told = deliver(&host);
    let words = String::from_utf8_lossy(&told.stderr);
    let kinds: Vec<_> = other.requests().iter().map(|it| it.json()["kind"].to_string()).collect();
    assert!(told.status.success(), "{words}");
    assert_eq!(kinds, ["\"crash\"", "\"sink_failed\""]);
    assert!(exposed.requests().is_empty());
    let mend = words.lines().find_map(|line| Some(&line[line.find("chmod ")?..])).unwrap();
    assert_eq!(mend, format!("chmod 0600 {}", host.path(file).display()));
    assert!(Command::new("sh").args(["-c", mend]).status().unwrap().success(), "{mend}");

    assert!(deliver(&host).status.success());
    assert_eq!((exposed.requests().len(), other.requests().len()), (1, 2));
}

#[test]
fn what_holds_a_secret_in_a_config_that_others_can_read_is_refused() {
    const CONFIG: &str = "/etc/upstart-monitor/config.toml";
    for (proxy, sink) in [
        ("none", "url = \"http://user:word@HOOK/x\""),
        ("none", "url = \"http://HOOK/x?token=y\""),
        ("none", "url = \"http://HOOK/x\"\nsecret = \"key\""),
        ("none", "url = \"http://HOOK/x\"\nheaders = { a = \"b\" }"),
        ("none", "url = \"http://HOOK/x\"\nproxy = \"http://proxy:word@PROXY\""),
        ("http://proxy:word@PROXY", "url = \"http://HOOK/x\""),
    ] {
        let services = [Receiver::new([]), Receiver::new([])];
        let asked = || services.iter().map(|service| service.requests().len()).sum::<usize>();
        let config =
            format!("[delivery]\nproxy = \"{proxy}\"\n[sink.webhook.hook]\n{sink}\n{AT_ONCE}")
                .replace("HOOK", &services[0].address().to_string())
                .replace("PROXY", &services[1].address().to_string());
        let host = owing("");
        host.config(&config);
        chmod(&host, CONFIG, 0o644);
        let told = deliver(&host);
        let words = String::from_utf8_lossy(&told.stderr);
        let mend = format!("chmod 0600 {}", host.path(CONFIG).display());
        assert!(words.contains(&mend) && asked() == 0, "{config}{words}");

        chmod(&host, CONFIG, 0o600);
        assert!(deliver(&host).status.success() && asked() == 1, "{config}");
    }
}

#[test]
fn a_proxys_password_in_a_file_of_variables_that_others_can_read_is_refused() {
    let (hook, proxy) = (Receiver::new([]), Receiver::new([]));
    let host =
        owing(&format!("[sink.webhook.hook]\nurl = \"{}\"\nproxy = \"env\"\n", hook.url("/x")));
    let with_password = proxy.url("").replace("://", "://proxy:word@");
    host.write(VARIABLES, format!("http_proxy={with_password}\n"));
    chmod(&host, VARIABLES, 0o644);
    let told = deliver(&host);
    let words = String::from_utf8_lossy(&told.stderr);
    assert!(words.contains(&format!("chmod 0600 {}", host.path(VARIABLES).display())), "{words}");
    assert!(hook.requests().is_empty() && proxy.requests().is_empty());

    chmod(&host, VARIABLES, 0o600);
    assert!(deliver(&host).status.success());
    assert_eq!((hook.requests().len(), proxy.requests().len()), (0, 1));
}

#[test]
fn a_secret_is_read_anew_at_each_send_of_one_notifier() {
    let hook = Receiver::new([]);
    let busy = Receiver::new([Answer::status(503).header("Retry-After", "3000")]);
    for source in ["url_file = \"hook\"", "url_env = \"HOOK\""] {
        let host = owing(&format!(
            "[sink.webhook.hook]\n{source}\n[sink.webhook.busy]\nurl = \"{}\"\n",
            busy.url("/x")
        ));
        let set = |path: &str| {
            write_secret(&host, "hook", &hook.url(path));
            host.write(VARIABLES, format!("HOOK={}\n", hook.url(path)));
            chmod(&host, VARIABLES, 0o600);
        };
        set("/one");
        let before = hook.requests().len();
        let mut notifier = Notifier::start(&host);
        hook.wait_for(before + 1);
        set("/two");
        crash_unnoticed(&host, "cart");
        let paths: Vec<_> =
            hook.wait_for(before + 2).into_iter().skip(before).map(|one| one.path).collect();
        assert_eq!(paths, ["/one", "/two"], "{source}");
        assert!(notifier.is_at_work());
    }
}

#[test]
fn a_secret_under_a_wrong_key_is_not_told_by_the_error() {
    for line in [
        format!("url_file = \"https://example.com/{}\"", SECRETS[0]),
        format!("url_env = \"https://example.com/{}\"", SECRETS[0]),
        format!("url = \"{}\"", SECRETS[0]),
        format!("url = [\"{}\"]", SECRETS[0]),
        format!("headers = \"Bearer {}\"", SECRETS[3]),
        format!("url = \"http://x\"\nproxy = \"socks5://proxy:{}@proxy\"", SECRETS[5]),
        format!("url = \"http://x\"\ntimeout = \"{}\"", SECRETS[0]),
        format!("url = \"https://example.com/{}\nsecret = \"x\"", SECRETS[0]),
        format!("url = https://example.com/{}", SECRETS[0]),
        format!("url = \"http://x\"\nheaders = {{ \"X-Key\" = \"{}\\n\" }}", SECRETS[3]),
    ] {
        let told = deliver(&owing(&format!("[sink.webhook.hook]\n{line}\n")));
        let words = String::from_utf8_lossy(&told.stderr);
        assert_eq!(told.status.code(), Some(78), "{line}: {words}");
        tells_nothing(&words);
    }
}

// --- what is said and written --------------------------------------------------------------

/// Answers with the first `count` secrets.
fn echo(status: u16, count: usize) -> Answer {
    Answer::status(status).body(&format!("no: {}", SECRETS[..count].join(" ")))
}

#[test]
fn no_failure_tells_a_secret() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let moved = format!("https://127.0.0.1/{}?token={}", SECRETS[0], SECRETS[1]);
    let plain = Receiver::new([]);
    let services = [
        Receiver::new([echo(500, SENT)]),
        Receiver::new([echo(400, SENT)]),
        Receiver::new([echo(401, SENT)]),
        Receiver::new([echo(407, SENT)]),
        Receiver::new([echo(418, SENT)]),
        Receiver::new([echo(429, SENT)]),
        Receiver::new([Answer::status(302).header("Location", &moved).body(&moved)]),
        Receiver::new([Answer::Hang]),
        Receiver::new([Answer::Reset]),
        Receiver::new([Answer::CutOff]),
    ];
    let urls = services.iter().map(|service| service.url("")).chain([
        format!("http://{nobody}"),
        format!("http://{}.invalid", "x".repeat(64)),
        plain.url("").replace("http:", "https:"),
    ]);
    let no_proxy = format!("http://proxy:{}@{nobody}", SECRETS[5]);
    let rows = urls.map(|url| (url, "none")).chain([(plain.url(""), &*no_proxy)]);
    for (url, proxy) in rows {
        let host = owing(&format!("{}proxy = \"{proxy}\"\n", webhook(&url)));
        let notifier = Notifier::start(&host);
        let line =
            notifier.wait_for_word(&["is tried again in ", "gave up", "is sent nothing more"]);
        assert!(line.contains(&url), "who is meant is missing: {line}");
        tells_nothing(&notifier.words());
        drop(notifier);
        tells_nothing(&texts(&host.path("/var")));
    }
    let proxy = Receiver::new([echo(407, SENT_TO_PROXY)]);
    let through = proxy.url("").replace("://", &format!("://proxy:{}@", SECRETS[5]));
    for url in ["http://service.invalid", "https://service.invalid"] {
        let host = owing(&format!("{}proxy = \"{through}\"\n", webhook(url)));
        let notifier = Notifier::start(&host);
        let line = notifier.wait_for_word(&["is tried again in "]);
        assert!(line.contains(url), "who is meant is missing: {line}");
        tells_nothing(&notifier.words());
    }
}

#[test]
fn help_tells_no_secret() {
    let host = owing(&webhook("http://127.0.0.1:1"));
    for words in [&["--help"][..], &["deliver", "--help"], &["list", "--help"], &["--wrong"]] {
        let mut command = Command::new(host.program("upstart-crash"));
        command.args(words).env("UPSTART_MONITOR_ROOT", host.path("")).env("HOOK", SECRETS[0]);
        let output = command.output().unwrap();
        tells_nothing(&format!("{output:?}"));
        assert!(output.stdout.len() + output.stderr.len() > 100, "{output:?}");
    }
}

// --- what others see of the process --------------------------------------------------------

/// The words of a file of `/proc/ID`, which end in NUL there.
fn of_process(id: u32, file: &str) -> String {
    let bytes = std::fs::read(format!("/proc/{id}/{file}")).unwrap();
    String::from_utf8_lossy(&bytes).replace('\0', "\n")
}

/// A host with a webhook whose URL is in the variable `HOOK`, and a command that tells what it was
/// started with.
fn looking(hook: &Receiver) -> (Host, String) {
    let host = Host::with_notifier();
    let script = "#!/bin/sh\necho parent $PPID\nenv\ncat /proc/$$/cmdline\n";
    host.write_program("/look", script);
    configure(
        &host,
        &format!(
            "[[snapshot.command]]\nname = \"look\"\nargv = [\"{}\"]\n\
             [sink.webhook.hook]\nurl_env = \"HOOK\"\nheaders = {{ a = \"{}\" }}\n\
             timeout = \"1h\"\n",
            host.path("/look").display(),
            SECRETS[3]
        ),
    );
    (host, hook.url(&format!("/{}", SECRETS[0])))
}

/// What the command said; it was given no secret.
#[track_caller]
fn looked(hook: &Receiver) -> String {
    let request = hook.wait_for(1).remove(0);
    assert!(request.path.ends_with(SECRETS[0]), "{}", request.path);
    let said = request.json()["aftermath"]["commands"][0]["output"].as_str().unwrap().to_owned();
    assert!(said.contains("UPSTART_MONITOR_JOB=shop") && !said.contains("HOOK"), "{said}");
    tells_nothing(&said);
    said
}

#[test]
fn the_process_list_shows_no_secret_of_a_notifier_that_a_hook_started() {
    require_root();
    let hook = Receiver::new([Answer::Hang]);
    let (host, url) = looking(&hook);
    host.write(VARIABLES, format!("HOOK={url}\n"));
    chmod(&host, VARIABLES, 0o600);
    host.job("shop").main("kill -SEGV $$").start().wait_until_down();

    let said = looked(&hook);
    let parent = said.lines().find_map(|line| line.strip_prefix("parent ")).unwrap();
    let notifier = parent.parse().unwrap();
    assert!(of_process(notifier, "cmdline").ends_with("upstart-crash\ndeliver\n"));
    assert!(of_process(notifier, "environ").contains("PATH="));
    tells_nothing(&of_process(notifier, "environ"));
    kill(Pid::from_raw(i32::try_from(notifier).unwrap()), Signal::SIGKILL).unwrap();
}

#[test]
fn a_command_of_the_operator_inherits_no_secret() {
    let hook = Receiver::new([]);
    let (host, url) = looking(&hook);
    crash_unnoticed(&host, "shop");
    assert!(deliver_command(&host).env("HOOK", url).status().unwrap().success());
    looked(&hook);
}

#[test]
fn nobody_but_root_can_look_into_a_notifier_and_it_leaves_no_core() {
    require_root();
    let hook = Receiver::new([Answer::Hang]);
    let host = owing(&webhook(&hook.url("")).replace("300ms", "1h"));
    host.make_dir("/cores");
    let own = ["/etc", "/var", "/cores"].map(|absolute| host.path(absolute));
    let chown = Command::new("chown").args(["-R", &NOBODY.to_string()]).args(own).status();
    assert!(chown.unwrap().success());

    let mut command = deliver_command(&host);
    command.uid(NOBODY).current_dir(host.path("/cores"));
    let cores_allowed = || {
        let (_, most) = getrlimit(Resource::RLIMIT_CORE)?;
        Ok(setrlimit(Resource::RLIMIT_CORE, most, most)?)
    };
    // SAFETY: only system calls, between fork and exec.
    #[allow(unsafe_code, reason = "the limit is to be the started program's alone")]
    unsafe {
        command.pre_exec(cores_allowed)
    };
    let notifier = Notifier::start_as(&host, command);
    hook.wait_for(1);
    let limits = of_process(notifier.id(), "limits");
    let limit = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let figures: Vec<_> = limit.split_whitespace().skip(4).take(2).collect();
    assert_eq!(figures, ["0", "0"], "{limits}");
    let memory = std::fs::metadata(format!("/proc/{}/mem", notifier.id())).unwrap();
    assert_eq!(memory.uid(), 0, "what is dumpable belongs to its user");

    kill(Pid::from_raw(i32::try_from(notifier.id()).unwrap()), Signal::SIGABRT).unwrap();
    let ended = notifier.wait();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false), "{ended:?}");
    assert!(host.names("/cores").is_empty());
}
