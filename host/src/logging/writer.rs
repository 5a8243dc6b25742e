//! The way of a line to stderr: into a buffer, and from there by a thread of its own.
//!
//! A request waits for nobody who reads the log: when the buffer is full, because the reader is slow or stuck, lines are
//! dropped and counted. Many lines go out in one write. `tracing-appender` does the same with a bound in lines, each
//! an allocation and as long as it likes; this bound is in bytes.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::telemetry::METRICS;

/// What waits at most: about a tenth of a second's access lines at full speed.
const CAPACITY: usize = 2 << 20;

/// How long the first line waits for others to go with it, unless all is to be written.
const GATHER: Duration = Duration::from_millis(5);

/// How long the end of the process waits for a reader that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// The lines that are not written yet, and the thread's news of them.
#[derive(Default)]
struct Queue {
    lines: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Default)]
struct Lines {
    waiting: Vec<u8>,
    dropped: u64,
    writing: bool,
    flushing: bool,
}

/// Takes lines. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer(Arc<Queue>);

/// Writes what is left when it is dropped.
pub struct Flush(Arc<Queue>);

/// Starts the thread.
pub(super) fn start() -> (Writer, Flush) {
    let queue = Arc::new(Queue::default());
    let thread = queue.clone();
    let started = thread::Builder::new().name("log".to_owned()).spawn(move || thread.write_all());
    if let Err(error) = started {
        eprintln!("warning: no log, its thread cannot be started: {error}");
    }
    (Writer(queue.clone()), Flush(queue))
}

impl Queue {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, lines: MutexGuard<'a, Lines>, limit: Duration) -> MutexGuard<'a, Lines> {
        self.changed.wait_timeout(lines, limit).unwrap_or_else(PoisonError::into_inner).0
    }

    /// The thread: it takes all that waits, and writes it at once.
    fn write_all(&self) {
        let mut batch = Vec::new();
        let mut lines = self.lines();
        loop {
            while lines.waiting.is_empty() {
                lines = self.changed.wait(lines).unwrap_or_else(PoisonError::into_inner);
            }
            if !lines.flushing {
                lines = self.wait(lines, GATHER);
            }
            std::mem::swap(&mut batch, &mut lines.waiting);
            let dropped = std::mem::take(&mut lines.dropped);
            lines.writing = true;
            drop(lines);
            if dropped > 0 {
                // After what was written before them.
                _ = writeln!(batch, "{dropped} log lines were dropped: nobody read them in time");
            }
            // A stderr that is closed is no reason not to serve.
            _ = io::stderr().write_all(&batch);
            batch.clear();
            lines = self.lines();
            lines.writing = false;
            self.changed.notify_all();
        }
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Write for &Writer {
    /// Takes one event, which is how the formatter writes.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lines();
        if lines.waiting.len() + event.len() > CAPACITY {
            lines.dropped += 1;
            METRICS.lines_dropped.inc();
            return Ok(event.len());
        }
        let first = lines.waiting.is_empty();
        lines.waiting.extend_from_slice(event);
        if first {
            self.0.changed.notify_all();
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        let mut lines = self.0.lines();
        lines.flushing = true;
        self.0.changed.notify_all();
        let deadline = std::time::Instant::now() + PATIENCE;
        while lines.writing || !lines.waiting.is_empty() {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return;
            }
            lines = self.0.wait(lines, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_buffer_drops_whole_lines_and_counts_them() {
        let writer = Writer(Arc::default());
        let before = METRICS.lines_dropped.get();
        // A quarter and a byte: three fit.
        let line = vec![b'x'; CAPACITY / 4 + 1];
        for _ in 0..6 {
            assert_eq!((&writer).write(&line).expect("never an error"), line.len());
        }
        assert_eq!(METRICS.lines_dropped.get() - before, 3);
        assert!(writer.0.lines().waiting.len() <= CAPACITY);
    }
}
