//! Whom a line is about: the id of the request that a task works on goes into each line that the task writes.
//!
//! Not a span of `tracing`, which would be made, written out and thrown away for each request, whether or not there is a line:
//! two of 43 µs (docs/performance.md).

use std::fmt;

use futures::future::Either;
use http::HeaderValue;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{DefaultFields, Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::telemetry::request_id;

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

fn id() -> Option<HeaderValue> {
    REQUEST_ID.try_with(HeaderValue::clone).ok()
}

/// The fields of a line of text, after the id: what a guest writes behind it cannot pass for it.
#[derive(Default)]
pub(super) struct Fields(DefaultFields);

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        if let Some(id) = id() {
            write!(writer, "request_id={} ", request_id::text(&id))?;
        }
        self.0.format_fields(writer, fields)
    }
}

/// A line of JSON, with the id as its last field.
pub(super) struct Object(pub(super) Format<Json>);

impl<S, N> FormatEvent<S, N> for Object
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(id) = id() else { return self.0.format_event(context, writer, event) };
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let fields = line.strip_suffix("}\n").ok_or(fmt::Error)?;
        writeln!(writer, "{fields},\"request_id\":\"{}\"}}", request_id::text(&id))
    }
}
