//! What an idle connection costs: memory, when thousands have asked once and stay.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::contenders::Contender;
use crate::load::{Sample, Serves, first_answer};
use crate::usage;

/// What the report calls it.
pub(crate) const NAME: &str = "5,000 idle connections";

const CONNECTIONS: usize = 5_000;

/// Opens the connections, asks on each, and compares the host's memory.
pub(crate) fn measure(contender: &Contender) -> Result<Sample, String> {
    let launched = contender.launch(Serves::Service)?;
    let server = &launched.server;
    // What is made once is made.
    for _ in 0..100 {
        first_answer(server.address)?;
    }
    let before = usage::of(&server.process)?;
    let ask = || {
        let mut stream = TcpStream::connect(server.address)?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n")?;
        // A small answer comes in one piece.
        let read = stream.read(&mut [0; 4096])?;
        if read == 0 { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(stream) }
    };
    let open: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| ask())
        .collect::<Result<_, std::io::Error>>()
        .map_err(|error| format!("{}: {NAME}: {error}", contender.name))?;
    let after = usage::of(&server.process)?;
    let grown = after.rss_bytes.saturating_sub(before.rss_bytes) as f64;
    Ok(Sample {
        rss_mb: Some(after.rss_bytes as f64 / 1e6),
        connection_bytes: Some(grown / open.len() as f64),
        ..Sample::default()
    })
}
