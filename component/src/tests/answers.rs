//! What each path and method answers.

use http::Response;
use serde_json::json;

use super::{get, header, json, request};

#[test]
fn the_root_says_what_answers_and_where_its_health_is() {
    let response = request("GET", "/", &[]);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json");
    let wasi = if cfg!(feature = "p3") { "0.3" } else { "0.2" };
    let body = json(&response);
    assert_eq!(body["service"], "catamaran");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(body["revision"], env!("CATAMARAN_REVISION"));
    assert_eq!(body["wasi"], wasi);
    assert_eq!(body["links"], json!({"health": "/healthz"}));
    assert!(body["message"].is_string());
}

#[test]
fn health_is_ok_and_never_cached() {
    let response = request("GET", "/healthz", &[]);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(json(&response), json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
}

#[test]
fn health_is_the_same_whatever_a_check_sends() {
    let plain = request("GET", "/healthz", &[]);
    for headers in [[("accept", &b"image/png"[..])], [("accept", b"\xff")], [("if-none-match", b"*")]] {
        let response = request("GET", "/healthz", &headers);
        assert_eq!(response.status(), 200);
        assert_eq!(response.body(), plain.body());
    }
}

#[test]
fn a_query_changes_nothing() {
    assert_eq!(request("GET", "/?a=/healthz", &[]).body(), request("GET", "/", &[]).body());
    assert_eq!(request("GET", "/healthz?", &[]).body(), request("GET", "/healthz", &[]).body());
}

#[test]
fn an_empty_path_is_the_root() {
    assert_eq!(request("GET", "http://localhost?x", &[]).body(), request("GET", "/", &[]).body());
    assert_eq!(request("CONNECT", "localhost:80", &[]).status(), 405);
}

#[test]
fn every_other_path_is_not_found() {
    for path in ["/nope", "/healthz/", "/Healthz", "//", "/%68ealthz", "/healthz;v=1", "/index.html", "*"] {
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            let response = request(method, path, &[]);
            assert_eq!(response.status(), 404, "{method} {path}");
            is_a_problem(&response, method, "Not Found");
        }
    }
}

#[test]
fn every_other_method_is_refused_with_the_ones_allowed() {
    for path in ["/", "/healthz", "/?x"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "get"] {
            let response = request(method, path, &[]);
            assert_eq!(response.status(), 405, "{method} {path}");
            assert_eq!(header(&response, "allow"), "GET, HEAD");
            is_a_problem(&response, method, "Method Not Allowed");
        }
    }
}

#[test]
fn an_accept_that_nothing_satisfies_is_told_what_there_is() {
    for method in ["GET", "HEAD"] {
        let response = request(method, "/", &[("accept", b"image/png")]);
        assert_eq!(response.status(), 406);
        assert_eq!(header(&response, "vary"), "accept");
        is_a_problem(&response, method, "Not Acceptable");
    }
    let body = json(&get("/", "image/png"));
    let detail = body["detail"].as_str().expect("a problem has a detail");
    assert!(detail.contains("application/json") && detail.contains("text/html"), "{detail}");
}

fn is_a_problem(response: &Response<&str>, method: &str, title: &str) {
    assert_eq!(header(response, "content-type"), "application/problem+json");
    if method == "HEAD" {
        return assert_eq!(*response.body(), "");
    }
    let body = json(response);
    assert_eq!(body["type"], "about:blank");
    assert_eq!(body["title"], title);
    assert_eq!(body["status"], response.status().as_u16());
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
}

#[test]
fn head_has_the_head_of_get_and_no_body() {
    for (path, accept) in [("/", "*/*"), ("/", "text/html"), ("/", "image/png"), ("/healthz", "*/*"), ("/nope", "*/*")]
    {
        let get = get(path, accept);
        let head = request("HEAD", path, &[("accept", accept.as_bytes())]);
        assert_eq!(head.status(), get.status(), "{path} {accept}");
        assert_eq!(head.headers(), get.headers(), "{path} {accept}");
        assert_eq!(*head.body(), "", "{path} {accept}");
    }
}

#[test]
fn every_body_has_its_length_and_its_type_and_is_not_to_be_sniffed() {
    let responses = [
        get("/", "*/*"),
        get("/", "text/html"),
        get("/", "image/png"),
        get("/healthz", "*/*"),
        get("/nope", "*/*"),
        request("POST", "/", &[]),
    ];
    for response in responses {
        assert_eq!(header(&response, "content-length"), response.body().len().to_string());
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert!(!header(&response, "content-type").is_empty());
    }
}
