//! Outgoing requests of guests: which are permitted, and how they are sent.
//!
//! A request passes two gates. Its scheme, host and port must match a pattern of `allowed_outbound_hosts`
//! ([`Pattern`]); and the address that its host leads to must be public, or be named as an address by a pattern or by
//! `--outbound-network`. So a name that someone else's server resolves never leads into our own network.
//!
//! Each component has connections of its own: what one is permitted serves no other.

mod address;
mod connect;
mod error;
mod gate;
mod options;
mod pattern;
mod resolve;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::response::Response;
use futures::future::BoxFuture;
use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;

pub use gate::Gate;
pub use options::OutboundOptions;
pub use pattern::{Pattern, PatternError};
pub use resolve::Resolve;

use connect::Connect;

/// Idle connections are kept for the next request, but they hold places that others may wait for.
const IDLE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
const IDLE_PER_HOST: usize = 8;

/// The head of a response that is read, at most. hyper's own limit is 100 fields.
const MAX_RESPONSE_HEAD: usize = 64 << 10;

/// Answers a request that an application makes to itself.
pub type Home = Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Response> + Send + Sync>;

/// What all outgoing requests of the process share. Cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Shared>);

struct Shared {
    options: OutboundOptions,
    connections: Arc<Semaphore>,
    resolver: Box<dyn Resolve>,
    authorities: RootCertStore,
    home: OnceLock<Home>,
}

/// Why outgoing requests cannot be provided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboundError {
    /// The file of `--outbound-ca` is not what it must be.
    #[error("cannot use `{}` as --outbound-ca: {reason}; give a PEM file with certificates", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Outbound {
    /// Outgoing requests that keep to `options`.
    ///
    /// # Errors
    /// When the file of certificate authorities cannot be used.
    pub fn new(options: &OutboundOptions) -> Result<Self, OutboundError> {
        Self::with_resolver(options, Box::new(resolve::System))
    }

    /// The same with another resolver.
    ///
    /// # Errors
    /// As [`Outbound::new`].
    pub fn with_resolver(options: &OutboundOptions, resolver: Box<dyn Resolve>) -> Result<Self, OutboundError> {
        let connections = Arc::new(Semaphore::new(options.max_outbound_connections.get().min(Semaphore::MAX_PERMITS)));
        let authorities = authorities(options)?;
        let home = OnceLock::new();
        Ok(Self(Arc::new(Shared { options: options.clone(), connections, resolver, authorities, home })))
    }

    /// Says who answers the requests that the application makes to itself; the first word counts.
    pub fn lead_home(&self, home: Home) {
        _ = self.0.home.set(home);
    }

    /// What the component `name` with these patterns may send.
    pub fn gate(&self, name: &str, patterns: Vec<Pattern>) -> Gate {
        let (shared, patterns) = (self.0.clone(), Arc::<[Pattern]>::from(patterns));
        let client = (!patterns.is_empty()).then(|| {
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIMEOUT)
                .pool_max_idle_per_host(IDLE_PER_HOST)
                .http1_max_buf_size(MAX_RESPONSE_HEAD)
                .build(Connect::new(shared.clone(), patterns.clone(), shared.tls()))
        });
        Gate::new(name, shared, patterns, client)
    }
}

/// The public authorities as Mozilla lists them, compiled in: an image from scratch has no list of its own.
fn authorities(options: &OutboundOptions) -> Result<RootCertStore, OutboundError> {
    let mut authorities = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let Some(path) = &options.outbound_ca else { return Ok(authorities) };
    let wrong = |reason: String| OutboundError::Authority { path: path.clone(), reason };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let before = authorities.len();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        authorities.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if authorities.len() == before { Err(wrong("it has none".to_owned())) } else { Ok(authorities) }
}

impl Shared {
    fn tls(&self) -> ClientConfig {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has ciphers for all versions")
            .with_root_certificates(self.authorities.clone())
            .with_no_client_auth()
    }
}
