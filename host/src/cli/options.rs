//! The options that every serving command has.

use std::net::SocketAddr;

use clap::Args;

use crate::bounds::{Bounds, Span};
use crate::logging::LogFormat;

/// Loopback: a server that others can reach is a decision, not a default. 8000 is the container's port too.
const DEFAULT_LISTEN: &str = "127.0.0.1:8000";

/// How to serve, whatever is served.
#[derive(Args, Clone, Debug)]
pub struct ServerOptions {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, alias = "addr", env = "CATAMARAN_LISTEN", value_name = "ADDRESS", default_value = DEFAULT_LISTEN)]
    pub listen: SocketAddr,

    /// Address for /livez, /readyz and /metrics; port 0 takes a free one [default: none]
    #[arg(long, env = "CATAMARAN_ADMIN_LISTEN", value_name = "ADDRESS")]
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

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would be taken for help text")]
    pub bounds: Bounds,
}
