//! Routes as Spin's manifest writes them: `/exact`, `/prefix/...`, `/:name/x`.

use std::fmt;

/// What ends a route that leads everything below its prefix to one component.
const WILDCARD: &str = "...";

/// One route of an application. <https://spinframework.dev/v3/http-trigger#http-trigger-routes>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    written: String,
    segments: Vec<Segment>,
    wildcard: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any(String),
}

/// Why a route cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteError {
    /// It does not begin with `/`.
    #[error("the route `{0}` must begin with `/`")]
    NotAbsolute(String),
    /// `...` stands elsewhere than at the end.
    #[error("in the route `{0}`, `...` may only be the last segment")]
    InnerWildcard(String),
    /// `/:` without a name.
    #[error("in the route `{0}`, a `:` needs a name behind it")]
    Unnamed(String),
}

impl Route {
    /// The route `/...`: every path.
    pub fn everything() -> Self {
        Self { written: format!("/{WILDCARD}"), segments: Vec::new(), wildcard: true }
    }

    /// Reads a route as Spin's manifest writes it.
    ///
    /// # Errors
    /// See [`RouteError`].
    pub fn parse(written: &str) -> Result<Self, RouteError> {
        let path = written.strip_prefix('/').ok_or_else(|| RouteError::NotAbsolute(written.to_owned()))?;
        let (path, wildcard) = match path.strip_suffix(WILDCARD) {
            Some("") => return Ok(Self::everything()),
            Some(prefix) if prefix.ends_with('/') => (prefix.trim_end_matches('/'), true),
            _ => (path, false),
        };
        let segments = path.split('/').map(|segment| match segment.strip_prefix(':') {
            Some("") => Err(RouteError::Unnamed(written.to_owned())),
            Some(name) => Ok(Segment::Any(name.to_owned())),
            None if segment.contains(WILDCARD) => Err(RouteError::InnerWildcard(written.to_owned())),
            None => Ok(Segment::Literal(segment.to_owned())),
        });
        Ok(Self { written: written.to_owned(), segments: segments.collect::<Result<_, _>>()?, wildcard })
    }

    /// Whether the route leads every path to its component.
    pub fn is_everything(&self) -> bool {
        self.wildcard && self.segments.is_empty()
    }

    /// The same route in the syntax of axum's router: one pattern, or three where a prefix counts with and without
    /// its slash.
    pub fn patterns(&self) -> Vec<String> {
        let mut base = String::new();
        for (position, segment) in self.segments.iter().enumerate() {
            base.push('/');
            match segment {
                Segment::Literal(text) => base.push_str(&text.replace('{', "{{").replace('}', "}}")),
                // By position, not by name: two routes may call the same segment differently.
                Segment::Any(_) => base.push_str(&format!("{{segment{position}}}")),
            }
        }
        if self.wildcard { vec![format!("{base}/"), format!("{base}/{{*rest}}"), base] } else { vec![base] }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(written: &str) -> Vec<String> {
        Route::parse(written).expect("a route").patterns()
    }

    #[test]
    fn an_exact_route_is_one_pattern() {
        assert_eq!(patterns("/a/b"), ["/a/b"]);
        assert_eq!(patterns("/"), ["/"]);
    }

    #[test]
    fn a_wildcard_leads_the_prefix_and_everything_below_it() {
        assert_eq!(patterns("/a/..."), ["/a/", "/a/{*rest}", "/a"]);
        assert!(Route::parse("/...").expect("a route").is_everything());
    }

    #[test]
    fn a_named_segment_takes_any_text() {
        assert_eq!(patterns("/:user/x"), ["/{segment0}/x"]);
    }

    #[test]
    fn braces_in_a_route_are_only_text() {
        assert_eq!(patterns("/{a}"), ["/{{a}}"]);
    }

    #[test]
    fn a_wrong_route_is_refused_with_its_reason() {
        assert_eq!(Route::parse("a"), Err(RouteError::NotAbsolute("a".to_owned())));
        assert_eq!(Route::parse("/.../a"), Err(RouteError::InnerWildcard("/.../a".to_owned())));
        assert_eq!(Route::parse("/a..."), Err(RouteError::InnerWildcard("/a...".to_owned())));
        assert_eq!(Route::parse("/:/a"), Err(RouteError::Unnamed("/:/a".to_owned())));
    }
}
