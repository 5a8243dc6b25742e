//! A dedicated host for wasi:http components: the library behind the `catamaran` binary.
//!
//! Data flows one way. Before anything is bound:
//!
//! - [`cli`]: arguments and environment variables, one file a subcommand; [`bounds`]: what may be used, at most;
//! - [`manifest`]: `spin.toml`, and the build commands that it names;
//! - [`component`]: from a file to a component that is checked, compiled and linked;
//!
//! then, for each request, a step a file:
//!
//! - [`server`]: accept → connection → router → answer;
//! - [`application`]: routes, and what a component is told of them;
//! - [`guest`]: the call into the component, WASI 0.2 and 0.3 side by side;
//! - [`outbound`]: requests that guests send: which are permitted, and how they are sent.
//!
//! Beside the requests: [`signals`], [`reload`], [`descriptors`] and [`tls`]. Seen from outside: [`logging`], [`telemetry`] and the [`admin`]
//! server.
// Allowed in one place: `component/native.rs`.
#![deny(unsafe_code)]

pub mod admin;
pub mod application;
pub mod bounds;
pub mod cli;
pub mod component;
pub mod descriptors;
mod file;
pub mod guest;
pub mod logging;
pub mod manifest;
mod nearest;
pub mod outbound;
pub mod printable;
pub mod reload;
pub mod server;
pub mod signals;
pub mod telemetry;
pub mod tls;
