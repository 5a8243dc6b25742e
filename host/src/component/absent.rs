//! What a guest may import and nobody has: sockets (`wasi:sockets`) and terminals (`wasi:cli/terminal-…`).
//!
//! Nothing stands behind them that could fail to refuse: the functions that open sockets and look up names answer
//! `access-denied`, those that ask for a terminal `none`, and all others need what nobody has. It makes the host smaller too
//! (docs/performance.md).

use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem, Type};
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType, Val};
use wasmtime::{Engine, Result, bail};
use wasmtime_wasi::p2::Network;

use crate::guest::State;

/// The interfaces of both generations, but for `network` and `instance-network`, which say only that there is a network.
const INTERFACES: [&str; 11] = [
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/types",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// What they define. Further resources in them are those of other interfaces, under the same name.
const RESOURCES: [&str; 7] = [
    "incoming-datagram-stream",
    "outgoing-datagram-stream",
    "resolve-address-stream",
    "tcp-socket",
    "terminal-input",
    "terminal-output",
    "udp-socket",
];

/// What a guest would have a handle of.
enum Nothing {}

/// Adds what the component imports of them, by the types that it says they have.
pub(super) fn add_to_linker(linker: &mut Linker<State>, engine: &Engine, component: &Component) -> Result<()> {
    for (name, item) in component.component_type().imports(engine) {
        let interface = name.split('@').next().unwrap_or(name);
        if let ComponentItem::ComponentInstance(instance) = item.ty
            && INTERFACES.contains(&interface)
        {
            add(&mut linker.instance(name)?, engine, &instance)?;
        }
    }
    Ok(())
}

fn add(linker: &mut LinkerInstance<'_, State>, engine: &Engine, interface: &ComponentInstance) -> Result<()> {
    for (name, item) in interface.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(function) if function.async_() => {
                linker.func_new_concurrent(name, |_, function, _, results| {
                    Box::pin(async move { refuse(&function, results) })
                })?;
            }
            ComponentItem::ComponentFunc(_) => {
                linker.func_new(name, |mut store, function, parameters, results| {
                    for parameter in parameters {
                        // A handle that is lent has to be given back.
                        if let Val::Resource(lent) = parameter {
                            lent.try_into_resource::<Network>(&mut store)?;
                        }
                    }
                    refuse(&function, results)
                })?;
            }
            ComponentItem::Resource(_) if RESOURCES.contains(&name) => {
                linker.resource(name, ResourceType::host::<Nothing>(), |_, _| Ok(()))?;
            }
            _ => (),
        }
    }
    Ok(())
}

fn refuse(function: &ComponentFunc, results: &mut [Val]) -> Result<()> {
    let refusal = match function.results().next() {
        Some(Type::Option(_)) => Some(Val::Option(None)),
        Some(Type::Result(result)) => {
            let denied = result.err().and_then(denied);
            denied.map(|denied| Val::Result(Err(Some(Box::new(denied)))))
        }
        _ => None,
    };
    let Some(refusal) = refusal else { bail!("there are neither sockets nor terminals") };
    results[0] = refusal;
    Ok(())
}

/// The error code `access-denied`, where it is one of these: an `enum` in WASI 0.2, a `variant` in WASI 0.3.
fn denied(codes: Type) -> Option<Val> {
    const CODE: &str = "access-denied";
    match codes {
        Type::Enum(codes) => codes.names().any(|name| name == CODE).then(|| Val::Enum(CODE.to_owned())),
        Type::Variant(codes) => {
            codes.cases().any(|case| case.name == CODE).then(|| Val::Variant(CODE.to_owned(), None))
        }
        _ => None,
    }
}
