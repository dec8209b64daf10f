//! How a table is read so that all that is wrong with it is told, and each thing once.
//!
//! serde ends at the first thing that is wrong. That is told, mended in a copy of the table, and the
//! copy is read again: an unknown key becomes the one that was meant, or goes, as does a wrong value,
//! and for a key that is missing something is put there that it takes. What is wrong only because of
//! what was mended is not told.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

use super::document::Document;
use super::problem::Problem;
use super::said::{About, Said, said};

/// As many things are mended in one table.
const MOST: usize = 100;

/// Where something lies that is not in the document.
const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

/// A table, as far as it could be read.
pub(super) struct Read<T> {
    /// What it says; with stand-ins where something is wrong with it. `None` where it could not be
    /// mended.
    pub(super) value: Option<T>,
    /// What has been told of it.
    pub(super) told: Told,
}

/// What has been told of a table.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Keys that it does not have now or has otherwise, or should have: each with the table that they
    /// belong to.
    keys: Vec<(Range<usize>, String)>,
    /// Tables and lists from which something was removed.
    lessened: Vec<Range<usize>>,
}

impl Told {
    /// `problem`, unless it speaks of a key of which something has been told.
    pub(super) fn unless_told(&self, problem: Problem) -> Option<Problem> {
        let quoted = |(_, key): &(_, String)| problem.text.contains(&format!("`{key}`"));
        (!self.keys.iter().any(quoted)).then_some(problem)
    }

    fn has_key(&self, table: &Range<usize>, key: &str) -> bool {
        self.keys.iter().any(|(of, told)| of == table && told == key)
    }
}

/// What `table` of `document` says, which may have the keys `common`, too; what is wrong with it goes
/// to `problems`.
pub(super) fn read<'de, T: Deserialize<'de>>(
    document: &Document,
    mut table: Spanned<DeValue<'de>>,
    common: &[&str],
    problems: &mut Vec<Problem>,
) -> Read<T> {
    let mut told = Told::default();
    for _ in 0..MOST {
        let error = match T::deserialize(ValueDeserializer::from(table.clone())) {
            Ok(value) => return Read { value: Some(value), told },
            Err(error) => error,
        };
        let span = error.span().unwrap_or_else(|| table.span());
        let Said { text, about } = said(error.message(), common);
        let is_new = match &about {
            About::UnknownKey(_) => true,
            About::MissingKey(key) => !told.has_key(&span, key),
            About::Value => !told.lessened.contains(&span),
        };
        if is_new {
            problems.push(document.problem(&span, &text));
        }
        let paths = paths_to(&span, &table);
        let mended = match about {
            About::MissingKey(key) => {
                told.keys.push((span.clone(), key.clone()));
                stand_in::<T>(&mut table, &paths, &key)
                    || remove_first(&mut table, &paths, &mut told).is_some()
            }
            About::UnknownKey(near) => {
                let meant = near.as_deref().filter(|near| !common.contains(near));
                meant.is_some_and(|meant| rename_first(&mut table, &paths, meant)) || {
                    let removed = remove_first(&mut table, &paths, &mut told);
                    told.keys.extend(removed.clone().zip(near));
                    removed.is_some()
                }
            }
            About::Value => remove_first(&mut table, &paths, &mut told).is_some(),
        };
        if !mended {
            return Read { value: None, told };
        }
    }
    problems.push(document.problem(&table.span(), "more is wrong with this table than is told"));
    Read { value: None, told }
}

/// A step on the way to something in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// The ways to all that stands at `span`, a key or a value, the longest ones first.
fn paths_to(span: &Range<usize>, table: &Spanned<DeValue<'_>>) -> Vec<Vec<Step>> {
    let mut paths = Vec::new();
    find(span, table, &mut Vec::new(), &mut paths);
    paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
    paths
}

fn find(
    span: &Range<usize>,
    value: &Spanned<DeValue<'_>>,
    here: &mut Vec<Step>,
    paths: &mut Vec<Vec<Step>>,
) {
    let mut enter = |step, is_it, inside| {
        here.push(step);
        if is_it {
            paths.push(here.clone());
        }
        find(span, inside, here, paths);
        here.pop();
    };
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                let is_it = key.span() == *span && value.span() != *span;
                enter(Step::Key(key.get_ref().to_string()), is_it, value);
            }
        }
        DeValue::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                enter(Step::Index(index), false, value);
            }
        }
        _ => {}
    }
    if value.span() == *span {
        paths.push(here.clone());
    }
}

