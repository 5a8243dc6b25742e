//! What caches are told, and when a client is told to use what it has.

use super::{get, header, request};

#[test]
fn both_forms_of_the_root_vary_and_are_asked_for_again() {
    for accept in ["application/json", "text/html"] {
        let response = get("/", accept);
        assert_eq!(header(&response, "vary"), "accept");
        assert_eq!(header(&response, "cache-control"), "no-cache");
    }
}

#[test]
fn an_entity_tag_is_strong_and_of_one_form_only() {
    let (json, html) = (get("/", "application/json"), get("/", "text/html"));
    for response in [&json, &html] {
        let tag = header(response, "etag");
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "{tag}");
    }
    assert_ne!(header(&json, "etag"), header(&html, "etag"));
}

#[test]
fn who_has_the_current_form_is_told_so_without_a_body() {
    for accept in ["application/json", "text/html"] {
        let full = get("/", accept);
        let tag = header(&full, "etag");
        for method in ["GET", "HEAD"] {
            for value in [tag, "*", &format!("W/{tag}"), &format!("\"other\", {tag}")] {
                let headers = [("accept", accept.as_bytes()), ("if-none-match", value.as_bytes())];
                let response = request(method, "/", &headers);
                assert_eq!(response.status(), 304, "{method} {accept} {value}");
                assert_eq!(*response.body(), "");
                for name in ["etag", "vary", "cache-control", "x-content-type-options"] {
                    assert_eq!(header(&response, name), header(&full, name));
                }
                assert!(!response.headers().contains_key("content-type"));
                assert!(!response.headers().contains_key("content-length"));
            }
        }
    }
}

#[test]
fn who_has_another_form_gets_the_one_asked_for() {
    let html = get("/", "text/html");
    let headers = [("accept", &b"application/json"[..]), ("if-none-match", header(&html, "etag").as_bytes())];
    let response = request("GET", "/", &headers);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json");
}

#[test]
fn several_lines_of_if_none_match_are_one_list() {
    let json = get("/", "*/*");
    let headers = [("if-none-match", &b"\xff"[..]), ("if-none-match", header(&json, "etag").as_bytes())];
    assert_eq!(request("GET", "/", &headers).status(), 304);
}

#[test]
fn errors_are_not_stored_and_come_before_conditions() {
    for (method, target, accept, status) in
        [("GET", "/nope", "*/*", 404), ("PUT", "/", "*/*", 405), ("GET", "/", "image/png", 406)]
    {
        let response = request(method, target, &[("accept", accept.as_bytes()), ("if-none-match", b"*")]);
        assert_eq!(response.status(), status);
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert!(!response.headers().contains_key("etag"));
    }
}
