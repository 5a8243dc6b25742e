//! The table: every request that the contract speaks of, and its answer.

use super::{Body, Case};

use Body::{Head, Health, NotModified, Page, Problem, Service};

type Headers = &'static [(&'static str, &'static str)];

/// What the address bar of a browser sends.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const JSON: Headers = &[("accept", "application/json")];
const HTML: Headers = &[("accept", "text/html")];
const ALLOW: Headers = &[("allow", "GET, HEAD")];
const NONE: Headers = &[];

const fn row(
    name: &'static str,
    request: (&'static str, &'static str, Headers),
    status: u16,
    expected: Headers,
    body: Body,
) -> Case {
    let (method, path, headers) = request;
    Case { name, method, path, headers, status, expected, body }
}

const fn get(name: &'static str, accept: Headers, status: u16, body: Body) -> Case {
    row(name, ("GET", "/", accept), status, NONE, body)
}

/// All rows.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    // Which representation (RFC 9110, sections 12.4.2 and 12.5.1).
    get("JSON when JSON is asked for", JSON, 200, Service),
    get("JSON when anything will do", &[("accept", "*/*")], 200, Service),
    get("JSON when nothing is said", NONE, 200, Service),
    get("JSON for a range of types", &[("accept", "application/*")], 200, Service),
    get("JSON when it is one of several", &[("accept", "image/png, application/json")], 200, Service),
    get("JSON when it is preferred", &[("accept", "text/html;q=0.5, application/json")], 200, Service),
    get("JSON when HTML is refused", &[("accept", "text/html;q=0, */*;q=0.1")], 200, Service),
    get("the page when HTML is asked for", HTML, 200, Page),
    get("the page for a browser", &[("accept", BROWSER)], 200, Page),
    get("the page for a range of types", &[("accept", "text/*")], 200, Page),
    get("the page when it is preferred", &[("accept", "application/json;q=0.8, text/html;q=0.9")], 200, Page),
    get("the page when JSON is refused", &[("accept", "application/json;q=0, */*")], 200, Page),
    get("the page for a type in capitals", &[("accept", "TEXT/HTML")], 200, Page),
    get("the page from the second of two Accept lines", &[("accept", "image/png"), ("accept", "text/html")], 200, Page),
    get("406 for a type that is not there", &[("accept", "image/png")], 406, Problem),
    get("406 for a subtype that is not there", &[("accept", "text/plain")], 406, Problem),
    get("406 when everything is refused", &[("accept", "*/*;q=0")], 406, Problem),
    get("406 when the only type asked for is refused", &[("accept", "text/html;q=0.0")], 406, Problem),
    row("the query changes nothing", ("GET", "/?accept=text/html&x=%2F", JSON), 200, NONE, Service),
    // Unchanged (RFC 9110, section 13.1.2).
    get("304 for the tag of the JSON", &[("accept", "application/json"), ("if-none-match", "{json}")], 304, NotModified),
    get("304 for the tag of the page", &[("accept", "text/html"), ("if-none-match", "{page}")], 304, NotModified),
    get("304 for a weak tag", &[("if-none-match", "W/{json}")], 304, NotModified),
    get("304 for a tag in a list", &[("if-none-match", "\"one\", W/\"two, three\",{json} , \"four\"")], 304, NotModified),
    get("304 for any tag", &[("if-none-match", "*")], 304, NotModified),
    row("304 for HEAD", ("HEAD", "/", &[("if-none-match", "{json}")]), 304, NONE, NotModified),
    get("200 for another tag", &[("if-none-match", "\"other\"")], 200, Service),
    get("200 for none of several tags", &[("if-none-match", "\"one\", W/\"two\"")], 200, Service),
    get("200 for the JSON's tag when the page is asked for", &[("accept", "text/html"), ("if-none-match", "{json}")], 200, Page),
    get("200 for the page's tag when JSON is asked for", &[("accept", "application/json"), ("if-none-match", "{page}")], 200, Service),
    get("406 comes before 304", &[("accept", "image/png"), ("if-none-match", "*")], 406, Problem),
    // Health.
    row("health", ("GET", "/healthz", NONE), 200, NONE, Health),
    row("health with a query", ("GET", "/healthz?full", NONE), 200, NONE, Health),
    row("health for a probe that takes anything", ("GET", "/healthz", &[("accept", "*/*")]), 200, NONE, Health),
    row("health is never 304", ("GET", "/healthz", &[("if-none-match", "*")]), 200, NONE, Health),
    // HEAD.
    row("HEAD as the JSON", ("HEAD", "/", JSON), 200, NONE, Head),
    row("HEAD as the page", ("HEAD", "/", HTML), 200, NONE, Head),
    row("HEAD as health", ("HEAD", "/healthz", NONE), 200, NONE, Head),
    row("HEAD as 404", ("HEAD", "/nowhere", NONE), 404, NONE, Head),
    row("HEAD as 406", ("HEAD", "/", &[("accept", "image/png")]), 406, NONE, Head),
    // Methods.
    row("405 for POST", ("POST", "/", NONE), 405, ALLOW, Problem),
    row("405 for PUT", ("PUT", "/", NONE), 405, ALLOW, Problem),
    row("405 for DELETE", ("DELETE", "/", NONE), 405, ALLOW, Problem),
    row("405 for OPTIONS", ("OPTIONS", "/", NONE), 405, ALLOW, Problem),
    row("405 for PATCH", ("PATCH", "/", NONE), 405, ALLOW, Problem),
    row("405 for a method nobody knows", ("BREW", "/", NONE), 405, ALLOW, Problem),
    row("405 for POST to health", ("POST", "/healthz", NONE), 405, ALLOW, Problem),
    row("405 comes before 406", ("POST", "/", &[("accept", "image/png")]), 405, ALLOW, Problem),
    row("405 comes before 304", ("POST", "/", &[("if-none-match", "*")]), 405, ALLOW, Problem),
    // Paths.
    row("404 for another path", ("GET", "/nowhere", NONE), 404, NONE, Problem),
    row("404 below health", ("GET", "/healthz/", NONE), 404, NONE, Problem),
    row("404 for a path in capitals", ("GET", "/HEALTHZ", NONE), 404, NONE, Problem),
    row("404 for two slashes", ("GET", "//", NONE), 404, NONE, Problem),
    row("404 comes before 405", ("POST", "/nowhere", NONE), 404, NONE, Problem),
];
