use proptest::prelude::*;

use super::*;
use crate::notice::Notice;
use crate::report::CrashReport;
use crate::sinks::mrkdwn::is_escaped;
use crate::sinks::{samples, testing};

/// What is told of the crash that `report` is on, at once.
fn of_crash(report: &CrashReport, log_lines: usize) -> Message {
    let told = samples::redacted(&Notice::of(report), Some(report));
    Message::of(&told, report.time, &samples::view(log_lines))
}

/// Every text of a message with its path in the JSON.
fn texts(value: &Value, path: &str) -> Vec<(String, String)> {
    match value {
        Value::String(text) => vec![(path.to_owned(), text.clone())],
        Value::Array(values) => {
            values.iter().flat_map(|value| texts(value, &format!("{path}[]"))).collect()
        }
        Value::Object(map) => {
            map.iter().flat_map(|(key, value)| texts(value, &format!("{path}.{key}"))).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_message_looks_like_this() {
    let message = full(&of_crash(&samples::report(), 2));
    let expected = json!({
        "text": "🔴 web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s",
        "blocks": [
            { "type": "header", "text": {
                "type": "plain_text",
                "text": "🔴 web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s",
                "emoji": false,
            } },
            { "type": "section", "fields": [
                { "type": "mrkdwn", "text": "*Host*\nweb-1" },
                { "type": "mrkdwn", "text": "*Job*\nnginx (eu-1)" },
                { "type": "mrkdwn", "text": "*Verdict*\ncrashed: SIGSEGV" },
                { "type": "mrkdwn", "text":
                    "*Time*\n2026-11-21 03:42:17 UTC · <!date^1795232537^\
                     {date_short_pretty} {time_secs}|2026-11-21 03:42:17 UTC> for you" },
                { "type": "mrkdwn", "text": "*Ran*\n5 h 42 min" },
                { "type": "mrkdwn",
                  "text": "*Left behind*\n4715 /usr/bin/worker --queue mail (tcp 8080)" },
                { "type": "mrkdwn", "text": "*Labels*\nteam=web" },
            ] },
            { "type": "section", "text": { "type": "mrkdwn", "text":
                "*Kernel*\n\
                 ```\nnginx[4712]: segfault at 0 ip 00000000004005d4 sp 00007ffc6a1d2e30 \
                 error 4 in nginx[400000+f2000]\n\
                 init: nginx (eu-1) main process (4712) killed by SEGV signal\n```" } },
            { "type": "section", "text": { "type": "mrkdwn", "text":
                "*Log* /var/log/upstart/nginx-eu-1.log (the last lines of this run)\n\
                 ```\nworker died\nAssertionError: a &lt; b &amp;&amp; b &gt; c\n```" } },
            { "type": "section", "text": { "type": "mrkdwn", "text":
                "*Unusual*\n\
                 • memory: about 202 MiB of 7.8 GiB available\n\
                 • swap: 4 KiB of 2.0 GiB free\n\
                 • memory of /upstart/nginx: at its limit 7 times, \
                 1 process killed for want of memory\n\
                 • load: 8.42 3.10 1.05 on 4 processors\n\
                 • pressure: everything waited for memory 41 % of 10 s\n\
                 • disk /var/log/upstart: 0 B of 4.8 GiB available\n\
                 • disk /var/log/upstart: 12 of 327680 inodes available\n\
                 • file handles: 790112 of 812014 open" } },
            { "type": "section", "text": { "type": "mrkdwn", "text":
                "*Changed*\n\
                 • /etc/init/nginx.conf was changed 4 h 30 min before the crash, \
                 while the job ran\n\
                 • packages were changed 21 h 17 min before the crash" } },
            { "type": "section", "text": { "type": "mrkdwn", "text":
                "*Why*\n\
                 • init calls it a failure and respawns the job\n\
                 • init: main was killed by SIGSEGV\n\
                 • the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still there: \
                 pre-stop never ran" } },
            { "type": "section", "text": { "type": "mrkdwn", "text":
                "*Links*\n• <https://wiki.example.com/nginx|runbook>" } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text":
                "report 6c1d8e40 · `upstart-crash show 6c1d8e40` · \
                 not collected: pressure: not �there" }] },
        ],
        "unfurl_links": false,
        "unfurl_media": false,
    });
    assert_eq!(message, expected, "{message:#}");
}

#[test]
fn a_digest_names_its_jobs() {
    let [.., digest, _, _] = samples::notices();
    let message = full(&Message::of(&samples::alone(&digest), digest.time, &samples::view(2)));
    assert_eq!(message["text"], "📋 web-1: 37 jobs failed 412 times in 2 min");
    assert_eq!(
        message["blocks"][2]["text"]["text"],
        "*Jobs*\n\
         • nginx (eu-1) crashed 14 times (13 × exit status 1, 1 × SIGSEGV), \
         last at 03:45:10 UTC\n\
         • shop failed to start 2 times: pre-start exit status 1, last at 03:45:10 UTC\n\
         • and 35 more jobs (396 failures)"
    );
    let below = format!("notice {} · `upstart-crash list`", digest.id.short());
    assert_eq!(message["blocks"][3]["elements"][0]["text"], below);
    let text = minimal(&Message::of(&samples::alone(&digest), digest.time, &samples::view(2)));
    let text = text["text"].as_str().unwrap();
    assert!(text.starts_with("[digest] web-1: 37 jobs failed 412 times in 2 min\nHost: web-1\n"));
    assert!(text.ends_with("• and 35 more jobs (396 failures)\nupstart-crash list"), "{text}");
}

#[test]
fn every_message_keeps_every_limit_and_uses_its_room() {
    let (mut longest_section, mut longest, mut longest_minimal) = (0, 0, 0);
    for message in testing::messages() {
        let full = full(&message);
        let blocks = full["blocks"].as_array().unwrap();
        for (path, text) in texts(&full, "") {
            let limit = match path.as_str() {
                ".text" => 40_000,
                ".blocks[].text.text" if text == blocks[0]["text"]["text"] => 150,
                ".blocks[].text.text" => 3000,
                ".blocks[].fields[].text" | ".blocks[].elements[].text" => 2000,
                _ => continue,
            };
            assert!((1..=limit).contains(&width(&text)), "{path}: {}", width(&text));
            if limit == 3000 {
                longest_section = longest_section.max(width(&text));
            }
        }
        let all = blocks.iter().map(length).sum::<usize>();
        assert!(all <= 13_200, "{:?}: {all}", message.tone);
        longest = longest.max(all);
        let fields = blocks.iter().filter_map(|block| block["fields"].as_array());
        assert!(blocks.len() <= 50 && fields.map(Vec::len).all(|count| count <= 10));
        let text = minimal(&message)["text"].as_str().unwrap().to_owned();
        assert!((1..=40_000).contains(&width(&text)), "{text}");
        longest_minimal = longest_minimal.max(width(&text));
    }
    assert!(longest_section > 2800, "a section has room for more: {longest_section}");
    assert!(longest > 10_000, "the blocks have room for more: {longest}");
    assert!(longest_minimal > 1900, "the text has room for more: {longest_minimal}");
}

#[test]
fn a_digest_of_ten_thousand_jobs_counts_every_crash() {
    let [.., digest, _, _] = samples::worst_notices();
    let message = full(&Message::of(&samples::alone(&digest), digest.time, &samples::view(2)));
    let list = message["blocks"][2]["text"]["text"].as_str().unwrap();
    let named = list.lines().count() as u64 - 2;
    assert!(named > 0, "{list}");
    let rest = format!("• {}", samples::rest_of_digest(named));
    assert_eq!(list.lines().last(), Some(&*rest));
}

/// `text` without what is ours, links and the reader's own clock; what others wrote in a link is
/// left.
fn of_others(text: &str) -> String {
    let mut dates = text.split("<!date^");
    let mut left = dates.next().unwrap_or_default().to_owned();
    left.extend(dates.map(|rest| rest.split_once('>').unwrap().1));
    let mut links = left.split("<https://wiki.example.com/");
    let mut left = links.next().unwrap_or_default().to_owned();
    for link in links {
        let (url, rest) = link.split_once('|').unwrap();
        let (name, rest) = rest.split_once('>').unwrap();
        left.extend([url, name, rest]);
    }
    left
}

/// Fails unless all in `message` that others wrote is text.
fn check(message: &Value) {
    let header = &message["blocks"][0]["text"]["text"];
    for text in testing::texts(message) {
        assert!(testing::is_harmless(text), "{text:?}");
        // The header is plain text, in which an escape would be shown.
        let is_text = is_escaped(&of_others(text)) && [0, 2].contains(&text.matches("```").count());
        assert!(header == text || is_text, "{text}");
    }
}

#[test]
fn nobody_is_called_and_nothing_is_marked_up() {
    for message in samples::messages(50) {
        [full(&message), minimal(&message)].iter().for_each(check);
    }
    let message = full(&of_crash(&samples::report(), 50)).to_string();
    assert!(message.contains("&lt;!channel&gt; @here"));
}

proptest! {
    #[test]
    fn what_others_wrote_is_text_and_calls_nobody(planted in testing::hostile()) {
        for message in samples::hostile_messages(&planted) {
            [full(&message), minimal(&message)].iter().for_each(check);
        }
    }
}

#[test]
fn nothing_in_a_log_ends_its_fence() {
    let mut report = samples::report();
    report.log.as_mut().unwrap().lines = ["```", "``", "`"].map(str::to_owned).to_vec();
    let message = full(&of_crash(&report, 50));
    for block in message["blocks"].as_array().unwrap() {
        let text = block["text"]["text"].as_str().unwrap_or_default();
        assert!([0, 2].contains(&text.matches("```").count()), "{text}");
    }
}
