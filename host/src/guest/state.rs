//! What a store holds for a guest, and thereby all that the guest can reach: its own environment variables and log
//! lines, clocks and random numbers; no directory, no network, no arguments, no standard input.

use std::sync::{Arc, LazyLock};

use http::HeaderName;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView,
    WasiHttpHooks, WasiHttpView,
};

use super::log::{GuestLog, Stream};

/// A guest in a loop lets others run after this many ticks of the epoch.
const TICKS_BETWEEN_YIELDS: u64 = 1;

/// The host's side of one instance.
pub struct State {
    table: ResourceTable,
    http: WasiHttpCtx,
    hooks: Hooks,
    environment: Arc<[(String, String)]>,
    /// Made when the guest first asks for it: most calls of a small component never do.
    wasi: Option<WasiCtx>,
}

impl State {
    /// A store for one instance.
    pub(super) fn store(engine: &Engine, environment: Arc<[(String, String)]>) -> Store<Self> {
        let state =
            Self { table: ResourceTable::new(), http: WasiHttpCtx::new(), hooks: Hooks, environment, wasi: None };
        let mut store = Store::new(engine, state);
        store.epoch_deadline_async_yield_and_update(TICKS_BETWEEN_YIELDS);
        store.set_epoch_deadline(TICKS_BETWEEN_YIELDS);
        store
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let environment = &self.environment;
        let ctx = self.wasi.get_or_insert_with(|| {
            WasiCtx::builder()
                .envs(environment)
                .stdout(GuestLog::new(Stream::Stdout))
                .stderr(GuestLog::new(Stream::Stderr))
                .allow_tcp(false)
                .allow_udp(false)
                .build()
        });
        WasiCtxView { ctx, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

/// What reading the client's body can fail with, in the guest's terms.
pub(super) fn body_error(error: axum::Error) -> Error {
    tracing::debug!("request body: {error}");
    Error::ConnectionTerminated
}

/// Our answers where wasi:http asks its embedder.
struct Hooks;

/// Made once: the default makes a new one for each set of fields.
static FORBIDDEN: LazyLock<ForbiddenHeaderFilter> =
    LazyLock::new(|| Arc::new(|name| DEFAULT_FORBIDDEN_HEADERS.contains(name)));

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        FORBIDDEN(name)
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        FORBIDDEN.clone()
    }

    fn send_request(
        &mut self,
        _request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _result: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}

/// The response to an outgoing request, and what goes on behind it.
type Sent = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);
