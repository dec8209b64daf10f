use super::*;

#[test]
fn an_origin_tells_nothing_of_what_is_secret() {
    for (url, shown) in [
        ("https://hooks.slack.com/services/T0/B0/x?y=z#f", "https://hooks.slack.com"),
        ("http://user:word@127.0.0.1:8080/hook", "http://127.0.0.1:8080"),
        ("https://[::1]:443/", "https://[::1]"),
    ] {
        assert_eq!(origin(&parse_url(url).unwrap()), shown);
    }
}

#[test]
fn only_urls_of_http_services_are_taken() {
    for text in ["", "ftp://example.com/", "example.com", "/var/log", "https://", "mailto:a@b"] {
        assert_eq!(parse_url(text).unwrap_err(), "not an https:// or http:// URL", "{text}");
    }
}
