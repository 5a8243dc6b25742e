//! What the host tells of its requests: numbers, ids, one line and one span each.
//!
//! - `metrics`: what is counted, for the whole process;
//! - `route`: the durations of one route's requests, without a lock on their way;
//! - `guest`: what one component uses;
//! - `request_id`, `trace_context`: the ids that come with a request, or are made for it;
//! - `exchange`: one request from its head to the end of its response's body: everything above comes together there;
//! - `peer`: the client of a connection, and what was no request;
//! - `body`: a response's body, watched to its end;
//! - [`otlp`]: spans on their way to a collector, when the `OTEL_*` variables name one.

mod body;
mod exchange;
mod guest;
mod ids;
mod metrics;
pub mod otlp;
mod peer;
pub(crate) mod request_id;
mod route;
mod trace_context;

pub(crate) use body::Observed;
pub(crate) use exchange::Exchange;
pub(crate) use guest::{GuestMetrics, Live};
pub(crate) use metrics::{METRICS, TimedOut};
pub(crate) use peer::Peer;
pub(crate) use request_id::X_REQUEST_ID;
pub(crate) use route::RouteMetrics;
