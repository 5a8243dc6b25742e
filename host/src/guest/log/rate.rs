//! How many log lines all guests together may write in a second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::telemetry::METRICS;

/// What the rate is counted over.
const WINDOW: Duration = Duration::from_secs(1);

static CURRENT: Mutex<Option<Window>> = Mutex::new(None);

/// A second, and what was logged in it.
struct Window {
    began: Instant,
    lines: usize,
    dropped: usize,
}

fn current() -> MutexGuard<'static, Option<Window>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a line, and says whether it may be logged. At the end of a second in which lines were dropped, the log says
/// how many.
pub(super) fn allows_one_more(max: usize) -> bool {
    let now = Instant::now();
    let mut current = current();
    let window = match &mut *current {
        // A window with dropped lines is ended by its own task, which reports them.
        Some(window) if window.dropped > 0 || now < window.began + WINDOW => window,
        outdated => outdated.insert(Window { began: now, lines: 0, dropped: 0 }),
    };
    if window.lines < max {
        window.lines += 1;
        return true;
    }
    window.dropped += 1;
    METRICS.guest_lines_dropped.inc();
    if window.dropped == 1 {
        let rest = WINDOW.saturating_sub(now - window.began);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(report(rest, max));
        }
    }
    false
}

async fn report(rest: Duration, max: usize) {
    tokio::time::sleep(rest).await;
    let dropped = current().take().map_or(0, |window| window.dropped);
    tracing::warn!(dropped_lines = dropped, "guests logged more than {max} lines in a second: {dropped} were dropped");
}
