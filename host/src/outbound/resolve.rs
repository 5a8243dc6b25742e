//! From a name to addresses. A parameter of the client, so that tests decide what a name leads to.

use std::io;
use std::net::IpAddr;

use futures::future::BoxFuture;

/// Resolves names.
pub trait Resolve: Send + Sync {
    /// The addresses of `name`, in the order in which to try them.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
pub(super) struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}
