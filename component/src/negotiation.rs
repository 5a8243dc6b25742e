//! JSON or HTML, by `Accept` (RFC 9110, section 12.5.1).

/// A media type that `/` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`, and where the client does not care.
    Json,
    /// `text/html; charset=utf-8`
    Html,
}

/// How much the client wants a media type. A larger weight wins, and of equal ones the type that was named more closely.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Wish {
    weight: u16,
    closeness: u8,
}

/// The media type to answer with, from all lines of `Accept`. `None`: the client accepts neither.
///
/// Without a preference (no `Accept`, or an empty one) it is JSON. Of the ranges that match a type the most specific one tells its
/// weight. A range that is malformed matches nothing.
pub(crate) fn negotiate(lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<Media> {
    let mut indifferent = true;
    let (mut json, mut html) = (Wish::default(), Wish::default());
    for line in lines {
        for element in split(line.as_ref(), b',').filter(|element| !element.is_empty()) {
            indifferent = false;
            if let Some(range) = Range::parse(element) {
                range.refine(&mut json, b"application", b"json");
                range.refine(&mut html, b"text", b"html");
            }
        }
    }
    match (indifferent, json.weight, html.weight) {
        (true, ..) => Some(Media::Json),
        (false, 0, 0) => None,
        _ if html > json => Some(Media::Html),
        _ => Some(Media::Json),
    }
}

/// A media range with its weight, in thousandths.
struct Range<'a> {
    main: &'a [u8],
    sub: &'a [u8],
    charset: bool,
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None` where it is malformed, or where a parameter asks for what no type of ours has. Both are UTF-8 (JSON always
    /// is: RFC 8259, section 8.1), and have no other parameter.
    fn parse(element: &'a [u8]) -> Option<Self> {
        let mut parts = split(element, b';');
        let (main, sub) = cut(parts.next()?, b'/')?;
        let mut range = Range { main, sub, charset: false, weight: 1000 };
        for parameter in parts.filter(|part| !part.is_empty()) {
            let (name, value) = cut(parameter, b'=')?;
            if name.eq_ignore_ascii_case(b"q") {
                range.weight = thousandths(value)?;
                break;
            }
            let utf8 = value.eq_ignore_ascii_case(b"utf-8") || value.eq_ignore_ascii_case(b"\"utf-8\"");
            if !(name.eq_ignore_ascii_case(b"charset") && utf8) {
                return None;
            }
            range.charset = true;
        }
        Some(range)
    }

    /// Takes this range's weight over into `wish`, if it matches the type `main/sub` at least as closely as what came before.
    fn refine(&self, wish: &mut Wish, main: &[u8], sub: &[u8]) {
        let any_sub = self.sub == b"*";
        let any_main = self.main == b"*" && any_sub;
        let matches =
            (any_main || self.main.eq_ignore_ascii_case(main)) && (any_sub || self.sub.eq_ignore_ascii_case(sub));
        let closeness = 1 + u8::from(!any_main) + u8::from(!any_sub) + u8::from(self.charset);
        let found = Wish { weight: self.weight, closeness };
        if matches && (closeness > wish.closeness || (closeness == wish.closeness && found > *wish)) {
            *wish = found;
        }
    }
}

/// A weight: `0` to `1` with at most three decimals (RFC 9110, section 12.4.2), in thousandths.
fn thousandths(weight: &[u8]) -> Option<u16> {
    let (whole, decimals) = match weight {
        [whole] => (whole, &[][..]),
        [whole, b'.', decimals @ ..] if decimals.len() <= 3 => (whole, decimals),
        _ => return None,
    };
    let mut value = 0;
    for place in 0..3 {
        let digit = decimals.get(place).unwrap_or(&b'0');
        value = 10 * value + u16::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    match (whole, value) {
        (b'0', _) => Some(value),
        (b'1', 0) => Some(1000),
        _ => None,
    }
}

/// The parts before and after the first `separator`.
fn cut(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The parts between separators, without spaces around them. A separator within a quoted string separates nothing.
fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |byte| {
        let separates = *byte == separator && !quoted;
        if *byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && *byte == b'\\' && !escaped;
        separates
    })
    .map(<[u8]>::trim_ascii)
}
