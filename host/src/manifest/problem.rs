//! What is wrong in a manifest, and where.

use std::ops::Range;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) offset: Option<usize>,
}

impl Problem {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: Some(span.start) }
    }

    /// The line of the problem, from 1.
    pub(super) fn line(&self, text: &str) -> usize {
        line(text, self.offset.unwrap_or(0))
    }
}

/// The line of an offset, from 1.
pub(super) fn line(text: &str, offset: usize) -> usize {
    1 + text[..offset.min(text.len())].matches('\n').count()
}

/// The line that an offset is in.
pub(super) fn line_at(text: &str, offset: usize) -> &str {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].lines().next().unwrap_or_default()
}
