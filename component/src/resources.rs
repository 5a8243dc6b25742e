//! What `/` and `/healthz` say.

use crate::answer::Answer;
use crate::text::{entity_tag, length};

/// One form of a resource.
pub(crate) struct Representation {
    pub(crate) entity_tag: &'static [u8],
    /// The whole of it.
    pub(crate) full: Answer,
    /// For a client that has it already.
    pub(crate) unchanged: Answer,
}

/// `/` has two forms, so that caches must tell them apart (`Vary`), and it changes with each release, so that they must ask
/// before they use what they have (`no-cache`). 304 repeats what caches need (RFC 9110, section 15.4.5).
macro_rules! representation {
    ($media:literal, $body:expr $(, $name:literal: $value:expr)*) => {
        Representation {
            entity_tag: entity_tag!($body),
            full: Answer::new(200, &[
                ("content-type", $media),
                ("content-length", length!($body)),
                ("etag", entity_tag!($body)),
                ("vary", b"accept"),
                ("cache-control", b"no-cache"),
                $(($name, $value),)*
                ("x-content-type-options", b"nosniff"),
            ], $body),
            unchanged: Answer::new(304, &[
                ("etag", entity_tag!($body)),
                ("vary", b"accept"),
                ("cache-control", b"no-cache"),
                ("x-content-type-options", b"nosniff"),
            ], ""),
        }
    };
}

const SUMMARY: &str = concat!(
    r#"{"service":"catamaran","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","revision":""#,
    env!("CATAMARAN_REVISION"),
    r#"","message":"One component, served by any wasi:http host.","wasi":""#,
    env!("CATAMARAN_WASI"),
    r#"","links":{"health":"/healthz"}}"#,
    "\n",
);

/// `/` for programs.
pub(crate) static JSON: Representation = representation!(b"application/json", SUMMARY);

const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/page.html"));

/// The page's own style and script by their hashes, `fetch` from this server, and nothing else.
const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-wyyPO7duH3YuRIJvIQFqAVu3q75eSCVPMeEUi7jd7KU='; \
    script-src 'sha256-aAIc391v7w/Y1saWcMjO0QYRUNb7o0nd0lzMohTquyU='; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/` for people.
pub(crate) static HTML: Representation = representation!(
    b"text/html; charset=utf-8", PAGE,
    "content-security-policy": POLICY.as_bytes(), "referrer-policy": b"no-referrer"
);

const HEALTHY: &str = concat!(r#"{"status":"ok","version":""#, env!("CARGO_PKG_VERSION"), "\"}\n");

/// `/healthz`: that an answer comes is the news, so no cache may give it.
pub(crate) static HEALTH: Answer = Answer::new(
    200,
    &[
        ("content-type", b"application/json"),
        ("content-length", length!(HEALTHY)),
        ("cache-control", b"no-store"),
        ("x-content-type-options", b"nosniff"),
    ],
    HEALTHY,
);
