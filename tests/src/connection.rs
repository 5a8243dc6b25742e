//! A connection that stays open: one HTTP/1.1 request after the other, and half a request where a test needs one.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::http::PATIENCE;

/// An HTTP/1.1 connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Whether it was the last answer on its connection.
    pub last: bool,
    /// The body.
    pub body: String,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| format!("connect: {error}"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends these bytes.
    pub fn send(&mut self, text: &str) -> Result<(), String> {
        self.stream.get_mut().write_all(text.as_bytes()).map_err(|error| format!("send: {error}"))
    }

    /// `GET path`, and its answer.
    pub fn get(&mut self, path: &str) -> Result<Reply, String> {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n"))?;
        self.reply()
    }

    /// The next answer, whose length must be given in its headers.
    pub fn reply(&mut self) -> Result<Reply, String> {
        read_reply(&mut self.stream)
    }

    /// All that the server sends until it closes the connection.
    pub fn rest(mut self) -> Result<String, String> {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).map_err(|error| format!("read: {error}"))?;
        Ok(rest)
    }
}

/// All answers in what a connection gave until it was closed.
pub fn replies(mut bytes: &[u8]) -> Result<Vec<Reply>, String> {
    let mut replies = Vec::new();
    while !bytes.is_empty() {
        replies.push(read_reply(&mut bytes)?);
    }
    Ok(replies)
}

fn read_reply(stream: &mut impl BufRead) -> Result<Reply, String> {
    let status_line = read_line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut reply = Reply { status: status.ok_or(status_line)?, last: false, body: String::new() };
    let mut length = 0;
    loop {
        let line = read_line(stream)?.to_ascii_lowercase();
        match line.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().map_err(|_| line.clone())?,
            Some(("connection", value)) => reply.last = value == "close",
            Some(_) => {}
            None if line.is_empty() => break,
            None => return Err(line),
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).map_err(|error| format!("body: {error}"))?;
    reply.body = String::from_utf8_lossy(&body).into_owned();
    Ok(reply)
}

fn read_line(stream: &mut impl BufRead) -> Result<String, String> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        Ok(0) => Err("the connection was closed".to_owned()),
        Ok(_) => Ok(line.trim_end().to_owned()),
        Err(error) => Err(format!("read: {error}")),
    }
}
