//! A directory with everything in it, as text.

use std::fmt::Write as _;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Of a file this many bytes are shown.
const SHOWN: usize = 4096;

/// Every name under `root`, with owner, mode and size, and what the small files hold.
pub fn text(root: &Path) -> String {
    let mut text = String::new();
    add(&mut text, root, root);
    text
}

fn add(text: &mut String, root: &Path, path: &Path) {
    let shown = path.strip_prefix(root).unwrap_or(path).display();
    let Ok(stat) = path.symlink_metadata() else {
        let _ = writeln!(text, "/{shown}: cannot be looked at");
        return;
    };
    let (kind, mode, owner, size) =
        (stat.file_type(), stat.mode() & 0o7777, stat.uid(), stat.size());
    let _ = writeln!(text, "{mode:04o} {owner:5} {size:8} /{shown}");
    if kind.is_dir() {
        let mut names: Vec<_> =
            path.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        names.sort();
        names.iter().for_each(|path| add(text, root, path));
    } else if kind.is_symlink() {
        let _ = writeln!(text, "      -> {:?}", path.read_link());
    } else if kind.is_fifo() || kind.is_socket() || kind.is_block_device() {
        let _ = writeln!(text, "      {kind:?}");
    } else if !shown.to_string().contains("/bin/") {
        let bytes = std::fs::read(path).unwrap_or_default();
        for line in String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).lines() {
            let _ = writeln!(text, "      | {line}");
        }
    }
}
