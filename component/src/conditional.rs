//! `If-None-Match`: whether the client already has the current representation (RFC 9110, section 13.1.2).

/// Whether one line of `If-None-Match` is `*` or names `entity_tag`, by weak comparison: `W/"x"` matches `"x"`.
///
/// What follows a malformed entry is not looked at: the client then gets the whole response.
pub(crate) fn matches(lines: impl IntoIterator<Item: AsRef<[u8]>>, entity_tag: &[u8]) -> bool {
    lines.into_iter().any(|line| {
        let line = line.as_ref();
        line.trim_ascii() == b"*" || Tags(line).any(|tag| tag == entity_tag)
    })
}

/// The entity tags of a list, quotes included, without the mark of weak ones. A comma within quotes belongs to its tag, and
/// a backslash is a character like any other (section 8.8.3).
struct Tags<'a>(&'a [u8]);

impl<'a> Iterator for Tags<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while let [b' ' | b'\t' | b',', rest @ ..] = self.0 {
            self.0 = rest;
        }
        let tag = self.0.strip_prefix(b"W/").unwrap_or(self.0);
        let inner = tag.strip_prefix(b"\"")?;
        let length = inner.iter().position(|byte| *byte == b'"')? + 2;
        let (tag, rest) = tag.split_at(length);
        self.0 = rest;
        Some(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches_a(lines: &[&[u8]]) -> bool {
        matches(lines, b"\"a\"")
    }

    #[test]
    fn no_header_matches_nothing() {
        assert!(!matches_a(&[]));
        assert!(!matches_a(&[b""]));
    }

    #[test]
    fn a_star_matches_whatever_there_is() {
        assert!(matches_a(&[b"*"]));
        assert!(matches_a(&[b" * "]));
        assert!(!matches_a(&[b"*, \"b\""]));
    }

    #[test]
    fn the_same_tag_matches_strong_or_weak() {
        assert!(matches_a(&[b"\"a\""]));
        assert!(matches_a(&[b"W/\"a\""]));
        assert!(!matches_a(&[b"\"A\""]));
        assert!(!matches_a(&[b"w/\"a\""]));
    }

    #[test]
    fn any_tag_of_any_line_matches() {
        assert!(matches_a(&[b"\"b\", \"a\""]));
        assert!(matches_a(&[b"W/\"b\",\tW/\"a\""]));
        assert!(matches_a(&[b", ,\"b\",,\"a\","]));
        assert!(matches_a(&[b"\"b\"", b"\"a\""]));
        assert!(!matches_a(&[b"\"b\", \"c\"", b"\"ab\", \"\""]));
    }

    #[test]
    fn a_comma_within_a_tag_separates_nothing() {
        assert!(!matches_a(&[b"\"b,\"a\",\""]));
        assert!(matches_a(&[b"\"b,c\", \"a\""]));
    }

    #[test]
    fn what_is_malformed_matches_nothing() {
        for line in [&b"a"[..], b"\"a", b"a\"", b"'a'", b"W/a", b"\xff\xfe", b"\"", b"W/", b"x, \"a\""] {
            assert!(!matches_a(&[line]), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_malformed_line_does_not_hide_another() {
        assert!(matches_a(&[b"\xff", b"\"a\""]));
    }
}
