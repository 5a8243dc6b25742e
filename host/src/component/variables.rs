//! The interfaces through which components read their variables.
//!
//! | interface | of |
//! |---|---|
//! | `fermyon:spin/variables@2.0.0` | Spin since 2.0 |
//! | `spin:variables/variables@3.0.0` | Spin since 4.0; its function is asynchronous |
//! | `wasi:config/store@0.2.0-draft-2024-09-27` | Spin since 3.0 |
//! | `wasi:config/store@0.2.0-rc.1` | wasmtime |
//!
//! They are so small that they are written as values here, without bindings.

use wasmtime::Result;
use wasmtime::component::{Linker, Val};

use crate::guest::State;

const SPIN: &str = "fermyon:spin/variables@2.0.0";
const SPIN_ASYNC: &str = "spin:variables/variables@3.0.0";
/// All of them.
pub(super) const INTERFACES: [&str; 4] = [SPIN, SPIN_ASYNC, CONFIG[0], CONFIG[1]];

const CONFIG: [&str; 2] = ["wasi:config/store@0.2.0-draft-2024-09-27", "wasi:config/store@0.2.0-rc.1"];

/// Adds all of them; the asynchronous one only where the engine is `concurrent`.
pub(super) fn add_to_linker(linker: &mut Linker<State>, concurrent: bool) -> Result<()> {
    linker.instance(SPIN)?.func_new("get", |store, _, arguments, results| {
        results[0] = variable(store.data(), arguments);
        Ok(())
    })?;
    if concurrent {
        linker.instance(SPIN_ASYNC)?.func_new_concurrent("get", |accessor, _, arguments, results| {
            results[0] = accessor.with(|mut store| variable(store.get(), arguments));
            Box::pin(async { Ok(()) })
        })?;
    }
    for interface in CONFIG {
        let mut store = linker.instance(interface)?;
        store.func_new("get", |store, _, arguments, results| {
            let value = name(arguments).and_then(|name| store.data().grants().variables.get(name));
            results[0] = ok(Val::Option(value.map(|value| Box::new(Val::String(value.to_owned())))));
            Ok(())
        })?;
        store.func_new("get-all", |store, _, _, results| {
            let pair = |(name, value): (&str, &str)| {
                Val::Tuple(vec![Val::String(name.to_owned()), Val::String(value.to_owned())])
            };
            results[0] = ok(Val::List(store.data().grants().variables.iter().map(pair).collect()));
            Ok(())
        })?;
    }
    Ok(())
}

/// `result<string, error>`, whose error says which name it is about.
fn variable(state: &State, arguments: &[Val]) -> Val {
    let name = name(arguments).unwrap_or_default();
    match state.grants().variables.get(name) {
        Some(value) => ok(Val::String(value.to_owned())),
        None => {
            let message = Val::String(format!("the component has no variable `{name}`: name it in its `variables`"));
            Val::Result(Err(Some(Box::new(Val::Variant("undefined".to_owned(), Some(Box::new(message)))))))
        }
    }
}

fn ok(value: Val) -> Val {
    Val::Result(Ok(Some(Box::new(value))))
}

fn name(arguments: &[Val]) -> Option<&str> {
    match arguments {
        [Val::String(name)] => Some(name),
        _ => None,
    }
}
