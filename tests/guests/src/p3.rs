//! The guest of WASI 0.3.

use std::mem::forget;

use wasip3::cli::stdout;
use wasip3::cli::terminal_stderr::get_terminal_stderr;
use wasip3::cli::terminal_stdin::get_terminal_stdin;
use wasip3::cli::terminal_stdout::get_terminal_stdout;
use wasip3::clocks::monotonic_clock::wait_for;
use wasip3::exports::http::handler;
use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, Request, Response, Scheme, Trailers};
use wasip3::sockets::ip_name_lookup::resolve_addresses;
use wasip3::sockets::types::{IpAddressFamily, TcpSocket, UdpSocket};
use wasip3::wit_bindgen::{FutureWriter, StreamResult, StreamWriter};
use wasip3::{spawn, wit_future, wit_stream};

use crate::conduct::{self, CHUNK, MOMENT};

wasip3::http::service::export!(Guest);

struct Guest;

/// A response whose body is still to be written.
struct Begun {
    response: Response,
    body: StreamWriter<u8>,
    trailers: FutureWriter<Result<Option<Trailers>, ErrorCode>>,
}

impl handler::Guest for Guest {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        match path.as_str() {
            "/print-flood" => {
                let lines: String = (0..conduct::FLOOD).map(|line| format!("line {line}\n")).collect();
                print(lines).await;
                whole("printed")
            }
            "/print-long" => {
                print(conduct::long_line()).await;
                whole("printed")
            }
            "/count" => whole(&conduct::count()),
            "/write-secret" => whole(&conduct::write_secret()),
            "/find-secret" => whole(&conduct::find_secret()),
            "/trap" => panic!("told to"),
            "/trap-late" => begun(async |_| {
                wait_for(MOMENT).await;
                panic!("told to");
            }),
            "/loop" => conduct::compute(),
            "/loop-late" => begun(async |_| conduct::compute()),
            "/sleep" => {
                wait_for(u64::MAX).await;
                whole("hello")
            }
            "/sleep-late" => begun(async |_| wait_for(u64::MAX).await),
            "/allocate" => whole(&conduct::allocate()),
            "/ask" => whole(&conduct::ask()),
            "/measure" => whole(&measure(request).await),
            "/recurse" => whole(&conduct::recurse(0).to_string()),
            "/random" => whole(&wasip3::random::random::get_random_bytes(32 << 20).len().to_string()),
            "/sockets" => whole(&sockets().await),
            "/terminals" => whole(&terminals()),
            "/fields" => whole(&fields()),
            "/resources" => loop {
                forget(Fields::new());
            },
            "/refuse" => Err(ErrorCode::ConfigurationError),
            "/interim" => {
                let response = whole("")?;
                response.set_status_code(103).expect("a status");
                Ok(response)
            }
            "/open" => {
                let Begun { response, mut body, trailers } = begin();
                spawn(async move {
                    body.write_all(CHUNK.to_vec()).await;
                    forget((body, trailers));
                });
                Ok(response)
            }
            "/after" => {
                spawn(async {
                    wait_for(2 * MOMENT).await;
                    print("done\n".to_owned()).await;
                });
                whole("hello")
            }
            "/after-forever" => {
                spawn(async {
                    // Not before the response has gone.
                    wait_for(2 * MOMENT).await;
                    conduct::compute();
                });
                whole("hello")
            }
            "/echo" => {
                let (_, read) = wit_future::new(|| Ok(()));
                let (body, trailers) = Request::consume_body(request, read);
                Ok(Response::new(Fields::new(), Some(body), trailers).0)
            }
            "/endless" => begun(async |body| {
                while body.write_all(CHUNK.to_vec()).await.is_empty() {}
                print("the client left\n".to_owned()).await;
            }),
            path if path.starts_with("/fetch?") => whole(&fetch(&path["/fetch?".len()..]).await),
            "/slow" => begun(async |body| {
                for _ in 0..2 {
                    wait_for(MOMENT).await;
                    body.write_all(CHUNK.to_vec()).await;
                }
            }),
            "/empty" => {
                let (_, trailers) = wit_future::new(|| Ok(None));
                Ok(Response::new(Fields::new(), None, trailers).0)
            }
            _ => whole("hello"),
        }
    }
}

/// What becomes of the ways to a socket and to an address.
async fn sockets() -> String {
    let family = IpAddressFamily::Ipv4;
    let (tcp, udp) = (TcpSocket::create(family).err(), UdpSocket::create(family).err());
    format!("{tcp:?} {udp:?} {:?}", resolve_addresses("localhost".to_owned()).await.err())
}

/// Which of the standard streams are terminals.
fn terminals() -> String {
    let found = [get_terminal_stdin().is_some(), get_terminal_stdout().is_some(), get_terminal_stderr().is_some()];
    found.map(|found| found.to_string()).join(" ")
}

fn begin() -> Begun {
    let (body, reader) = wit_stream::new();
    let (trailers, no_trailers) = wit_future::new(|| Ok(None));
    let (response, _) = Response::new(Fields::new(), Some(reader), no_trailers);
    Begun { response, body, trailers }
}

/// A response that begins with a chunk; what follows is up to `rest`.
fn begun(rest: impl AsyncFnOnce(&mut StreamWriter<u8>) + 'static) -> Result<Response, ErrorCode> {
    let Begun { response, mut body, trailers } = begin();
    spawn(async move {
        body.write_all(CHUNK.to_vec()).await;
        rest(&mut body).await;
        drop(body);
        drop(trailers);
    });
    Ok(response)
}

fn whole(text: &str) -> Result<Response, ErrorCode> {
    let Begun { response, mut body, trailers } = begin();
    let text = text.as_bytes().to_vec();
    spawn(async move {
        body.write_all(text).await;
        drop(body);
        drop(trailers);
    });
    Ok(response)
}

/// What another server answers, or why it does not.
async fn fetch(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let (_, no_trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, no_trailers, None);
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(authority)).expect("an authority");
    request.set_path_with_query(Some(path)).expect("a path");
    let response = match client::send(request).await {
        Ok(response) => response,
        Err(code) => return format!("{code:?}"),
    };
    let (_, read) = wit_future::new(|| Ok(()));
    let (mut body, trailers) = Response::consume_body(response, read);
    let mut content = Vec::new();
    loop {
        let (status, bytes) = body.read(Vec::with_capacity(4096)).await;
        content.extend(bytes);
        if status == StreamResult::Dropped {
            break;
        }
    }
    trailers.await.map_or_else(|code| format!("{code:?}"), |_| String::from_utf8_lossy(&content).into_owned())
}

async fn print(text: String) {
    let (mut stream, reader) = wit_stream::new();
    let written = stdout::write_via_stream(reader);
    stream.write_all(text.into_bytes()).await;
    drop(stream);
    written.await.expect("the log takes it");
}

fn fields() -> String {
    let fields = Fields::new();
    let refused = (0..32_769).find(|&number| fields.append(&conduct::field_name(number), b"").is_err());
    refused.map_or_else(|| "none was refused".to_owned(), |number| format!("refused after {number}"))
}

async fn measure(request: Request) -> String {
    let (_, read) = wit_future::new(|| Ok(()));
    let (mut body, trailers) = Request::consume_body(request, read);
    let mut length = 0;
    loop {
        let (status, bytes) = body.read(Vec::with_capacity(64 << 10)).await;
        length += bytes.len();
        if status == StreamResult::Dropped {
            break;
        }
    }
    if trailers.await.is_ok() { length.to_string() } else { "broken".to_owned() }
}
