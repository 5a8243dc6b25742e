//! A guest, and the call of one request into it.
//!
//! A request has an instance to itself. The call runs in the task of the request's connection: whoever drops the
//! answer drops the call, the instance and its memory with it.

mod afterwards;
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

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{Proxy, ProxyPre};

use crate::bounds::Bounds;
use crate::telemetry::GuestMetrics;
use answer::Call;
use instances::{Instance, Instances};
use upload::Upload;

pub use afterwards::after;
pub use ending::{CallError, Stage, TrapReason};
pub use grants::{Grants, Variables};
pub use state::State;
pub use turn::threads;

/// A component that is ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Guest(Arc<Inner>);

struct Inner {
    engine: Engine,
    proxy: ProxyPre<State>,
    grants: Arc<Grants>,
    bounds: Arc<Bounds>,
    instances: Instances,
    /// For the one instance that may be made in the background.
    background: Arc<Semaphore>,
    metrics: GuestMetrics,
}

/// Where a call leaves the response as soon as the guest has decided on its head.
type Head = oneshot::Sender<Result<Response<WasiBody>, CallError>>;

impl Guest {
    /// `idle`: the places for idle instances in the pool of `engine`.
    pub(crate) fn new(
        name: &str,
        engine: Engine,
        idle: Arc<Semaphore>,
        proxy: ProxyPre<State>,
        grants: Arc<Grants>,
        bounds: Arc<Bounds>,
    ) -> Self {
        let reuse = bounds.instance_reuse(matches!(proxy, ProxyPre::P3(_)));
        let instances = Instances::new(reuse, idle, bounds.idle_instance_timeout.0);
        let (background, metrics) = (Arc::new(Semaphore::new(1)), GuestMetrics::of(name));
        Self(Arc::new(Inner { engine, proxy, grants, bounds, instances, background, metrics }))
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
        answer::answer(call, response, head_only, &self.0, &upload).await.map_err(|error| upload.blame(error))
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
            Some(idle) => idle.answering(place),
            None => self.instantiate(Some(place)).await?,
        };
        if instance.calls > 0 {
            self.metrics.reused();
        }
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

    async fn instantiate(&self, place: Option<OwnedSemaphorePermit>) -> Result<Instance, CallError> {
        let mut store = State::store(&self.engine, self.grants.clone(), &self.bounds, self.metrics.created());
        match self.proxy.instantiate_async(&mut store).await {
            Ok(proxy) => Ok(Instance { store, proxy, calls: 0, place }),
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
