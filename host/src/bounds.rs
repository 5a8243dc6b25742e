//! Every bound of the host: its option, its default and the reason for it.
//!
//! Durations are written `500ms`, `2s`, `1m`; sizes `64KiB`, `16MiB`. A bound that may be lifted takes the word
//! `unlimited`; `0` is never taken for it.

mod counts;
mod machine;
mod value;

use std::num::NonZeroUsize;

use clap::Args;

pub use machine::cores;
pub use value::{Bound, Size, Span, ValueError, count, window};

/// What guests and clients may use, at most.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Bounds")]
pub struct Bounds {
    /// Time until a guest must have answered with the head of its response; then 504
    // As long as the reverse proxies in front of us wait by default, or less.
    #[arg(long, env = "CATAMARAN_REQUEST_TIMEOUT", value_name = "TIME", default_value = "30s")]
    pub request_timeout: Bound<Span>,

    /// Time without progress of a body, in either direction, after which it is cut off
    // Long enough for a phone in a tunnel.
    #[arg(long, env = "CATAMARAN_BODY_TIMEOUT", value_name = "TIME", default_value = "30s")]
    pub body_timeout: Bound<Span>,

    /// Bytes a second of a body, in either direction; with fewer, the time for it runs out although it makes progress
    // The least that Kestrel asks for, too: any modem sent more.
    #[arg(long, env = "CATAMARAN_MIN_BODY_RATE", value_name = "SIZE", default_value = "240B")]
    pub min_body_rate: Bound<Size>,

    /// Memory of one instance, all its linear memories together
    // Room for a guest of an interpreted language; two hundred of them still fit a common machine.
    #[arg(long, env = "CATAMARAN_MAX_INSTANCE_MEMORY", value_name = "SIZE", default_value = "128MiB")]
    pub max_instance_memory: Bound<Size>,

    /// Requests in progress at once [default: 64 for each core, less where memory is scarce]
    #[arg(long, env = "CATAMARAN_MAX_CONCURRENT_REQUESTS", value_name = "COUNT", value_parser = count)]
    pub max_concurrent_requests: Option<NonZeroUsize>,

    /// Time that a request waits for its turn; then 503
    // A client that waits longer has often given up: shedding early keeps the rest fast.
    #[arg(long, env = "CATAMARAN_QUEUE_TIMEOUT", value_name = "TIME", default_value = "1s")]
    pub queue_timeout: Span,

    /// Connections at once; idle ones give way to further ones, which wait in the backlog
    // What a process with 1,024 file descriptors can nearly hold.
    #[arg(long, env = "CATAMARAN_MAX_CONCURRENT_CONNECTIONS", value_name = "COUNT", default_value = "1000", value_parser = count)]
    pub max_concurrent_connections: NonZeroUsize,

    /// Time until the first byte of a new connection
    #[arg(long, env = "CATAMARAN_FIRST_BYTE_TIMEOUT", value_name = "TIME", default_value = "10s")]
    pub first_byte_timeout: Bound<Span>,

    /// Time from the first byte of a request to the end of its headers; then 408
    #[arg(long, env = "CATAMARAN_HEADER_TIMEOUT", value_name = "TIME", default_value = "10s")]
    pub header_timeout: Bound<Span>,

    /// Time that a connection may be idle between requests
    // Longer than the 60 s for which common load balancers keep connections: they must be the ones to close.
    #[arg(long, env = "CATAMARAN_KEEP_ALIVE_TIMEOUT", value_name = "TIME", default_value = "75s")]
    pub keep_alive_timeout: Bound<Span>,

    /// Size of a request's headers; then 431
    #[arg(long, env = "CATAMARAN_MAX_HEADER_SIZE", value_name = "SIZE", default_value = "64KiB")]
    pub max_header_size: Size,

    /// Number of a request's header fields, up to 10,000; then 431
    #[arg(long, env = "CATAMARAN_MAX_HEADER_COUNT", value_name = "COUNT", default_value = "100",
          value_parser = header_count)]
    pub max_header_count: NonZeroUsize,

    /// Size of a request's body; then 413
    #[arg(long, env = "CATAMARAN_MAX_BODY", value_name = "SIZE", default_value = "16MiB")]
    pub max_body: Bound<Size>,

    /// Requests at once on one HTTP/2 connection
    // RFC 9113 section 6.5.2 asks for at least 100.
    #[arg(long, env = "CATAMARAN_HTTP2_MAX_STREAMS", value_name = "COUNT", default_value = "100", value_parser = count)]
    pub http2_max_streams: NonZeroUsize,

    /// Bytes that an HTTP/2 client may send ahead on one stream
    #[arg(long, env = "CATAMARAN_HTTP2_STREAM_WINDOW", value_name = "SIZE", default_value = "64KiB",
          value_parser = window)]
    pub http2_stream_window: Size,

    /// Bytes that an HTTP/2 client may send ahead on one connection
    #[arg(long, env = "CATAMARAN_HTTP2_CONNECTION_WINDOW", value_name = "SIZE", default_value = "1MiB",
          value_parser = window)]
    pub http2_connection_window: Size,

    /// Size of a guest's log line; the rest of it is dropped and counted
    #[arg(long, env = "CATAMARAN_MAX_LOG_LINE", value_name = "SIZE", default_value = "8KiB")]
    pub max_log_line: Size,

    /// Log lines a second from all guests together; further ones are dropped and counted
    // More than a person reads and less than a disk notices.
    #[arg(long, env = "CATAMARAN_MAX_LOG_RATE", value_name = "COUNT", default_value = "1000", value_parser = count)]
    pub max_log_rate: NonZeroUsize,

    /// Requests that an instance answers before it is dropped [default: 1 for WASI 0.2, 128 for WASI 0.3]
    // What `wasmtime serve` and Spin do.
    #[arg(long, env = "CATAMARAN_MAX_INSTANCE_REUSE_COUNT", value_name = "COUNT", value_parser = count)]
    pub max_instance_reuse_count: Option<NonZeroUsize>,

    /// Requests that an instance answers at once: 1, as a trap or a loop in one would end the others
    // The name is known from `wasmtime serve` and Spin, so it is refused with a reason, not as unknown.
    #[arg(long, env = "CATAMARAN_MAX_INSTANCE_CONCURRENT_REUSE_COUNT", value_name = "COUNT", default_value = "1",
          value_parser = only_one)]
    pub max_instance_concurrent_reuse_count: NonZeroUsize,

    /// Time that an instance is kept for the next request
    #[arg(long, env = "CATAMARAN_IDLE_INSTANCE_TIMEOUT", value_name = "TIME", default_value = "1s")]
    pub idle_instance_timeout: Span,
}

/// The table of a head is made for this number of fields before they are read, and holds no more than 32,768.
fn header_count(argument: &str) -> Result<NonZeroUsize, String> {
    match argument.parse::<NonZeroUsize>() {
        Ok(count) if count.get() <= 10_000 => Ok(count),
        _ => Err("write a number from 1 to 10000".to_owned()),
    }
}

/// The deadline, the memory bound and the end by a trap belong to an instance. Were it shared at a moment, one request
/// could not be ended without the others; and a guest that computes holds up all that share its instance.
fn only_one(argument: &str) -> Result<NonZeroUsize, String> {
    match argument.parse() {
        Ok(NonZeroUsize::MIN) => Ok(NonZeroUsize::MIN),
        _ => {
            Err("an instance answers one request at a time here, so that a request that fails takes no other with it: \
                  write 1, or leave the option out"
                .to_owned())
        }
    }
}
