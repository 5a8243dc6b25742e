//! The options that every serving command has.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::bounds::{Bounds, Span};
use crate::logging::LogFormat;
use crate::outbound::OutboundOptions;
use crate::tls::{Tls, TlsError};

/// Loopback: a server that others can reach is a decision, not a default. 8000 is the container's port too.
pub(super) const DEFAULT_LISTEN: &str = "127.0.0.1:8000";

/// How to serve, whatever is served.
#[derive(Args, Clone, Debug)]
pub struct ServerOptions {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, alias = "addr", env = "CATAMARAN_LISTEN", value_name = "ADDRESS", default_value = DEFAULT_LISTEN,
          value_parser = address)]
    pub listen: SocketAddr,

    /// Certificate for HTTPS: a PEM file with the whole chain, read again on SIGHUP
    #[arg(long, env = "CATAMARAN_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate: a PEM file without a passphrase, read again on SIGHUP
    #[arg(long, env = "CATAMARAN_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Address for /livez, /readyz and /metrics; port 0 takes a free one [default: none]
    #[arg(long, env = "CATAMARAN_ADMIN_LISTEN", value_name = "ADDRESS", value_parser = address)]
    pub admin_listen: Option<SocketAddr>,

    /// How log lines are written
    #[arg(long, env = "CATAMARAN_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// Time between the order to stop and the end of accepting, for load balancers to notice
    #[arg(long, env = "CATAMARAN_DRAIN_DELAY", value_name = "TIME", default_value = "0s")]
    pub drain_delay: Span,

    /// Time that requests in progress have to finish after the order to stop
    // The 30 s that Kubernetes gives a pod by default.
    #[arg(long, env = "CATAMARAN_DRAIN_TIMEOUT", value_name = "TIME", default_value = "30s")]
    pub drain_timeout: Span,

    /// Run machine code that `catamaran compile` made: a .cwasm file that is named, or that lies beside a .wasm and was
    /// made from it. No sandbox holds such code: only for files that nobody else can write
    // The name that `wasmtime serve` has for it.
    #[arg(long, env = "CATAMARAN_ALLOW_PRECOMPILED", value_parser = BoolishValueParser::new())]
    pub allow_precompiled: bool,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would be taken for help text")]
    pub bounds: Bounds,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would be taken for help text")]
    pub outbound: OutboundOptions,
}

impl ServerOptions {
    /// The certificate and its key, where they are named.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn tls(&self) -> Result<Option<Tls>, TlsError> {
        self.tls_cert.as_deref().zip(self.tls_key.as_deref()).map(|(cert, key)| Tls::load(cert, key)).transpose()
    }
}

/// An address to listen on. A name is not looked up: it may lead to several, and others than a person expects.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok()).unwrap_or("8080");
        format!("write it as ADDRESS:PORT with an IP address, such as 127.0.0.1:{port}, or 0.0.0.0:{port} for all")
    })
}
