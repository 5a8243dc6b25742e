//! What `/metrics` shows, and waiting for it to change.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{http::get, process::PATIENCE};

/// How long to wait between two looks: a value is not announced, it can only be asked for.
const LOOK: Duration = Duration::from_millis(5);

/// The text, as Prometheus would get it.
pub fn text(admin: SocketAddr) -> String {
    let answer = get(admin, "/metrics");
    assert_eq!(answer.status(), 200, "{answer:?}");
    String::from_utf8(answer.into_body().to_vec()).expect("text")
}

/// The sum of all series of `name` whose labels hold each of `labels`; nothing when there is none.
pub fn value(admin: SocketAddr, name: &str, labels: &[&str]) -> Option<f64> {
    sum(&text(admin), name, labels)
}

/// Waits until that sum is one that `wanted` takes. Panics with all metrics when it never is.
#[track_caller]
pub fn wait_for(admin: SocketAddr, name: &str, labels: &[&str], wanted: impl Fn(f64) -> bool) -> f64 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = text(admin);
        match sum(&text, name, labels) {
            Some(value) if wanted(value) => return value,
            _ if Instant::now() > deadline => panic!("{name} {labels:?} did not become that:\n{text}"),
            _ => std::thread::sleep(LOOK),
        }
    }
}

/// The names of the families with their types.
pub fn families(text: &str) -> BTreeMap<String, String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

fn sum(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (series, value) = rest.rsplit_once(' ')?;
        let matches =
            (series.is_empty() || series.starts_with('{')) && labels.iter().all(|label| series.contains(label));
        matches.then(|| value.parse::<f64>().expect(line))
    });
    values.reduce(|a, b| a + b)
}
