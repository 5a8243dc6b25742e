//! JSON or HTML: every rule of `Accept`.

use crate::negotiation::Media::{self, Html, Json};
use crate::negotiation::negotiate;

fn accept(line: &str) -> Option<Media> {
    negotiate([line.as_bytes()])
}

#[test]
fn no_preference_gets_json() {
    assert_eq!(negotiate([[0u8; 0]; 0]), Some(Json));
    for line in ["", " ", ",", "*/*", "*/*;q=0.1"] {
        assert_eq!(accept(line), Some(Json), "{line:?}");
    }
}

#[test]
fn a_type_that_is_named_is_sent() {
    for line in
        ["application/json", "APPLICATION/Json", "application/*", "application/json;q=0.001", " application/json ,"]
    {
        assert_eq!(accept(line), Some(Json), "{line:?}");
    }
    for line in ["text/html", "Text/HTML", "text/*", "text/html;q=0.001", "image/png, text/html"] {
        assert_eq!(accept(line), Some(Html), "{line:?}");
    }
}

#[test]
fn browsers_get_the_page() {
    for line in [
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "text/html, application/xhtml+xml, image/jxr, */*",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    ] {
        assert_eq!(accept(line), Some(Html), "{line:?}");
    }
}

#[test]
fn scripts_get_json() {
    for line in [
        "application/json, text/plain, */*",
        "application/json, text/javascript, */*; q=0.01",
        "application/json; charset=utf-8",
    ] {
        assert_eq!(accept(line), Some(Json), "{line:?}");
    }
}

#[test]
fn the_larger_weight_wins() {
    assert_eq!(accept("text/html;q=0.8, application/json;q=0.9"), Some(Json));
    assert_eq!(accept("application/json;q=0.8, text/html;q=0.9"), Some(Html));
    assert_eq!(accept("application/json;q=0.899, text/html;q=0.9"), Some(Html));
    assert_eq!(accept("application/*;q=0.5, text/*;Q=0.6"), Some(Html));
}

#[test]
fn of_equal_weights_the_closer_name_wins_and_then_json() {
    assert_eq!(accept("text/html, */*"), Some(Html));
    assert_eq!(accept("application/*, text/html"), Some(Html));
    assert_eq!(accept("text/html, application/json"), Some(Json));
    assert_eq!(accept("text/*;q=0.5, application/*;q=0.5"), Some(Json));
}

#[test]
fn the_most_specific_range_tells_the_weight() {
    assert_eq!(accept("*/*, application/json;q=0.1, text/html;q=0.2"), Some(Html));
    assert_eq!(accept("application/json;q=0, */*"), Some(Html));
    assert_eq!(accept("text/html;q=0, text/*"), None);
    assert_eq!(accept("text/html;q=0.1, text/*;q=1, application/json;q=0.5"), Some(Json));
    assert_eq!(accept("text/html;charset=utf-8;q=0.9, text/html;q=0.1, application/json;q=0.5"), Some(Html));
}

#[test]
fn a_weight_of_zero_refuses() {
    for line in ["*/*;q=0", "application/json;q=0.000, text/html;q=0.0", "application/*;q=0.", "image/*, */*;q=0"] {
        assert_eq!(accept(line), None, "{line:?}");
    }
}

#[test]
fn what_nothing_here_satisfies_gets_neither() {
    for line in ["image/png", "text/plain", "application/xml, image/*", "text/html;level=1", "text/html;charset=latin1"]
    {
        assert_eq!(accept(line), None, "{line:?}");
    }
}

#[test]
fn a_parameter_that_holds_matches() {
    for line in
        ["text/html;charset=utf-8", "text/html ; Charset=\"UTF-8\" ; q=0.5", "text/html;;q=0.5;ext=1", "text/html;"]
    {
        assert_eq!(accept(line), Some(Html), "{line:?}");
    }
}

#[test]
fn a_separator_within_quotes_separates_nothing() {
    assert_eq!(accept("image/png;x=\", text/html\""), None);
    assert_eq!(accept("image/png;x=\"\\\", text/html\", application/json;q=0.1"), Some(Json));
    assert_eq!(accept("image/png;x=\"\\\\\", text/html"), Some(Html));
    assert_eq!(accept("text/html;x=\";q=1"), None);
}

#[test]
fn a_malformed_range_matches_nothing() {
    for line in [
        "json",
        "*",
        "/",
        "*/html",
        "text/",
        "text/html;q=2",
        "text/html;q=1.001",
        "text/html;q=0.1234",
        "text/html;q=x",
        "text/html;q",
        "text/html;q=",
        "text/html;q=-1",
        "text/html;q=0.x",
        "text/html;q= 1",
        "text /html",
        ";",
        "q=1",
    ] {
        assert_eq!(accept(line), None, "{line:?}");
    }
    assert_eq!(accept("text/html;q=2, application/json;q=0.1"), Some(Json));
}

#[test]
fn lines_are_one_list() {
    assert_eq!(negotiate([&b"image/png"[..], b"text/html"]), Some(Html));
    assert_eq!(negotiate([&b"text/html;q=0.5"[..], b"application/json;q=0.6"]), Some(Json));
}

#[test]
fn bytes_that_are_not_text_do_no_harm() {
    assert_eq!(negotiate([&b"\xff\xfe"[..]]), None);
    assert_eq!(negotiate([&b"\xff, text/html"[..]]), Some(Html));
}
