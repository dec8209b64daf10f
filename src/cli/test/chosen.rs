//! Which sinks are meant. Pure.

use strsim::osa_distance;

use crate::cli::CliError;
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

/// The one of `known` that `name` was meant to be: letters that are swapped, missing, superfluous
/// or wrong count one each, and one in three may be.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let near = known.iter().map(|other| (osa_distance(&name, other), *other));
    let longest = |other: &str| name.chars().count().max(other.chars().count());
    let near = near.filter(|(distance, other)| distance * 3 <= longest(other));
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_a_guess_is_not_made() {
        let known = ["file.all", "slack.dev", "slack.ops"];
        for (name, meant) in [
            ("slack.opps", Some("slack.ops")),
            ("Slack.Ops", Some("slack.ops")),
            ("slakc.dev", Some("slack.dev")),
            ("file", None),
            ("matrix.ops", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &known), meant, "{name}");
        }
    }
}
