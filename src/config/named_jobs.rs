//! Where the config names jobs by globs.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::document::Tables;

/// Each glob of `tables` that is to name jobs, and where it stands.
pub(super) fn globs(tables: &Tables<'_>) -> Vec<(Range<usize>, String)> {
    let mut globs: Vec<_> =
        tables.jobs.iter().map(|job| (job.span.clone(), job.name.clone())).collect();
    let commands = tables.snapshot.iter().filter_map(|table| entry(table, "command"));
    let commands = commands.filter_map(|commands| commands.get_ref().as_array()).flatten();
    let sinks = tables.sinks.iter().map(|sink| &sink.table);
    for table in sinks.chain(&tables.windows).chain(commands) {
        let listed = entry(table, "jobs").and_then(|jobs| jobs.get_ref().as_array());
        for glob in listed.into_iter().flatten() {
            globs.extend(glob.get_ref().as_str().map(|text| (glob.span(), text.to_owned())));
        }
    }
    globs
}

/// What stands under `key` in `table`.
fn entry<'t, 'de>(
    table: &'t Spanned<DeValue<'de>>,
    key: &str,
) -> Option<&'t Spanned<DeValue<'de>>> {
    table.get_ref().as_table()?.get(key)
}
