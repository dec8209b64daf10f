//! A command line on one line, and bounded. Secrets in it leave no host: what a sink is handed was
//! redacted (`src/redaction`).

/// The longest one, in characters.
const CHARS: usize = 256;

/// The arguments in `cmdline`, as /proc/PID/cmdline has them; `[name]` where there are none, as of a
/// thread of the kernel's.
pub(super) fn shown(cmdline: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(cmdline);
    let text = text.trim_end_matches('\0');
    if text.is_empty() {
        return format!("[{name}]");
    }
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    if text.chars().count() <= CHARS {
        clean.collect()
    } else {
        clean.take(CHARS - 1).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_on_one_line() {
        for (cmdline, expected) in [
            (&b"/usr/bin/worker\0--port\08080\0"[..], "/usr/bin/worker --port 8080"),
            (b"nginx: master process\0\0\0", "nginx: master process"),
            (b"x\0a\nb\x1b[31m\0", "x a b [31m"),
            (b"x\0\0y\0", "x  y"),
            (b"caf\xe9\0", "caf\u{fffd}"),
            (b"", "[kthreadd]"),
            (b"\0\0", "[kthreadd]"),
        ] {
            assert_eq!(shown(cmdline, "kthreadd"), expected, "{cmdline:?}");
        }
    }

    #[test]
    fn an_endless_one_is_cut() {
        let line = shown("x".repeat(10_000).as_bytes(), "x");
        assert_eq!(line.chars().count(), CHARS);
        assert!(line.ends_with('…'));
    }
}
