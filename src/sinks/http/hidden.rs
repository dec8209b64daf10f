//! What of a post must not be seen in what is said about it, in each form that a service or a proxy
//! can send back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

use super::Post;
use crate::secret::Redactor;

/// Strikes out what `post` and the URLs of `proxies` hold that is not for everybody: paths, queries,
/// users with their passwords, and the headers marked sensitive.
pub(super) fn redactor(post: &Post, proxies: &[Url]) -> Redactor {
    let mut redactor = Redactor::default();
    for part in [post.url.path(), post.url.query().unwrap_or_default()] {
        let part = part.trim_start_matches('/');
        redactor.add(part);
        redactor.add(&percent_decoded(part));
    }
    for url in proxies.iter().chain([&post.url]) {
        add_user(&mut redactor, url);
    }
    for value in post.headers.values().filter(|value| value.is_sensitive()) {
        redactor.add(&String::from_utf8_lossy(value.as_bytes()));
    }
    redactor
}

/// The user of `url` and the password, as they stand there and as Basic authentication sends them.
fn add_user(redactor: &mut Redactor, url: &Url) {
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    if user.is_empty() && password.is_empty() {
        return;
    }
    let (plain_user, plain_password) = (percent_decoded(user), percent_decoded(password));
    redactor.add(&STANDARD.encode(format!("{plain_user}:{plain_password}")));
    for text in [password, &plain_password, user, &plain_user] {
        redactor.add(text);
    }
}

/// `text` with each `%41` as the byte that it stands for.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.split_at_checked(2).map(|(code, rest)| (u8::from_str_radix(code, 16), rest)) {
            Some((Ok(byte), rest)) => {
                bytes.push(byte);
                bytes.extend(rest.as_bytes());
            }
            _ => {
                bytes.push(b'%');
                bytes.extend(piece.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_undone() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("p%40ss%2Fword", "p@ss/word"),
            ("%e2%98%83", "\u{2603}"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%\u{2603}%41", "%\u{2603}A"),
        ] {
            assert_eq!(percent_decoded(text), expected, "{text}");
        }
    }

    #[test]
    fn each_form_of_what_is_hidden_is_struck_out() {
        let url = Url::parse("https://bot%40ops:p%40ssword@example.com/hooks/k%2Dey-of-the-hook");
        let proxy = Url::parse("http://proxyuser:proxyword@proxy:3128").unwrap();
        let post = Post { url: url.unwrap(), headers: Default::default(), body: Vec::new() };
        let redactor = redactor(&post, &[proxy]);
        for text in [
            "k%2Dey-of-the-hook",
            "k-ey-of-the-hook",
            "p%40ssword",
            "p@ssword",
            "bot@ops",
            &STANDARD.encode("bot@ops:p@ssword"),
            "proxyword",
            &STANDARD.encode("proxyuser:proxyword"),
        ] {
            assert_eq!(redactor.redact(&format!("no: {text}!")), "no: ***!", "{text}");
        }
    }
}
