//! What was found in one text, and the text without it.

use std::borrow::Cow;
use std::ops::Range;

use super::mark::{self, Kind};

/// Places in a text, found in any order; they may overlap.
pub(super) struct Found<'t> {
    pub(super) text: &'t str,
    places: Vec<(Range<usize>, Kind)>,
}

impl<'t> Found<'t> {
    /// Nothing yet.
    pub(super) fn nothing_in(text: &'t str) -> Self {
        Self { text, places: Vec::new() }
    }

    /// Adds a place.
    pub(super) fn add(&mut self, place: Range<usize>, kind: Kind) {
        if !place.is_empty() {
            self.places.push((place, kind));
        }
    }

    /// The text with a mark for each place; places that overlap are one, of the kind of the first.
    /// Marks that stand there already stay, so that a second time changes nothing.
    pub(super) fn redacted(mut self) -> Cow<'t, str> {
        if self.places.is_empty() {
            return Cow::Borrowed(self.text);
        }
        self.places.sort_by_key(|(place, _)| (place.start, usize::MAX - place.end));
        self.places.dedup_by(|(next, _), (first, _)| {
            let overlaps = next.start < first.end;
            if overlaps {
                first.end = first.end.max(next.end);
            }
            overlaps
        });
        let marks = mark::all(self.text);
        let mut marks = marks.into_iter().peekable();
        let mut written = String::new();
        let mut done = 0;
        for (place, kind) in std::mem::take(&mut self.places) {
            let mut from = place.start;
            while let Some(mark) = marks.next_if(|mark| mark.start < place.end) {
                if mark.end > from {
                    self.write(&mut written, &mut done, from..mark.start, kind);
                    from = mark.end;
                }
            }
            self.write(&mut written, &mut done, from..place.end, kind);
        }
        if done == 0 {
            return Cow::Borrowed(self.text);
        }
        written.push_str(self.text.get(done..).unwrap_or_default());
        Cow::Owned(written)
    }

    /// Writes what stands between `done` and `place`, and a mark for `place`.
    fn write(&self, written: &mut String, done: &mut usize, place: Range<usize>, kind: Kind) {
        if place.is_empty() {
            return;
        }
        written.push_str(self.text.get(*done..place.start).unwrap_or_default());
        written.push_str(&kind.mark());
        *done = place.end;
    }
}
