//! From a path to its guest.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use http::Version;
use http::header::HOST;
use http::uri::{Authority, Scheme, Uri};

use super::answer;
use crate::application::Application;
use crate::guest::Guest;

/// A router with all routes of the application; every other path is a 404.
pub(super) fn router(application: Application) -> Router {
    let mut router = Router::new().fallback(answer::not_found);
    for (route, guest) in application.routes {
        let handler = move |request| call(guest.clone(), request);
        if route.is_everything() {
            router = router.fallback(handler);
            continue;
        }
        for pattern in route.patterns() {
            router = router.route(&pattern, any(handler.clone()));
        }
    }
    router
}

async fn call(guest: Guest, mut request: Request) -> Response {
    match absolute(&request) {
        Some(uri) => *request.uri_mut() = uri,
        None => return answer::bad_request("the Host header is missing or no authority"),
    }
    match guest.handle(request).await {
        Ok(response) => response,
        Err(error) => answer::failed(&error),
    }
}

/// The URI with the scheme and the authority that guests ask for; RFC 9112 section 3.3 says where they come from.
fn absolute(request: &Request) -> Option<Uri> {
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
    parts.scheme.get_or_insert(Scheme::HTTP);
    parts.path_and_query.get_or_insert(http::uri::PathAndQuery::from_static("/"));
    Uri::from_parts(parts).ok()
}
