//! The length of a response: a client is told it whenever the host knows it, and never a wrong one.

use bytes::Bytes;
use catamaran_tests::{
    artifacts::Generation::{P2, P3},
    http::{
        Protocol::{self, H2c, Http1},
        send_and_wait,
    },
    misbehaving::serve,
    server::Server,
};
use http::{HeaderMap, Method, Request, header::CONTENT_LENGTH};

const BOTH: [Protocol; 2] = [Http1, H2c];

/// The headers and the body of the answer.
fn answer(server: &Server, protocol: Protocol, method: Method, path: &str) -> (HeaderMap, Bytes) {
    let request = Request::builder().method(method).uri(path).body(Bytes::new()).expect("a request");
    let answer = send_and_wait(server.address, protocol, request).expect("an answer");
    let (head, body) = answer.into_parts();
    (head.headers, body)
}

#[test]
fn a_length_that_the_guest_leaves_unsaid_is_said_when_its_answer_is_there_as_a_whole() {
    for (generation, path, text) in [(P2, "/hello", "hello"), (P2, "/empty", ""), (P3, "/empty", "")] {
        let server = serve(generation, &[]);
        for protocol in BOTH {
            let (headers, body) = answer(&server, protocol, Method::GET, path);
            let said = headers.get(CONTENT_LENGTH).map(|length| length.to_str().expect("a number"));
            assert_eq!(body, text, "{generation:?} {protocol:?} {path}");
            // Over HTTP/2 the end of the stream with the head says that there is nothing.
            let expected = (protocol == Http1 || !text.is_empty()).then(|| text.len().to_string());
            assert_eq!(said, expected.as_deref(), "{generation:?} {protocol:?} {path}: {headers:?}");
        }
    }
}

#[test]
fn the_answer_to_head_has_the_length_of_the_one_to_get_or_none() {
    for (generation, hello) in [(P2, Some("5")), (P3, None)] {
        let server = serve(generation, &[]);
        for protocol in BOTH {
            // The 0.3 guest writes its body after the head, when nobody waits for it any more.
            for (path, length) in [("/hello", hello), ("/empty", None)] {
                let (headers, body) = answer(&server, protocol, Method::HEAD, path);
                assert!(body.is_empty(), "{generation:?} {protocol:?} {path}");
                let said = headers.get(CONTENT_LENGTH).map(|length| length.to_str().expect("a number"));
                assert_eq!(said, length, "{generation:?} {protocol:?} {path}");
            }
        }
    }
}

#[test]
fn a_response_without_content_says_no_length() {
    // RFC 9110 section 8.6.
    let server = serve(P2, &[]);
    for protocol in BOTH {
        for method in [Method::GET, Method::HEAD] {
            let (headers, body) = answer(&server, protocol, method.clone(), "/no-content");
            assert!(body.is_empty() && !headers.contains_key(CONTENT_LENGTH), "{protocol:?} {method}: {headers:?}");
        }
    }
}
