//! The page made for eyes, and the policy that fences it in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{get, header};

fn page() -> &'static str {
    get("/", "text/html").into_body()
}

/// What is between the only opening and the only closing tag of an element.
fn inside(element: &str) -> &'static str {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    assert_eq!((page().matches(&format!("<{element}")).count(), page().matches(&close).count()), (1, 1), "{element}");
    let (_, rest) = page().split_once(&open).expect("the element opens without attributes");
    rest.split_once(&close).expect("the element closes").0
}

#[test]
fn the_page_is_html_in_utf_8() {
    let response = get("/", "text/html");
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&response, "referrer-policy"), "no-referrer");
    assert!(page().starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert_eq!(inside("title"), "Catamaran");
}

#[test]
fn the_policy_allows_the_pages_own_style_and_script_by_their_hashes_and_nothing_else() {
    let hash = |element| STANDARD.encode(Sha256::digest(inside(element)));
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash("style"),
        hash("script")
    );
    assert_eq!(
        header(&get("/", "text/html"), "content-security-policy"),
        expected,
        "src/resources.rs has the left one"
    );
}

#[test]
fn the_page_holds_nothing_that_the_policy_would_block() {
    for part in [
        "style=", "src=", "<link", "<img", "<iframe", "@import", "url(", "://", " onload", " onclick", "<base", "<form",
    ] {
        assert!(!page().contains(part), "{part}");
    }
}

#[test]
fn the_page_says_which_version_answers() {
    assert!(page().contains(&format!("<dd id=\"version\">{}</dd>", env!("CARGO_PKG_VERSION"))));
    assert!(!page().contains("{{"), "a placeholder is left");
}

#[test]
fn health_is_an_element_of_its_own_that_is_read_aloud_when_it_changes() {
    assert!(page().contains("<dd id=\"health\" aria-live=\"polite\">checking</dd>"));
    assert!(inside("script").contains("fetch(\"/healthz\""));
}

#[test]
fn the_script_writes_text_and_never_markup() {
    for part in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function("] {
        assert!(!inside("script").contains(part), "{part}");
    }
}

#[test]
fn the_page_names_every_way_to_run_it() {
    for command in ["catamaran up", "wasmtime serve", "spin up"] {
        assert!(page().contains(&format!("<code>{command}")), "{command}");
    }
}

#[test]
fn the_page_fits_phones_and_the_dark() {
    assert!(page().contains("<meta name=\"viewport\" content=\"width=device-width\">"));
    assert!(page().contains("<meta name=\"color-scheme\" content=\"light dark\">"));
    assert!(inside("style").contains("@media(prefers-color-scheme:dark)"));
}

#[test]
fn the_page_is_one_write_to_the_host() {
    // 4096 bytes is the most that `blocking-write-and-flush` of wasi:io/streams takes at once.
    assert!(page().len() <= 4096, "{} bytes", page().len());
}
