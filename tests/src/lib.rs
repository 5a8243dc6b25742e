//! The support library of the tests: it builds what is tested, starts it, waits for it by event, and
//! asks it.
//!
//! - [`artifacts`]: the host's binary and the components, built once a process.
//! - [`manifest`]: what a `spin.toml` says about where a component is and how it is built.
//! - [`process`]: a child process with its output, ended when it is dropped.
//! - [`server`]: a process that has said on which address it listens.
//! - [`hosts`]: every way to serve the component.
//! - [`misbehaving`]: servers of the guest that misbehaves on request.
//! - [`tool`]: programs that a machine may lack, and what their absence means.
//! - [`metrics`]: what `/metrics` shows.
//! - [`collector`]: a receiver of spans.
//! - [`suite`]: a test harness that names what it skipped.
//! - [`docker`]: the image, and containers of it.
//! - [`guests`]: components that are a few lines of text.
//! - [`browser`]: a headless Chromium.
//! - [`http`]: one request, one answer.
//! - [`connection`]: one request after the other on the same connection.
//! - [`frames`]: an HTTP/2 connection frame by frame.
//! - [`walk`]: a document whose commands are run.
//! - [`contract`]: what a client may rely on, whichever host answers.

#![forbid(unsafe_code)]

pub mod artifacts;
pub mod browser;
pub mod collector;
pub mod connection;
pub mod contract;
pub mod docker;
pub mod frames;
pub mod guests;
pub mod hosts;
pub mod http;
pub mod manifest;
pub mod metrics;
pub mod misbehaving;
pub mod process;
pub mod server;
pub mod suite;
pub mod tool;
pub mod walk;
