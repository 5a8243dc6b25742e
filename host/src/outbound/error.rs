//! Failures of outgoing requests in the terms of wasi:http.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;
use tower_http::timeout::TimeoutError;
use wasmtime_wasi_http::Error;

use super::connect::Refused;

/// Why there is no response.
pub(super) fn code(error: &legacy::Error) -> Error {
    tracing::debug!("outgoing request: {}", chain(error));
    if let Some(refused) = find::<Refused>(error) {
        return match refused {
            Refused::Limit => Error::ConnectionLimitReached,
            Refused::Timeout => Error::ConnectionTimeout,
            Refused::Name => Error::DnsError { rcode: None, info_code: None },
            Refused::Address => Error::DestinationIpProhibited,
        };
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return match tls {
            rustls::Error::InvalidCertificate(_) => Error::TlsCertificateError,
            _ => Error::TlsProtocolError,
        };
    }
    match find::<io::Error>(error) {
        Some(io) if error.is_connect() && io.kind() == io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        _ if error.is_connect() => Error::DestinationUnavailable,
        Some(_) => Error::ConnectionTerminated,
        None if find::<hyper::Error>(error).is_some_and(hyper::Error::is_incomplete_message) => {
            Error::HttpResponseIncomplete
        }
        None => Error::HttpProtocolError,
    }
}

/// Why a response's body breaks off.
pub(super) fn body_code(error: Box<dyn StdError + Send + Sync>) -> Error {
    tracing::debug!("outgoing request: the response's body: {}", chain(&*error));
    if error.is::<TimeoutError>() { Error::ConnectionReadTimeout } else { Error::HttpResponseIncomplete }
}

/// The first cause of this type.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    // An I/O error that stands for another one hides it from `source`.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let inner = inner.map(|inner| inner as &(dyn StdError + 'static));
    inner.or(error.source()).and_then(find)
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
