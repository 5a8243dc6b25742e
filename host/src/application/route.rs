//! Routes as Spin's manifest writes them: `/exact`, `/prefix/...`, `/:name/x`.
//!
//! Of the routes that match a path, the most specific one answers: segment by segment from the left, text comes before
//! a name, and a name before `...`. Slashes at the end of a path or a route do not count. That is what Spin does.

use std::cmp::Reverse;
use std::fmt;

/// What ends a route that leads everything below its prefix to one component; the second spelling is as old.
const WILDCARDS: [&str; 2] = ["/...", "/*"];

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
    /// `...` or `*` stands elsewhere than as the last segment.
    #[error("in the route `{0}`, `...` may only be the last segment")]
    InnerWildcard(String),
    /// `/:` without a name.
    #[error("in the route `{0}`, a `:` needs a name behind it")]
    Unnamed(String),
    /// A name that cannot be the end of a header's name.
    #[error("in the route `{0}`, a name may have letters, digits, `-` and `_`")]
    WrongName(String),
}

impl Route {
    /// The route `/...`: every path.
    pub fn everything() -> Self {
        Self { written: WILDCARDS[0].to_owned(), segments: Vec::new(), wildcard: true }
    }

    /// Reads a route as Spin's manifest writes it.
    ///
    /// # Errors
    /// See [`RouteError`].
    pub fn parse(written: &str) -> Result<Self, RouteError> {
        let written = if written.starts_with('/') { written.to_owned() } else { format!("/{written}") };
        let prefix = WILDCARDS.iter().find_map(|wildcard| written.strip_suffix(wildcard));
        let segments = segments(prefix.unwrap_or(&written)).filter(|segment| !segment.is_empty());
        let segments = segments.map(|segment| match segment.strip_prefix(':') {
            Some("") => Err(RouteError::Unnamed(written.clone())),
            Some(name) if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) => {
                Err(RouteError::WrongName(written.clone()))
            }
            Some(name) => Ok(Segment::Any(name.to_owned())),
            None if segment.contains("...") || segment == "*" => Err(RouteError::InnerWildcard(written.clone())),
            None => Ok(Segment::Literal(segment.to_owned())),
        });
        Ok(Self { segments: segments.collect::<Result<_, _>>()?, wildcard: prefix.is_some(), written })
    }

    /// Whether the route leads `path` to its component.
    pub fn matches(&self, path: &str) -> bool {
        let mut rest = segments(path);
        let begins = self.segments.iter().all(|segment| {
            rest.next().is_some_and(|text| match segment {
                Segment::Literal(literal) => literal == text,
                Segment::Any(_) => true,
            })
        });
        begins && (self.wildcard || rest.next().is_none())
    }

    /// Whether it matches the same paths as `other`.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let same = |pair: (&Segment, &Segment)| match pair {
            (Segment::Literal(one), Segment::Literal(other)) => one == other,
            (Segment::Any(_), Segment::Any(_)) => true,
            _ => false,
        };
        self.wildcard == other.wildcard
            && self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(same)
    }

    /// What sorts routes: the most specific one first.
    pub(super) fn order(&self) -> Reverse<Vec<u8>> {
        let ranks = self.segments.iter().map(|segment| match segment {
            Segment::Literal(_) => 2,
            Segment::Any(_) => 1,
        });
        // A path that is complete here fits better than one that merely begins so.
        Reverse(ranks.chain([if self.wildcard { 0 } else { 3 }]).collect())
    }

    /// The route without what ends a prefix.
    pub(super) fn prefix(&self) -> &str {
        WILDCARDS.iter().find_map(|wildcard| self.written.strip_suffix(wildcard)).unwrap_or(&self.written)
    }

    /// The names of its named segments, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Any(name) => Some(name.as_str()),
        })
    }

    /// What a path that matches has in the place of each name.
    pub(super) fn values<'path>(&self, path: &'path str) -> impl Iterator<Item = &'path str> {
        self.segments.iter().zip(segments(path)).filter_map(|(segment, text)| match segment {
            Segment::Literal(_) => None,
            Segment::Any(_) => Some(text),
        })
    }

    /// What a path that matches has in the place of the wildcard, from its slash on.
    pub(super) fn rest<'path>(&self, path: &'path str) -> &'path str {
        if !self.wildcard {
            return "";
        }
        let end = path.trim_end_matches('/').len();
        let end = if end < path.len() { end + 1 } else { end };
        match segments(path).nth(self.segments.len()) {
            // `*`, of OPTIONS (RFC 9112 section 3.2.4), has no slash before it.
            Some(first) => &path[(first.as_ptr().addr() - path.as_ptr().addr()).saturating_sub(1)..end],
            None => &path[path.trim_end_matches('/').len()..end],
        }
    }
}

/// The segments of a path; slashes around it make none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_matches('/');
    (!path.is_empty()).then(|| path.split('/')).into_iter().flatten()
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_options_has_no_slash_and_is_a_rest_all_the_same() {
        assert_eq!(Route::everything().rest("*"), "*");
    }

    fn route(written: &str) -> Route {
        Route::parse(written).expect("a route")
    }

    #[test]
    fn an_exact_route_matches_its_path_alone() {
        assert!(route("/a/b").matches("/a/b") && route("/a/b").matches("/a/b/"));
        assert!(!route("/a/b").matches("/a") && !route("/a/b").matches("/a/b/c") && !route("/a").matches("/ab"));
        assert!(route("/").matches("/") && !route("/").matches("/a"));
    }

    #[test]
    fn a_wildcard_leads_the_prefix_and_everything_below_it() {
        for path in ["/a", "/a/", "/a/b", "/a/b/c"] {
            assert!(route("/a/...").matches(path), "{path}");
        }
        assert!(!route("/a/...").matches("/ab") && route("/...").matches("/"));
    }

    #[test]
    fn a_named_segment_takes_one_segment() {
        assert!(route("/:user/x").matches("/joe/x") && !route("/:user/x").matches("/x"));
        assert!(!route("/:user").matches("/") && !route("/:user").matches("/joe/x"));
    }

    #[test]
    fn the_rest_of_a_path_begins_with_its_slash() {
        for (path, rest) in [("/a", ""), ("/a/", "/"), ("/a/b", "/b"), ("/a/b/", "/b/"), ("/a/b/c", "/b/c")] {
            assert_eq!(route("/a/...").rest(path), rest, "{path}");
        }
        assert_eq!(route("/...").rest("/"), "/");
        assert_eq!(route("/a").rest("/a/"), "");
    }

    #[test]
    fn a_wrong_route_is_refused_with_its_reason() {
        assert_eq!(Route::parse("/.../a"), Err(RouteError::InnerWildcard("/.../a".to_owned())));
        assert_eq!(Route::parse("/a..."), Err(RouteError::InnerWildcard("/a...".to_owned())));
        assert_eq!(Route::parse("/*/a"), Err(RouteError::InnerWildcard("/*/a".to_owned())));
        assert_eq!(Route::parse("/:/a"), Err(RouteError::Unnamed("/:/a".to_owned())));
        assert_eq!(Route::parse("/:a.b"), Err(RouteError::WrongName("/:a.b".to_owned())));
    }
}
