//! What is known as a secret, what only looks like one, and what must hold of every text.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

fn redaction() -> &'static Redaction {
    static REDACTION: LazyLock<Redaction> = LazyLock::new(|| Redaction::new(Vec::new()).unwrap());
    &REDACTION
}

/// `text` redacted, where `|` parts what must stay from what must go: `password=|hunter2|`.
fn parted(text: &str) -> (String, Vec<&str>, Vec<&str>) {
    let parts: Vec<_> = text.split('|').collect();
    let (kept, gone) = (parts.iter().step_by(2), parts.iter().skip(1).step_by(2));
    (parts.concat(), kept.copied().collect(), gone.copied().collect())
}

/// A secret in what stands around it, as services write it; what must go stands between bars.
const SECRETS: &[(&str, &str)] = &[
    // Names and values.
    ("password", "password=|hunter2|"),
    ("password", "connecting with password: |hunter2| to db"),
    ("password", "Password:|hunter2|"),
    ("password", "DB_PASSWORD=|hunter2|"),
    ("password", "PGPASSWORD=|hunter2| psql -h db"),
    ("password", "DBPASS=|hunter2|"),
    ("password", "dbPass: |hunter2|"),
    ("password", "MYSQL_PWD='|correct horse battery|' mysqldump"),
    ("password", r#"{"user":"bob","password":"|hun\"ter2|","port":5432}"#),
    ("password", r#"{\"user\":\"bob\",\"password\":\"|hunter2|\",\"port\":5432}"#),
    ("password", r#"body: \\\"password\\\":\\\"|hun ter2|\\\""#),
    ("password", "{'password': '|hunter2|', 'user': 'bob'}"),
    ("password", "{:password=>\"|hunter2|\", :user=>\"bob\"}"),
    ("password", "config[\"password\"] = \"|hunter2|\""),
    ("password", "{u'passwd': u'|hunter2|'}"),
    ("password", "user=bob,password=|hunter2|,port=5432"),
    ("password", "user=bob;Pwd=|hunter2|;Port=5432"),
    ("password", "password=|hun,ter2|"),
    ("password", "user=bob&password=|hunter2|&next=1"),
    ("password", "user%3Dbob%26password%3D|hunter2|%26next%3D1"),
    ("password", "%22password%22%3A%22|hunter2|%22%2C%22user%22%3A%22bob%22"),
    ("password", "login(password=|hunter2|)"),
    ("password", "password = \"|cut off in the mid|"),
    ("password", "spring.datasource.password=|hunter2|"),
    ("password", "password_hash: |$2b$12$abcdefghijklmnopqrstuv|"),
    ("password", "passphrase => |hunter2|"),
    ("password", "exec: --password |hunter2| --port 5432"),
    ("password", "exec: --db-password=|hunter2| --port 5432"),
    ("password", r#"["--password","|hunter2|","--port","5432"]"#),
    ("password", r#"["--password", "|hunter2|", "--port"]"#),
    ("password", "mysql -u root -p|hunter2| -h db shop"),
    ("password", "/usr/bin/mysqldump -p|hunter2| shop"),
    ("password", "sshpass -p |hunter2| ssh root@db"),
    ("password", "redis-cli -h db -a |hunter2| ping"),
    ("password", "curl -u bob:|hunter2| https://db/"),
    ("password", "\u{1b}[36mpassword\u{1b}[0m=\u{1b}[33m|hunter2|"),
    ("secret", "secret=|s3cr3t|"),
    ("secret", "client_secret: |s3cr3t|"),
    ("secret", "SECRET_STRIPE=|s3cr3t|"),
    ("secret", "aws_secret_access_key = |wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY|"),
    ("token", "token=|a1b2c3d4|"),
    ("token", "refreshToken: '|a1b2c3d4|'"),
    ("token", "X-Auth-Token: |a1b2c3d4|"),
    ("token", "TOKEN_GITHUB=|a1b2c3d4|"),
    ("token", "GET /x?page=2&access_token=|a1b2c3d4|&next=1 HTTP/1.1"),
    ("token", "csrf_token=|a1b2c3d4|"),
    ("api key", "api_key=|a1b2c3d4|"),
    ("api key", "apiKey: \"|a1b2c3d4|\""),
    ("api key", "X-API-Key: |a1b2c3d4|"),
    ("key", "AccountKey=|a1b2c3d4+/==|;EndpointSuffix=core"),
    ("private key", "private_key: |a1b2c3d4|"),
    ("credential", "credentials=|bob:hunter2|"),
    ("session", "session_id=|a1b2c3d4|"),
    ("session", "PHPSESSID=|a1b2c3d4|"),
    ("session", "session: |a1b2c3d4e5|"),
    ("cookie", "Cookie: |sid=a1b2c3d4; theme=dark|"),
    ("cookie", "Set-Cookie: |sid=a1b2c3d4; Path=/; HttpOnly|"),
    ("cookie", "curl -H 'Cookie: |sid=a1b2c3d4; theme=dark|' https://db/"),
    // Headers and URLs.
    ("authorization", "Authorization: Basic |Ym9iOmh1bnRlcjI=|"),
    ("authorization", "authorization: Bearer |a1b2c3d4|"),
    ("authorization", "Authorization: |a1b2c3d4|"),
    ("authorization", "Authorization: Digest |username=\"bob\", response=\"a1b2c3\"|"),
    ("authorization", "curl -H 'Authorization: Bearer |a1b2c3d4|' https://db/"),
    ("authorization", r#"{"Authorization":"Bearer |a1b2c3d4|","Host":"db"}"#),
    ("authorization", "Proxy-Authorization: Basic |Ym9iOmh1bnRlcjI=|"),
    ("authorization", "sent Bearer |a1b2c3d4e5f6a7b8c9| to db"),
    ("password", "postgres://bob:|hunter2|@db:5432/shop"),
    ("password", "redis://:|hunter2|@cache/0"),
    ("password", "amqp://bob:|p@ss|@mq/vhost"),
    ("credential", "https://|a1b2c3d4e5f6a7b8c9d0e1f2|@db/1"),
    ("signature", "GET https://b.s3/x?X-Amz-Date=1&X-Amz-Signature=|a1b2c3d4| HTTP/1.1"),
    ("signature", "https://x.blob/c?sv=2020&sig=|a1%2Bb2%3D|&se=1"),
    ("signature", "https://x/y?Expires=1&Signature=|a1b2c3d4|&Key-Pair-Id=x"),
    // Known by their shape.
    ("aws key", "using |AKIAIOSFODNN7EXAMPLE|"),
    ("aws key", "AKIA? |ASIAIOSFODNN7EXAMPLE| / |wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY| ok"),
    ("api key", "maps: |AIzaSyA1234567890abcdefghijklmnopqrstuv|"),
    ("token", "oauth |ya29.a0AfH6SMBx1234567890abcdefg| ok"),
    ("token", "slack |xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOp| ok"),
    ("token", "slack |xapp-1-A0123-123456-abcdef0123456789| ok"),
    (
        "webhook",
        "POST https://hooks.slack.com/services/|T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX|",
    ),
    ("token", "git |ghp_abcdefghijklmnopqrstuvwxyz0123456789| ok"),
    ("token", "git |github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz| ok"),
    ("token", "git |glpat-abcdefghij0123456789| ok"),
    ("api key", "stripe |sk_live_abcdefghijklmnop01234567| ok"),
    ("api key", "stripe |rk_live_abcdefghijklmnop01234567| ok"),
    ("secret", "stripe |whsec_abcdefghijklmnop0123456789abcdef| ok"),
    ("token", "npm |npm_abcdefghijklmnopqrstuvwxyz0123456789| ok"),
    ("token", "pypi |pypi-AgEIcHlwaS5vcmcCJDAxMjM0NTY3ODlhYmNkZWY| ok"),
    ("api key", "mail |SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG| ok"),
    ("token", "https://api.telegram.org/bot|123456789:AAabcdefghijklmnopqrstuvwxyz0123456|/getMe"),
    ("token", "jwt |eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P| ok"),
    ("card number", "charged |4111 1111 1111 1111| twice"),
    ("card number", "worker 12 charged |5555-5555-5555-4444| 99 times"),
    ("card number", "card=|378282246310005|,amount=3"),
    ("card number", "{\"pan\":\"|6011111111111117|\"}"),
    ("card number", "seen 12 |4012888888881881| 2026"),
    // Blocks in one text.
    (
        "pem block",
        "\"-----BEGIN PRIVATE KEY-----\\n|MIIEvQIBADANBg\\nkqhkiG9w0B|\\n-----END PRIVATE KEY-----\\n\",\"x\":1",
    ),
    ("pem block", "|MIIEvQIBADANBgkqhkiG\\nabcd|\\n-----END PRIVATE KEY-----\\n\",\"x\":1"),
    ("pem block", "-----BEGIN PRIVATE KEY-----\\n|MIIEvQIBADANBgkqhkiG\\nabcd|"),
];

/// What looks like a secret and is none.
const HARMLESS: &[&str] = &[
    "token bucket is full",
    "passwords changed: 3",
    "password changed for bob",
    "the secret of success",
    "tests passed: 3, failed: 0",
    "compass=north bypass: on",
    "author: bob, authority=db",
    "max_tokens=4096 token_count: 12",
    "password_file=/run/secrets/db",
    "token_type: bearer, tokenExpires=3600",
    "SyntaxError: invalid token: expected",
    "PWD=/var/www OLDPWD=/root",
    "password: null, token=false",
    "pam_unix(cron:session): session opened for user root by (uid=0)",
    "auth: failed after 3 tries",
    "crate::token::Kind at src/auth.rs:17",
    "basic authentication and bearer tokens",
    "keyboard=us monkey: 3 turnkey=1",
    "request 0b5e3c1a-8f5f-4a0e-9d0c-3c7a8a0c2b11 done",
    "commit 06c8130d5ae4f2d19b0c07a3f1e2d3c4b5a69788",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "2026-11-21T03:42:17.123456Z 1795232537123456 1795232537123 1795232537123456789",
    "0000010 4865 6c6c 6f20 776f 726c 6421 0a00 0000",
    "4111111111111112 is no card, 4111.1111111111111 neither",
    "order_id=4111111111111111 orderId: 4111111111111111",
    "/srv/4111111111111111/x v4111111111111111",
    "phone +49 30 1234567, port 5432, pid 4712",
    "/usr/lib/x86_64-linux-gnu/libc.so.6(+0x2d1ca) [0x7f2b3c4d5e6f]",
    "https://db:5432/shop?page=2 http://[::1]:80/ mail bob@db",
    "sk-learn task-runner-abcdefghijklmnopqrstuvwxyz",
    "-----BEGIN is how it starts",
    "Segmentation fault (core dumped)",
    "mysql -p shop -h db",
    "[redacted: password]",
];

#[test]
fn a_secret_goes_and_what_stands_around_it_stays() {
    for (kind, row) in SECRETS {
        let (text, kept, gone) = parted(row);
        let redacted = redaction().redact(&text).into_owned();
        for secret in gone {
            assert!(!redacted.contains(secret), "{text}\n{redacted}");
        }
        let text = without_sequences(&text).into_owned();
        let kept: Vec<_> = kept.into_iter().map(|part| without_sequences(part)).collect();
        assert_eq!(redacted, kept.join(&format!("[redacted: {kind}]")), "{text}");
        assert_eq!(redaction().redact(&redacted), redacted, "twice");
    }
}

#[test]
fn what_only_looks_like_one_stays_and_costs_nothing() {
    for text in HARMLESS {
        let redacted = redaction().redact(text);
        assert!(matches!(redacted, Cow::Borrowed(same) if same == *text), "{text}\n{redacted}");
    }
}

#[test]
fn a_block_over_lines_goes_wherever_the_log_is_cut() {
    let block = [
        "loading key",
        "-----BEGIN RSA PRIVATE KEY-----",
        "Proc-Type: 4,ENCRYPTED",
        "",
        "MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgHcTz6sE2I2yPB",
        "aFDrBz9vFqU4yVkB",
        "Q3s=",
        "-----END RSA PRIVATE KEY-----",
        "worker died",
    ];
    for logger in ["", "2026-11-21 web[12]: "] {
        for from in 0..block.len() {
            for to in from..=block.len() {
                let lines: Vec<_> =
                    block[from..to].iter().map(|l| format!("{logger}{l}")).collect();
                // Without a boundary base64 is only base64.
                if !lines.iter().any(|line| line.contains("-----")) {
                    continue;
                }
                let redacted = redaction().redact_lines(lines.clone());
                let text = redacted.join("\n");
                assert!(!text.contains("MIIE") && !text.contains("aFDr"), "{text}");
                assert!(!logger.is_empty() || !text.contains("Q3s"), "{text}");
                for stays in [block[0], block[1], block[7], block[8]] {
                    let stood = lines.iter().any(|line| line.contains(stays));
                    assert_eq!(text.contains(stays), stood, "{text}");
                }
                assert_eq!(redaction().redact_lines(redacted.clone()), redacted, "twice");
            }
        }
    }
}

#[test]
fn of_a_block_one_line_is_left() {
    let lines =
        ["-----BEGIN X-----", "YWJj", "ZGVm", "-----END X-----"].map(str::to_owned).to_vec();
    let redacted = redaction().redact_lines(lines);
    assert_eq!(redacted, ["-----BEGIN X-----", "[redacted: pem block]", "-----END X-----"]);
}

#[test]
fn the_operators_patterns_remove_their_first_group_or_all() {
    let patterns = [r"customer-(\d+)", "tabby"].map(|text| Pattern::parse(text).unwrap());
    let redaction = Redaction::new(patterns.to_vec()).unwrap();
    assert_eq!(
        redaction.redact("customer-17 has a tabby cat"),
        "customer-[redacted: pattern] has a [redacted: pattern] cat"
    );
    assert_eq!(Pattern::parse("a(b").unwrap_err(), "not a regular expression: unclosed group");
}

#[test]
fn switched_off_it_changes_nothing() {
    assert_eq!(Redaction::off().redact("password=hunter2"), "password=hunter2");
}

/// Time grows with the length of a text and not with its square: the square of this length would
/// not end while anybody waits.
#[test]
fn no_text_takes_forever() {
    let redaction = redaction();
    for piece in [
        "password=",
        "password='",
        "password=\\\"",
        "token={\"",
        "pwd=/",
        "PASS",
        "--cookie ",
        "Cookie:",
        "auth: ",
        "://a:b",
        "://a:b@",
        "mysql -p",
        "mysql ",
        "1 ",
        "4111 ",
        "4",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJ",
        "eyJa.eyJa.",
        "a",
        "\\",
        "\"",
        "xoxb-",
        "sk-",
        "-----BEGIN A-----",
        "-----END A-----",
        "[redacted: password]",
        "[redacted: ",
        "\u{1b}[",
        "bearer ",
        "?sig=",
        "gh",
        "ghp_",
        "token:",
        "token=,",
        "key%3D%26",
        "session",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        let redacted = redaction.redact(&text).into_owned();
        assert_eq!(redaction.redact(&redacted), redacted, "{piece}");
    }
}

proptest! {
    #[test]
    fn a_secret_never_survives_whatever_stands_around_it(
        row in prop::sample::select(SECRETS),
        before in "(\\PC{0,20}[ ,;\t])?",
        after in "([ ,;]\\PC{0,20})?",
    ) {
        let (text, _, gone) = parted(row.1);
        let text = format!("{before}{text}{after}");
        let redacted = redaction().redact(&text).into_owned();
        for secret in gone {
            prop_assert!(!redacted.contains(secret), "{text}\n{redacted}");
        }
    }

    #[test]
    fn twice_changes_nothing_more(
        parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(SECRETS).prop_map(|(_, row)| parted(row).0),
                "\\PC{0,8}",
                prop::sample::select(&[
                    "password", "token", "=", ": ", "\"", "'", "\\\"", " ", "&", ",", "Cookie:",
                    "Authorization: ", "Bearer ", "-----BEGIN A-----", "-----END A-----", "\n",
                    "[redacted: password]", "[redacted: ", "]", "--", "4111111111111111", "://",
                    "@", "%22", "{", "[", "AKIAIOSFODNN7EXAMPLE", "\\n",
                ][..]).prop_map(str::to_owned),
            ],
            0..8,
        )
    ) {
        let text = parts.concat();
        let once = redaction().redact(&text).into_owned();
        prop_assert_eq!(redaction().redact(&once).into_owned(), once.clone(), "{}", text);
        let lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
        let once = redaction().redact_lines(lines);
        prop_assert_eq!(redaction().redact_lines(once.clone()), once, "{}", text);
    }

    #[test]
    fn speech_stays(text in "([A-Za-z]{1,12}[ .,!?]{1,2}){0,20}") {
        prop_assert!(matches!(redaction().redact(&text), Cow::Borrowed(_)), "{}", text);
    }
}
