//! A guest, and the call of one request into it.
//!
//! A request has an instance to itself. The call runs in the task of the request's connection: whoever drops the
//! answer drops the call, the instance and its memory with it.

mod answer;
mod log;
mod p2;
mod p3;
mod state;

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};
use tokio::sync::oneshot;
use wasmtime::Engine;
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{Proxy, ProxyPre};

pub use answer::CallError;
pub use state::State;

/// A component that is ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Guest(Arc<Inner>);

struct Inner {
    engine: Engine,
    proxy: ProxyPre<State>,
    environment: Arc<[(String, String)]>,
}

/// Where a call leaves the response as soon as the guest has decided on its head.
type Head = oneshot::Sender<Result<Response<WasiBody>, CallError>>;

impl Guest {
    pub(crate) fn new(engine: Engine, proxy: ProxyPre<State>, environment: Arc<[(String, String)]>) -> Self {
        Self(Arc::new(Inner { engine, proxy, environment }))
    }

    /// Answers one request. The body of the response drives the rest of the call.
    ///
    /// # Errors
    /// When the guest ends without a response: see [`CallError`].
    pub async fn handle(&self, request: Request<Body>) -> Result<Response<Body>, CallError> {
        let (head, response) = oneshot::channel();
        let guest = self.0.clone();
        let call = Box::pin(async move {
            let mut store = State::store(&guest.engine, guest.environment.clone());
            match guest.proxy.instantiate_async(&mut store).await? {
                Proxy::P2(proxy) => p2::call(&mut store, &proxy, request, head).await,
                Proxy::P3(service) => p3::call(&mut store, &service, request, head).await,
            }
        });
        answer::answer(call, response).await
    }
}
