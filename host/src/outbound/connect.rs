//! A connection to another server: a place for it, its name resolved once, its addresses checked, and TLS.
//!
//! What is connected to is the address that was checked: a name that leads elsewhere at a second look gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tower_service::Service;
use url::Host;

use super::pattern::canonical;
use super::{Pattern, Shared, address};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

tokio::task_local! {
    /// How long the request that needs the connection waits for it. The client has no other way to its connector.
    pub(super) static PATIENCE: Duration;
}

/// Why there is no connection, where it is neither the network's nor TLS's fault.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("too many connections")]
    Limit,
    #[error("no connection in time")]
    Timeout,
    #[error("the name has no address")]
    Name,
    #[error("the name leads to an address that is not permitted")]
    Address,
}

/// Connects with TLS where the scheme asks for it, in time.
#[derive(Clone)]
pub(super) struct Connect {
    inner: HttpsConnector<Tcp>,
    patience: Duration,
}

impl Connect {
    pub(super) fn new(shared: Arc<Shared>, patterns: Arc<[Pattern]>, tls: rustls::ClientConfig) -> Self {
        let patience = shared.options.outbound_connect_timeout.0;
        let tcp = Tcp { shared, patterns };
        // HTTP/1.1 alone: a connection is then a request, and counted as one.
        let inner =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        Self { inner, patience }
    }
}

impl Service<Uri> for Connect {
    type Response = MaybeHttpsStream<Stream>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let patience = PATIENCE.try_with(|patience| *patience).unwrap_or(self.patience);
        let connecting = self.inner.call(uri);
        Box::pin(async move { timeout(patience, connecting).await.map_err(|_| Refused::Timeout)? })
    }
}

/// Connects to an address that the patterns permit.
#[derive(Clone)]
pub(super) struct Tcp {
    shared: Arc<Shared>,
    patterns: Arc<[Pattern]>,
}

impl Service<Uri> for Tcp {
    type Response = Stream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Stream, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tcp = self.clone();
        Box::pin(async move { tcp.connect(&uri).await })
    }
}

impl Tcp {
    async fn connect(&self, uri: &Uri) -> Result<Stream, BoxError> {
        let place = self.shared.connections.clone().acquire_owned().await.map_err(|_| Refused::Limit)?;
        let addresses = self.addresses(uri).await?;
        let share = self.shared.options.outbound_connect_timeout.0 / u32::try_from(addresses.len()).unwrap_or(1).max(1);
        let mut result = Err(Refused::Address.into());
        for address in addresses {
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(Stream { stream: TokioIo::new(stream), _place: place });
                }
                Ok(Err(error)) => result = Err(error.into()),
                Err(_) => result = Err(Refused::Timeout.into()),
            }
        }
        result
    }

    /// Where the URI leads, as far as that is permitted.
    async fn addresses(&self, uri: &Uri) -> Result<Vec<SocketAddr>, BoxError> {
        let scheme = uri.scheme_str().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let found = match uri.host().and_then(canonical) {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            Some(Host::Domain(name)) => self.shared.resolver.resolve(&name).await.map_err(|error| {
                tracing::debug!("{name}: {error}");
                Refused::Name
            })?,
            None => Vec::new(),
        };
        if found.is_empty() {
            return Err(Refused::Name.into());
        }
        let permitted = found.into_iter().filter(|&address| self.permits(scheme, address, port));
        let permitted: Vec<_> = permitted.map(|address| SocketAddr::new(address, port)).collect();
        if permitted.is_empty() { Err(Refused::Address.into()) } else { Ok(permitted) }
    }

    fn permits(&self, scheme: &str, found: IpAddr, port: u16) -> bool {
        let plain = address::plain(found);
        address::is_public(plain)
            || self.shared.options.outbound_network.iter().any(|network| network.contains(&plain))
            || self.patterns.iter().any(|pattern| pattern.permits_address(scheme, plain, port))
    }
}

/// A connection that gives its place back when it is closed.
pub(super) struct Stream {
    stream: TokioIo<TcpStream>,
    _place: OwnedSemaphorePermit,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
