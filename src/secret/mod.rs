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
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::paths::Places;

    const SECRET: &str = "correct horse battery staple";

    /// A root in which `/etc/.../NAME` holds `text` with `mode`.
    fn host(path: &str, text: &str, mode: u32) -> (tempfile::TempDir, Environment) {
        let root = tempfile::tempdir().unwrap();
        let prefix = Vec::leak(root.path().as_os_str().as_encoded_bytes().to_vec());
        let environment = Environment::of(Places::under(prefix));
        let file = environment.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        (root, environment)
    }

    #[test]
    fn exactly_one_source_is_taken() {
        let secret = || Some(Secret(SECRET.to_owned()));
        let file = || Some(PathBuf::from("slack"));
        let variable = || Some("HOOK".to_owned());
        for (inline, file, variable, expected) in [
            (None, None, None, Err("one of `url`, `url_file`, `url_env` must be set")),
            (secret(), None, None, Ok("Inline([secret])")),
            (None, file(), None, Ok("File(\"slack\")")),
            (None, None, variable(), Ok("Variable(\"HOOK\")")),
            (secret(), file(), None, Err("only one of `url`, `url_file`, `url_env` may be set")),
            (
                None,
                Some(PathBuf::from(format!("https://example.com/{SECRET}"))),
                None,
                Err("`url_file` must be the name of a file, not a URL"),
            ),
            (None, None, Some(SECRET.to_owned()), Err("`url_env` must be the name of a variable")),
            (None, None, Some(String::new()), Err("`url_env` must be the name of a variable")),
            (None, None, Some("1X".to_owned()), Err("`url_env` must be the name of a variable")),
            (None, None, Some("_X1".to_owned()), Ok("Variable(\"_X1\")")),
            (
                secret(),
                file(),
                variable(),
                Err("only one of `url`, `url_file`, `url_env` may be set"),
            ),
        ] {
            let source = SecretSource::one_of("url", inline, file, variable);
            let shown = source.map(|source| format!("{source:?}"));
            assert_eq!(shown, expected.map(str::to_owned).map_err(str::to_owned));
        }
    }

    #[test]
    fn a_file_is_read_without_its_last_newline() {
        for text in [SECRET.to_owned(), format!("{SECRET}\n"), format!("{SECRET}\r\n")] {
            let (_root, environment) = host("/etc/upstart-monitor/secrets/ops", &text, 0o600);
            for name in ["ops", "/etc/upstart-monitor/secrets/ops"] {
                let secret = SecretSource::File(name.into()).read(&environment).unwrap();
                assert_eq!(secret.reveal(), SECRET);
            }
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_that_helps() {
        for mode in [0o604, 0o640, 0o644, 0o602, 0o610] {
            let (_root, environment) = host("/etc/upstart-monitor/secrets/ops", SECRET, mode);
            let why = SecretSource::File("ops".into()).read(&environment).unwrap_err();
            let path = environment.path("/etc/upstart-monitor/secrets/ops");
            assert!(why.ends_with(&format!("chmod 0600 {}", path.display())), "{mode:o}: {why}");
            assert!(!why.contains(SECRET));
        }
    }

    #[test]
    fn what_is_no_secret_says_so() {
        let (_root, environment) = host("/etc/upstart-monitor/secrets/empty", "\n", 0o600);
        for (name, why) in [
            ("empty", "empty is empty"),
            ("absent", "No such file"),
            ("/etc/upstart-monitor/secrets", "not a plain file"),
        ] {
            let told = SecretSource::File(name.into()).read(&environment).unwrap_err();
            assert!(told.contains(why), "{name}: {told}");
        }
    }

    #[test]
    fn a_variable_of_the_file_counts_if_the_file_is_private() {
        let text = format!("UPSTART_MONITOR_TEST_HOOK='{SECRET}'\n");
        let named = |name: &str| SecretSource::Variable(name.to_owned());
        let hook = named("UPSTART_MONITOR_TEST_HOOK");

        let (_root, environment) = host("/etc/default/upstart-monitor", &text, 0o600);
        assert_eq!(hook.read(&environment).unwrap().reveal(), SECRET);
        let why = named("UPSTART_MONITOR_TEST_ABSENT").read(&environment).unwrap_err();
        assert!(why.starts_with("UPSTART_MONITOR_TEST_ABSENT is set neither"), "{why}");

        let (_root, environment) = host("/etc/default/upstart-monitor", &text, 0o644);
        let why = hook.read(&environment).unwrap_err();
        assert!(why.contains("chmod 0600"), "{why}");
    }

    #[test]
    fn a_secret_is_struck_out_whole_and_in_parts() {
        let mut redactor = Redactor::default();
        redactor.add("/services/T0/B0/abcdefghijkl");
        redactor.add("Bearer mnopqrstuvwxyz");
        for (text, shown) in [
            ("no such hook: /services/T0/B0/abcdefghijkl", "no such hook: ***"),
            ("token abcdefghijkl and mnopqrstuvwxyz", "token *** and ***"),
            ("invalid_token", "invalid_token"),
        ] {
            assert_eq!(redactor.redact(text), shown);
        }
        assert!(!format!("{redactor:?}").contains("abcdef"));
    }
}
