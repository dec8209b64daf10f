//! The way to a service: straight, or through a proxy.

use reqwest::{NoProxy, Proxy, Url};
use serde::{Deserialize, Deserializer, de::Error};

use crate::secret::Environment;
use crate::secret::Secret;

/// What the config says of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyChoice {
    /// `"env"`: as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in either case.
    Environment,
    /// `"none"`: straight.
    Straight,
    /// Through this one, whose URL may hold a password.
    Through(Secret),
}

impl ProxyChoice {
    /// The proxies to set; the first that is for the scheme of a URL is used.
    ///
    /// # Errors
    /// What names no proxy that we know how to use, without its value.
    pub(super) fn proxies(
        &self,
        no_proxy: &[String],
        environment: &Environment,
    ) -> Result<Vec<Proxy>, String> {
        let mut exempt = no_proxy.to_vec();
        let proxies = match self {
            Self::Straight => Vec::new(),
            Self::Through(url) => vec![proxy("`proxy`", url.reveal(), Proxy::all)?],
            Self::Environment => {
                let variable = |name: &str| {
                    environment
                        .variable(name)
                        .or_else(|| environment.variable(&name.to_lowercase()))
                };
                exempt.extend(variable("NO_PROXY"));
                of_variables(variable)?
            }
        };
        let exempt = NoProxy::from_string(&exempt.join(","));
        Ok(proxies.into_iter().map(|proxy| proxy.no_proxy(exempt.clone())).collect())
    }
}

/// The proxies that the variables name.
fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Proxy>, String> {
    let mut proxies = Vec::new();
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        let Some(value) = variable(name) else { continue };
        let make = match name {
            "HTTPS_PROXY" => Proxy::https,
            "HTTP_PROXY" => Proxy::http,
            _ => Proxy::all,
        };
        proxies.push(proxy(name, &value, make)?);
    }
    Ok(proxies)
}

/// The proxy at `url`, which `name` names.
fn proxy(name: &str, url: &str, make: fn(Url) -> reqwest::Result<Proxy>) -> Result<Proxy, String> {
    let proxy = known_scheme(url).and_then(|url| make(url).ok());
    proxy.ok_or_else(|| format!("{name} must be the http:// or https:// URL of a proxy"))
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
            let proxies = of_variables(one(variable, value)).unwrap();
            let shown = format!("{proxies:?}");
            assert!(proxies.len() == 1 && shown.contains(kind), "{variable}: {shown}");
        }
        assert!(of_variables(|_| None).unwrap().is_empty());

        for value in ["socks5://user:word@proxy", "http://"] {
            let why = of_variables(one("ALL_PROXY", value)).unwrap_err();
            assert_eq!(why, "ALL_PROXY must be the http:// or https:// URL of a proxy");
        }
    }
}