/// What `path` leads to in `value`.
fn at<'v, 'de>(
    value: &'v mut Spanned<DeValue<'de>>,
    path: &[Step],
) -> Option<&'v mut Spanned<DeValue<'de>>> {
    let Some((first, rest)) = path.split_first() else { return Some(value) };
    let inside = match (value.get_mut(), first) {
        (DeValue::Table(table), Step::Key(key)) => table.get_mut(key.as_str())?,
        (DeValue::Array(array), Step::Index(index)) => array.get_mut(*index)?,
        _ => return None,
    };
    at(inside, rest)
}

/// Removes what the first of `paths` leads to, and takes note of it. The table that it was a part of;
/// `None` where it is the whole.
fn remove_first(
    root: &mut Spanned<DeValue<'_>>,
    paths: &[Vec<Step>],
    told: &mut Told,
) -> Option<Range<usize>> {
    let path = paths.first()?;
    let (last, way) = path.split_last()?;
    for length in 0..path.len() {
        let (start, rest) = path.split_at_checked(length)?;
        let around = at(root, start)?.span();
        if let Some(Step::Key(key)) = rest.first() {
            told.keys.push((around.clone(), key.clone()));
        }
        told.lessened.push(around);
    }
    let around = at(root, way)?;
    let span = around.span();
    match (around.get_mut(), last) {
        (DeValue::Table(table), Step::Key(key)) => drop(table.remove(key.as_str())),
        (DeValue::Array(array), Step::Index(index)) => {
            let values = array.iter().enumerate();
            let others = values.filter(|(other, _)| other != index);
            *array = others.map(|(_, value)| value.clone()).collect();
        }
        _ => return None,
    }
    Some(span)
}

/// Gives the key that the first of `paths` leads to the name that was `meant`. Whether that is free.
fn rename_first(root: &mut Spanned<DeValue<'_>>, paths: &[Vec<Step>], meant: &str) -> bool {
    let Some((Step::Key(key), way)) = paths.first().and_then(|path| path.split_last()) else {
        return false;
    };
    let Some(DeValue::Table(table)) = at(root, way).map(Spanned::get_mut) else { return false };
    if table.contains_key(meant) {
        return false;
    }
    let Some((key, value)) = table.remove_entry(key.as_str()) else { return false };
    table.insert(Spanned::new(key.span(), meant.to_owned().into()), value);
    true
}

/// Puts something under `key`, which is missing in one of the tables that `paths` lead to. Whether
/// anything does.
fn stand_in<'de, T: Deserialize<'de>>(
    root: &mut Spanned<DeValue<'de>>,
    paths: &[Vec<Step>],
    key: &str,
) -> bool {
    for path in paths {
        for value in stand_ins() {
            let mut tried = root.clone();
            let Some(DeValue::Table(table)) = at(&mut tried, path).map(Spanned::get_mut) else {
                continue;
            };
            let name = Spanned::new(NOWHERE, key.to_owned().into());
            table.insert(name, Spanned::new(NOWHERE, value));
            let refused = T::deserialize(ValueDeserializer::from(tried.clone())).err();
            let is_missing = |error: &toml::de::Error| {
                said(error.message(), &[]).about == About::MissingKey(key.to_owned())
            };
            let is_refused =
                |error: toml::de::Error| error.span() == Some(NOWHERE) || is_missing(&error);
            if !refused.is_some_and(is_refused) {
                *root = tried;
                return true;
            }
        }
    }
    false
}

/// Values of which each key takes one, or else its table is left out.
fn stand_ins<'de>() -> [DeValue<'de>; 7] {
    let text = |text: &'static str| DeValue::String(text.into());
    let words = [Spanned::new(NOWHERE, text("x"))].into_iter().collect::<DeArray<'_>>();
    [
        text("x"),
        DeValue::Array(words),
        text("/x.prom"),
        text("00:00"),
        text("1s"),
        DeValue::Boolean(true),
        DeValue::Table(DeTable::new()),
    ]
}
