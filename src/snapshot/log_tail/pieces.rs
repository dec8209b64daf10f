//! Where the output of a run lies: in one file, or, since a rotation, in several.
//!
//! Upstart opens a job's log when it starts a process, and writes to that file, whatever its name,
//! until it is unlinked; then it makes the log anew (init/log.c). logrotate(8) renames `LOG` to
//! `LOG.1`, and what was `LOG.1` to `LOG.2`; it compresses the file at once or one rotation later
//! (`delaycompress`), which unlinks it. With `copytruncate` it copies the log and empties it.

use std::os::fd::OwnedFd;

use super::RunStart;
use crate::marker::LogStart;
use crate::sys::{self, CPath, Errno, Refused, Stat};

/// The most rotated files that are looked at.
const ROTATIONS: u8 = 9;

/// What compressed files end in.
const COMPRESSED: [&str; 3] = [".gz", ".xz", ".bz2"];

/// What a run wrote.
pub(super) struct Pieces {
    /// The files and what of them is the run's, the newest first; never empty.
    pieces: Vec<Piece>,
    /// Why there is not more, where there should be.
    pub(super) missing: Option<String>,
}

/// The part of a file that the run wrote: from a byte to the end that it had when it was opened.
struct Piece {
    path: CPath,
    file: OwnedFd,
    stat: Stat,
    from: u64,
}

impl Pieces {
    /// What the run that began at `run` wrote to the log at `path`; all of it where nobody noted
    /// how the run began.
    ///
    /// # Errors
    /// Why there is nothing, in words.
    pub(super) fn find(path: &CPath, run: Option<RunStart>) -> Result<Self, String> {
        let current = Piece::open(path.clone())?;
        let Some(run) = run else { return Self::of_any_run(path, current) };
        let mut pieces = Vec::new();
        let was_emptied = match current {
            Some(current) if current.is_of(run) => {
                if current.stat.size >= run.log.size && !was_rotated(path, run) {
                    return Ok(Self { pieces: vec![current.since(run)], missing: None });
                }
                pieces.push(current);
                true
            }
            current => {
                // An empty one was made by logrotate (`create`): the run writes to the old one.
                pieces.extend(current.filter(|current| current.stat.size > 0));
                false
            }
        };
        let missing = add_earlier(&mut pieces, path, run, was_emptied);
        if pieces.is_empty() {
            return Err(missing.unwrap_or_else(|| nothing_there(path)));
        }
        Ok(Self { pieces, missing })
    }

    /// The log; the one before it where that has just been rotated.
    fn of_any_run(path: &CPath, current: Option<Piece>) -> Result<Self, String> {
        let piece = match current {
            Some(current) if current.stat.size > 0 => Some(current),
            current => rotated(path, 1).and_then(Piece::open)?.or(current),
        };
        let piece = piece.ok_or_else(|| nothing_there(path))?;
        Ok(Self { pieces: vec![piece], missing: None })
    }

    /// The last bytes of all pieces, at most `most`, and whether there were more.
    ///
    /// # Errors
    /// Why they cannot be read, in words.
    pub(super) fn end(&self, most: usize) -> Result<(Vec<u8>, bool), String> {
        let mut room = most as u64;
        let mut read = Vec::new();
        for piece in &self.pieces {
            let length = piece.length().min(room);
            room -= length;
            if length > 0 {
                let range = piece.stat.size - length..piece.stat.size;
                let bytes = sys::read_range(&piece.file, range);
                read.push(bytes.map_err(|errno| refused(&piece.path, Refused::Kernel(errno)))?);
            }
        }
        read.reverse();
        Ok((read.concat(), self.length() > most as u64))
    }

    /// How much it is, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.pieces.iter().map(Piece::length).fold(0, u64::saturating_add)
    }

    /// The newest file's path.
    pub(super) fn path(&self) -> String {
        self.pieces.first().map(|piece| shown(&piece.path)).unwrap_or_default()
    }
}

