//! What a store holds for a guest, and thereby all that the guest can reach: what it is granted, its log lines, clocks
//! and random numbers; no sockets, no arguments, no standard input.

use std::sync::{Arc, LazyLock};

use http::HeaderName;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView,
    WasiHttpHooks, WasiHttpView,
};
use wasmtime_wasi_io::IoView;

use super::grants::Grants;
use super::log::{GuestLog, Limits, Stream};
use super::memory::Memory;
use super::turn;
use crate::bounds::Bounds;
use crate::telemetry::Live;

/// A guest in a loop lets others run after this many ticks of the epoch.
pub(super) const TICKS_BETWEEN_YIELDS: u64 = 1;

/// Resources that an instance may hold at once. A request needs about ten, one that it sends itself about eight. Each can
/// be a set of header fields, which the host keeps: with the default `--max-header-size` all together are 32 MiB.
const MAX_RESOURCES: usize = 512;

/// Tasks, streams and futures of WASI 0.3 that an instance may have at once. wasmtime itself allows a million.
const MAX_CONCURRENT: usize = 10_000;

/// Bytes that one call to the host may hand over, and what the host copies of them at once: more than any function
/// that we have takes. wasmtime itself allows 128 MiB.
const MAX_HOST_CALL: usize = 1 << 20;

/// Bytes of random that one call may ask for. wasmtime itself allows 64 MiB.
const MAX_RANDOM: u64 = 1 << 20;

/// Bytes of a body that a guest may hand over at once; of each body the host holds two such chunks at most.
const MAX_CHUNK: usize = 64 << 10;

/// As many bodies of a call have chunks of that size; those after them have small ones, since a guest can open one for
/// every three of its resources and leave each full. So all bodies together hold 4 MiB at most.
const BODIES_AT_FULL_SPEED: usize = 16;
const SMALL_CHUNK: usize = 4 << 10;

/// The host's side of one instance.
pub struct State {
    table: ResourceTable,
    http: WasiHttpCtx,
    hooks: Hooks,
    memory: Memory,
    log: Limits,
    /// Made when the guest first asks for it: most calls of a small component never do.
    wasi: Option<WasiCtx>,
}

impl State {
    /// A store for one instance.
    pub(super) fn store(engine: &Engine, grants: Arc<Grants>, bounds: &Bounds, live: Live) -> Store<Self> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(bounds.max_header_size.0);
        let state = Self {
            table,
            http,
            hooks: Hooks { grants, bodies: 0 },
            memory: Memory::up_to(bounds.max_instance_memory.bytes(), live),
            log: Limits { max_line: bounds.max_log_line.0, max_rate: bounds.max_log_rate.get() },
            wasi: None,
        };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(MAX_HOST_CALL);
        if let Some(table) = store.concurrent_resource_table() {
            table.set_max_capacity(MAX_CONCURRENT);
        }
        store.set_epoch_deadline(TICKS_BETWEEN_YIELDS);
        store
            .epoch_deadline_callback(|_| Ok(UpdateDeadline::YieldCustom(TICKS_BETWEEN_YIELDS, Box::pin(turn::next()))));
        store
    }

    /// What the guest is given.
    pub(crate) fn grants(&self) -> &Grants {
        &self.hooks.grants
    }

    /// Makes the state ready for the next request, unless the last one has left something behind.
    pub(super) fn renew(&mut self) -> bool {
        self.hooks.bodies = 0;
        self.table.is_empty() && !self.memory_was_refused()
    }

    /// Whether the instance asked for more memory than it may have.
    pub(super) fn memory_was_refused(&self) -> bool {
        self.memory.was_refused()
    }
}

impl IoView for State {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let grants = &self.hooks.grants;
        let ctx = self.wasi.get_or_insert_with(|| {
            let mut builder = WasiCtx::builder();
            builder
                .envs(&grants.environment)
                .stdout(GuestLog::new(Stream::Stdout, self.log))
                .stderr(GuestLog::new(Stream::Stderr, self.log))
                .max_random_size(MAX_RANDOM);
            grants.files.open(&mut builder);
            builder.build()
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
struct Hooks {
    grants: Arc<Grants>,
    /// Bodies that the guest has made during this call.
    bodies: usize,
}

/// In one place: the constant is made anew wherever it stands.
static FORBIDDEN: [HeaderName; 9] = DEFAULT_FORBIDDEN_HEADERS;

/// Made once: the default makes a new one for each set of fields.
static FORBIDDEN_FILTER: LazyLock<ForbiddenHeaderFilter> = LazyLock::new(|| Arc::new(|name| FORBIDDEN.contains(name)));

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        FORBIDDEN.contains(name)
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        FORBIDDEN_FILTER.clone()
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        self.bodies += 1;
        if self.bodies <= BODIES_AT_FULL_SPEED { MAX_CHUNK } else { SMALL_CHUNK }
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        MAX_CHUNK
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _result: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let gate = self.grants.outbound.clone();
        Box::new(async move {
            let response = gate.send(request, options).await?;
            Ok((response, Box::new(async { Ok(()) }) as Box<_>))
        })
    }
}

/// The response to an outgoing request, and what goes on behind it.
type Sent = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);
