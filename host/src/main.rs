//! The `catamaran` binary: parse → load → bind → serve → exit.
//!
//! Exit codes: 0 for success, 1 for a failure (one line on stderr says which and what to do), 2 for wrong usage.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use catamaran::application::Application;
use catamaran::cli::{Cli, Command, Error};
use catamaran::telemetry::otlp;
use catamaran::{admin, guest, logging, reload, server, signals};
use clap::Parser;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = logging::start(cli.command.server_options().log_format);
    let result = run(cli);
    drop(log);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(Cli { command }: Cli) -> Result<(), Error> {
    let application = command.load()?;
    let runtime = Builder::new_multi_thread().worker_threads(guest::threads()).enable_all().build();
    runtime.map_err(Error::Runtime)?.block_on(serve(command, application))
}

async fn serve(command: Command, application: Application) -> Result<(), Error> {
    let options = command.server_options().clone();
    let mut stop = signals::Stop::catch().map_err(Error::Runtime)?;
    let hangup = signals::Reload::catch().map_err(Error::Runtime)?;

    let listener = server::listen(options.listen, "--listen").await?;
    let admin = match options.admin_listen {
        Some(address) => Some(server::listen(address, "--admin-listen").await?),
        None => None,
    };
    let traces = otlp::start(&Handle::current());
    announce("Serving HTTP", &listener)?;
    let routes = server::Routes::new(application, &options.bounds);
    tokio::spawn(reload::run(command, routes.clone(), hangup));

    let stopping = CancellationToken::new();
    if let Some(admin) = admin {
        announce("Admin", &admin)?;
        tokio::spawn(admin::run(admin, stopping.clone()));
    }
    let result = tokio::select! {
        result = server::run(listener, routes, &options, stopping.cancelled()) => result,
        () = async {
            stop.requested().await;
            stopping.cancel();
            stop.requested().await;
        } => return Err(Error::Interrupted),
    };
    if let Some(traces) = traces {
        traces.finish().await;
    }
    Ok(result?)
}

/// Prints a line that tests, scripts and people wait for. A closed stdout is no reason not to serve.
fn announce(what: &str, listener: &tokio::net::TcpListener) -> Result<(), Error> {
    let address = listener.local_addr().map_err(server::ListenError::Address)?;
    _ = writeln!(std::io::stdout(), "{what} on http://{address}/");
    Ok(())
}
