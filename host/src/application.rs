//! What is served: which route leads to which guest, or to which answer.

mod fixed;
mod headers;
mod route;
mod table;

use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;

pub use fixed::Fixed;
pub use headers::SpinHeaders;
pub use route::{Route, RouteError};
pub use table::Table;

use crate::guest::Guest;
use crate::telemetry::RouteMetrics;

/// An application that is loaded, checked and ready to serve.
pub struct Application {
    routes: Table<Target>,
}

/// What a route leads to.
pub struct Target {
    /// What answers.
    pub answers: Answers,
    /// What it is told of the route, where that is asked for.
    headers: Option<SpinHeaders>,
    /// Where its requests are counted.
    pub(crate) metrics: Arc<RouteMetrics>,
}

/// What answers the requests of a route.
pub enum Answers {
    /// A component.
    Guest(Guest),
    /// The host itself.
    Fixed(Fixed),
}

impl Application {
    /// An application of one guest that answers on every path, and is told nothing but the client's request.
    pub fn of(guest: Guest) -> Self {
        let (route, headers) = (Route::everything(), None);
        let metrics = RouteMetrics::new(route.to_string());
        Self { routes: Table::new([(route, Target { answers: Answers::Guest(guest), headers, metrics })]) }
    }

    /// An application as a manifest describes it: its guests are told how they were reached, as Spin tells them.
    pub fn routed(routes: impl IntoIterator<Item = (Route, Answers)>) -> Self {
        let target = |(route, answers)| {
            let headers = Some(SpinHeaders::of(&route));
            let metrics = RouteMetrics::new(route.to_string());
            (route, Target { answers, headers, metrics })
        };
        Self { routes: Table::new(routes.into_iter().map(target)) }
    }

    /// Where a path leads.
    pub fn find(&self, path: &str) -> Option<(&Route, &Target)> {
        self.routes.find(path)
    }
}

impl Target {
    /// Tells the guest how it was reached.
    pub fn tell(&self, route: &Route, request: &mut Parts, client: SocketAddr) {
        if let Some(headers) = &self.headers {
            headers.set(route, request, client);
        }
    }
}
