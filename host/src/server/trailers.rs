//! The trailers of a request's body, as its header fields: so many, and none that belongs to the head. Of HTTP/1.1 the
//! scanner has looked at them before.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http_body::{Frame, SizeHint};

/// The trailers are none: RFC 9110 section 6.5.1.
#[derive(Debug, thiserror::Error)]
#[error("the trailers are too many, or belong to the head")]
pub(super) struct WrongTrailers;

/// A body whose trailers are looked at.
pub(super) struct Checked {
    pub(super) body: Body,
    pub(super) max_fields: usize,
}

impl Checked {
    fn takes(&self, trailers: &HeaderMap) -> bool {
        trailers.len() <= self.max_fields
            && ![CONTENT_LENGTH, HOST, TRANSFER_ENCODING].iter().any(|name| trailers.contains_key(name))
    }
}

impl http_body::Body for Checked {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map(|frame| match frame? {
            Ok(frame) if frame.trailers_ref().is_some_and(|trailers| !self.takes(trailers)) => {
                Some(Err(WrongTrailers.into()))
            }
            frame => Some(frame.map_err(Into::into)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
