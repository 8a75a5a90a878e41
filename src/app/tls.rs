//! TLS for those who call us, from PEM files.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};

use super::AppError;
use crate::config::listen::TlsConfig;

/// Reads certificate chain and key, and checks that they belong together.
pub(super) fn server_config(files: &TlsConfig) -> Result<ServerConfig, AppError> {
    let certificates = CertificateDer::pem_file_iter(&files.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable("--ssl-certfile", &files.certificate_file, &error))?;
    if certificates.is_empty() {
        return Err(unusable(
            "--ssl-certfile",
            &files.certificate_file,
            &"it holds no certificate; a PEM file with the whole chain is needed",
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key_file).map_err(|error| match error {
        pem::Error::NoItemsFound => unusable(
            "--ssl-keyfile",
            &files.key_file,
            &"it holds no private key in PEM form; one that is encrypted must be decrypted first \
              (openssl pkey -in FILE -out OTHER)",
        ),
        error => unusable("--ssl-keyfile", &files.key_file, &error),
    })?;
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(certificates, key)
        })
        .map_err(|error| {
            let problem = format!(
                "it does not go with the certificate {}: {error}",
                files.certificate_file.display()
            );
            unusable("--ssl-keyfile", &files.key_file, &problem)
        })
}

fn unusable(flag: &'static str, file: &Path, problem: &dyn std::fmt::Display) -> AppError {
    AppError::Tls {
        flag,
        file: file.to_owned(),
        problem: problem.to_string(),
    }
}
