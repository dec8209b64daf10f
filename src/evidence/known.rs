//! How a piece of evidence is written that may not have been available.

use serde::{Serialize, Serializer};

/// Writes what is known as it is, and why it is not as `{"unavailable": WHY}`.
pub(super) fn serialize<T: Serialize, S: Serializer>(
    known: &Result<T, String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Unavailable<'a> {
        unavailable: &'a str,
    }
    match known {
        Ok(known) => known.serialize(serializer),
        Err(why) => Unavailable { unavailable: why }.serialize(serializer),
    }
}

/// Reads what [`serialize`] wrote.
#[cfg(feature = "deliver")]
pub(super) fn deserialize<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Result<T, String>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Unavailable { unavailable: String },
        Known(T),
    }
    <Either<T> as serde::Deserialize>::deserialize(deserializer).map(|either| match either {
        Either::Unavailable { unavailable } => Err(unavailable),
        Either::Known(known) => Ok(known),
    })
}
