//! A chunked body: RFC 9112 section 7.1.

use super::Limits;
use super::class;
use super::fields::{Event, Fields, Kind};
use super::violation::Violation;

/// Bytes of chunk extensions in one body. Nobody uses them; RFC 9112 section 7.1.1 asks for a limit, and hyper has
/// one of 16 KiB.
const EXTENSIONS: usize = 8 << 10;

/// Bytes of trailers. hyper's own limit is 16 KiB.
const TRAILERS: usize = 8 << 10;

/// Digits of a chunk's size: sixteen of them are more than anyone has.
const DIGITS: u8 = 15;

/// A body that has not ended.
#[derive(Debug)]
pub(super) struct Chunked {
    at: At,
    size: u64,
    digits: u8,
    /// How many more bytes of extensions there may be.
    extensions: usize,
    /// How many more bytes of trailers there may be.
    trailers: usize,
    fields: Fields,
}

#[derive(Clone, Copy, Debug)]
enum At {
    Size,
    /// Where `;` or the end of the line must come; after a space, only `;`.
    Extension {
        spaced: bool,
    },
    NameStart,
    Name,
    /// After the name and a space.
    NameEnd,
    ValueStart,
    Value,
    Quoted,
    Escaped,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailers,
}

impl Chunked {
    pub(super) fn new(limits: &Limits) -> Self {
        let trailers = TRAILERS.min(limits.head);
        let fields = Fields::new(limits.fields);
        Self { at: At::Size, size: 0, digits: 0, extensions: EXTENSIONS, trailers, fields }
    }

    /// How many of the next bytes are data.
    pub(super) fn run(&mut self, bytes: &[u8]) -> usize {
        if !matches!(self.at, At::Data) {
            return 0;
        }
        let run = usize::try_from(self.size).map_or(bytes.len(), |size| size.min(bytes.len()));
        self.size -= run as u64;
        if self.size == 0 {
            self.at = At::DataCr;
        }
        run
    }

    /// Takes the next byte; whether it is the last one of the body.
    pub(super) fn step(&mut self, byte: u8) -> Result<bool, Violation> {
        self.at = match self.at {
            At::Size => self.size(byte)?,
            At::SizeLf if byte != b'\n' => return Err(Violation::LineEnd),
            At::SizeLf if self.size == 0 => At::Trailers,
            At::SizeLf => At::Data,
            At::DataCr if byte == b'\r' => At::DataLf,
            At::DataLf if byte == b'\n' => {
                (self.size, self.digits) = (0, 0);
                At::Size
            }
            At::Data | At::DataCr | At::DataLf => return Err(Violation::ChunkEnd),
            At::Trailers => return self.trailer(byte),
            _ => self.extension(byte)?,
        };
        Ok(false)
    }

    fn size(&mut self, byte: u8) -> Result<At, Violation> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ if self.digits == 0 => return Err(Violation::ChunkSize),
            b'\n' => return Err(Violation::LineEnd),
            b'\r' | b';' | b' ' | b'\t' => return self.extension_start(byte, false),
            _ => return Err(Violation::ChunkSize),
        };
        if self.digits == DIGITS {
            return Err(Violation::ChunkSize);
        }
        self.digits += 1;
        self.size = self.size << 4 | u64::from(digit);
        Ok(At::Size)
    }

    fn extension_start(&self, byte: u8, spaced: bool) -> Result<At, Violation> {
        match byte {
            b'\r' if !spaced => Ok(At::SizeLf),
            b';' => Ok(At::NameStart),
            b' ' | b'\t' => Ok(At::Extension { spaced: true }),
            b'\n' => Err(Violation::LineEnd),
            _ => Err(Violation::ChunkExtension),
        }
    }

    fn extension(&mut self, byte: u8) -> Result<At, Violation> {
        self.extensions = self.extensions.checked_sub(1).ok_or(Violation::ChunkExtension)?;
        let space = matches!(byte, b' ' | b'\t');
        match self.at {
            At::NameStart | At::ValueStart if space => Ok(self.at),
            At::NameStart | At::Name if class::is_token(byte) => Ok(At::Name),
            At::Name | At::NameEnd if byte == b'=' => Ok(At::ValueStart),
            At::Name | At::NameEnd if space => Ok(At::NameEnd),
            At::NameEnd => self.extension_start(byte, true),
            At::ValueStart if byte == b'"' => Ok(At::Quoted),
            At::ValueStart | At::Value if class::is_token(byte) => Ok(At::Value),
            At::Quoted if byte == b'"' => Ok(At::Extension { spaced: false }),
            At::Quoted if byte == b'\\' => Ok(At::Escaped),
            At::Quoted | At::Escaped if class::is_value(byte) => Ok(At::Quoted),
            At::Extension { spaced } => self.extension_start(byte, spaced),
            At::Name | At::Value => self.extension_start(byte, false),
            _ if byte == b'\n' => Err(Violation::LineEnd),
            _ => Err(Violation::ChunkExtension),
        }
    }

    fn trailer(&mut self, byte: u8) -> Result<bool, Violation> {
        self.trailers = self.trailers.checked_sub(1).ok_or(Violation::HeadTooLarge)?;
        match self.fields.step(byte)? {
            Event::Begin(kind) if kind != Kind::Other => Err(Violation::Trailer),
            Event::Complete => Ok(true),
            _ => Ok(false),
        }
    }
}
