//! An HTTP server that does what a test tells it to: answer, hang, reset, break off; over TLS, too.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};
use serde_json::Value;

use super::GENEROUS;

/// What a request is met with.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A whole response.
    Status { status: u16, headers: Vec<(String, String)>, body: String },
    /// This status, and in the body all that was sent: services repeat it.
    Echo(u16),
    /// Nothing, and the connection stays open.
    Hang,
    /// A response of which a byte comes now and then, without an end.
    Drip,
    /// A reset connection.
    Reset,
    /// A connection that ends without a word.
    Close,
    /// A response whose body ends before it should.
    CutOff,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Vec::new(), body: String::new() }
    }

    /// This answer with one more header; for whole responses only.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Status { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// This answer with a body; for whole responses only.
    pub fn body(mut self, text: &str) -> Self {
        if let Self::Status { body, .. } = &mut self {
            text.clone_into(body);
        }
        self
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When its first byte was read.
    pub began: Instant,
    /// The status that it was answered with; `None` where there was no whole response.
    pub answered: Option<u16>,
}

impl Request {
    /// The same form for what was handed over in another way: nothing but a body.
    pub fn of(body: Vec<u8>) -> Self {
        let (method, path, headers) = (String::new(), String::new(), Vec::new());
        Self { method, path, headers, body, began: Instant::now(), answered: None }
    }

    /// The value of the header `name`, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// All that came, as text.
    fn whole(&self) -> String {
        let Self { method, path, headers, .. } = self;
        format!("{method} {path} {headers:?} {}", self.text())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Request>>,
    came: Condvar,
    /// Connections that hang, until the receiver goes.
    open: Mutex<Vec<TcpStream>>,
    over: Mutex<bool>,
}

/// A server on a free port of 127.0.0.1.
pub struct Receiver {
    shared: Arc<Shared>,
    scheme: &'static str,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Meets the first request with the first answer, and so on; the last one holds for all that
    /// follow. Without answers every request is met with 200.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start("http", answers, |shared, stream| serve(shared, stream, stream))
    }

    /// The same over TLS.
    #[cfg(feature = "deliver")]
    pub fn over_tls(answers: impl IntoIterator<Item = Answer>, of: &super::Certified) -> Self {
        let server = of.server.clone();
        Self::start("https", answers, move |shared, stream| {
            let connection = rustls::ServerConnection::new(server.clone()).unwrap();
            serve(shared, stream, rustls::StreamOwned::new(connection, stream));
        })
    }

    fn start(
        scheme: &'static str,
        answers: impl IntoIterator<Item = Answer>,
        serve: impl Fn(&Shared, &TcpStream) + Clone + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        shared.script.lock().unwrap().extend(answers);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn({
            let shared = shared.clone();
            move || {
                for stream in listener.incoming() {
                    if *shared.over.lock().unwrap() {
                        return;
                    }
                    let (shared, serve) = (shared.clone(), serve.clone());
                    std::thread::spawn(move || serve(&shared, &stream.unwrap()));
                }
            }
        });
        Self { shared, scheme, address, thread: Some(thread) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path` here.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Replaces the answers that are still to be given.
    pub fn answer_from_now_on(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.shared.script.lock().unwrap() = answers.into_iter().collect();
    }

    /// The requests so far, in the order in which they were read.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The same, each once.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    /// Whether there was a connection that hangs, and the other side has ended each.
    pub fn is_left_alone(&self) -> bool {
        let open = self.shared.open.lock().unwrap();
        !open.is_empty() && open.iter().all(|stream| {
            stream.set_nonblocking(true).unwrap();
            !matches!(stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
        })
    }

    /// Waits until `count` requests were read.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Request> {
        let requests = self.shared.requests.lock().unwrap();
        let (requests, _) = self
            .shared
            .came
            .wait_timeout_while(requests, GENEROUS, |requests| requests.len() < count)
            .unwrap();
        let requests = requests.clone();
        assert!(requests.len() >= count, "waited for {count} requests, there are {requests:#?}");
        requests
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        *self.shared.over.lock().unwrap() = true;
        for stream in self.shared.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One connection, one request: over `stream`, as `talk` reads and writes it.
fn serve(shared: &Shared, stream: &TcpStream, mut talk: impl Read + Write) {
    stream.set_read_timeout(Some(GENEROUS)).unwrap();
    let Some(mut request) = read_request(BufReader::new(&mut talk)) else { return };
    let echo = request.whole();
    let answer = {
        let (mut requests, mut script) =
            (shared.requests.lock().unwrap(), shared.script.lock().unwrap());
        let last = script.len() <= 1;
        let next = if last { script.front().cloned() } else { script.pop_front() };
        let answer = match next.unwrap_or_else(|| Answer::status(200)) {
            Answer::Echo(status) => Answer::status(status).body(&echo),
            answer => answer,
        };
        if let Answer::Status { status, .. } = answer {
            request.answered = Some(status);
        }
        requests.push(request);
        answer
    };
    shared.came.notify_all();
    let _ = give(answer, shared, stream, &mut talk);
}

fn give(
    answer: Answer,
    shared: &Shared,
    stream: &TcpStream,
    talk: &mut impl Write,
) -> io::Result<()> {
    match answer {
        Answer::Status { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\n");
            headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
            write!(talk, "{head}Content-Length: {}\r\n\r\n{body}", body.len())?;
        }
        Answer::CutOff => {
            write!(talk, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{{\"cut\": ")?;
        }
        Answer::Drip => {
            write!(talk, "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")?;
            loop {
                write!(talk, "x")?;
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Answer::Reset => {
            let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
            setsockopt(stream, sockopt::Linger, &at_once)?;
        }
        Answer::Hang => shared.open.lock().unwrap().push(stream.try_clone()?),
        Answer::Close | Answer::Echo(_) => {}
    }
    talk.flush()
}

/// Reads a request with a body of known length or in chunks; `None` where none comes.
fn read_request(mut stream: impl BufRead) -> Option<Request> {
    stream.fill_buf().ok()?;
    let began = Instant::now();
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        Some(line.strip_suffix("\r\n")?.to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new(), began, answered: None };
    if request.header("transfer-encoding") == Some("chunked") {
        request.body = read_chunks(stream)?;
    } else if let Some(length) = request.header("content-length") {
        request.body = vec![0; length.parse().ok()?];
        stream.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}

fn read_chunks(mut stream: impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        stream.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
