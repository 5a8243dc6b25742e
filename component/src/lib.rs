//! The service: one HTTP component that answers `/` and `/healthz` under every wasi:http host.
//!
//! [`respond`] is a plain function from a request to a response; all that it can answer is prepared when the crate is
//! compiled. A thin adapter exports the same choice without the `http` crate's request, chosen by feature: `p2` as
//! `wasi:http/incoming-handler@0.2` or `p3` as `wasi:http/handler@0.3`.
//!
//! | module | its one idea |
//! |---|---|
//! | `service` | which request gets which answer |
//! | `negotiation` | JSON or HTML, by `Accept` |
//! | `conditional` | 304, by `If-None-Match` |
//! | `resources` | what `/` and `/healthz` say |
//! | `problem` | what errors say |
//! | `answer` | a response that is known when the crate is compiled |
//! | `text` | lengths and entity tags of constants |
//! | `p2`, `p3` | the adapters |

#![deny(unsafe_code)]

mod answer;
mod conditional;
mod negotiation;
mod problem;
mod resources;
mod service;
mod text;

#[cfg(all(target_family = "wasm", feature = "p2"))]
mod p2;
#[cfg(all(target_family = "wasm", feature = "p3"))]
mod p3;

#[cfg(test)]
mod tests;

pub use service::respond;

#[cfg(all(target_family = "wasm", feature = "p2", feature = "p3"))]
compile_error!(
    "a component is of one generation: build with `p2` (the default) or with `--no-default-features --features p3`"
);

/// Serves every allocation from the memory the component starts with, as long as that lasts.
#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
