//! Secrets: where they come from, and that they leave by no door.
//!
//! A sink keeps the [`SecretSource`] and reads the [`Secret`] at each send, so a secret that is
//! changed on disk is the new one at once.

mod environment;
mod plain_file;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use environment::Environment;
use environment::value_of;
pub(crate) use plain_file::{private, read_plain_file};

use crate::paths::{Place, SECRETS};

/// A text shorter than this is too common a word to be struck out.
const SHORTEST: usize = 6;

/// The same for a part of a secret that is made of several.
const SHORTEST_PART: usize = 12;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Where a secret comes from: exactly one of `KEY`, `KEY_file` and `KEY_env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// It stands in the config.
    Inline(Secret),
    /// It stands in the config, where others may read it; says what to do.
    Exposed(String),
    /// It is the content of this file, a name in the directory of secrets or an absolute path.
    File(PathBuf),
    /// It is the value of this variable.
    Variable(String),
}

impl SecretSource {
    /// The one source that the config names; `None` where it names none.
    ///
    /// # Errors
    /// Where it names more than one, or what is no name of a file or a variable, which may be the
    /// secret itself under a wrong key.
    pub fn at_most_one_of(
        key: &str,
        inline: Option<Secret>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Result<Option<Self>, String> {
        match (inline, file, variable) {
            (None, None, None) => Ok(None),
            (Some(secret), None, None) => Ok(Some(Self::Inline(secret))),
            (None, Some(file), None) if file.as_os_str().to_string_lossy().contains("://") => {
                Err(format!("`{key}_file` must be the name of a file, not a URL"))
            }
            (None, Some(file), None) => Ok(Some(Self::File(file))),
            (None, None, Some(variable)) if !is_variable_name(&variable) => {
                Err(format!("`{key}_env` must be the name of a variable"))
            }
            (None, None, Some(variable)) => Ok(Some(Self::Variable(variable))),
            _ => Err(format!("only one of `{key}`, `{key}_file`, `{key}_env` may be set")),
        }
    }

    /// The one source that the config names.
    ///
    /// # Errors
    /// Where it names none, or more than one.
    pub fn one_of(
        key: &str,
        inline: Option<Secret>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Result<Self, String> {
        Self::at_most_one_of(key, inline, file, variable)?
            .ok_or_else(|| format!("one of `{key}`, `{key}_file`, `{key}_env` must be set"))
    }

    /// The secret as it is now.
    ///
    /// # Errors
    /// Why it cannot be had and what to do, in words that do not tell it.
    pub fn read(&self, environment: &Environment) -> Result<Secret, String> {
        match self {
            Self::Inline(secret) => Ok(secret.clone()),
            Self::Exposed(why) => Err(why.clone()),
            Self::File(name) => read_file(&secret_path(name, environment)?),
            Self::Variable(name) => match environment.own_variable(name) {
                Some(value) => Ok(Secret(value)),
                None => read_variable(environment, name),
            },
        }
    }

    /// The secret as a notifier has it that a hook starts: without the variables of this process.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_without_own_variables(&self, environment: &Environment) -> Result<Secret, String> {
        match self {
            Self::Variable(name) => match (environment.own_variable(name), environment.file_path())
            {
                (Some(_), Ok(path)) if environment.variable_of_file(name).is_none() => {
                    Err(format!(
                        "{name} is set for this command only: a hook has but what stands in {}",
                        path.display()
                    ))
                }
                _ => read_variable(environment, name),
            },
            other => other.read(environment),
        }
    }

    /// Where it comes from, in words.
    pub fn origin(&self, environment: &Environment) -> String {
        match self {
            Self::Inline(_) | Self::Exposed(_) => "the config".to_owned(),
            Self::File(name) => match secret_path(name, environment) {
                Ok(path) => path.display().to_string(),
                Err(_) => name.display().to_string(),
            },
            Self::Variable(name) => format!("${name}"),
        }
    }

    /// What a send would be made with now, the secret or why there is none: changes when either
    /// does. Only for fingerprints.
    pub fn state(&self, environment: &Environment) -> Secret {
        self.read(environment).unwrap_or_else(Secret)
    }
}

/// Whether a shell would take `text` for the name of a variable.
fn is_variable_name(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '_');
    rest.len() < text.len() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The content of a file that is for us alone, without the newline that ends it.
fn read_file(path: &Path) -> Result<Secret, String> {
    let (text, facts) =
        read_plain_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    private(path, &facts)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(format!("{} is empty", path.display()));
    }
    Ok(Secret(text.to_owned()))
}

/// Where the file `name` lies: in the directory of secrets, unless it is an absolute path.
fn secret_path(name: &Path, environment: &Environment) -> Result<PathBuf, String> {
    if name.is_absolute() {
        return Ok(environment.path(name));
    }
    let secrets = environment.places().path(Place::Config, SECRETS);
    let secrets = secrets.map_err(|why| format!("secrets: {}", why.words()))?;
    Ok(secrets.join(name))
}

/// The value of a variable in the file of variables, if that file is for us alone.
fn read_variable(environment: &Environment, name: &str) -> Result<Secret, String> {
    let path = environment.file_path().map_err(|why| format!("{name}: {why}"))?;
    let absent = || format!("{name} is set neither in the environment nor in {}", path.display());
    let (text, facts) = environment.file().map_err(|_| absent())?;
    let value = value_of(&text, name).ok_or_else(absent)?;
    private(&path, &facts)?;
    Ok(Secret(value))
}

/// Strikes secrets out of texts that others wrote, such as a service's answer.
#[derive(Debug, Default)]
pub(crate) struct Redactor(Vec<Secret>);

impl Redactor {
    /// Strikes out `secret`, and its parts where it is made of several (a path, `Bearer TOKEN`).
    pub(crate) fn add(&mut self, secret: &str) {
        let parts = secret.split(|c: char| c.is_whitespace() || "/?&=:@".contains(c));
        let parts = parts.filter(|part| part.len() >= SHORTEST_PART);
        let whole = Some(secret).filter(|secret| secret.len() >= SHORTEST);
        self.0.extend(whole.into_iter().chain(parts).map(|part| Secret(part.to_owned())));
    }

    /// `text` without the secrets.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.reveal(), "***"))
    }
}

#[cfg(test)]
mod tests;
