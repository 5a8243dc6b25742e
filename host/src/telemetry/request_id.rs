//! `x-request-id`: taken over when it is well-formed, else made.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::ids;

/// The field, in requests and responses.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ids are not taken over: they would fill the log. A UUID has 36 characters.
const MAX_LENGTH: usize = 128;

/// The id of a request: in its response, for its guest, and in every log line about it.
pub(super) fn take_or_make(headers: &HeaderMap) -> HeaderValue {
    let mut values = headers.get_all(&X_REQUEST_ID).iter();
    match (values.next(), values.next()) {
        (Some(value), None) if is_well_formed(value.as_bytes()) => value.clone(),
        _ => make(),
    }
}

/// The id as text.
pub(crate) fn text(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or_default()
}

/// 128 random bits.
pub(super) fn make() -> HeaderValue {
    let mut text = Vec::with_capacity(32);
    ids::push_hex(&mut text, &ids::random::<16>());
    HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).unwrap_or_else(|_| HeaderValue::from_static("none"))
}

/// Whether it is a token (RFC 9110 section 5.6.2) of bounded length: nothing that could be taken for more than one word
/// of a log line or of a header.
fn is_well_formed(id: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !id.is_empty() && id.len() <= MAX_LENGTH && id.iter().all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_token_is_taken_over() {
        for id in ["a", "0198f3b2-7c1e-7d52-9b8e-0f2c4a6d8e10", &"x".repeat(128)] {
            assert!(is_well_formed(id.as_bytes()), "{id}");
        }
        for id in ["", "a b", "a,b", "a\"b", "a\tb", "ä", "a=b", &"x".repeat(129)] {
            assert!(!is_well_formed(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn two_ids_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(X_REQUEST_ID, HeaderValue::from_static("one"));
        assert_eq!(take_or_make(&headers), "one");
        headers.append(X_REQUEST_ID, HeaderValue::from_static("two"));
        assert_eq!(text(&take_or_make(&headers)).len(), 32);
    }
}
