//! The labels of metrics, and the few values that each but the component's name can take.

/// The label of what is counted for each component.
pub(super) const GUEST: &[&str] = &["component"];

/// The phases of a connection that can last too long.
pub(super) const PHASES: [&str; 5] = ["handshake", "new", "idle", "headers", "blocked"];

/// How a call can fail.
pub(super) const FAILURES: [&str; 11] = [
    "unreachable",
    "memory",
    "stack",
    "resources",
    "wasm",
    "host",
    "refused",
    "interim_status",
    "no_response",
    "unfinished_body",
    "broken_body",
];

/// What a head that is no request is answered with.
pub(super) const REFUSALS: [&str; 6] = ["400", "408", "414", "431", "501", "505"];

/// When a request's time was over.
#[derive(Clone, Copy)]
pub(crate) enum TimedOut {
    /// The body of the request did not come.
    RequestBody,
    /// Before the head of the response.
    Head,
    /// The guest gave no more of the body of its response.
    Body,
    /// The client took too little of the response.
    Taking,
    /// The guest worked on after its response.
    PostReturn,
}

impl TimedOut {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [Self::RequestBody, Self::Head, Self::Body, Self::Taking, Self::PostReturn];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::RequestBody => "request_body",
            Self::Head => "head",
            Self::Body => "body",
            Self::Taking => "taking",
            Self::PostReturn => "post_return",
        }
    }
}
