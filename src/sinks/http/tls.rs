//! Which certificates are trusted: the built-in ones, the system's, and those of `ca_file`.
//!
//! The built-in ones come first because the hosts that Upstart runs on have old stores.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::secret::Environment;

/// Where distributions keep the certificates that they trust.
const SYSTEM: [&str; 2] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// The client's side of TLS.
///
/// # Errors
/// Why `ca_file` cannot be used.
pub(crate) fn client(
    environment: &Environment,
    ca_file: Option<&Path>,
) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(trusted(environment, ca_file)?);
    trusting(roots)
}

/// The same for a connection that is not encrypted.
///
/// # Errors
/// None that a test would not have found.
pub(super) fn trusting_nobody() -> Result<ClientConfig, String> {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, String> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(|error| error.to_string())
}

/// The certificates that are trusted besides the built-in ones.
///
/// # Errors
/// Why `ca_file` cannot be used. What is wrong with the system's certificates is passed over.
fn trusted(
    environment: &Environment,
    ca_file: Option<&Path>,
) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut trusted = Vec::new();
    let named = environment.variable("SSL_CERT_FILE").map(PathBuf::from);
    for bundle in SYSTEM.map(PathBuf::from).into_iter().chain(named) {
        if let Ok(pem) = std::fs::read(&bundle) {
            let certificates = CertificateDer::pem_slice_iter(&pem).flatten();
            trusted.extend(certificates.filter(|it| checked(it).is_ok()));
        }
    }
    if let Some(path) = ca_file {
        trusted.extend(certificates_of(&environment.path(path))?);
    }
    Ok(trusted)
}

/// Every certificate in the file at `path`, which `ca_file` names.
///
/// # Errors
/// Why it cannot be used.
pub(crate) fn certificates_of(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("ca_file {}: {error}", path.display());
    let pem = std::fs::read(path).map_err(|error| failed(&error))?;
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| failed(&error))?;
        checked(&certificate).map_err(|error| failed(&error))?;
        certificates.push(certificate);
    }
    if certificates.is_empty() { Err(failed(&"holds no certificate")) } else { Ok(certificates) }
}

/// Whether `certificate` can be a root.
fn checked(certificate: &CertificateDer<'static>) -> Result<(), rustls::Error> {
    RootCertStore::empty().add(certificate.clone())
}
