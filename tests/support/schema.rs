//! Every report that a test makes is held against its schema.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report-v1.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).expect("the schema is a schema");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
});

/// What is wrong with `report`, each with its place; empty where nothing is.
pub fn violations(report: &Value) -> Vec<String> {
    SCHEMA.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The parts of `report` that could not be collected, those apart for which a slow machine left the
/// hook no time.
pub fn missing(report: &Value) -> Vec<&str> {
    let gaps = report["incomplete"].as_array().expect("a list").iter();
    let gaps = gaps.filter(|gap| gap["reason"] != "no time left");
    gaps.map(|gap| gap["part"].as_str().expect("a name")).collect()
}
