//! The head of a request: its request line and its fields, within their limits.

use super::Limits;
use super::fields::{Event, Fields};
use super::framing::{Body, Framing};
use super::line::{RequestLine, Version};
use super::violation::Violation;

/// A head that has not ended.
#[derive(Debug)]
pub(super) struct Head {
    /// How many more bytes there may be.
    left: usize,
    line: RequestLine,
    version: Option<Version>,
    fields: Fields,
    framing: Framing,
}

impl Head {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            left: limits.head,
            line: RequestLine::new(),
            version: None,
            fields: Fields::new(limits.fields),
            framing: Framing::default(),
        }
    }

    /// Takes as many of the next bytes as belong where the last one did; how many.
    pub(super) fn run(&mut self, bytes: &[u8]) -> usize {
        let bytes = &bytes[..bytes.len().min(self.left)];
        let run = if self.version.is_none() { self.line.run(bytes) } else { self.fields.run(bytes) };
        self.left -= run;
        run
    }

    /// Takes the next byte; what follows the head, when it is the last one.
    pub(super) fn step(&mut self, byte: u8) -> Result<Option<Body>, Violation> {
        self.left = self.left.checked_sub(1).ok_or_else(|| self.too_large())?;
        let Some(version) = self.version else {
            self.version = self.line.step(byte)?;
            return Ok(None);
        };
        match self.fields.step(byte)? {
            Event::Nothing => {}
            Event::Begin(kind) => self.framing.begin(kind)?,
            Event::Value(kind, byte) => self.framing.value(kind, byte)?,
            Event::End(kind) => self.framing.end(kind)?,
            Event::Complete => return self.framing.body(version).map(Some),
        }
        Ok(None)
    }

    fn too_large(&self) -> Violation {
        if self.version.is_none() && self.line.is_in_target() {
            Violation::TargetTooLong
        } else {
            Violation::HeadTooLarge
        }
    }
}
