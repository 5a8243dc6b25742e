//! The way of an outgoing request: is it permitted, where does it go, how long may it take.

use std::sync::{Arc, Once};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures::future::BoxFuture;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Uri, header};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use tokio::time::timeout;
use tower_http::timeout::TimeoutBody;
use url::Host;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::connect::{Connect, PATIENCE};
use super::{Pattern, Shared, error, pattern};

/// The host by which a guest asks for its own application, where its library wants one.
const SELF: &str = "self.alt";

/// What one component may send. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    /// The component, for the log.
    name: String,
    shared: Arc<Shared>,
    patterns: Arc<[Pattern]>,
    client: Option<Client<Connect, WasiBody>>,
    denial: Once,
}

impl Gate {
    /// A gate; without a client it lets nothing through to other servers.
    pub(super) fn new(
        name: &str,
        shared: Arc<Shared>,
        patterns: Arc<[Pattern]>,
        client: Option<Client<Connect, WasiBody>>,
    ) -> Self {
        Self(Arc::new(Inner { name: name.to_owned(), shared, patterns, client, denial: Once::new() }))
    }

    /// Sends a request if it is permitted, and returns when the head of the response is there; its body is streamed.
    ///
    /// # Errors
    /// When it is not permitted, or there is no response in time; in the terms of wasi:http.
    pub async fn send(
        self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let (bounds, options) = (&self.0.shared.options, options.unwrap_or_default());
        let within = |asked: Option<_>, bound| asked.map_or(bound, |asked: Duration| asked.min(bound));
        let connect = within(options.connect_timeout, bounds.outbound_connect_timeout.0);
        let first_byte = within(options.first_byte_timeout, bounds.outbound_first_byte_timeout.0);
        let between_bytes = within(options.between_bytes_timeout, bounds.outbound_between_bytes_timeout.0);

        let response: BoxFuture<'_, Result<Response, Error>> = if is_home(request.uri()) {
            Box::pin(self.send_home(request))
        } else {
            let client = self.permitted(&mut request)?;
            Box::pin(async {
                let response = PATIENCE.scope(connect, client.request(request)).await;
                response.map(|response| response.map(Body::new)).map_err(|error| error::code(&error))
            })
        };
        let response = timeout(first_byte, response).await.map_err(|_| Error::ConnectionReadTimeout)??;
        Ok(response.map(|body| TimeoutBody::new(between_bytes, body).map_err(error::body_code).boxed_unsync()))
    }

    /// The client for a request that is permitted. Its URI then has the host as it was checked.
    fn permitted(&self, request: &mut Request<WasiBody>) -> Result<&Client<Connect, WasiBody>, Error> {
        let destination = Destination::of(request.uri()).ok_or(Error::HttpRequestUriInvalid)?;
        let Destination { scheme, host, port } = &destination;
        let permitted = self.0.patterns.iter().any(|pattern| pattern.permits(scheme.as_str(), host, *port));
        let Some(client) = self.0.client.as_ref().filter(|_| permitted) else {
            return Err(self.denied(&format!("{scheme}://{host}:{port}")));
        };
        let uri = destination.uri(request.uri()).ok_or(Error::HttpRequestUriInvalid)?;
        let authority = uri.authority().map(|authority| HeaderValue::from_str(authority.as_str()));
        if let Some(Ok(authority)) = authority {
            request.headers_mut().insert(header::HOST, authority);
        }
        *request.uri_mut() = uri;
        Ok(client)
    }

    async fn send_home(&self, request: Request<WasiBody>) -> Result<Response, Error> {
        if !self.0.patterns.iter().any(Pattern::permits_self) {
            return Err(self.denied("http://self"));
        }
        let home = self.0.shared.home.get().ok_or(Error::DestinationUnavailable)?;
        let mut request = request.map(Body::new);
        let path = request.uri().path_and_query().cloned();
        let uri = Uri::builder().scheme(Scheme::HTTP).authority("localhost");
        let uri = uri.path_and_query(path.unwrap_or(PathAndQuery::from_static("/"))).build();
        *request.uri_mut() = uri.map_err(|_| Error::HttpRequestUriInvalid)?;
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
        // A task of its own: this guest is polled by its own store, and must not be polled by another's.
        Ok(wasmtime_wasi::runtime::spawn(home(request)).await)
    }

    /// Says once what a component was not permitted: its author may have forgotten it, and it may try for ever.
    fn denied(&self, destination: &str) -> Error {
        self.0.denial.call_once(|| {
            tracing::warn!(
                "the component `{}` may not send requests to {destination}: permit it with `allowed_outbound_hosts` \
                 in the manifest, or with --allow-outbound (said once for each component)",
                self.0.name
            );
        });
        Error::HttpRequestDenied
    }
}

/// Whether the request is for the application itself: it has no host, or the one that stands for it.
fn is_home(uri: &Uri) -> bool {
    uri.authority().is_none_or(|authority| authority.host().is_empty() || authority.host() == SELF)
}

/// Where a request goes, in the form that is compared.
struct Destination {
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Destination {
    /// `None` where the URI has no such thing, or a user in front of the host.
    fn of(uri: &Uri) -> Option<Self> {
        let (scheme, authority) = (uri.scheme()?.clone(), uri.authority()?);
        let default = if scheme == Scheme::HTTPS { 443 } else { 80 };
        let port = match authority.port() {
            Some(port) => port.as_str().parse().ok()?,
            None => default,
        };
        let host = pattern::canonical(authority.host()).filter(|_| !authority.as_str().contains('@'))?;
        Some(Self { scheme, host, port })
    }

    fn uri(&self, asked: &Uri) -> Option<Uri> {
        let mut parts = asked.clone().into_parts();
        let default = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        let authority =
            if self.port == default { self.host.to_string() } else { format!("{}:{}", self.host, self.port) };
        parts.authority = Some(Authority::try_from(authority).ok()?);
        parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
        Uri::from_parts(parts).ok()
    }
}
