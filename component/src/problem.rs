//! What errors say, as `application/problem+json` (RFC 9457).
//!
//! The type is `about:blank`: the status says it all (section 4.2.1), and `detail` what to do.

use crate::answer::Answer;
use crate::text::length;

macro_rules! problem {
    ($status:literal, $title:literal, $detail:literal $(, $name:literal: $value:literal)?) => {{
        const BODY: &str = concat!(
            r#"{"type":"about:blank","title":""#, $title, r#"","status":"#, $status, r#","detail":""#, $detail, "\"}\n"
        );
        const HEADERS: &[(&str, &[u8])] = &[
            ("content-type", b"application/problem+json"),
            ("content-length", length!(BODY)),
            ("cache-control", b"no-store"),
            $(($name, $value),)?
            ("x-content-type-options", b"nosniff"),
        ];
        Answer::new($status, HEADERS, BODY)
    }};
}

/// No resource has that path.
pub(crate) static NOT_FOUND: Answer = problem!(404, "Not Found", "Nothing is here. Try / or /healthz.");

/// The resource is there, but not for this method.
pub(crate) static METHOD_NOT_ALLOWED: Answer = problem!(
    405, "Method Not Allowed", "This resource can only be read. Use GET or HEAD.", "allow": b"GET, HEAD"
);

/// `Accept` leaves out everything that `/` has.
pub(crate) static NOT_ACCEPTABLE: Answer = problem!(
    406, "Not Acceptable", "This resource is application/json or text/html. Name one of them, or */*, in Accept.", "vary": b"accept"
);
