//! The `catamaran` binary: parse → load → bind → serve → exit.
//!
//! Exit codes: 0 for success, 1 for a failure (one line on stderr says which and what to do), 2 for wrong usage.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use catamaran::application::Application;
use catamaran::cli::{self, Cli, Command, Error, Task};
use catamaran::logging::LogFormat;
use catamaran::outbound::Outbound;
use catamaran::printable::printable;
use catamaran::reload::Changes;
use catamaran::telemetry::otlp;
use catamaran::tls::Tls;
use catamaran::{admin, descriptors, guest, logging, reload, server, signals};
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// A request spent a seventh of its instructions in glibc's allocator (`docs/performance.md`); musl's has one lock for all
/// threads besides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the end waits for tasks that do not end, such as one that reads a file that blocks. A guest that loops gives
/// way within 10 ms: then its request is told of as cut off.
const LAST_TASKS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let Cli { task } = cli::parse();
    let format = match &task {
        Task::Serve(command) => Some(command.server_options().log_format),
        _ => None,
    };
    let log = format.map(logging::start);
    let Err(error) = run(task) else { return ExitCode::SUCCESS };
    // Names and values of files that are not ours stand in it.
    let error = error.to_string();
    let error = printable(&error);
    if let Some(LogFormat::Json) = format {
        // Who reads the log line by line reads this one too.
        tracing::error!("{error}");
    } else {
        // What was logged is written first.
        drop(log);
        eprintln!("error: {error}");
    }
    ExitCode::FAILURE
}

fn run(task: Task) -> Result<(), Error> {
    let command = match task {
        Task::Serve(command) => command,
        Task::Inspect(inspect) => return inspect.run(),
        Task::Healthcheck(healthcheck) => return Ok(healthcheck.run()?),
        #[cfg(feature = "compiler")]
        Task::Compile(compile) => return compile.run(),
    };
    for warning in cli::unknown_variables() {
        tracing::warn!("{warning}");
    }
    let runtime = Builder::new_multi_thread().worker_threads(guest::threads()).enable_all().build();
    let runtime = runtime.map_err(Error::Runtime)?;
    // Before whatever lasts: a request to load again, as early as it may come, ends nothing.
    let hangup = runtime.block_on(async { signals::Reload::catch() }).map_err(Error::Runtime)?;
    descriptors::provide(command.server_options());
    let tls = command.server_options().tls()?;
    let outbound = Outbound::new(&command.server_options().outbound)?;
    let changes = Changes::build(&command)?;
    let application = command.load(&outbound)?;
    let result = runtime.block_on(serve(command, changes, application, outbound, tls, hangup));
    runtime.shutdown_timeout(LAST_TASKS);
    result
}

async fn serve(
    command: Command,
    changes: Changes,
    application: Application,
    outbound: Outbound,
    tls: Option<Tls>,
    hangup: signals::Reload,
) -> Result<(), Error> {
    let options = command.server_options().clone();
    let mut stop = signals::Stop::catch().map_err(Error::Runtime)?;

    let listener = server::listen(options.listen, "--listen")?;
    let admin = match options.admin_listen {
        Some(address) => Some(server::listen(address, "--admin-listen")?),
        None => None,
    };
    let traces = otlp::start(&Handle::current(), &options.outbound);
    announce("Serving HTTP", if tls.is_some() { "https" } else { "http" }, &listener)?;
    tracing::debug!(threads = guest::threads(), requests = options.bounds.concurrent_requests(), "at most");
    let routes = server::Routes::new(application, &options);
    outbound.lead_home(routes.home());
    tokio::spawn(reload::run(command, changes, outbound, routes.clone(), tls.clone(), hangup));

    let stopping = CancellationToken::new();
    if let Some(admin) = admin {
        announce("Admin", "http", &admin)?;
        tokio::spawn(admin::run(admin, stopping.clone()));
    }
    let result = tokio::select! {
        result = server::run(listener, routes, tls, &options, stopping.cancelled()) => result,
        () = async {
            stop.requested().await;
            stopping.cancel();
            stop.requested_again().await;
        } => return Err(Error::Interrupted),
    };
    if let Some(traces) = traces {
        traces.finish().await;
    }
    Ok(result?)
}

/// Prints a line that tests, scripts and people wait for. A closed stdout is no reason not to serve.
fn announce(what: &str, scheme: &str, listener: &tokio::net::TcpListener) -> Result<(), Error> {
    let address = listener.local_addr().map_err(server::ListenError::Address)?;
    _ = writeln!(std::io::stdout(), "{what} on {scheme}://{address}/");
    Ok(())
}