impl Piece {
    /// All of the file at `path`; `None` where nothing is there.
    ///
    /// # Errors
    /// Why what is there is not read, in words.
    fn open(path: CPath) -> Result<Option<Self>, String> {
        match sys::safe_open(path.as_c_str()) {
            Ok((file, stat)) => Ok(Some(Self { path, file, stat, from: 0 })),
            Err(Refused::Kernel(Errno::ENOENT)) => Ok(None),
            Err(why) => Err(refused(&path, why)),
        }
    }

    /// Whether it is the file that was the log when the run began.
    fn is_of(&self, run: RunStart) -> bool {
        (self.stat.device, self.stat.inode) == (run.log.device, run.log.inode)
    }

    /// What of it was written since the run began. It was emptied since if it is shorter than then.
    fn since(self, run: RunStart) -> Self {
        let is_longer = self.is_of(run) && self.stat.size >= run.log.size;
        Self { from: if is_longer { run.log.size } else { 0 }, ..self }
    }

    /// In bytes.
    fn length(&self) -> u64 {
        self.stat.size.saturating_sub(self.from)
    }
}

/// Adds what the run wrote before the log at `path` was renamed, removed, or, where it `was_emptied`,
/// copied; the answer is what of it cannot be had.
///
/// A file that was written to since the run began, and is not the one that it began with, was made
/// since: it is the run's alone.
fn add_earlier(
    pieces: &mut Vec<Piece>,
    path: &CPath,
    run: RunStart,
    was_emptied: bool,
) -> Option<String> {
    let newer = pieces.len();
    for number in 1..=ROTATIONS {
        match rotated(path, number).and_then(Piece::open) {
            Ok(Some(piece)) if piece.is_of(run) => {
                pieces.push(piece.since(run));
                return None;
            }
            Ok(Some(piece)) if piece.stat.modified > run.at => pieces.push(piece),
            Ok(Some(_)) => break,
            Ok(None) => match compressed(path, number) {
                Some((name, stat)) if stat.modified > run.at => {
                    return Some(format!("{name} is compressed: not read"));
                }
                // What the run began with: it was not written to any more.
                Some(_) if !was_emptied => return None,
                _ => break,
            },
            Err(reason) => return Some(reason),
        }
    }
    let gone =
        || format!("{}: what this run wrote before it was emptied or removed is gone", shown(path));
    if !was_emptied {
        return (run.log != LogStart::NONE).then(gone);
    }
    // The oldest copy has what stood there when the run began.
    let oldest = pieces.get_mut(newer..).and_then(<[_]>::last_mut);
    match oldest.filter(|copy| copy.stat.size >= run.log.size) {
        Some(copy) => copy.from = run.log.size,
        None => return Some(gone()),
    }
    None
}

/// Whether the log at `path` was rotated, and written to before that, while the run lasted. Then
/// what is called so now was emptied, or is a new file to which the old one's number was given, as
/// ext4 does at once.
fn was_rotated(path: &CPath, run: RunStart) -> bool {
    let copy = rotated(path, 1).ok().and_then(|copy| sys::stat(copy.as_c_str()).ok());
    copy.or_else(|| compressed(path, 1).map(|(_, stat)| stat))
        .is_some_and(|stat| stat.modified > run.at)
}

/// `LOG.1`, `LOG.2`, ...
fn rotated(path: &CPath, number: u8) -> Result<CPath, String> {
    with_end(path, &format!(".{number}")).ok_or_else(|| nothing_there(path))
}

/// `LOG.1.gz`, if it is there, with its path as it is shown. Compressing a file keeps its time.
fn compressed(path: &CPath, number: u8) -> Option<(String, Stat)> {
    COMPRESSED.iter().find_map(|end| {
        let name = with_end(path, &format!(".{number}{end}"))?;
        Some((shown(&name), sys::stat(name.as_c_str()).ok()?))
    })
}

fn with_end(path: &CPath, end: &str) -> Option<CPath> {
    CPath::concat([path.as_bytes(), end.as_bytes()]).ok()
}

fn shown(path: &CPath) -> String {
    path.as_path().display().to_string()
}

fn refused(path: &CPath, why: Refused) -> String {
    format!("{}: {}", shown(path), why.desc())
}

fn nothing_there(path: &CPath) -> String {
    format!("{} has nothing: the job wrote nothing, or has `console none`", shown(path))
}
