//! HTTP/2 frame by frame (RFC 9113 section 4), for what no proper client sends.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::http::PATIENCE;

/// The types of frames that the tests name.
#[allow(missing_docs, reason = "the names of RFC 9113 section 6")]
pub mod kind {
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// The flag of the last frame of a stream.
pub const END_STREAM: u8 = 1;
/// The flag of the last frame of a header block.
pub const END_HEADERS: u8 = 4;

/// `GET / http` for `test`, in HPACK without compression.
pub const GET: &[u8] = b"\x82\x86\x84\x01\x04test";

/// A frame that came.
#[derive(Debug)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// What it holds.
    pub payload: Vec<u8>,
}

/// A connection on which the client has said that it speaks HTTP/2.
pub struct Frames {
    stream: TcpStream,
}

/// A frame to send.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

impl Frames {
    /// Connects, with these settings of the client.
    pub fn open(address: SocketAddr, settings: &[(u16, u32)]) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| format!("connect: {error}"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        let mut frames = Self { stream };
        let settings: Vec<u8> =
            settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        frames.send(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &*frame(kind::SETTINGS, 0, 0, &settings)].concat())?;
        Ok(frames)
    }

    /// Sends these bytes.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stream.write_all(bytes).map_err(|error| format!("send: {error}"))
    }

    /// The next frame.
    pub fn next(&mut self) -> Result<Frame, String> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).map_err(|error| format!("no frame: {error}"))?;
        let [a, b, c, kind, _, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).map_err(|error| format!("half a frame: {error}"))?;
        Ok(Frame { kind, stream: u32::from_be_bytes(stream), payload })
    }

    /// The next frame of this type; others are passed over.
    pub fn next_of(&mut self, kind: u8) -> Result<Frame, String> {
        loop {
            let frame = self.next()?;
            if frame.kind == kind {
                return Ok(frame);
            }
        }
    }
}

impl Frame {
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
}
