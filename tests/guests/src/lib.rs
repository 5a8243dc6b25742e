//! A component that shows what its host gives it, and misbehaves on request.
//!
//! | path | what it does |
//! |---|---|
//! | `/hello`, `/empty` | answers `hello`; without a body |
//! | `/print` | prints a line on stdout and one on stderr (0.2) |
//! | `/print-flood`, `/print-long` | prints 5,000 lines; a line of 20,000 bytes that hides a control character |
//! | `/forge` | prints what would pass for a line of the host's log (0.2) |
//! | `/headers` | answers with the fields of the request that a host may add, one a line (0.2) |
//! | `/grow` | takes 64 MiB of memory (0.2) |
//! | `/count` | answers with the number of calls of this instance so far |
//! | `/write-secret`, `/find-secret` | writes a word all over its heap; answers with how often it is in its memory |
//! | `/trap`, `/trap-late` | traps before its response; after the first chunk of it |
//! | `/loop`, `/loop-late` | computes forever instead of a response; after the first chunk of it |
//! | `/sleep`, `/sleep-late` | waits forever instead of a response; after the first chunk of it |
//! | `/allocate`, `/recurse` | takes a GiB of memory; calls itself without end |
//! | `/ask` | asks for a GiB of memory, and answers whether it got it |
//! | `/random` | asks for 32 MiB of random bytes |
//! | `/fields`, `/resources`, `/bodies` | adds 32,769 header fields; opens resources without end; and fills bodies (0.2) |
//! | `/no-content` | answers with the status 204 and a length (0.2) |
//! | `/no-response`, `/twice` | never sets a response; sets it twice (0.2) |
//! | `/refuse`, `/interim` | answers with an error code; with the status 103 |
//! | `/open` | ends without finishing the body of its response |
//! | `/after`, `/after-forever` | works on after its response: for a moment, then prints `done`; forever |
//! | `/unread`, `/echo` | answers without reading the request's body; with that body |
//! | `/measure` | reads the request's body, then answers with its length, or `broken` |
//! | `/endless`, `/slow` | streams without end; three chunks with pauses |
//! | `/written`, `/flush-too-much` | writes as much as there is room for; more than a call may flush (both 0.2) |
//! | `/sockets` | answers with what becomes of opening a socket of each kind, and of looking up a name |
//! | `/terminals` | answers which of its standard streams are terminals |
//! | `/fetch?URL` | answers with what the server there answers, or with the reason why it does not (0.3) |
//! | any other | answers with its environment, arguments and directories, one a line (0.2), or `hello` (0.3) |
//!
//! With the variable `BEGIN` an instance does more than that: `loudly` it prints a line when it is made, `slowly` it takes its time
//! for it (0.2).

#![cfg(target_family = "wasm")]

#[cfg(feature = "p2")]
mod begin;
mod conduct;
#[cfg(feature = "p2")]
mod p2;
#[cfg(all(feature = "p3", not(feature = "p2")))]
mod p3;
