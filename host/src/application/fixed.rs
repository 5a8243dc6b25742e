//! An answer that stands in a manifest: no guest is called for it.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use wasmtime_wasi_http::DEFAULT_FORBIDDEN_HEADERS;

/// The same answer to every request.
#[derive(Clone, Debug)]
pub struct Fixed {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Fixed {
    /// An answer of these parts; without a status, 200.
    ///
    /// # Errors
    /// When a part of it cannot be sent, or is not for an application to say. It says which, and not what stands there.
    pub fn new(
        status: Option<u16>,
        headers: impl IntoIterator<Item = (String, String)>,
        body: String,
    ) -> Result<Self, String> {
        let status =
            StatusCode::from_u16(status.unwrap_or(200)).ok().filter(|status| (200..600).contains(&status.as_u16()));
        let status = status.ok_or("`status_code` must be a number from 200 to 599")?;
        let header = |(name, value): (String, String)| {
            let parsed = name.parse::<HeaderName>().map_err(|_| format!("`{name}` is no name of a header"))?;
            if DEFAULT_FORBIDDEN_HEADERS.contains(&parsed) || parsed == CONTENT_LENGTH {
                return Err(format!("the header `{name}` is the server's to set: leave it out"));
            }
            let value = HeaderValue::try_from(value).map_err(|_| format!("the header `{name}` has no valid value"))?;
            Ok((parsed, value))
        };
        let headers = headers.into_iter().map(header).collect::<Result<_, String>>()?;
        Ok(Self { status, headers, body: body.into() })
    }

    /// The answer.
    pub fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}
