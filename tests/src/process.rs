//! A child process: its output line by line as it comes, its end, and no child left behind.

use std::{
    fmt,
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process, kill_process_group};

/// How long a process may take to say or do what a test waits for. Far more than it needs on a slow machine: it
/// only ends a wait that would never end.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A running child with its output.
pub struct Process {
    child: Child,
    pid: Pid,
    output: Arc<Output>,
}

#[derive(Default)]
struct Output {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<(Stream, String)>,
    closed_streams: usize,
}

impl Process {
    /// Starts `command` with its output captured, in a process group of its own.
    pub fn spawn(command: &mut Command) -> Result<Self, String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let pid = Pid::from_child(&child);
        let output = Arc::new(Output::default());
        output.collect(Stream::Stdout, child.stdout.take().expect("stdout is piped"));
        output.collect(Stream::Stderr, child.stderr.take().expect("stderr is piped"));
        Ok(Self { child, pid, output })
    }

    /// Waits until `find` takes a line, those already printed included. The error holds all the output when the
    /// process closes its output first, or when [`PATIENCE`] ends.
    pub fn wait_for_line<T>(&self, mut find: impl FnMut(Stream, &str) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.output.lock();
        let mut seen = 0;
        loop {
            if let Some(found) = state.lines[seen..].iter().find_map(|(stream, line)| find(*stream, line)) {
                return Ok(found);
            }
            seen = state.lines.len();
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed_streams == 2 || left.is_zero() {
                let why = if left.is_zero() { "was not printed in time" } else { "was never printed" };
                return Err(format!("the line {why}; all the output: {state}"));
            }
            state = self.output.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The id of the process group: the process and all that it started.
    pub fn group(&self) -> u32 {
        self.child.id()
    }

    /// Sends `signal` to the process, and to none of its children.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the process can be signalled");
    }

    /// Waits for the end of the process and of its output.
    pub fn wait(mut self) -> Result<Finished, String> {
        // Nothing takes a line: this returns when both streams are closed.
        let end = self.wait_for_line(|_, _| None::<()>);
        if self.output.lock().closed_streams < 2 {
            return Err(format!("the process did not end: {}", end.expect_err("nothing was found")));
        }
        let status = self.child.wait().map_err(|error| error.to_string())?;
        let state = self.output.lock();
        Ok(Finished { status, stdout: state.text(Stream::Stdout), stderr: state.text(Stream::Stderr) })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group, because some hosts start children; it may be gone already.
        let _ = kill_process_group(self.pid, Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect(self: &Arc<Self>, stream: Stream, pipe: impl Read + Send + 'static) {
        let output = Arc::clone(self);
        thread::spawn(move || {
            let mut lines = BufReader::new(pipe).split(b'\n');
            while let Some(Ok(line)) = lines.next() {
                output.lock().lines.push((stream, String::from_utf8_lossy(&line).into_owned()));
                output.changed.notify_all();
            }
            output.lock().closed_streams += 1;
            output.changed.notify_all();
        });
    }
}

impl State {
    fn text(&self, wanted: Stream) -> String {
        self.lines.iter().filter(|(stream, _)| *stream == wanted).map(|(_, line)| format!("{line}\n")).collect()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(stream, line)| write!(f, "\n  {stream:?}: {line}"))
    }
}

/// A process that has ended.
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All that it printed on standard output.
    pub stdout: String,
    /// All that it printed on standard error.
    pub stderr: String,
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nstdout:\n{}stderr:\n{}", self.status, self.stdout, self.stderr)
    }
}

/// Runs `command` to its end, however long a build may take. Panics when it cannot be started.
pub fn run(command: &mut Command) -> Finished {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Finished { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}
