//! The way to a service: straight, or through a proxy.

use reqwest::{NoProxy, Proxy, Url};
use serde::{Deserialize, Deserializer, de::Error};

use crate::secret::{Environment, Secret, SecretSource};

/// Makes a proxy for the services of one scheme, or of any.
type Make = fn(Url) -> reqwest::Result<Proxy>;

/// The variables that name proxies. The first proxy that is for the scheme of a URL is used.
const VARIABLES: [(&str, Make); 3] =
    [("HTTPS_PROXY", Proxy::https), ("HTTP_PROXY", Proxy::http), ("ALL_PROXY", Proxy::all)];

/// What the config says of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyChoice {
    /// `"env"`: as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in either case.
    Environment,
    /// `"none"`: straight.
    Straight,
    /// Through this one, whose URL may hold a password.
    Through(Secret),
    /// Through one whose password stands where others may read it; says what to do.
    Exposed(String),
}

impl ProxyChoice {
    /// This choice, if it stands in a file that others can read for the reason `exposed`.
    pub(in crate::sinks) fn guarded(self, exposed: Option<&str>) -> Self {
        match (&self, exposed) {
            (Self::Through(url), Some(why)) if has_password(url.reveal()) => {
                Self::Exposed(why.to_owned())
            }
            _ => self,
        }
    }

    /// Whether something can be sent this way, as far as that can be known without trying.
    ///
    /// # Errors
    /// What is wrong, without a password.
    pub(in crate::sinks) fn usable(&self, environment: &Environment) -> Result<(), String> {
        match self.exposed(environment) {
            Some(why) => Err(why),
            None => self.urls(environment).map(|_| ()),
        }
    }

    /// Why nothing may be sent, if the proxy's password stands where others can read it.
    pub(super) fn exposed(&self, environment: &Environment) -> Option<String> {
        match self {
            Self::Straight | Self::Through(_) => None,
            Self::Exposed(why) => Some(why.clone()),
            Self::Environment => {
                let named = VARIABLES.iter().filter_map(|(name, _)| variable(environment, name));
                let with_password = named.filter(|(_, url)| has_password(url));
                let mut refused = with_password
                    .filter_map(|(name, _)| SecretSource::Variable(name).read(environment).err());
                refused.next()
            }
        }
    }

    /// The URLs of the proxies.
    ///
    /// # Errors
    /// What names no proxy that we know how to use, without its value.
    pub(super) fn urls(&self, environment: &Environment) -> Result<Vec<Url>, String> {
        Ok(self.named(environment)?.into_iter().map(|(_, url)| url).collect())
    }

    /// The proxies to set.
    ///
    /// # Errors
    /// As [`Self::urls`].
    pub(super) fn proxies(
        &self,
        no_proxy: &[String],
        environment: &Environment,
    ) -> Result<Vec<Proxy>, String> {
        let mut exempt = no_proxy.to_vec();
        if *self == Self::Environment {
            exempt.extend(variable(environment, "NO_PROXY").map(|(_, hosts)| hosts));
        }
        let exempt = NoProxy::from_string(&exempt.join(","));
        let named = self.named(environment)?.into_iter();
        let proxies = named.map(|(make, url)| Ok(make(url)?.no_proxy(exempt.clone())));
        proxies.collect::<reqwest::Result<_>>().map_err(|_| "the proxy cannot be used".to_owned())
    }

    /// What the way would be now. Only for fingerprints.
    pub(super) fn state(&self, environment: &Environment) -> Secret {
        let mut state = format!("{:?}", self.exposed(environment));
        if let Self::Through(url) = self {
            state.push_str(url.reveal());
        }
        if *self == Self::Environment {
            let names = VARIABLES.iter().map(|(name, _)| *name).chain(["NO_PROXY"]);
            for (name, value) in names.filter_map(|name| variable(environment, name)) {
                state = format!("{state}\n{name}={value}");
            }
        }
        Secret::from(state)
    }

    /// Each proxy with what makes it one.
    fn named(&self, environment: &Environment) -> Result<Vec<(Make, Url)>, String> {
        match self {
            Self::Straight | Self::Exposed(_) => Ok(Vec::new()),
            Self::Through(url) => Ok(vec![(Proxy::all, known("`proxy`", url.reveal())?)]),
            Self::Environment => of_variables(|name| Some(variable(environment, name)?.1)),
        }
    }
}

/// The variable `name`, or the same in lower case: its name and its value.
fn variable(environment: &Environment, name: &str) -> Option<(String, String)> {
    let mut names = [name.to_owned(), name.to_lowercase()].into_iter();
    names.find_map(|name| environment.variable(&name).map(|value| (name, value)))
}

/// The proxies that the variables name.
fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<(Make, Url)>, String> {
    let named = VARIABLES.iter().filter_map(|(name, make)| Some((name, make, variable(name)?)));
    named.map(|(name, make, value)| Ok((*make, known(name, &value)?))).collect()
}

/// The URL of the proxy that `name` names.
fn known(name: &str, url: &str) -> Result<Url, String> {
    known_scheme(url)
        .ok_or_else(|| format!("{name} must be the http:// or https:// URL of a proxy"))
}

/// Whether the URL of a proxy holds a password.
fn has_password(url: &str) -> bool {
    known_scheme(url).is_some_and(|url| url.password().is_some())
}

/// `text` as the URL of a proxy; without a scheme it is `http`, as everywhere.
fn known_scheme(text: &str) -> Option<Url> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

impl<'de> Deserialize<'de> for ProxyChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "env" => Ok(Self::Environment),
            "none" => Ok(Self::Straight),
            url if url.contains("://") && known_scheme(url).is_some() => {
                Ok(Self::Through(Secret::from(text)))
            }
            _ => Err(D::Error::custom("not \"env\", \"none\" or the http:// URL of a proxy")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_proxies_by_the_scheme_of_the_service() {
        let one = |wanted: &'static str, value: &'static str| {
            move |name: &str| (name == wanted).then(|| value.to_owned())
        };
        for (variable, value, kind) in [
            ("HTTPS_PROXY", "http://proxy:3128", "Https"),
            ("HTTPS_PROXY", "proxy:3128", "Https"),
            ("HTTP_PROXY", "https://user:word@proxy", "Http"),
            ("ALL_PROXY", "http://proxy", "All"),
        ] {
            let mut named = of_variables(one(variable, value)).unwrap();
            let (make, url) = named.remove(0);
            let shown = format!("{:?}", make(url).unwrap());
            assert!(named.is_empty() && shown.contains(kind), "{variable}: {shown}");
        }
        assert!(of_variables(|_| None).unwrap().is_empty());

        for value in ["socks5://user:word@proxy", "http://"] {
            let why = of_variables(one("ALL_PROXY", value)).unwrap_err();
            assert_eq!(why, "ALL_PROXY must be the http:// or https:// URL of a proxy");
        }
    }
}
