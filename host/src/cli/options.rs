//! The options that every serving command has.

use std::net::SocketAddr;

use clap::Args;

/// Loopback: a server that others can reach is a decision, not a default. 8000 is the container's port too.
const DEFAULT_LISTEN: &str = "127.0.0.1:8000";

/// How to serve, whatever is served.
#[derive(Args, Clone, Debug)]
pub struct ServerOptions {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, alias = "addr", env = "CATAMARAN_LISTEN", value_name = "ADDRESS", default_value = DEFAULT_LISTEN)]
    pub listen: SocketAddr,
}
