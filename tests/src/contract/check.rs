//! Holds an answer against its row of the table.

use std::collections::BTreeSet;

use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::{Body, Case, page};
use crate::{artifacts::Generation, http::Answer};

/// The version of the workspace: the service says it of itself.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// These differ between two answers, or are the connection's and not the answer's, or may be left out of an answer
/// without a body (RFC 9110, section 9.3.2).
const NOT_COMPARED: [header::HeaderName; 5] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::DATE,
    header::TRANSFER_ENCODING,
    header::HeaderName::from_static("x-request-id"),
];

/// Says how `answer` differs from what `case` demands. `get` is the answer to `GET` when the case is about `HEAD`.
pub fn answer(case: &Case, generation: Generation, answer: &Answer, get: Option<&Answer>) -> Result<(), String> {
    ensure(answer.status() == case.status, || format!("the status is not {}", case.status))?;
    has(answer, "x-content-type-options", "nosniff")?;
    for (name, value) in case.expected {
        has(answer, name, value)?;
    }
    if case.status == 406 || matches!(case.body, Body::Service | Body::Page | Body::NotModified) {
        has(answer, "vary", "accept")?;
    }
    match case.body {
        Body::Service => {
            has_tag(answer)?;
            service(&json_body(answer, "application/json")?, generation)
        }
        Body::Page => {
            has_tag(answer)?;
            page::check(answer, VERSION)
        }
        Body::Health => {
            has(answer, "cache-control", "no-store")?;
            let body = json_body(answer, "application/json")?;
            ensure(body == json!({"status": "ok", "version": VERSION}), || "the health report is another".to_owned())
        }
        Body::Problem => problem(&json_body(answer, "application/problem+json")?, case.status),
        Body::NotModified => {
            has_tag(answer)?;
            ensure(answer.body().is_empty(), || "304 has a body".to_owned())
        }
        Body::Head => head(answer, get.ok_or("HEAD needs an answer to GET")?),
    }
}

fn ensure(holds: bool, error: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(error()) }
}

fn text<'a>(answer: &'a Answer, name: &str) -> Result<&'a str, String> {
    let value = answer.headers().get(name).ok_or_else(|| format!("there is no {name}"))?;
    value.to_str().map_err(|error| format!("{name}: {error}"))
}

/// Values are compared without regard to case, because a host may write `Accept` for `accept`.
fn has(answer: &Answer, name: &str, expected: &str) -> Result<(), String> {
    let value = text(answer, name)?;
    ensure(value.eq_ignore_ascii_case(expected), || format!("{name} is {value:?}, not {expected:?}"))
}

fn has_tag(answer: &Answer) -> Result<(), String> {
    let tag = text(answer, "etag")?;
    let opaque = tag.trim_start_matches("W/");
    let quoted = opaque.len() > 2 && opaque.starts_with('"') && opaque.ends_with('"');
    ensure(quoted, || format!("{tag} is no entity tag"))
}

fn json_body(answer: &Answer, media_type: &str) -> Result<Value, String> {
    has(answer, "content-type", media_type)?;
    serde_json::from_slice(answer.body()).map_err(|error| format!("the body is not JSON: {error}"))
}

fn service(body: &Value, generation: Generation) -> Result<(), String> {
    let keys: BTreeSet<&str> = body.as_object().ok_or("not an object")?.keys().map(String::as_str).collect();
    let expected = BTreeSet::from(["service", "version", "revision", "message", "wasi", "links"]);
    ensure(keys == expected, || format!("the keys are {keys:?}"))?;
    ensure(body["service"] == "catamaran", || format!("the service is {}", body["service"]))?;
    ensure(body["version"] == VERSION, || format!("the version is not {VERSION}"))?;
    ensure(body["wasi"] == generation.version(), || format!("wasi is not {}", generation.version()))?;
    ensure(body["links"] == json!({"health": "/healthz"}), || "the links are others".to_owned())?;
    for key in ["revision", "message"] {
        ensure(body[key].as_str().is_some_and(|text| !text.is_empty()), || format!("{key} says nothing"))?;
    }
    Ok(())
}

/// The members that RFC 9457, section 3.1, defines; `type` may be left out.
fn problem(body: &Value, status: u16) -> Result<(), String> {
    ensure(body["status"] == status, || "the problem's status is another".to_owned())?;
    ensure(body["title"].as_str().is_some_and(|title| !title.is_empty()), || "the problem has no title".to_owned())
}

fn head(answer: &Answer, get: &Answer) -> Result<(), String> {
    ensure(answer.body().is_empty(), || "HEAD has a body".to_owned())?;
    ensure(answer.status() == get.status(), || format!("GET has the status {}", get.status()))?;
    let (ours, theirs) = (compared(answer.headers()), compared(get.headers()));
    ensure(ours == theirs, || format!("GET has the headers {theirs:?}"))?;
    if answer.headers().contains_key(header::CONTENT_LENGTH) {
        has(answer, "content-length", &get.body().len().to_string())?;
    }
    Ok(())
}

fn compared(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    NOT_COMPARED.iter().for_each(|name| drop(headers.remove(name)));
    headers
}
