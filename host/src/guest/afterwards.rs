//! What an answer leaves to do, done when the answer is on its way to the client: the end of its instance, and the making
//! of the next one.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::panicking;

use super::Inner;
use super::instances::{Idle, Instance};

thread_local! {
    static LEFT: Cell<Left> = const { Cell::new(Left::Nowhere) };
}

/// What was left to do by answers that were given since the connection was last asked for one.
enum Left {
    /// No connection is asked: things are done at once.
    Nowhere,
    Nothing,
    Instance(Arc<Inner>, Idle),
}

/// Lets a connection give answers and send them, then does what they left to do.
pub fn after<T>(answers: impl FnOnce() -> T) -> T {
    /// Also when `answers` panics: the thread goes on with other connections.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            if let Left::Instance(guest, ended) = LEFT.replace(Left::Nowhere) {
                drop(ended);
                if !panicking() {
                    guest.prepare();
                }
            }
        }
    }
    LEFT.set(Left::Nothing);
    let _end = End;
    answers()
}

/// Takes the instance of a call that succeeded.
pub(super) fn leave(guest: &Arc<Inner>, instance: Instance) {
    let Some(ended) = guest.instances.give_back(instance) else { return };
    match LEFT.replace(Left::Nowhere) {
        Left::Nowhere => drop(ended),
        // One at a time: further ones would only hold memory.
        Left::Nothing | Left::Instance(..) => LEFT.set(Left::Instance(guest.clone(), ended)),
    }
}
