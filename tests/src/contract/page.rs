//! What the HTML must be: made for a browser that fetches nothing from elsewhere.

use crate::http::Answer;

/// Says how the page in `answer` differs from what it must be.
pub fn check(answer: &Answer, version: &str) -> Result<(), String> {
    let header = |name: &str| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).ok_or_else(|| format!("there is no {name}"))
    };
    let media_type = header("content-type")?.to_ascii_lowercase().replace(' ', "");
    if media_type != "text/html;charset=utf-8" {
        return Err(format!("the content-type is {media_type}"));
    }
    policy(header("content-security-policy")?)?;
    let html = std::str::from_utf8(answer.body()).map_err(|error| format!("the page is not UTF-8: {error}"))?;
    for part in ["<!doctype html>", "lang=", "name=\"viewport\"", "color-scheme", "id=\"health\"", "/healthz", version]
    {
        if !html.to_lowercase().contains(part) {
            return Err(format!("the page has no {part}"));
        }
    }
    external(html).map_or(Ok(()), |reference| Err(format!("the page loads {reference}")))
}

/// Everything is forbidden but what the page itself names, and nothing loosens that again
/// (Content Security Policy Level 3, section 6).
fn policy(policy: &str) -> Result<(), String> {
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for needed in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        if !directives.contains(&needed) {
            return Err(format!("the policy {policy:?} has no {needed}"));
        }
    }
    let loosens = |source: &str| {
        source.starts_with("'unsafe") || source.contains('*') || source.contains("http") || source == "data:"
    };
    let loose = policy.split([' ', ';']).find(|source| loosens(source));
    loose.map_or(Ok(()), |source| Err(format!("the policy {policy:?} allows {source}")))
}

/// The first thing that a browser would load from another origin. A link that a reader follows loads nothing.
fn external(html: &str) -> Option<String> {
    let html = html.to_lowercase();
    if let Some(at) = html.find("@import").or_else(|| html.find("url(")) {
        return Some(html[at..].chars().take(60).collect());
    }
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    let loading = tags.filter(|tag| !tag.starts_with("a ") && !tag.starts_with("!doctype"));
    let outside = |value: &str| value.contains("//") || value.starts_with("data:");
    loading
        .flat_map(|tag| ["src=", "href=", "srcset=", "data=", "action="].map(|attribute| tag.split_once(attribute)))
        .flatten()
        .map(|(_, value)| value.trim_start_matches(['"', '\'']).chars().take(60).collect::<String>())
        .find(|value| outside(value))
}

#[cfg(test)]
mod tests {
    use super::{external, policy};

    #[test]
    fn what_comes_from_elsewhere_is_found() {
        for html in [
            "<script src=\"https://example.com/a.js\"></script>",
            "<link rel=stylesheet href='//example.com/a.css'>",
            "<style>@import 'a.css'</style>",
            "<style>body{background:url(https://example.com/a.png)}</style>",
            "<img alt='' srcset=\"https://example.com/a.png 2x\">",
        ] {
            assert!(external(html).is_some(), "{html}");
        }
        assert_eq!(
            external("<!doctype html><p>1 < 2 <a href=\"https://example.com\">read</a><script>f('/')</script>"),
            None
        );
    }

    #[test]
    fn a_policy_that_allows_too_much_is_found() {
        let strict = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        assert_eq!(policy(strict), Ok(()));
        assert_eq!(policy(&format!("{strict}; script-src 'sha256-abc='; connect-src 'self'")), Ok(()));
        for more in ["script-src 'unsafe-inline'", "img-src *", "style-src https://example.com", "img-src data:"] {
            assert!(policy(&format!("{strict}; {more}")).is_err(), "{more}");
        }
        assert!(policy("default-src 'self'").is_err());
    }
}
