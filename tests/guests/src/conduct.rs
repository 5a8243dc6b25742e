//! What needs no host to misbehave.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How long a guest waits for its first chunk to reach the client.
pub(crate) const MOMENT: u64 = 50_000_000;

/// One chunk of a body.
pub(crate) const CHUNK: &[u8] = b"the first chunk\n";

/// Lines of `/print-flood`, and the bytes of the line of `/print-long`.
pub(crate) const FLOOD: usize = 5_000;
pub(crate) const LONG: usize = 20_000;

/// 200,000 bytes, each of its place.
pub(crate) fn places() -> Vec<u8> {
    (0..200_000_u32).map(|place| (place % 251) as u8).collect()
}

/// Computes forever.
pub(crate) fn compute() -> ! {
    let mut n = 0_u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

/// Takes a GiB of memory, in steps, and writes to all of it.
pub(crate) fn allocate() -> String {
    let taken: Vec<Vec<u8>> = (0..1024).map(|_| vec![1; 1 << 20]).collect();
    black_box(&taken);
    "took a GiB".to_owned()
}

/// Asks for a GiB of memory, and can do without.
pub(crate) fn ask() -> String {
    let mut memory = Vec::<u8>::new();
    let granted = memory.try_reserve_exact(1 << 30).is_ok();
    black_box(&memory);
    if granted { "granted" } else { "refused" }.to_owned()
}

/// Calls itself without end.
pub(crate) fn recurse(depth: u64) -> u64 {
    if black_box(depth) == u64::MAX { depth } else { recurse(depth + 1).wrapping_mul(3) }
}

/// The number of calls of this instance so far.
pub(crate) fn count() -> String {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    (CALLS.fetch_add(1, Ordering::Relaxed) + 1).to_string()
}

/// Not in the binary as it is: else every memory would hold it.
fn secret() -> [u8; 16] {
    std::array::from_fn(|at| black_box(0xa5_u8) ^ (at as u8).wrapping_mul(29))
}

/// Writes the secret over half a MiB of the heap, which it does not give back.
pub(crate) fn write_secret() -> String {
    let secrets = vec![secret(); 32 << 10];
    black_box(secrets.leak());
    find_secret()
}

/// How often the secret is in the whole memory; once is here.
#[allow(unsafe_code, reason = "reads memory that belongs to nobody: that is the point")]
pub(crate) fn find_secret() -> String {
    let (secret, mut found) = (secret(), 0);
    let bytes = core::arch::wasm32::memory_size(0) << 16;
    for start in (16..bytes - 16).step_by(8) {
        let at: *const [u8; 16] = black_box(start as *const [u8; 16]);
        // SAFETY: the address is within the memory, and any bytes are an array of bytes.
        found += usize::from(unsafe { at.read_volatile() } == secret);
    }
    found.to_string()
}

/// A name for a header field that no other number has.
pub(crate) fn field_name(number: usize) -> String {
    format!("x{number}")
}

/// A line that is too long, with the sequence that clears a terminal near its start.
pub(crate) fn long_line() -> String {
    format!("\x1b[2J{}\n", "x".repeat(LONG))
}
