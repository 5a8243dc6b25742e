//! The one place of this project with `unsafe`: taking the bytes of a file for machine code.

use wasmtime::component::Component;
use wasmtime::{Engine, Result};

/// That whoever started the host vouches for its `.cwasm` files: `--allow-precompiled` was given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trust(());

impl Trust {
    /// `allowed` is what the operator said.
    pub(super) fn given(allowed: bool) -> Option<Self> {
        allowed.then_some(Self(()))
    }
}

/// Loads what `Engine::precompile_component` made. wasmtime refuses code for another version, another CPU or other
/// settings; it cannot tell code of Cranelift from code that somebody else has put in its place.
#[allow(unsafe_code, reason = "there is no safe way to run code that was compiled before")]
pub(super) fn load(engine: &Engine, code: &[u8], _: Trust) -> Result<Component> {
    // SAFETY: `deserialize` asks for bytes that `precompile_component` made and nobody changed. That is for the operator
    // to know, and `Trust` exists only where the operator has said so.
    unsafe { Component::deserialize(engine, code) }
}
