//! Servers' certificates, made for the test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// A certificate of a server, and the one that vouches for it.
pub struct Certified {
    pub certificate_pem: String,
    pub key_pem: String,
    /// The certificate that vouches for the server's.
    pub ca_pem: String,
    /// The server's side of TLS.
    pub server: Arc<rustls::ServerConfig>,
}

impl Certified {
    /// For a server at 127.0.0.1.
    pub fn here() -> Self {
        Self::of("127.0.0.1", 4000)
    }

    /// For `name`, until the year `not_after`.
    pub fn of(name: &str, not_after: i32) -> Self {
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_key = KeyPair::generate().unwrap();
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();

        let mut server = CertificateParams::new(vec![name.to_owned()]).unwrap();
        server.not_after = rcgen::date_time_ymd(not_after, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = server.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();

        let der = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], der)
            .unwrap();
        Self {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            ca_pem,
            server: Arc::new(server),
        }
    }
}
