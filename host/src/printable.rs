//! Text of others, made safe to look at: in a terminal, and in what reads the log line by line.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with what is not for the eye escaped as `\u{1b}`: control characters except the tab, and what separates lines
/// or turns the direction of writing (Unicode Standard Annex 9, and <https://trojansource.codes>).
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmful(c) {
            // Writing to a string cannot fail.
            _ = write!(escaped, "{}", c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

fn is_harmful(c: char) -> bool {
    c.is_control() && c != '\t' || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("a\tb"), "a\tb");
        assert_eq!(printable("\x1b[2Jgone\rover"), "\\u{1b}[2Jgone\\rover");
        assert_eq!(printable("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn what_turns_the_direction_of_writing_is_escaped() {
        assert_eq!(printable("a\u{202e}b\u{2066}c\u{2028}d"), "a\\u{202e}b\\u{2066}c\\u{2028}d");
        assert_eq!(printable("שלום, 你好"), "שלום, 你好");
    }
}
