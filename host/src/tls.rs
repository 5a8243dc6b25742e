//! TLS: the certificate and the key that `--tls-cert` and `--tls-key` name, and handshakes with them.
//!
//! rustls with ring: it builds with a C compiler alone, for musl too. HTTP/2 or HTTP/1.1, as ALPN (RFC 7301) decides.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// What we speak, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The server's side of TLS. Cheap to clone; what [`Tls::load_again`] loads is used by all clones.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    certificate: PathBuf,
    key: PathBuf,
    current: ArcSwap<ServerConfig>,
}

/// Why a certificate and a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}; name a PEM file with {option}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
        /// The option that named it.
        option: &'static str,
    },
    /// A file has no certificate in it.
    #[error("`{}` has no certificate: --tls-cert takes a PEM file with the chain, the server's own first", .0.display())]
    NoCertificate(PathBuf),
    /// A file has no private key in it.
    #[error("`{}` has no private key: --tls-key takes a PEM file with the key of the certificate", .0.display())]
    NoKey(PathBuf),
    /// The key needs a passphrase.
    #[error("the key in `{}` is encrypted: decrypt it first, such as with `openssl pkey`", .0.display())]
    Encrypted(PathBuf),
    /// The key is not the certificate's.
    #[error("the key in `{}` does not match the certificate in `{}`: they come in pairs", key.display(), certificate.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// Anything else that makes one of them useless.
    #[error("`{}` cannot be used: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What rustls says of it.
        reason: String,
    },
}

impl Tls {
    /// Loads a chain of certificates and its key, both in PEM.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let current = ArcSwap::new(config(certificate, key)?);
        Ok(Self(Arc::new(Inner { certificate: certificate.to_owned(), key: key.to_owned(), current })))
    }

    /// Reads both files again, for the handshakes to come. After an error the old ones go on.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load_again(&self) -> Result<(), TlsError> {
        self.0.current.store(config(&self.0.certificate, &self.0.key)?);
        Ok(())
    }

    /// A handshake. It has no deadline of its own.
    ///
    /// # Errors
    /// When the client leaves, or speaks no TLS or none that we do.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.0.current.load_full()).accept(stream).await
    }
}

fn config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let invalid =
        |path: &Path, error: &rustls::Error| TlsError::Invalid { path: path.to_owned(), reason: error.to_string() };
    let chain = CertificateDer::pem_slice_iter(&read(certificate, "--tls-cert")?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| no_pem(certificate, error))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(certificate.to_owned()));
    }
    let private = private_key(key, &read(key, "--tls-key")?)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(chain, private));
    let mut config = config.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() }
        }
        // A certificate that is none; else it is the key.
        rustls::Error::InvalidCertificate(_) => invalid(certificate, &error),
        error => invalid(key, &error),
    })?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}

fn private_key(path: &Path, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        // RFC 7468 section 11, and what OpenSSL wrote before it.
        _ if String::from_utf8_lossy(text).contains("ENCRYPTED") => TlsError::Encrypted(path.to_owned()),
        pem::Error::NoItemsFound => TlsError::NoKey(path.to_owned()),
        error => no_pem(path, error),
    })
}

/// The library would show the line as a list of numbers; and one of a key is to be in no log.
fn no_pem(path: &Path, error: pem::Error) -> TlsError {
    let reason = match error {
        pem::Error::MissingSectionEnd { .. } => "it has a BEGIN line without its END: copy the whole file".to_owned(),
        pem::Error::IllegalSectionStart { .. } => "a BEGIN line of it lacks its five hyphens at the end".to_owned(),
        error => error.to_string(),
    };
    TlsError::Invalid { path: path.to_owned(), reason }
}

fn read(path: &Path, option: &'static str) -> Result<Vec<u8>, TlsError> {
    crate::file::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source, option })
}
