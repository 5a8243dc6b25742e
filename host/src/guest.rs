//! A guest, and the call of one request into it.
//!
//! A request has an instance to itself. The call runs in the task of the request's connection: whoever drops the
//! answer drops the call, the instance and its memory with it.

mod answer;
mod body;
mod ending;
mod grants;
mod instances;
mod log;
mod memory;
mod p2;
mod p3;
mod state;
mod turn;
mod upload;
mod whole;

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{Proxy, ProxyPre};

use crate::bounds::Bounds;
use crate::telemetry::GuestMetrics;
use answer::Call;
use instances::{Instance, Instances};
use upload::Upload;

pub use ending::{CallError, Stage, TrapReason};
pub use grants::{Grants, Variables};
pub use state::State;
pub use turn::threads;

/// Requests that an instance answers by default, as in `wasmtime serve` and Spin: WASI 0.2 was made for an instance a
/// request, WASI 0.3 for many.
const REUSE_P2: usize = 1;
const REUSE_P3: usize = 128;

/// A component that is ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Guest(Arc<Inner>);

struct Inner {
    engine: Engine,
    proxy: ProxyPre<State>,
    grants: Arc<Grants>,
    bounds: Arc<Bounds>,
    instances: Instances,
    metrics: GuestMetrics,
}

/// Where a call leaves the response as soon as the guest has decided on its head.
type Head = oneshot::Sender<Result<Response<WasiBody>, CallError>>;

impl Guest {
    pub(crate) fn new(
        name: &str,
        engine: Engine,
        proxy: ProxyPre<State>,
        grants: Arc<Grants>,
        bounds: Arc<Bounds>,
    ) -> Self {
        let reuse = match proxy {
            ProxyPre::P2(_) => REUSE_P2,
            ProxyPre::P3(_) => REUSE_P3,
        };
        let reuse = bounds.max_instance_reuse_count.map_or(reuse, NonZeroUsize::get);
        let instances = Instances::new(reuse, bounds.concurrent_requests(), bounds.idle_instance_timeout.0);
        Self(Arc::new(Inner { engine, proxy, grants, bounds, instances, metrics: GuestMetrics::of(name) }))
    }

    /// Answers one request. The body of the response drives the rest of the call; `place` is freed when the call has
    /// ended and its instance is idle or gone.
    ///
    /// # Errors
    /// When the guest ends without a response or has none in time: see [`CallError`].
    pub async fn handle(
        &self,
        request: Request<Body>,
        place: OwnedSemaphorePermit,
    ) -> Result<Response<Body>, CallError> {
        let head_only = request.method() == Method::HEAD;
        let (head, response) = oneshot::channel();
        let guest = self.0.clone();
        let (request, upload) = Upload::of(request);
        let call = Call::new(self.0.metrics.clone(), async move { guest.call(request, head, place).await });
        answer::answer(call, response, head_only, &self.0.bounds, &self.0.instances, &upload)
            .await
            .map_err(|error| upload.blame(error))
    }
}

impl Inner {
    async fn call(
        &self,
        request: Request<Body>,
        head: Head,
        place: OwnedSemaphorePermit,
    ) -> Result<Instance, CallError> {
        let mut instance = match self.instances.take() {
            Some(idle) => {
                self.metrics.reused();
                Instance { place: Some(place), ..idle }
            }
            None => self.instantiate(place).await?,
        };
        let Instance { store, proxy, .. } = &mut instance;
        let result = match proxy {
            Proxy::P2(proxy) => p2::call(store, proxy, request, head).await,
            Proxy::P3(service) => p3::call(store, service, request, head).await,
        };
        match result {
            Ok(()) => Ok(instance),
            Err(error) => Err(self.failed(&instance.store, error)),
        }
    }

    async fn instantiate(&self, place: OwnedSemaphorePermit) -> Result<Instance, CallError> {
        let mut store = State::store(&self.engine, self.grants.clone(), &self.bounds, self.metrics.created());
        match self.proxy.instantiate_async(&mut store).await {
            Ok(proxy) => Ok(Instance { store, proxy, calls: 0, place: Some(place) }),
            Err(error) => Err(self.failed(&store, error)),
        }
    }

    fn failed(&self, store: &Store<State>, error: wasmtime::Error) -> CallError {
        if store.data().memory_was_refused() {
            let bound = self.bounds.max_instance_memory;
            return CallError::out_of_memory(error.context(format!("the instance asked for more memory than {bound}")));
        }
        CallError::trap(error)
    }
}
