//! Whom a line is about: the id of the request that a task works on goes into each line that the task writes.
//!
//! Not a span of `tracing`, which would be made, written out and thrown away for each request, whether or not there is a line:
//! two of 43 µs (docs/performance.md).

use futures::future::Either;
use http::HeaderValue;

tokio::task_local! {
    /// A token (RFC 9110 section 5.6.2): it needs no quotes in text and no escapes in JSON.
    static REQUEST_ID: HeaderValue;
}

/// Work on the request with this id.
pub(crate) fn about<Work: Future>(id: HeaderValue, work: Work) -> impl Future<Output = Work::Output> {
    REQUEST_ID.scope(id, work)
}

/// Work on it that does not wait.
pub(crate) fn about_now<Output>(id: &HeaderValue, work: impl FnOnce() -> Output) -> Output {
    REQUEST_ID.sync_scope(id.clone(), work)
}

/// Work that goes on in another task, about the same request as here.
pub(crate) fn about_the_same<Work: Future>(work: Work) -> impl Future<Output = Work::Output> {
    match id() {
        Some(id) => Either::Left(about(id, work)),
        None => Either::Right(work),
    }
}

/// The id that a line is about which is written now.
pub(super) fn id() -> Option<HeaderValue> {
    REQUEST_ID.try_with(HeaderValue::clone).ok()
}
