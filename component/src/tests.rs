//! The service as its clients see it: requests go in, responses come out.

mod answers;
mod caching;
mod negotiation;
mod page;

use http::{Request, Response};

use crate::respond;

/// The response to a request with these headers.
fn request(method: &str, target: &str, headers: &[(&str, &[u8])]) -> Response<&'static str> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    respond(&request.body(()).expect("a test's request is valid"))
}

/// The response to `GET` with an `Accept`.
fn get(target: &str, accept: &str) -> Response<&'static str> {
    request("GET", target, &[("accept", accept.as_bytes())])
}

/// The value of a header that is there once.
fn header<'a>(response: &'a Response<&str>, name: &str) -> &'a str {
    let values: Vec<_> = response.headers().get_all(name).iter().collect();
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    values[0].to_str().expect("headers of ours are ASCII")
}

/// The body as JSON.
fn json(response: &Response<&str>) -> serde_json::Value {
    serde_json::from_str(response.body()).expect("the body is JSON")
}
