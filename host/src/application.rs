//! What is served: which route leads to which guest.

mod route;

pub use route::{Route, RouteError};

use crate::guest::Guest;

/// An application that is loaded, checked and ready to serve.
pub struct Application {
    /// Routes with their guests, in the order of the manifest.
    pub routes: Vec<(Route, Guest)>,
}

impl Application {
    /// An application of one guest that answers on every path.
    pub fn of(guest: Guest) -> Self {
        Self { routes: vec![(Route::everything(), guest)] }
    }
}
