//! Slack, played: one port on 127.0.0.1 that takes one message.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// The most bytes of a message that are read.
const BODY: u64 = 1 << 20;

/// The other end of an incoming webhook.
pub(super) struct Slack {
    port: u16,
    messages: mpsc::Receiver<Message>,
}

impl Slack {
    /// Listens on a free port; answers every message as Slack does.
    pub(super) fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let (sender, messages) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Ok(message) = receive(stream)
                    && sender.send(message).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self { port, messages })
    }

    /// The webhook's URL.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/services/demo", self.port)
    }

    /// The next message; `None` where none comes in time.
    pub(super) fn wait(&self, patience: Duration) -> Option<Message> {
        self.messages.recv_timeout(patience).ok()
    }
}

/// Reads one request and answers it.
fn receive(mut stream: TcpStream) -> io::Result<Message> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = Vec::new();
    reader.take(length.min(BODY)).read_to_end(&mut body)?;
    stream.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
    )?;
    Ok(Message(serde_json::from_slice(&body)?))
}

/// A message as Slack shows it, more or less.
pub(super) struct Message(Value);

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocks = self.0.get("blocks").and_then(Value::as_array);
        let lines: Vec<String> = blocks.into_iter().flatten().flat_map(texts).collect();
        for line in lines.iter().flat_map(|text| text.lines()) {
            writeln!(f, "| {}", unescaped(line))?;
        }
        Ok(())
    }
}

/// Every text of one block: its own, its fields', its elements'.
fn texts(block: &Value) -> Vec<String> {
    let text = |value: &Value| Some(value.get("text")?.as_str()?.to_owned());
    let many = |key| block.get(key).and_then(Value::as_array).into_iter().flatten();
    let own = block.get("text").and_then(text);
    let fields = many("fields").filter_map(text).map(|field| field.replacen('\n', " ", 1));
    own.into_iter().chain(fields).chain(many("elements").filter_map(text)).collect()
}

/// `text` as it is read: of a link or a date what stands for it, and nothing escaped.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('<');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (markup, after) = part.split_once('>').unwrap_or(("", part));
        shown += markup.rsplit('|').next().unwrap_or_default();
        shown += after;
    }
    shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_reads_as_slack_shows_it() {
        for (text, shown) in [
            ("a &lt; b &amp;&amp; b &gt; c", "a < b && b > c"),
            ("at <!date^0^{time_secs}|00:00:00 UTC> for you", "at 00:00:00 UTC for you"),
            ("• <https://wiki/a?b=1&amp;c=2|runbook>", "• runbook"),
            ("<https://wiki>", "https://wiki"),
        ] {
            assert_eq!(unescaped(text), shown);
        }
    }
}
