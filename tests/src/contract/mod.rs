//! What a client may rely on, whichever host answers: one table of requests and their answers.
//!
//! [`cases`] is the table, [`check`] holds an answer against its row, and [`page`] knows what the HTML must be.

pub mod cases;
pub mod check;
pub mod page;

use std::net::SocketAddr;

use crate::{
    artifacts::Generation,
    http::{Answer, Protocol, request, send_and_wait},
};

/// A row of the table: a request, and what the answer must be.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The rule that the row shows, as a sentence.
    pub name: &'static str,
    /// The request's method.
    pub method: &'static str,
    /// The request's path, with its query.
    pub path: &'static str,
    /// The request's headers. In a value, `{json}` and `{page}` stand for the opaque part of the `ETag` that the JSON
    /// and the page had just before.
    pub headers: &'static [(&'static str, &'static str)],
    /// The answer's status.
    pub status: u16,
    /// Headers that the answer has with exactly these values. What follows from the status and from the body is
    /// checked without being listed here.
    pub expected: &'static [(&'static str, &'static str)],
    /// The answer's body, and the headers that describe it.
    pub body: Body,
}

/// What a body must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The service describes itself as JSON.
    Service,
    /// The service describes itself as HTML.
    Page,
    /// The health report.
    Health,
    /// A problem report (RFC 9457).
    Problem,
    /// None, as a 304 has none.
    NotModified,
    /// None, under the headers that `GET` is answered with (RFC 9110, section 9.3.2).
    Head,
}

/// Where the contract is held against a running host.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The host's address.
    pub address: SocketAddr,
    /// How to ask it.
    pub protocol: Protocol,
    /// The build of the component that it serves.
    pub generation: Generation,
}

impl Target {
    /// Asks what `case` asks, and says how the answer differs from what it must be.
    pub fn hold(&self, case: &Case) -> Result<(), String> {
        let headers = self.headers(case)?;
        let answer = self.ask(case.method, case.path, &headers)?;
        let get = (case.body == Body::Head).then(|| self.ask("GET", case.path, &headers)).transpose()?;
        check::answer(case, self.generation, &answer, get.as_ref()).map_err(|error| {
            format!("{error}; {} {} {headers:?} was answered with\n{}", case.method, case.path, show(&answer))
        })
    }

    fn ask(&self, method: &str, path: &str, headers: &[(String, String)]) -> Result<Answer, String> {
        send_and_wait(self.address, self.protocol, request(method, path, headers))
    }

    fn headers(&self, case: &Case) -> Result<Vec<(String, String)>, String> {
        let mut headers = Vec::new();
        for (name, value) in case.headers {
            let mut value = (*value).to_owned();
            for (placeholder, media_type) in [("{json}", "application/json"), ("{page}", "text/html")] {
                if value.contains(placeholder) {
                    value = value.replace(placeholder, &self.opaque_tag(media_type)?);
                }
            }
            headers.push(((*name).to_owned(), value));
        }
        Ok(headers)
    }

    fn opaque_tag(&self, media_type: &str) -> Result<String, String> {
        let answer = self.ask("GET", "/", &[("accept".to_owned(), media_type.to_owned())])?;
        let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).ok_or("no ETag")?;
        Ok(tag.trim_start_matches("W/").to_owned())
    }
}

fn show(answer: &Answer) -> String {
    let body: String = String::from_utf8_lossy(answer.body()).chars().take(300).collect();
    format!("{:?} {:#?}\n{body}", answer.status(), answer.headers())
}
