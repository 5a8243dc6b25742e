//! From a path to its guest: admission, the request in the guest's terms, the call.

use std::future::ready;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::Request;
use axum::response::Response;
use http::header::{COOKIE, HOST};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderMap, HeaderValue, Method, Version};

use super::admission::Admission;
use super::body::Excess;
use super::{answer, body, wire};
use crate::application::{Answers, Application, Route, Target};
use crate::bounds::Bounds;
use crate::cli::ServerOptions;
use crate::outbound::Home;

/// The client of a request that the application makes to itself.
const SELF: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The routes that are served now. They can be exchanged while requests are in progress: each request keeps to the
/// application that it began with, and the old one goes when its last request has ended. Cheap to clone.
#[derive(Clone)]
pub struct Routes(Arc<Inner>);

struct Inner {
    current: ArcSwap<Application>,
    admission: Admission,
    bounds: Bounds,
    scheme: Scheme,
}

impl Routes {
    /// The routes of an application, for as many requests at once as the bounds in `options` allow.
    pub fn new(application: Application, options: &ServerOptions) -> Self {
        let scheme = if options.tls_cert.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
        Self(Arc::new(Inner {
            current: ArcSwap::from_pointee(application),
            admission: Admission::new(&options.bounds),
            bounds: options.bounds.clone(),
            scheme,
        }))
    }

    /// Serves another application from the next request on.
    pub fn exchange(&self, application: Application) {
        self.0.current.store(Arc::new(application));
    }

    /// Ends when no guest is called any more; some work on after the client has its response.
    pub(super) async fn close(&self) {
        self.0.admission.close().await;
    }

    /// How many calls have not ended.
    pub(super) fn in_progress(&self) -> usize {
        self.0.admission.in_progress()
    }

    /// Answers the requests that the application makes to itself, as those of a client on this machine. What the application
    /// holds does not hold the application: it would never end.
    pub fn home(&self) -> Home {
        let routes = Arc::downgrade(&self.0);
        Arc::new(move |request: Request| match routes.upgrade() {
            Some(routes) => Box::pin(Self(routes).answer(request, SELF)),
            None => Box::pin(ready(answer::overloaded())),
        })
    }

    /// Answers a request of `client`.
    pub(super) fn answer(&self, request: Request, client: SocketAddr) -> impl Future<Output = Response> + use<> {
        let (application, routes) = (self.0.current.load_full(), self.0.clone());
        async move {
            let head_only = request.method() == Method::HEAD;
            let response = routes.call(&application, client, request).await;
            if head_only { answer::head_of(response) } else { response }
        }
    }
}

impl Inner {
    async fn call(&self, application: &Application, client: SocketAddr, mut request: Request) -> Response {
        if request.method() == Method::CONNECT {
            return answer::no_tunnel();
        }
        if request.version() >= Version::HTTP_2 {
            if !is_sound(&request) {
                return answer::bad_request("the target, its host or a field is malformed");
            }
            join_cookies(request.headers_mut());
        }
        match absolute(&request, self.scheme.clone()) {
            Some(uri) => *request.uri_mut() = uri,
            None => return answer::bad_request("the Host header is missing or no authority"),
        }
        let Some((route, target)) = application.find(request.uri().path()) else { return answer::not_found() };
        let mut response = self.reach(route, target, client, request).await;
        response.extensions_mut().insert(target.metrics.clone());
        response
    }

    async fn reach(&self, route: &Route, target: &Target, client: SocketAddr, request: Request) -> Response {
        if body::is_too_long(request.body(), &self.bounds) {
            return answer::too_large();
        }
        let guest = match &target.answers {
            Answers::Guest(guest) => guest,
            Answers::Fixed(fixed) => return fixed.response(),
        };
        let Some(place) = self.admission.admit().await else { return answer::overloaded() };
        let (mut parts, request_body) = request.into_parts();
        target.tell(route, &mut parts, client);
        let (request_body, excess) = body::bounded(request_body, &self.bounds);
        let answered = guest.handle(Request::from_parts(parts, request_body), place).await;
        match (excess.seen(), answered) {
            // The guest saw a body that broke off; whatever it made of it, the reason is ours to tell.
            (Some(Excess::Size), _) => answer::too_large(),
            (Some(Excess::Time), _) => answer::too_slow(),
            (Some(Excess::Trailers), _) => answer::bad_request("the trailers are too many, or belong to the head"),
            (None, Ok(response)) => response,
            (None, Err(error)) => answer::failed(&error),
        }
    }
}

/// Whether an HTTP/2 request says one thing only of where it goes, by the rules that the scanner has of HTTP/1.1. RFC 9113
/// section 8.3.1: no user information, and a Host beside `:authority` names the same.
fn is_sound(request: &Request) -> bool {
    let authority = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut hosts = request.headers().get_all(HOST).iter().map(HeaderValue::as_bytes);
    let (host, only) = (hosts.next(), hosts.next().is_none());
    let same = host.zip(authority).is_none_or(|(host, authority)| host.eq_ignore_ascii_case(authority));
    let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let scheme = request.uri().scheme().is_none_or(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
    let asterisk = target != "*" || request.method() == Method::OPTIONS;
    only && same
        && request.headers().values().all(has_no_space_around)
        && scheme
        && asterisk
        && authority.or(host).is_some_and(wire::is_host)
        && wire::is_target(target.as_bytes())
}

/// RFC 9113 section 8.2.1.
fn has_no_space_around(value: &HeaderValue) -> bool {
    value.as_bytes().trim_ascii().len() == value.len()
}

/// RFC 9113 section 8.2.3: a client may send its cookies one by one, and who comes next knows one field only.
fn join_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}

/// The URI with the scheme and the authority that guests ask for; RFC 9112 section 3.3 says where they come from.
fn absolute(request: &Request, scheme: Scheme) -> Option<Uri> {
    let mut parts = request.uri().clone().into_parts();
    if parts.authority.is_none() {
        let host = request.headers().get(HOST);
        parts.authority = Some(match host {
            Some(host) => Authority::try_from(host.as_bytes()).ok()?,
            // HTTP/1.0 knew no Host.
            None if request.version() < Version::HTTP_11 => Authority::from_static("localhost"),
            None => return None,
        });
    }
    // How the connection is, whatever the client says of it.
    parts.scheme = Some(scheme);
    parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    Uri::from_parts(parts).ok()
}
