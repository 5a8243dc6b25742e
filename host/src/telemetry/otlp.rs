//! Spans to a collector over OTLP, when the standard variables ask for it: nothing is paid before.
//!
//! | variable | meaning |
//! |---|---|
//! | `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | where to; without one there is no export |
//! | `OTEL_SDK_DISABLED=true`, `OTEL_TRACES_EXPORTER=none` | no export |
//! | `OTEL_EXPORTER_OTLP_CERTIFICATE`, `OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE` | PEM file with authorities to trust, in place of `--outbound-ca` |
//! | `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | who we are; `catamaran` by default |
//! | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`, `OTEL_BSP_*`, `OTEL_EXPORTER_OTLP_HEADERS` | as the SDK reads them |

mod client;

use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use http::{Method, Request, StatusCode, Uri, Version};
use opentelemetry::trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};
use tokio::runtime::Handle;

use client::Client;

use super::Peer;
use crate::outbound::{OutboundError, OutboundOptions};

/// How long the end of the process waits for the last spans.
const FLUSH: Duration = Duration::from_secs(3);

/// Set when there is an export.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// The export of spans; ended by [`Export::finish`].
pub struct Export(SdkTracerProvider);

/// Why there is no export, though one is asked for.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("{0}={1} is not supported: use http/protobuf")]
    Protocol(&'static str, String),
    #[error("`{0}` is no address of a collector: write it as http://HOST:PORT or https://HOST:PORT")]
    Endpoint(String),
    #[error("cannot use `{}` as {name}: {reason}; give a PEM file with certificates", path.display())]
    Certificate { name: &'static str, path: PathBuf, reason: String },
    #[error(transparent)]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Starts the export that the environment asks for, if it does. What cannot be used is a warning: an application must
/// not stand still for want of its traces. Spans are sent within the bounds of `options`.
pub fn start(runtime: &Handle, options: &OutboundOptions) -> Option<Export> {
    let endpoint = endpoint()?;
    match provider(&endpoint, runtime, options) {
        Ok(provider) => {
            _ = TRACER.set(provider.tracer("catamaran"));
            Some(Export(provider))
        }
        Err(error) => {
            tracing::warn!("traces are not exported: {error}");
            None
        }
    }
}

impl Export {
    /// Sends what is left, for a bounded time.
    pub async fn finish(self) {
        let flushed = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(FLUSH)).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!("the last spans may be lost: {error}");
        }
    }
}

/// A variable; an empty one is none, as the specification has it.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first of these variables that there is, with its name.
fn first(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, variable(name)?)))
}

fn endpoint() -> Option<String> {
    let is = |name, value: &str| variable(name).is_some_and(|set| set.eq_ignore_ascii_case(value));
    if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return None;
    }
    first(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]).map(|(_, endpoint)| endpoint)
}

fn provider(endpoint: &str, runtime: &Handle, options: &OutboundOptions) -> Result<SdkTracerProvider, Unusable> {
    let protocol = first(["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]);
    if let Some((name, protocol)) = protocol.filter(|(_, protocol)| protocol != "http/protobuf") {
        return Err(Unusable::Protocol(name, protocol));
    }
    if endpoint.parse::<Uri>().ok().is_none_or(|uri| !matches!(uri.scheme_str(), Some("http" | "https"))) {
        return Err(Unusable::Endpoint(endpoint.to_owned()));
    }
    let mut options = options.clone();
    let mut name = "--outbound-ca";
    if let Some((variable, path)) = first(["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"]) {
        (name, options.outbound_ca) = (variable, Some(path.into()));
    }
    let client = Client::new(options, runtime.clone())
        .map_err(|OutboundError::Authority { path, reason }| Unusable::Certificate { name, path, reason })?;
    let exporter =
        SpanExporter::builder().with_http().with_http_client(client).with_protocol(Protocol::HttpBinary).build()?;
    Ok(SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build())
}

fn resource() -> Resource {
    let mut resource = Resource::builder();
    let attributes = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    if variable("OTEL_SERVICE_NAME").is_none() && !attributes.contains("service.name=") {
        resource = resource.with_service_name(env!("CARGO_PKG_NAME"));
    }
    resource.build()
}

/// The span of a request, on its way to the collector.
pub(super) struct Recorded(Box<Span>);

/// Begins the span of a request, if there is an export. Attributes by
/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span>; the query is left out: it may hold
/// secrets.
pub(super) fn record<B>(request: &Request<B>, parent: Option<&SpanContext>, peer: &Peer) -> Option<Recorded> {
    let tracer = TRACER.get()?;
    let mut attributes = vec![
        KeyValue::new("http.request.method", request.method().to_string()),
        KeyValue::new("url.scheme", peer.scheme()),
        KeyValue::new("url.path", request.uri().path().to_owned()),
        KeyValue::new("network.protocol.version", version(request.version())),
    ];
    attributes.push(KeyValue::new("network.peer.address", peer.address().ip().to_string()));
    attributes.push(KeyValue::new("network.peer.port", i64::from(peer.address().port())));
    let builder =
        tracer.span_builder(request.method().to_string()).with_kind(SpanKind::Server).with_attributes(attributes);
    let context = match parent {
        Some(parent) => Context::new().with_remote_span_context(parent.clone()),
        None => Context::new(),
    };
    let span = builder.start_with_context(tracer, &context);
    // After the end of the export spans are empty.
    span.span_context().is_valid().then(|| Recorded(Box::new(span)))
}

impl Recorded {
    pub(super) fn context(&self) -> SpanContext {
        self.0.span_context().clone()
    }

    pub(super) fn end(mut self, method: &Method, route: &str, status: Option<StatusCode>, complete: bool) {
        let span = &mut self.0;
        if !route.is_empty() {
            span.update_name(format!("{method} {route}"));
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
        if let Some(status) = status {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        }
        let error = match status {
            Some(status) if status.is_server_error() => Some(status.as_str().to_owned()),
            _ if !complete => Some("cut_off".to_owned()),
            _ => None,
        };
        if let Some(error) = error {
            span.set_attribute(KeyValue::new("error.type", error));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}
