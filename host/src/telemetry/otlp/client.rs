//! The HTTP client of the export: hyper, on the host's own runtime. The exporter calls it from a thread that has none.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// The default of `OTEL_EXPORTER_OTLP_TIMEOUT`.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A collector answers with an empty message, or with the reason why it takes no spans.
const MAX_ANSWER: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Client {
    client: legacy::Client<HttpConnector, Full<Bytes>>,
    runtime: Handle,
}

impl Client {
    pub(super) fn new(runtime: Handle) -> Self {
        Self { client: legacy::Client::builder(TokioExecutor::new()).build_http(), runtime }
    }
}

#[wasmtime_wasi::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let response = self.client.request(request.map(Full::new));
        let exchange = async move {
            let (head, body) = response.await?.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        // A timer can only be made within a runtime.
        self.runtime.spawn(async move { timeout(TIMEOUT, exchange).await }).await??
    }
}
