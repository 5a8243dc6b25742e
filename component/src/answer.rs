//! A response that is known when the crate is compiled: a request only chooses one.

use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::service::Verb;

/// A whole response to `GET`.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In the form in which `wasi:http` takes them: names are lower-case.
    pub(crate) headers: &'static [(&'static str, &'static [u8])],
    body: &'static str,
}

impl Answer {
    pub(crate) const fn new(
        status: u16,
        headers: &'static [(&'static str, &'static [u8])],
        body: &'static str,
    ) -> Self {
        Self { status, headers, body }
    }

    /// What follows the head: nothing after `HEAD` (RFC 9110, section 9.3.2).
    pub(crate) fn body(&self, verb: Verb) -> &'static str {
        if verb == Verb::Head { "" } else { self.body }
    }

    /// This answer in the terms of the `http` crate.
    pub(crate) fn response(&self, verb: Verb) -> Response<&'static str> {
        let mut response = Response::new(self.body(verb));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a constant of ours is a status");
        for (name, value) in self.headers {
            let value = HeaderValue::from_bytes(value).expect("a constant of ours is a header value");
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
        response
    }
}
