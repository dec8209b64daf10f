//! What services are told, word for word, in files that people have reviewed: after a change on
//! purpose, `UPDATE_PAYLOADS=1 cargo nextest run --test compliance` writes them anew.

use std::path::Path;

use super::Request;

/// Fails unless the body of `told` is what stands in `tests/data/payloads/KIND/NAME.json`: JSON laid
/// out in lines. What is no JSON lies in `NAME.txt`, as `text` says it.
#[track_caller]
pub fn expect_payload(kind: &str, name: &str, told: &Request, text: &str) {
    let json: Option<serde_json::Value> = serde_json::from_slice(&told.body).ok();
    let (name, payload) = match json {
        Some(json) => (format!("{name}.json"), format!("{json:#}\n")),
        None => (format!("{name}.txt"), text.to_owned()),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/data/payloads").join(kind).join(&name);
    if std::env::var_os("UPDATE_PAYLOADS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &payload).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(payload, reviewed, "{kind}/{name}: not as reviewed (UPDATE_PAYLOADS=1 writes it)");
}
