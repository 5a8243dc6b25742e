//! The `catamaran` binary: parse → load → bind → serve → exit.
//!
//! Exit codes: 0 for success, 1 for a failure (one line on stderr says which and what to do), 2 for wrong usage.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use catamaran::cli::{Cli, Error};
use catamaran::{guest, logging, server, signals};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Error> {
    let options = cli.command.server_options().clone();
    let application = cli.command.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(guest::threads())
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    runtime.block_on(async {
        let stop = signals::stop().map_err(Error::Runtime)?;
        let listener = server::listen(options.listen).await?;
        announce(&listener)?;
        server::run(listener, application, &options, stop).await.map_err(Error::Drain)
    })
}

/// Prints the line that tests, scripts and people wait for. A closed stdout is no reason not to serve.
fn announce(listener: &tokio::net::TcpListener) -> Result<(), Error> {
    let address = listener.local_addr().map_err(server::ListenError::Address)?;
    _ = writeln!(std::io::stdout(), "Serving HTTP on http://{address}/");
    Ok(())
}
