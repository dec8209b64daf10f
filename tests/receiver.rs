//! The harness's own HTTP receiver does what it is told to.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use support::{Answer, Receiver};

const POST: &str =
    "POST /hook?a=b HTTP/1.1\r\nHost: x\r\nX-Thing: One\r\nContent-Length: 7\r\n\r\n{\"a\":1}";

/// Sends `request`, and reads to the end of the connection.
fn send(receiver: &Receiver, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(receiver.address())?;
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

#[test]
fn answers_in_the_order_of_the_script_and_then_as_last() {
    let busy = Answer::status(429).header("Retry-After", "7").body("slow down");
    let receiver = Receiver::new([busy, Answer::status(204)]);
    let first = send(&receiver, POST).unwrap();
    assert!(first.starts_with("HTTP/1.1 429 "), "{first}");
    assert!(first.contains("\r\nRetry-After: 7\r\n") && first.ends_with("\r\n\r\nslow down"));
    for _ in 0..2 {
        assert!(send(&receiver, POST).unwrap().starts_with("HTTP/1.1 204 "));
    }
    receiver.answer_from_now_on([Answer::status(500)]);
    assert!(send(&receiver, POST).unwrap().starts_with("HTTP/1.1 500 "));
}

#[test]
fn keeps_what_was_asked() {
    let receiver = Receiver::new([]);
    assert!(send(&receiver, POST).unwrap().starts_with("HTTP/1.1 200 "));
    let chunked =
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    send(&receiver, chunked).unwrap();
    let requests = receiver.wait_for(2);
    assert_eq!((&*requests[0].method, &*requests[0].path), ("POST", "/hook?a=b"));
    assert_eq!(requests[0].header("x-thing"), Some("One"));
    assert_eq!(requests[0].json()["a"], 1);
    assert_eq!(requests[1].text(), "abcde");
}

#[test]
fn resets_and_breaks_off() {
    let receiver = Receiver::new([Answer::Reset, Answer::CutOff]);
    assert_eq!(send(&receiver, POST).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let cut = send(&receiver, POST).unwrap();
    assert!(cut.contains("Content-Length: 1000") && cut.ends_with("{\"cut\": "), "{cut}");
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn hangs_until_it_is_gone() {
    let receiver = Receiver::new([Answer::Hang]);
    let mut stream = TcpStream::connect(receiver.address()).unwrap();
    stream.write_all(POST.as_bytes()).unwrap();
    receiver.wait_for(1);
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.set_read_timeout(None).unwrap();
    drop(receiver);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}
