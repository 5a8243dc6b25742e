//! One request, one answer, on a connection of its own.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::timeout;

/// How long an answer may take: it only ends a wait that would never end.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How the request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 without TLS, with prior knowledge (RFC 9113, section 3.3).
    H2c,
}

/// An answer that has arrived as a whole.
pub type Answer = Response<Bytes>;

/// Sends `request`, whose URI is a path, to `address` and waits for the whole answer.
pub async fn send(address: SocketAddr, protocol: Protocol, request: Request<Bytes>) -> Result<Answer, String> {
    let what = format!("{} {}", request.method(), request.uri());
    match timeout(PATIENCE, exchange(address, protocol, request)).await {
        Ok(result) => result.map_err(|error| format!("{what} over {protocol:?}: {error:?}")),
        Err(_) => Err(format!("{what} over {protocol:?}: no answer after {PATIENCE:?}")),
    }
}

/// [`send`] for a test without a runtime.
pub fn send_and_wait(address: SocketAddr, protocol: Protocol, request: Request<Bytes>) -> Result<Answer, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(send(address, protocol, request))
}

/// `GET path` over HTTP/1.1. Panics when there is no answer.
pub fn get(address: SocketAddr, path: &str) -> Answer {
    let request = Request::get(path).body(Bytes::new()).expect("a valid path");
    send_and_wait(address, Protocol::Http1, request).unwrap_or_else(|error| panic!("{error}"))
}

/// Sends these bytes and returns all that comes back until the server closes the connection.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let exchange = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(bytes)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    exchange().map_err(|error| format!("{:?}: {error}", String::from_utf8_lossy(bytes)))
}

/// [`raw`], a byte at a time. A server that closes meanwhile is no error.
pub fn raw_slowly(address: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let exchange = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        for byte in bytes {
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    exchange().map_err(|error| format!("{:?}: {error}", String::from_utf8_lossy(bytes)))
}

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(address: SocketAddr, protocol: Protocol, request: Request<Bytes>) -> Result<Answer, Error> {
    let stream = TokioIo::new(tokio::net::TcpStream::connect(address).await?);
    let mut request = request.map(Full::new);
    match protocol {
        Protocol::Http1 => {
            let host = HeaderValue::try_from(address.to_string())?;
            request.headers_mut().entry(header::HOST).or_insert(host);
            let (mut sender, connection) = conn::http1::handshake(stream).await?;
            tokio::spawn(connection);
            collect(sender.send_request(request).await?).await
        }
        Protocol::H2c => {
            let path = request.uri().path_and_query().ok_or("a request needs a path")?.as_str();
            let uri = Uri::builder().scheme("http").authority(address.to_string()).path_and_query(path).build()?;
            *request.uri_mut() = uri;
            let (mut sender, connection) = conn::http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            collect(sender.send_request(request).await?).await
        }
    }
}

async fn collect(response: Response<Incoming>) -> Result<Answer, Error> {
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
}

/// A request; it has a body when its method usually has one. Panics when a part of it is not valid HTTP.
pub fn request(method: &str, path: &str, headers: &[(String, String)]) -> Request<Bytes> {
    let body = if ["POST", "PUT", "PATCH"].contains(&method) { "{\"a\": \"body\"}" } else { "" };
    let method = Method::from_bytes(method.as_bytes()).expect("a valid method");
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    builder.body(Bytes::from(body)).expect("a valid request")
}
