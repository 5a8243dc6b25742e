//! The server: a request's way through the host, a step a file.
//!
//! `accept` takes connections, `connection` speaks HTTP on each once [`wire`] has found it well-formed, `router`
//! finds the guest, `answer` turns what the guest did into a response.

mod accept;
mod admission;
mod answer;
mod awaited;
mod body;
mod connection;
mod conversation;
mod crowd;
mod outgoing;
mod parting;
mod patience;
mod phase;
mod protocol;
mod refusal;
mod router;
mod socket;
mod trailers;
pub mod wire;

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

pub use router::Routes;

use crate::cli::ServerOptions;
use crate::tls::Tls;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Something else listens there.
    #[error(
        "{address} is in use: stop what listens there, or choose another address with {option} (port 0 takes a free one)"
    )]
    InUse {
        /// The address.
        address: SocketAddr,
        /// The option that chose it.
        option: &'static str,
    },
    /// The operating system refuses the address.
    #[error("cannot listen on {address}: {source}; choose another address with {option}")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// The option that chose it.
        option: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The bound address cannot be read.
    #[error("the address that was bound cannot be read: {0}")]
    Address(io::Error),
}

/// Binds the address that `option` chose; from then on clients can connect.
///
/// # Errors
/// When the address is in use or refused.
pub fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, ListenError> {
    bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { address, option },
        _ => ListenError::Refused { address, option, source },
    })
}

/// Clients that may wait to be accepted. Linux lowers it to `net.core.somaxconn`; the library's own is 128.
const BACKLOG: u32 = 1024;

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of an earlier process that linger are no reason not to start.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Connections were still needed when the time to finish was over.
#[derive(Debug, thiserror::Error)]
#[error("{what} cut off: raise --drain-timeout if they need longer", what = self.what())]
pub struct CutOff {
    /// Requests whose headers had come and whose response had not ended, or whose guest worked on after it.
    pub requests: usize,
    /// Connections with such a request, with a part of its headers, or whose client had not taken all of its response.
    pub connections: usize,
}

impl CutOff {
    fn what(&self) -> String {
        match (self.requests, self.connections) {
            (0, connections) => format!("{connections} connection(s) with half a request or an untaken response were"),
            (requests, 0) => format!("{requests} guest(s) that worked on after their response were"),
            (requests, connections) => format!("{requests} request(s) in progress on {connections} connection(s) were"),
        }
    }
}

/// Serves `routes`, over `tls` where there is one, until `stop` ends, then lets the requests in progress finish.
///
/// # Errors
/// When some did not finish in time.
pub async fn run(
    listener: TcpListener,
    routes: Routes,
    tls: Option<Tls>,
    options: &ServerOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), CutOff> {
    accept::run(listener, routes, tls, options, stop).await
}
