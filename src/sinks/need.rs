//! What a sink needs that lies outside the config, looked at without sending anything.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};
use reqwest::Url;

use super::http::{ProxyChoice, certificates_of, parse_url};
use crate::run_command::PATH;
use crate::secret::{Environment, Secret, SecretSource};

/// Something that a sink needs, and the key of its table that says so.
#[derive(Debug, Clone)]
pub struct Need {
    /// As it stands in the table, without `_file` and `_env`.
    pub key: String,
    /// What.
    pub what: Needed,
}

/// What a sink needs.
#[derive(Debug, Clone)]
pub enum Needed {
    /// A secret.
    Secret {
        /// Where it comes from.
        source: SecretSource,
        /// What it must be.
        shape: Shape,
    },
    /// Whatever else stands in the config for root alone: why others can read it.
    Privacy(String),
    /// A service at this URL, which holds no secret.
    Service(Url),
    /// A file with certificates.
    Certificates(PathBuf),
    /// A program, by its path or by a name that is looked for.
    Program(PathBuf),
    /// A file that is written to, below the root.
    Output(PathBuf),
    /// The way to the service.
    Proxy(ProxyChoice),
}

/// What a secret must be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A line of text.
    Line,
    /// The URL of an HTTP service.
    Url,
    /// A line of which this says, without showing it, what is wrong with it.
    Such(fn(&Secret) -> Result<(), String>),
}

/// What is wrong with what a sink needs. Tells no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing is sent until it is mended.
    Problem(String),
    /// It may be meant so.
    Warning(String),
}

impl Need {
    /// The key as it is written: `KEY_file` where the secret is in a file.
    pub fn written_key(&self) -> String {
        let suffix = match &self.what {
            Needed::Secret { source: SecretSource::File(_), .. } => "_file",
            Needed::Secret { source: SecretSource::Variable(_), .. } => "_env",
            _ => "",
        };
        format!("{}{suffix}", self.key)
    }

    /// What is wrong with it now, as a notifier finds it that a hook starts.
    pub fn flaws(&self, environment: &Environment) -> Vec<Flaw> {
        let problem = |done: Result<(), String>| Vec::from_iter(done.err().map(Flaw::Problem));
        match &self.what {
            Needed::Secret { source, shape } => secret(source, *shape, environment),
            Needed::Privacy(why) => vec![Flaw::Problem(why.clone())],
            Needed::Service(url) => Vec::from_iter(unencrypted(url)),
            Needed::Certificates(path) => {
                problem(certificates_of(&environment.path(path)).map(|_| ()))
            }
            Needed::Program(program) => problem(executable(program, environment)),
            Needed::Output(path) => problem(writable(path)),
            Needed::Proxy(proxy) => problem(proxy.usable(environment)),
        }
    }
}

fn secret(source: &SecretSource, shape: Shape, environment: &Environment) -> Vec<Flaw> {
    let secret = match source.read_without_own_variables(environment) {
        Ok(secret) => secret,
        Err(why) => return vec![Flaw::Problem(why)],
    };
    let text = secret.reveal();
    if text.contains(['\n', '\r']) {
        return vec![Flaw::Problem("more than one line".to_owned())];
    }
    if text.chars().any(char::is_control) {
        return vec![Flaw::Problem("a control character is in it".to_owned())];
    }
    let mut flaws = Vec::new();
    match shape {
        Shape::Line => {}
        Shape::Url => match parse_url(text) {
            Ok(url) => flaws.extend(unencrypted(&url)),
            Err(why) => flaws.push(Flaw::Problem(why)),
        },
        Shape::Such(is_such) => flaws.extend(is_such(&secret).err().map(Flaw::Problem)),
    }
    if text.trim() != text && flaws.is_empty() {
        flaws.push(Flaw::Warning("begins or ends with a blank".to_owned()));
    }
    flaws
}

/// That everybody on the way to `url` can read what is sent there.
fn unencrypted(url: &Url) -> Option<Flaw> {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    (url.scheme() == "http" && !is_here).then(|| {
        let text =
            "http:// to another host: who is on the way reads what is sent; is there https://?";
        Flaw::Warning(text.to_owned())
    })
}

/// Whether `program` can be run; one without a slash is looked for as when it is run. One below the
/// root counts, too: that of an image is there only.
fn executable(program: &Path, environment: &Environment) -> Result<(), String> {
    let can_run_here = |path: &Path| {
        let facts = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if !facts.is_file() {
            return Err(format!("{} is no program", path.display()));
        }
        let allowed = access(path, AccessFlags::X_OK);
        allowed.map_err(|_| {
            let path = path.display();
            format!("{path} cannot be executed: chmod +x {path}")
        })
    };
    let can_run = |path: &Path| {
        if can_run_here(&environment.path(path)).is_ok() { Ok(()) } else { can_run_here(path) }
    };
    if program.as_os_str().as_encoded_bytes().contains(&b'/') {
        return can_run(program);
    }
    let found =
        PATH.split(':').any(|directory| can_run(&Path::new(directory).join(program)).is_ok());
    let shown = program.display();
    if found { Ok(()) } else { Err(format!("there is no program {shown} in {PATH}")) }
}

/// Whether the file at `path` can be written to, or made.
fn writable(path: &Path) -> Result<(), String> {
    let directory = path.parent().unwrap_or(path);
    let shown = directory.display();
    match fs::metadata(directory) {
        Ok(facts) if facts.is_dir() => {}
        Ok(_) => return Err(format!("{shown} is no directory")),
        Err(_) => return Err(format!("there is no directory {shown}: mkdir -p {shown}")),
    }
    let of_the_file = match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_symlink() => Err("a symbolic link, not followed".to_owned()),
        Ok(facts) if !facts.is_file() => Err("not a plain file".to_owned()),
        Ok(_) => access(path, AccessFlags::W_OK).map_err(|error| error.desc().to_owned()),
        Err(_) => access(directory, AccessFlags::W_OK).map_err(|error| error.desc().to_owned()),
    };
    of_the_file.map_err(|why| format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Places;

    #[test]
    fn http_is_for_this_host_alone() {
        for (url, is_warned_of) in [
            ("https://example.com/", false),
            ("http://example.com/", true),
            ("http://localhost:9093/", false),
            ("http://127.0.0.1:4318/", false),
            ("http://127.1.2.3/", false),
            ("http://[::1]/", false),
            ("http://10.0.0.1/", true),
            ("http://localhost.example.com/", true),
        ] {
            assert_eq!(unencrypted(&parse_url(url).unwrap()).is_some(), is_warned_of, "{url}");
        }
    }

    #[test]
    fn a_program_is_one_that_can_be_run() {
        let here = Environment::of(Places::under(b""));
        let directory = tempfile::tempdir().unwrap();
        let text = directory.path().join("text");
        fs::write(&text, "text").unwrap();
        for (program, why) in [
            ("sh", None),
            ("/bin/sh", None),
            ("no-such-program", Some("there is no program no-such-program in ")),
            ("/no/such/program", Some("/no/such/program: No such file")),
            ("/bin", Some("/bin is no program")),
            (text.to_str().unwrap(), Some("cannot be executed: chmod +x ")),
        ] {
            let told = executable(Path::new(program), &here).err();
            assert_eq!(told.is_some(), why.is_some(), "{program}: {told:?}");
            assert!(told.unwrap_or_default().contains(why.unwrap_or_default()), "{program}");
        }
    }
}
