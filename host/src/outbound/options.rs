//! The bounds of outgoing requests, each with its option.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;

use crate::bounds::{Span, count};

/// What outgoing requests may use, at most. A guest may ask for shorter times, not for longer ones.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Outgoing requests")]
pub struct OutboundOptions {
    /// Connections to other servers at once, of all components together
    // Each has one request at a time. Beside them a guest's files and a client's connections need descriptors.
    #[arg(long, env = "CATAMARAN_MAX_OUTBOUND_CONNECTIONS", value_name = "COUNT", default_value = "200", value_parser = count)]
    pub max_outbound_connections: NonZeroUsize,

    /// Time until a connection to another server is there, with its name resolved and its TLS agreed on
    #[arg(long, env = "CATAMARAN_OUTBOUND_CONNECT_TIMEOUT", value_name = "TIME", default_value = "10s")]
    pub outbound_connect_timeout: Span,

    /// Time until another server must have answered with the head of its response
    // As long as a client waits for ours.
    #[arg(long, env = "CATAMARAN_OUTBOUND_FIRST_BYTE_TIMEOUT", value_name = "TIME", default_value = "30s")]
    pub outbound_first_byte_timeout: Span,

    /// Time without a byte of another server's body after which it is cut off
    #[arg(long, env = "CATAMARAN_OUTBOUND_BETWEEN_BYTES_TIMEOUT", value_name = "TIME", default_value = "30s")]
    pub outbound_between_bytes_timeout: Span,

    /// Network that is not public, to which permitted names may lead, such as 10.0.0.0/8 (repeatable)
    #[arg(long, env = "CATAMARAN_OUTBOUND_NETWORK", value_name = "NETWORK", value_delimiter = ',', value_parser = network)]
    pub outbound_network: Vec<IpNet>,

    /// PEM file with certificate authorities to trust besides the public ones
    #[arg(long, env = "CATAMARAN_OUTBOUND_CA", value_name = "FILE")]
    pub outbound_ca: Option<PathBuf>,
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse().map_err(|_| "write a network, such as 10.0.0.0/8 or fd00::/8; one address is 10.0.0.1/32".to_owned())
}
