//! What an answer leaves to do, done when the answer is on its way to the client: the end of its instance, and the making
//! of the next one.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::panicking;

use futures::FutureExt;
use tokio::task::unconstrained;
use tokio::time::timeout;

use super::Inner;
use super::answer::Call;
use super::instances::{Idle, Instance, Room};

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

impl Inner {
    /// Sees to it that the next request on this thread finds an instance. What goes wrong is for a request to tell, which
    /// then makes its own.
    fn prepare(self: &Arc<Self>) {
        if self.background.available_permits() == 0 {
            return;
        }
        let Some(room) = self.instances.room() else { return };
        let guest = self.clone();
        let mut made = Call::new(self.metrics.clone(), async move { guest.instantiate(None).await });
        match unconstrained(&mut made).now_or_never() {
            Some(Ok(instance)) => self.instances.stock(instance, room),
            Some(Err(_)) => {}
            None => self.prepare_in_background(made, room),
        }
    }

    /// Goes on with what the connection has no time for: a guest that computes when it begins, or one tick of the epoch
    /// at that moment.
    fn prepare_in_background(self: &Arc<Self>, made: Call, room: Room) {
        let Ok(permit) = self.background.clone().try_acquire_owned() else { return };
        let guest = self.clone();
        tokio::spawn(async move {
            if let Ok(Ok(instance)) = timeout(guest.bounds.request_timeout.duration(), made).await {
                guest.instances.stock(instance, room);
            }
            drop(permit);
        });
    }
}
