//! What an instance does when it is made, before any call: nothing, unless its variable `BEGIN` asks for more.

use wasip2::cli::{environment, stdout};
use wasip2::clocks::monotonic_clock::now;

/// Several turns of a guest.
const LONG: u64 = 50_000_000;

/// Called when the core module has been instantiated: the name is known to what makes a component of it.
#[allow(unsafe_code, reason = "a name that is found by the linker")]
#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    let variables = environment::get_environment();
    match variables.iter().find(|(name, _)| name == "BEGIN").map(|(_, value)| value.as_str()) {
        Some("loudly") => tell(),
        Some("slowly") => {
            let started = now();
            while now() - started < LONG {}
            tell();
        }
        _ => {}
    }
}

fn tell() {
    let line = format!("made at {}\n", now());
    stdout::get_stdout().blocking_write_and_flush(line.as_bytes()).expect("the log takes it");
}
