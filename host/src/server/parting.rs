//! The end of a connection in stages (RFC 9112 section 9.6). A connection that is closed at once is reset by the next
//! byte of its client, and with it goes what the client has not read yet.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::phase::{Expired, FAREWELL};
use super::socket::{self, Stream};
use crate::telemetry::METRICS;

/// How long it may go on talking then: connections that part give way to nobody.
const LONGEST_FAREWELL: Duration = Duration::from_secs(5);

/// Ends a connection: sends what is left as long as the client takes it, never waiting for it for longer than
/// `body_timeout`. A client that may be `talking` gets the time to read it before the connection is closed.
pub(super) async fn part(mut stream: Stream, talking: bool, body_timeout: Duration) {
    wait_in_system(socket::tcp(&stream), body_timeout);
    tokio::select! {
        () = all_sent(socket::tcp(&stream)) => {}
        never = discard_all(socket::tcp(&stream)) => match never {},
    }
    if let Ok(Some(error)) = socket::tcp(&stream).take_error() {
        if error.kind() == io::ErrorKind::TimedOut {
            METRICS.connection_timed_out(Expired::Blocked.label());
        }
        return tracing::debug!("connection: closed with what the client has not taken: {error}");
    }
    // What TLS adds is short: there is room for it now.
    let ended = timeout(FAREWELL, stream.shutdown()).await;
    if talking && matches!(ended, Ok(Ok(()))) {
        _ = timeout(LONGEST_FAREWELL, silence(socket::tcp(&stream))).await;
    }
}

/// Has the system end the connection when the client takes nothing for so long, and say when all has been sent.
#[cfg(target_os = "linux")]
fn wait_in_system(tcp: &TcpStream, body_timeout: Duration) {
    let socket = socket2::SockRef::from(tcp);
    // Without it the client is waited for less or for longer, which is no reason to wait for nothing.
    _ = socket.set_tcp_user_timeout(Some(body_timeout));
    hold_little(tcp, 1);
}

/// Other systems say that there is room for more, and what they do then is theirs.
#[cfg(not(target_os = "linux"))]
fn wait_in_system(_tcp: &TcpStream, _body_timeout: Duration) {}

/// Has the system say that there is room for more when less than half of these bytes is still to be sent.
#[cfg(target_os = "linux")]
pub(super) fn hold_little(tcp: &TcpStream, bytes: u32) {
    if let Err(error) = socket2::SockRef::from(tcp).set_tcp_notsent_lowat(bytes) {
        tracing::debug!("set_tcp_notsent_lowat: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn hold_little(_tcp: &TcpStream, _bytes: u32) {}

/// Ends when the system has handed all bytes to the network, or has given the client up.
async fn all_sent(tcp: &TcpStream) {
    let ask = || match poll(&mut [PollFd::new(tcp, PollFlags::OUT)], Some(&Timespec::default())) {
        Ok(0) => Err(io::ErrorKind::WouldBlock.into()),
        // Errors too: they are for whoever reads or writes.
        _ => Ok(()),
    };
    _ = tcp.async_io(Interest::WRITABLE, ask).await;
}

/// Reads what the client sends, and forgets it.
async fn discard_all(tcp: &TcpStream) -> Infallible {
    let mut rest = vec![0; 16 << 10];
    while discard(tcp, &mut rest).await {}
    std::future::pending().await
}

/// Reads until the client closes the connection, or says nothing for some time.
async fn silence(tcp: &TcpStream) {
    let mut rest = vec![0; 16 << 10];
    loop {
        tokio::select! {
            () = sleep(FAREWELL) => return,
            more = discard(tcp, &mut rest) => if !more { return },
        }
    }
}

/// Reads once; returns whether there may be more.
async fn discard(tcp: &TcpStream, rest: &mut [u8]) -> bool {
    loop {
        if tcp.readable().await.is_err() {
            return false;
        }
        match tcp.try_read(rest) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
    }
}
