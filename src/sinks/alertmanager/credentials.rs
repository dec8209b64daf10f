//! Who we are to what stands in front of Alertmanager.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;

use crate::secret::{Environment, Secret, SecretSource};

/// What a proxy in front of Alertmanager asks for; Alertmanager itself may ask for it, too.
#[derive(Debug)]
pub(super) enum Credentials {
    None,
    Basic(String, SecretSource),
    Bearer(SecretSource),
}

impl Credentials {
    pub(super) fn of(
        username: Option<String>,
        password: Option<SecretSource>,
        token: Option<SecretSource>,
    ) -> Result<Self, String> {
        match (username, password, token) {
            (None, None, None) => Ok(Self::None),
            (Some(user), Some(password), None) => Ok(Self::Basic(user, password)),
            (None, None, Some(token)) => Ok(Self::Bearer(token)),
            (_, _, Some(_)) => {
                Err("`bearer_token` stands for `username` and `password`".to_owned())
            }
            _ => Err("`username` and `password` belong together".to_owned()),
        }
    }

    /// The header `Authorization`; `None` where there is nothing to be said.
    ///
    /// # Errors
    /// Why it cannot be had, without the secret.
    pub(super) fn header(&self, environment: &Environment) -> Result<Option<HeaderValue>, String> {
        let (key, text) = match self {
            Self::None => return Ok(None),
            Self::Basic(user, password) => {
                let password = password.read(environment).map_err(|w| format!("password: {w}"))?;
                let both = STANDARD.encode(format!("{user}:{}", password.reveal()));
                ("password", format!("Basic {both}"))
            }
            Self::Bearer(token) => {
                let token = token.read(environment).map_err(|w| format!("bearer_token: {w}"))?;
                ("bearer_token", format!("Bearer {}", token.reveal()))
            }
        };
        let value = HeaderValue::try_from(text);
        let mut value = value.map_err(|_| format!("{key}: it cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// What it is now. Only for fingerprints.
    pub(super) fn state(&self, environment: &Environment) -> Secret {
        match self {
            Self::None => Secret::from(String::new()),
            Self::Basic(user, password) => {
                Secret::from(format!("{user}:{}", password.state(environment).reveal()))
            }
            Self::Bearer(token) => token.state(environment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_of_one_kind() {
        let secret = || Some(SecretSource::Variable("X".to_owned()));
        let user = || Some("me".to_owned());
        for (user, password, token, taken) in [
            (None, None, None, true),
            (user(), secret(), None, true),
            (None, None, secret(), true),
            (user(), None, None, false),
            (None, secret(), None, false),
            (user(), secret(), secret(), false),
            (user(), None, secret(), false),
        ] {
            assert_eq!(Credentials::of(user, password, token).is_ok(), taken);
        }
    }
}
