//! Which sinks are meant. Pure.

use crate::cli::CliError;
use crate::config::nearest;
use crate::sinks::NamedSink;

/// The sinks of `all` with one of `names`, all where there is none, each once and in the order of
/// `all`.
///
/// # Errors
/// A name that is no sink's; that there is no sink.
pub(super) fn chosen<'a>(
    all: &'a [NamedSink],
    names: &[String],
) -> Result<Vec<&'a NamedSink>, CliError> {
    if all.is_empty() {
        return Err(CliError::NoSink);
    }
    let known: Vec<_> = all.iter().map(|sink| sink.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(CliError::NoSuchSink {
            name: unknown.clone(),
            nearest: nearest(unknown, &known).map(str::to_owned),
            known: known.into_iter().map(str::to_owned).collect(),
        });
    }
    Ok(all.iter().filter(|sink| names.is_empty() || names.contains(&sink.name)).collect())
}
