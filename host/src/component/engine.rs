//! The engine: how components are compiled, and the pool that their instances come from.

use std::io;
use std::thread;
use std::time::Duration;

use crate::bounds::Bounds;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, ModuleVersionStrategy, PoolingAllocationConfig, Result,
};

/// What a `.cwasm` must have been made by. wasmtime itself would take code of any patch release, also of one whose
/// compiler had an error that was mended since.
const VERSION: &str = concat!("catamaran ", env!("CARGO_PKG_VERSION"), " with wasmtime 48.0.8");

/// Slots a component may take of each kind: most have one memory and up to four core modules; those of interpreted
/// languages have more, and share what the others leave.
const CORE_INSTANCES_PER_INSTANCE: u32 = 8;
const MEMORIES_PER_INSTANCE: u32 = 2;
const TABLES_PER_INSTANCE: u32 = 4;

/// Pages that a slot keeps between instances. Zeroing them costs less than faulting them in again.
const KEEP_RESIDENT_MEMORY: usize = 128 << 10;
const KEEP_RESIDENT_TABLE: usize = 64 << 10;

/// What the pool reserves for a memory: all that 32 bits can address.
const LARGEST_MEMORY: usize = 4 << 30;

/// The stack of a call, and the part of it that wasm may use; the rest is for the host's functions.
const ASYNC_STACK: usize = 512 << 10;
const WASM_STACK: usize = 256 << 10;

/// How often a guest in a loop is interrupted, so that others have their turn.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Makes an engine. `concurrent` is what components of WASI 0.3 need; without it a call costs about a tenth less.
pub(super) fn engine(concurrent: bool, bounds: &Bounds) -> Result<Engine> {
    match Engine::new(&config(concurrent, InstanceAllocationStrategy::Pooling(pool(concurrent, bounds)))) {
        Ok(engine) => Ok(engine),
        // A machine with a small address space, or a limit on it (`ulimit -v`), has no room for the pool.
        Err(error) => {
            tracing::warn!("no room for the instance pool, instances will be slower: {error:#}");
            Engine::new(&config(concurrent, InstanceAllocationStrategy::OnDemand))
        }
    }
}

/// Makes an engine that only compiles, for the CPUs of `target` that have no extension.
#[cfg(feature = "compiler")]
pub(super) fn compiler(concurrent: bool, target: &str) -> Result<Engine> {
    // How instances are allocated changes nothing in the code.
    let mut config = config(concurrent, InstanceAllocationStrategy::OnDemand);
    config.target(target)?;
    Engine::new(&config)
}

fn config(concurrent: bool, strategy: InstanceAllocationStrategy) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(concurrent)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .async_stack_size(ASYNC_STACK)
        .max_wasm_stack(WASM_STACK)
        .allocation_strategy(strategy);
    let version = ModuleVersionStrategy::Custom(VERSION.to_owned());
    config.module_version(version).expect("a version of at most 255 bytes");
    config
}

/// A slot for each instance that answers a request or waits for one. A slot costs address space, not memory, but start-up
/// time: 256 of them take more than a millisecond.
fn pool(concurrent: bool, bounds: &Bounds) -> PoolingAllocationConfig {
    let instances = u32::try_from(bounds.concurrent_requests() + bounds.idle_instances(concurrent)).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_stacks(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES_PER_INSTANCE))
        .total_memories(instances.saturating_mul(MEMORIES_PER_INSTANCE))
        .total_tables(instances.saturating_mul(TABLES_PER_INSTANCE))
        .total_gc_heaps(instances)
        .linear_memory_keep_resident(KEEP_RESIDENT_MEMORY)
        .table_keep_resident(KEEP_RESIDENT_TABLE)
        // The bound is held by `guest::memory`, over all memories of an instance together.
        .max_memory_size(LARGEST_MEMORY)
        .decommit_batch_size(1)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Advances the engine's epoch every [`TICK`] for as long as the engine lives.
pub(super) fn tick(engine: &Engine) -> io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    })?;
    Ok(())
}
