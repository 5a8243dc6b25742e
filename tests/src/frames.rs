//! An HTTP/2 connection frame by frame (RFC 9113), for clients that keep to no rule but the test's.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::http::PATIENCE;

/// What a client begins with.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames (section 6).
pub mod kind {
    #![expect(missing_docs, reason = "the names are those of the RFC")]
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// The flag of the last frame of a message.
pub const END_STREAM: u8 = 1;
/// The flag of the last frame of a block of fields.
pub const END_HEADERS: u8 = 4;
/// The flag of the answer to SETTINGS and PING.
pub const ACK: u8 = 1;

/// One frame.
#[derive(Debug)]
pub struct Frame {
    /// One of [`kind`].
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The frame's bytes.
    pub fn bytes(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).expect("a small payload").to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    /// The number that the payload has at `offset`.
    pub fn number(&self, offset: usize) -> u32 {
        let bytes = self.payload.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_be_bytes(bytes.expect("the payload is long enough"))
    }

    /// The values of a SETTINGS frame.
    pub fn settings(&self) -> Vec<(u16, u32)> {
        let (entries, _) = self.payload.as_chunks::<6>();
        entries.iter().map(|[a, b, value @ ..]| (u16::from_be_bytes([*a, *b]), u32::from_be_bytes(*value))).collect()
    }

    /// Whether it ends its stream.
    pub fn is_last(&self) -> bool {
        [kind::DATA, kind::HEADERS].contains(&self.kind) && self.flags & END_STREAM != 0
    }

    /// Whether it begins a response with the status 200: the first field of a response is its status, and 200 has a
    /// number of its own in HPACK (RFC 7541, appendix A).
    pub fn is_200(&self) -> bool {
        self.kind == kind::HEADERS && self.payload.first() == Some(&0x88)
    }

    /// The same for 400.
    pub fn is_400(&self) -> bool {
        self.kind == kind::HEADERS && self.payload.first() == Some(&0x8c)
    }
}

/// A connection; the preface and empty settings have been sent.
pub struct Frames<S> {
    stream: S,
    /// Whether pings are answered.
    pub answers_pings: bool,
}

impl Frames<TcpStream> {
    /// Connects without TLS.
    pub fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| format!("connect: {error}"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        Self::over(stream)
    }
}

impl<S: Read + Write> Frames<S> {
    /// Begins on a connection that is there.
    pub fn over(stream: S) -> Result<Self, String> {
        let mut frames = Self { stream, answers_pings: true };
        frames.write(PREFACE)?;
        frames.send(kind::SETTINGS, 0, 0, &[])?;
        Ok(frames)
    }

    /// Sends a frame.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<(), String> {
        self.write(&Frame::bytes(kind, flags, stream, payload))
    }

    /// Sends these bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stream.write_all(bytes).map_err(|error| format!("send: {error}"))
    }

    /// `GET path` on this stream.
    pub fn get(&mut self, stream: u32, path: &str) -> Result<(), String> {
        self.send(kind::HEADERS, END_HEADERS | END_STREAM, stream, &fields(GET, path))
    }

    /// The head of `POST path` on this stream; its body is to come.
    pub fn post(&mut self, stream: u32, path: &str) -> Result<(), String> {
        self.send(kind::HEADERS, END_HEADERS, stream, &fields(POST, path))
    }

    /// The next frame; none when the server has closed the connection. Settings and pings are acknowledged on the way,
    /// unless [`Self::answers_pings`] says otherwise.
    pub fn frame(&mut self) -> Result<Option<Frame>, String> {
        let mut head = [0; 9];
        match self.stream.read(&mut head).map_err(|error| format!("read: {error}"))? {
            0 => return Ok(None),
            read => self.stream.read_exact(&mut head[read..]).map_err(|error| format!("read: {error}"))?,
        }
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).map_err(|error| format!("read: {error}"))?;
        let frame = Frame { kind, flags, stream: u32::from_be_bytes(stream), payload };
        let asks = kind == kind::SETTINGS || kind == kind::PING && self.answers_pings;
        if asks && flags & ACK == 0 {
            let answer: &[u8] = if kind == kind::PING { &frame.payload } else { &[] };
            // A server that has sent us away takes no answer; what it said before is still to be read.
            _ = self.send(kind, ACK, 0, answer);
        }
        Ok(Some(frame))
    }

    /// The next frame of this type; others are passed over.
    pub fn next_of(&mut self, kind: u8) -> Result<Frame, String> {
        self.until(|frame| frame.kind == kind)
    }

    /// Reads until a frame that `wanted` takes.
    pub fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Result<Frame, String> {
        loop {
            let frame = self.frame()?.ok_or("the connection was closed")?;
            if wanted(&frame) {
                return Ok(frame);
            }
        }
    }
}

/// `:method` as HPACK has it ready.
const GET: u8 = 0x82;
const POST: u8 = 0x83;

/// Fields without a dynamic table: `:scheme`, `:path` and `:authority` by name.
fn fields(method: u8, path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).ok().filter(|length| *length < 127).expect("a short path");
    [&[method, 0x86, 0x04, length], path.as_bytes(), &[0x01, 4], b"test"].concat()
}
