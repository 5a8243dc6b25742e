//! The HTTP client of the export: that of outgoing requests, on the host's own runtime. The exporter calls it from a thread
//! that has none.

use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::outbound::{Gate, Outbound, OutboundError, OutboundOptions, Pattern};

/// The default of `OTEL_EXPORTER_OTLP_TIMEOUT`.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A collector answers with an empty message, or with the reason why it takes no spans.
const MAX_ANSWER: usize = 64 << 10;

pub(super) struct Client {
    gate: Gate,
    runtime: Handle,
    failure: Once,
}

impl Client {
    /// A client that goes wherever it is sent: who named the collector is the operator, not a guest. Guests do not use up its
    /// connections.
    pub(super) fn new(options: OutboundOptions, runtime: Handle) -> Result<Self, OutboundError> {
        let outbound_network = vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
        let outbound = Outbound::new(&OutboundOptions { outbound_network, ..options })?;
        Ok(Self { gate: outbound.gate("traces", vec![Pattern::any()]), runtime, failure: Once::new() })
    }

    /// Says once why spans do not arrive: the exporter says only that they are lost.
    fn failed(&self, error: HttpError) -> HttpError {
        self.failure.call_once(|| {
            tracing::warn!(
                "spans do not reach the collector: {error}; RUST_LOG=info,catamaran::outbound=debug says more (said once)"
            );
        });
        error
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

#[wasmtime_wasi::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = request.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync());
        let response = self.gate.clone().send(request, None);
        let exchange = async move {
            let (head, body) = response.await?.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        // A timer can only be made within a runtime.
        let exchange = self.runtime.spawn(async move { timeout(TIMEOUT, exchange).await? }).await;
        exchange.unwrap_or_else(|error| Err(error.into())).map_err(|error| self.failed(error))
    }
}
