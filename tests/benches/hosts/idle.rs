//! What an idle connection costs: memory, when thousands have asked once and stay.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::contenders::Contender;
use crate::load::{Sample, Serves, first_answer};
use crate::usage;

/// What the report calls it.
pub(crate) const NAME: &str = "5,000 idle connections";

const CONNECTIONS: usize = 5_000;

/// How long an answer may take before the host counts as one that does not take so many connections.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the connections, asks on each, and compares the host's memory. Another host that leaves one unanswered has no
/// figure, and is named; Catamaran must answer them all.
pub(crate) fn measure(contender: &Contender) -> Result<Sample, String> {
    let launched = contender.launch(Serves::Service)?;
    let server = &launched.server;
    // What is made once is made.
    for _ in 0..100 {
        first_answer(server.address)?;
    }
    let before = usage::of(&server.process)?;
    let ask = || -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(server.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n")?;
        // A small answer comes in one piece.
        let read = stream.read(&mut [0; 4096])?;
        if read == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(stream) }
    };
    let mut open: Vec<TcpStream> = Vec::new();
    while open.len() < CONNECTIONS {
        match ask() {
            Ok(stream) => open.push(stream),
            Err(error) if error.kind() == ErrorKind::WouldBlock && contender.may_fail() => {
                eprintln!("{}: {NAME}: no answer on number {}", contender.name, open.len() + 1);
                return Ok(Sample::default());
            }
            Err(error) => return Err(format!("{}: connection {}: {error}", contender.name, open.len() + 1)),
        }
    }
    let after = usage::of(&server.process)?;
    let grown = after.rss_bytes.saturating_sub(before.rss_bytes) as f64;
    Ok(Sample {
        rss_mb: Some(after.rss_bytes as f64 / 1e6),
        connection_bytes: Some(grown / open.len() as f64),
        ..Sample::default()
    })
}
