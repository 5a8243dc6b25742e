//! A receiver of spans: as much of OTLP over HTTP as a collector needs.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::process::PATIENCE;

/// A collector; it ends with the process.
pub struct Collector {
    /// Where it listens.
    pub address: SocketAddr,
    received: Receiver<Export>,
}

/// One export as it came.
pub struct Export {
    /// The request's first line.
    pub request: String,
    /// Its `content-type`.
    pub content_type: String,
    /// What it held.
    pub message: ExportTraceServiceRequest,
}

impl Collector {
    /// Starts it.
    pub fn start() -> std::io::Result<Self> {
        Self::answering(serve)
    }

    /// Starts one that speaks TLS.
    pub fn with_tls(config: ServerConfig) -> std::io::Result<Self> {
        let config = Arc::new(config);
        Self::answering(move |stream, sender| {
            if let Ok(connection) = ServerConnection::new(config.clone()) {
                serve(StreamOwned::new(connection, stream), sender);
            }
        })
    }

    fn answering(serve: impl Fn(TcpStream, &Sender<Export>) + Clone + Send + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (sender, received) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serve, sender) = (serve.clone(), sender.clone());
                thread::spawn(move || serve(stream, &sender));
            }
        });
        Ok(Self { address, received })
    }

    /// Waits for the next export.
    pub fn next(&self) -> Result<Export, String> {
        self.received.recv_timeout(PATIENCE).map_err(|error| format!("no export: {error}"))
    }

    /// What has come until now and was not taken.
    pub fn rest(&self) -> Vec<Export> {
        self.received.try_iter().collect()
    }
}

impl Export {
    /// All spans in it.
    pub fn spans(&self) -> Vec<&Span> {
        let scopes = self.message.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| &scope.spans).collect()
    }

    /// An attribute of who sent it.
    pub fn resource(&self, key: &str) -> Option<String> {
        let resource = self.message.resource_spans.first()?.resource.as_ref()?;
        attribute(&resource.attributes, key)
    }
}

/// An attribute as text.
pub fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.clone() {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => Some(text),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

/// Each request of a connection, until the client ends it.
fn serve<S: Read + Write>(stream: S, sender: &Sender<Export>) {
    let mut stream = BufReader::new(stream);
    while let Some(export) = read(&mut stream) {
        if sender.send(export).is_err() {
            return;
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        if stream.get_mut().write_all(answer).is_err() {
            return;
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Export> {
    let request = line(stream)?;
    let (mut length, mut content_type) = (0, String::new());
    loop {
        let field = line(stream)?;
        match field.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("content-type") => content_type = value.to_owned(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let message = ExportTraceServiceRequest::decode(body.as_slice()).ok()?;
    Some(Export { request, content_type, message })
}

fn line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end().to_owned()),
    }
}
