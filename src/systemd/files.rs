//! Where a unit is configured, and what of that systemd does not tell as it does of the rest.

use super::properties::text;
use super::{SERVICE, Systemd, UNIT, Unavailable, object};
use crate::bus::Piece;

/// The files that a unit is made of, and what they say of its output.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitFiles {
    /// The unit's own file and its drop-ins, in the order in which systemd reads them.
    pub paths: Vec<String>,
    /// `StandardOutput`: `journal`, `file`, ... The path of a file is not told (until 252 at least):
    /// it stands in the files.
    pub standard_output: String,
    /// `StandardError`, in the same way.
    pub standard_error: String,
    /// `WorkingDirectory`; empty for `/`.
    pub working_directory: String,
}

/// The properties, each with its interface.
const PROPERTIES: [(&str, &str); 5] = [
    (UNIT, "FragmentPath"),
    (UNIT, "DropInPaths"),
    (SERVICE, "StandardOutput"),
    (SERVICE, "StandardError"),
    (SERVICE, "WorkingDirectory"),
];

impl Systemd {
    /// The files that the unit called `unit` is made of.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn files(&self, unit: &[u8]) -> Result<UnitFiles, Unavailable> {
        let object = object(unit);
        let names =
            PROPERTIES.map(|(interface, name)| (&object[..] as &[Piece<'_>], interface, name));
        let (mut files, mut fragment, mut drop_ins) = (UnitFiles::default(), None, Vec::new());
        self.properties(&names, |at, body| {
            if at == 1 {
                let paths = body.texts().unwrap_or_default().into_iter();
                drop_ins = paths.map(|it| String::from_utf8_lossy(it).into_owned()).collect();
                return;
            }
            let text = body.value().map(text).unwrap_or_default();
            match at {
                0 => fragment = Some(text),
                2 => files.standard_output = text,
                3 => files.standard_error = text,
                // `-` and `!` in front are for systemd alone.
                _ => files.working_directory = text.trim_start_matches(['-', '!']).to_owned(),
            }
        })?;
        let fragment = fragment.ok_or(Unavailable::UnknownJob)?;
        let own = Some(fragment).filter(|path| !path.is_empty());
        files.paths = own.into_iter().chain(drop_ins).collect();
        Ok(files)
    }
}
