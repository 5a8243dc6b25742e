//! Which request gets which answer.

use http::{Method, Request, Response};

use crate::answer::Answer;
use crate::negotiation::{Media, negotiate};
use crate::resources::{HEALTH, HTML, JSON};
use crate::{conditional, problem};

/// The methods that the service tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Head,
    Other,
}

/// Answers a request.
///
/// `/` is JSON or HTML, by `Accept`; an `If-None-Match` that names what would be sent gets 304. `/healthz` is always the same
/// JSON: what asks for it sends any `Accept` or none, and wants the state, not a negotiation. All else gets an error as
/// `application/problem+json`: 404, 405 or 406. The query and the request's body play no part.
///
/// The body is empty where the request is `HEAD`; the headers are then those of `GET`.
pub fn respond<Body>(request: &Request<Body>) -> Response<&'static str> {
    let verb = match *request.method() {
        Method::GET => Verb::Get,
        Method::HEAD => Verb::Head,
        _ => Verb::Other,
    };
    answer(verb, request.uri().path(), |name| request.headers().get_all(name)).response(verb)
}

/// Chooses the answer to `target`, a path with or without a query. `header` gives the values of all lines of a header, and is
/// asked only for those that matter: in the adapters each is a call to the host.
pub(crate) fn answer<Values>(verb: Verb, target: &str, header: impl Fn(&'static str) -> Values) -> &'static Answer
where
    Values: IntoIterator<Item: AsRef<[u8]>>,
{
    let path = target.as_bytes().split(|byte| *byte == b'?').next().unwrap_or_default();
    // A path that is empty is the same as `/` (RFC 9110, section 4.2.3).
    match (path, verb) {
        (b"" | b"/" | b"/healthz", Verb::Other) => &problem::METHOD_NOT_ALLOWED,
        (b"" | b"/", _) => root(header),
        (b"/healthz", _) => &HEALTH,
        _ => &problem::NOT_FOUND,
    }
}

fn root<Values>(header: impl Fn(&'static str) -> Values) -> &'static Answer
where
    Values: IntoIterator<Item: AsRef<[u8]>>,
{
    let representation = match negotiate(header("accept")) {
        Some(Media::Json) => &JSON,
        Some(Media::Html) => &HTML,
        None => return &problem::NOT_ACCEPTABLE,
    };
    if conditional::matches(header("if-none-match"), representation.entity_tag) {
        &representation.unchanged
    } else {
        &representation.full
    }
}
