use proptest::prelude::*;

use super::*;
use crate::sinks::samples;

#[test]
fn plain_text_looks_like_this() {
    let message = samples::message(&samples::notices()[0], 2);
    assert_eq!(
        outline(&message, &PLAIN, 8192, Fidelity::Full),
        "Host: web-1\n\
         Job: nginx (eu-1)\n\
         Verdict: crashed: SIGSEGV\n\
         Time: 2026-11-21 03:42:17 UTC\n\
         Since told last: 2 crashes (1 × SIGSEGV, 1 × exit status 1)\n\
         Ran: 5 h 42 min\n\
         Left behind: 4715 /usr/bin/worker --queue mail (tcp 8080)\n\
         Labels: team=web\n\
         \n\
         Kernel\n\
         nginx[4712]: segfault at 0 ip 00000000004005d4 sp 00007ffc6a1d2e30 error 4 in \
         nginx[400000+f2000]\n\
         init: nginx (eu-1) main process (4712) killed by SEGV signal\n\
         \n\
         Log /var/log/upstart/nginx-eu-1.log (the last lines of this run)\n\
         worker died\n\
         AssertionError: a < b && b > c\n\
         \n\
         Unusual\n\
         • memory: about 202 MiB of 7.8 GiB available\n\
         • swap: 4 KiB of 2.0 GiB free\n\
         • memory of /upstart/nginx: at its limit 7 times, \
         1 process killed for want of memory\n\
         • load: 8.42 3.10 1.05 on 4 processors\n\
         • pressure: everything waited for memory 41 % of 10 s\n\
         • disk /var/log/upstart: 0 B of 4.8 GiB available\n\
         • disk /var/log/upstart: 12 of 327680 inodes available\n\
         • file handles: 790112 of 812014 open\n\
         \n\
         Changed\n\
         • /etc/init/nginx.conf was changed 4 h 30 min before the crash, while the job ran\n\
         • packages were changed 21 h 17 min before the crash\n\
         \n\
         Why\n\
         • init calls it a failure and respawns the job\n\
         • init: main was killed by SIGSEGV\n\
         • the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still there: \
         pre-stop never ran\n\
         \n\
         Links\n\
         • runbook: https://wiki.example.com/nginx\n\
         \n\
         report 6c1d8e40 · upstart-crash show 6c1d8e40 · not collected: pressure: not �there"
    );
}

#[test]
fn every_message_keeps_within_its_room_and_the_worst_log_has_some_of_it() {
    let html = Markup {
        text: |text, most| cut(text, most, html, str::len),
        literal: |line| cut(line, usize::MAX, html, str::len),
        ..PLAIN
    };
    for message in samples::messages(50) {
        for room in [1000, 4096, 20_000] {
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let text = outline(&message, &html, room, fidelity);
                assert!(text.len() <= room, "{} of {room}: {text}", text.len());
            }
        }
        let text = outline(&message, &html, 4096, Fidelity::Full);
        assert_eq!(text.contains("\nLog "), message.log().is_some(), "{text}");
    }
}

#[test]
fn a_digest_counts_the_jobs_that_do_not_fit() {
    let message = samples::message(&samples::worst_notices()[4], 0);
    let text = outline(&message, &PLAIN, 4096, Fidelity::Full);
    let named = text.lines().filter(|line| line.starts_with("• &")).count() as u64;
    let rest = format!("• {}\n", samples::rest_of_digest(named));
    assert!(named > 0 && text.contains(&rest), "{rest}: {text}");
}

proptest! {
    #[test]
    fn a_cut_keeps_the_limit_and_every_entity(text in "[&<>@a🚀\"\\\\]{0,40}", most in 6_usize..60) {
        let within = |most| cut(&text, most, uncalled_html, json_len);
        let (cut, whole) = (within(most), within(usize::MAX));
        prop_assert!(json_len(&cut) <= most);
        let plain = |text: &str| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        prop_assert_eq!(plain(&whole).replace('\u{200b}', ""), text);
        match cut.strip_suffix('…') {
            Some(start) => prop_assert!(whole.starts_with(start) && !start.ends_with("&a")),
            None => prop_assert_eq!(cut, whole),
        }
    }

    #[test]
    fn json_takes_as_many_bytes_as_counted(text in "[^\\p{Cc}]*") {
        prop_assert_eq!(json_len(&text) + 2, serde_json::to_string(&text).unwrap().len());
    }
}
