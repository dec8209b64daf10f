//! A real browser without a window: Chromium, driven by its DevTools protocol.
//!
//! It speaks through pipes, each message JSON with a NUL behind it (`--remote-debugging-pipe`), so
//! no port is opened and no library is needed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use super::{GENEROUS, wait_until};

/// A browser with one page.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    last_id: u64,
    /// What it told unasked, the oldest first.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// One that asks `proxy` for everything that is not a file, even for what is on this machine.
    pub fn behind(proxy: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let script = "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut child = Command::new("sh")
            .args(["-c", script, "sh", "--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--remote-debugging-pipe", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-dev-shm-usage", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args([&format!("--proxy-server={proxy}"), "--proxy-bypass-list=<-loopback>"])
            .args(["--window-size=1200,900", "about:blank"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, mut out) =
            (child.stdin.take().unwrap(), child.stdout.take().map(BufReader::new).unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            loop {
                let mut message = Vec::new();
                match out.read_until(0, &mut message) {
                    Ok(length) if length > 0 => message.pop(),
                    _ => return,
                };
                let message = serde_json::from_slice(&message);
                if message.is_err() || sender.send(message.unwrap()).is_err() {
                    return;
                }
            }
        });
        let (session, events) = (None, Vec::new());
        let mut browser = Self { child, to, from, session, last_id: 0, events, _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let page = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", page);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens the file at `path`, and what `fragment` names in it.
    pub fn open(&mut self, path: &Path, fragment: &str) {
        self.go_to("about:blank");
        self.events.clear();
        self.go_to(&format!("file://{}{fragment}", path.display()));
    }

    /// Opens `url`, and waits until all of it is there.
    pub fn go_to(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
        let is_there = "location.href + ' ' + document.readyState";
        wait_until(url, || self.value(is_there) == json!(format!("{url} complete")));
    }

    /// Asks the browser to do `method`, and waits for its answer.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut message = message.to_string().into_bytes();
        message.push(0);
        self.to.write_all(&message).unwrap();
        loop {
            let message = self.next();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// What the expression `script` is on the page.
    #[track_caller]
    pub fn value(&mut self, script: &str) -> Value {
        let params = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", params);
        assert!(answer.get("exceptionDetails").is_none(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses `key`, as `KeyboardEvent.key` calls it, with its number on a keyboard.
    pub fn press(&mut self, key: &str, number: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let mut event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": number});
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Wears `light` or `dark`, in a window `width` pixels wide.
    pub fn looks(&mut self, scheme: &str, width: u32) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
        let screen =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", screen);
    }

    /// What it told of `method` since the page was opened.
    pub fn told(&mut self, method: &str) -> Vec<Value> {
        // An answer comes behind what was told before.
        self.value("0");
        let told = self.events.iter().filter(|event| event["method"] == method);
        told.map(|event| event["params"].clone()).collect()
    }

    #[track_caller]
    fn next(&mut self) -> Value {
        match self.from.recv_timeout(GENEROUS) {
            Ok(message) => message,
            Err(error) => panic!("the browser says nothing: {error}; before: {:#?}", self.events),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends its other processes itself.
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        if std::thread::panicking() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
