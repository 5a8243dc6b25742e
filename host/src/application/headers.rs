//! The request headers through which Spin tells a component how it was reached.
//!
//! | header | value |
//! |---|---|
//! | `spin-full-url` | the URL that the client asked for |
//! | `spin-path-info` | the part of the path that `...` stands for, from its slash on |
//! | `spin-matched-route`, `spin-raw-component-route` | the route as the manifest has it |
//! | `spin-component-route` | the same without `/...` |
//! | `spin-base-path` | `/` |
//! | `spin-client-addr` | the client's address and port |
//! | `spin-path-match-NAME` | the part of the path that `:NAME` stands for |

use std::net::SocketAddr;

use http::request::Parts;
use http::{HeaderName, HeaderValue};

use super::Route;

const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");
const PATH_MATCH: &str = "spin-path-match-";

/// The headers of one route, as far as they can be made before there is a request.
#[derive(Clone)]
pub struct SpinHeaders {
    matched: HeaderValue,
    raw: HeaderValue,
    prefix: HeaderValue,
    names: Vec<HeaderName>,
}

impl SpinHeaders {
    /// The headers of `route`.
    pub fn of(route: &Route) -> Self {
        let written = route.to_string();
        let name = |name: &str| format!("{PATH_MATCH}{}", name.to_ascii_lowercase().replace('_', "-"));
        Self {
            // Spin writes the same route without the slash at its end here.
            matched: value(written.strip_suffix('/').unwrap_or(&written)),
            raw: value(&written),
            prefix: value(route.prefix()),
            names: route.names().map(|text| name(text).parse().expect("the route's names were checked")).collect(),
        }
    }

    /// Gives them to a request, whose URI is absolute, in the place of those that the client sent.
    pub fn set(&self, route: &Route, request: &mut Parts, client: SocketAddr) {
        let Parts { uri, headers, .. } = request;
        let forged: Vec<HeaderName> =
            headers.keys().filter(|name| name.as_str().starts_with(PATH_MATCH)).cloned().collect();
        for name in forged {
            headers.remove(name);
        }
        headers.insert(FULL_URL, value(&uri.to_string()));
        headers.insert(PATH_INFO, value(route.rest(uri.path())));
        headers.insert(MATCHED_ROUTE, self.matched.clone());
        headers.insert(RAW_COMPONENT_ROUTE, self.raw.clone());
        headers.insert(COMPONENT_ROUTE, self.prefix.clone());
        headers.insert(BASE_PATH, HeaderValue::from_static("/"));
        headers.insert(CLIENT_ADDR, value(&client.to_string()));
        for (name, text) in self.names.iter().zip(route.values(uri.path())) {
            headers.insert(name.clone(), value(text));
        }
    }
}

/// What cannot be in a header cannot be in a URI either, nor in a route that matches one.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn headers(route: &str, request: http::request::Builder) -> http::HeaderMap {
        let route = Route::parse(route).expect("a route");
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        SpinHeaders::of(&route).set(&route, &mut parts, "192.0.2.1:4000".parse().expect("an address"));
        parts.headers
    }

    #[test]
    fn a_component_is_told_how_it_was_reached() {
        let got = headers("/shop/:User_Id/...", Request::get("http://example.com/shop/42/a/b/?q=1"));
        for (name, value) in [
            ("spin-full-url", "http://example.com/shop/42/a/b/?q=1"),
            ("spin-path-info", "/a/b/"),
            ("spin-matched-route", "/shop/:User_Id/..."),
            ("spin-raw-component-route", "/shop/:User_Id/..."),
            ("spin-component-route", "/shop/:User_Id"),
            ("spin-base-path", "/"),
            ("spin-client-addr", "192.0.2.1:4000"),
            ("spin-path-match-user-id", "42"),
        ] {
            assert_eq!(got[name], value, "{name}");
        }
    }

    #[test]
    fn what_a_client_sends_under_these_names_is_gone() {
        let request = Request::get("http://example.com/")
            .header("spin-client-addr", "127.0.0.1:1")
            .header("spin-client-addr", "127.0.0.1:2")
            .header("Spin-Path-Match-Admin", "yes")
            .header("spin-path-info", "/forged")
            .header("spin-of-my-own", "kept");
        let got = headers("/", request);
        assert_eq!(got.get_all("spin-client-addr").iter().collect::<Vec<_>>(), ["192.0.2.1:4000"]);
        assert_eq!(got["spin-path-info"], "");
        assert!(!got.contains_key("spin-path-match-admin"));
        assert_eq!(got["spin-of-my-own"], "kept");
    }
}
