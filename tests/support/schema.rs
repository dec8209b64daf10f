//! Every report and notice that a test makes is held against its schema.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

/// The text of a schema in `docs/`, which is one.
fn schema(name: &str) -> Value {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).expect("the schema is a schema");
    schema
}

static REPORT: LazyLock<Validator> = LazyLock::new(|| {
    let schema = schema("report-v1.schema.json");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
});

static NOTICE: LazyLock<Validator> = LazyLock::new(|| {
    let (notice, report) = (schema("notice-v1.schema.json"), schema("report-v1.schema.json"));
    let id = report["$id"].as_str().unwrap().to_owned();
    let registry = jsonschema::Registry::new().add(id, report).unwrap().prepare().unwrap();
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.with_registry(&registry).build(&notice).unwrap()
});

static DIAGNOSIS: LazyLock<Validator> = LazyLock::new(|| {
    jsonschema::draft202012::options().build(&schema("doctor-v1.schema.json")).unwrap()
});

/// Whether `diagnosis` is one that `docs/doctor-v1.schema.json` describes.
pub fn is_diagnosis(diagnosis: &Value) -> bool {
    DIAGNOSIS.is_valid(diagnosis)
}

/// What is wrong with `report`, each with its place; empty where nothing is.
pub fn violations(report: &Value) -> Vec<String> {
    REPORT.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Whether `notice` is one of those that `docs/notice-v1.schema.json` describes.
pub fn is_notice(notice: &Value) -> bool {
    NOTICE.is_valid(notice)
}

/// The parts of `report` that could not be collected, those apart for which a slow machine left the
/// hook no time.
pub fn missing(report: &Value) -> Vec<&str> {
    let gaps = report["incomplete"].as_array().expect("a list").iter();
    let gaps = gaps.filter(|gap| gap["reason"] != "no time left");
    gaps.map(|gap| gap["part"].as_str().expect("a name")).collect()
}
