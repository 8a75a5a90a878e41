//! TLS for those who call us, from PEM files whose content can be another while the gateway runs.

use std::{path::Path, sync::Arc};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::AppError;
use crate::config::listen::TlsConfig;

/// The certificate that callers are shown. Connections that are open keep what they were shown.
#[derive(Debug)]
pub(super) struct Certificate(ArcSwap<CertifiedKey>);

impl Certificate {
    /// Reads certificate chain and key, and checks that they belong together.
    pub(super) fn new(files: &TlsConfig) -> Result<Arc<Self>, AppError> {
        let certified = certified_key(files)?;
        Ok(Arc::new(Self(ArcSwap::from_pointee(certified))))
    }

    /// Has callers be shown another one from now on.
    pub(super) fn replace(&self, certified: CertifiedKey) {
        self.0.store(Arc::new(certified));
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// How callers are served who are shown this certificate.
pub(super) fn server_config(certificate: &Arc<Certificate>) -> Result<ServerConfig, AppError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| AppError::System(std::io::Error::other(error)))?;
    let certificate: Arc<dyn ResolvesServerCert> = Arc::<Certificate>::clone(certificate);
    Ok(builder
        .with_no_client_auth()
        .with_cert_resolver(certificate))
}

/// Reads certificate chain and key, and checks that they belong together.
pub(super) fn certified_key(files: &TlsConfig) -> Result<CertifiedKey, AppError> {
    let (certificate_file, key_file) = (files.certificate.path(), files.key.path());
    let certificates = CertificateDer::pem_slice_iter(files.certificate.reveal())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable("--ssl-certfile", certificate_file, &error))?;
    if certificates.is_empty() {
        return Err(unusable(
            "--ssl-certfile",
            certificate_file,
            &"it holds no certificate; a PEM file with the whole chain is needed",
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(files.key.reveal()).map_err(|error| match error {
        pem::Error::NoItemsFound => unusable(
            "--ssl-keyfile",
            key_file,
            &"it holds no private key in PEM form; one that is encrypted must be decrypted first \
              (openssl pkey -in FILE -out OTHER)",
        ),
        error => unusable("--ssl-keyfile", key_file, &error),
    })?;
    CertifiedKey::from_der(certificates, key, &provider()).map_err(|error| {
        let problem = format!(
            "it does not go with the certificate {}: {error}",
            certificate_file.display()
        );
        unusable("--ssl-keyfile", key_file, &problem)
    })
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn unusable(flag: &'static str, file: &Path, problem: &dyn std::fmt::Display) -> AppError {
    AppError::Tls {
        flag,
        file: file.to_owned(),
        problem: problem.to_string(),
    }
}
