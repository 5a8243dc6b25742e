//! An application of two components, which uses what a manifest can give: routes, variables, files, requests of its own.
//!
//! | path | what it answers |
//! |---|---|
//! | `/` | its title, a line of a file, and the price that the other component names |
//! | `/prices/:item` | a price, by the other component |
//! | `/headers/...` | the request headers that begin with `spin-`, one a line |
//! | `/variable?NAME` | a variable of the component |
//! | `/read?PATH` | a file |
//! | `/write?PATH` | what comes of opening a file to write it |
//! | `/fetch?URL` | status and body of the answer there, or why there is none |

#![cfg(target_family = "wasm")]

#[allow(unsafe_code, reason = "generated: the canonical ABI is raw pointers and foreign functions")]
#[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "catamaran:application/application", generate_all });
    export!(Shop);

    use super::Shop;
}

use bindings::{
    exports::wasi::http::incoming_handler,
    fermyon::spin::variables,
    wasi::{
        cli::environment,
        filesystem::{
            preopens,
            types::{DescriptorFlags, OpenFlags, PathFlags},
        },
        http::{
            outgoing_handler,
            types::{
                Fields, IncomingRequest, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam, Scheme,
            },
        },
    },
};

/// The host by which Spin lets a component ask its own application.
const SELF: &str = "http://self.alt";

struct Shop;

impl incoming_handler::Guest for Shop {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let result = match path.trim_start_matches('/').split('/').next().unwrap_or_default() {
            "" => front(),
            "prices" => price(&request),
            "headers" => Ok(headers(&request)),
            "variable" => variables::get(query).map_err(|error| format!("{error:?}")),
            "read" => read(query),
            "write" => open(query, OpenFlags::CREATE, DescriptorFlags::WRITE).map(|_| "opened".to_owned()),
            "fetch" => fetch(query),
            _ => Err("nothing is here".to_owned()),
        };
        respond(outparam, result);
    }
}

fn front() -> Result<String, String> {
    let title = variables::get("title").map_err(|error| format!("{error:?}"))?;
    let (welcome, price) = (read("/pages/welcome.txt")?, fetch(&format!("{SELF}/prices/apple"))?);
    Ok(format!("{title}. {}. {price}\n", welcome.trim()))
}

fn price(request: &IncomingRequest) -> Result<String, String> {
    let item = request.headers().get("spin-path-match-item").remove(0);
    let item = String::from_utf8(item).map_err(|error| error.to_string())?;
    let list = read("/prices.txt")?;
    let price = list.lines().find_map(|line| line.strip_prefix(&item)).ok_or("no such item")?;
    let environment = environment::get_environment();
    let currency = environment.into_iter().find_map(|(name, value)| (name == "CURRENCY").then_some(value));
    Ok(format!("{item}{price} {}", currency.unwrap_or_default()))
}

fn headers(request: &IncomingRequest) -> String {
    let headers = request.headers().entries().into_iter().filter(|(name, _)| name.starts_with("spin-"));
    headers.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(&value))).collect()
}

fn read(path: &str) -> Result<String, String> {
    let file = open(path, OpenFlags::empty(), DescriptorFlags::READ)?;
    let (content, _) = file.read(1 << 16, 0).map_err(|error| format!("{error:?}"))?;
    String::from_utf8(content).map_err(|error| error.to_string())
}

fn open(path: &str, open: OpenFlags, flags: DescriptorFlags) -> Result<preopens::Descriptor, String> {
    let directories = preopens::get_directories();
    let below = |name: &str| path.strip_prefix(name.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    let (folder, rest) = directories
        .iter()
        .filter_map(|(folder, name)| Some((folder, below(name)?)))
        .min_by_key(|(_, rest)| rest.len())
        .ok_or("no directory")?;
    folder.open_at(PathFlags::SYMLINK_FOLLOW, rest, open, flags).map_err(|error| format!("{error:?}"))
}

fn fetch(url: &str) -> Result<String, String> {
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let request = OutgoingRequest::new(Fields::from_list(&[]).expect("no field is wrong"));
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "path")?;
    let response = outgoing_handler::handle(request, None).map_err(|code| format!("{code:?}"))?;
    response.subscribe().block();
    let response =
        response.get().ok_or("no response")?.map_err(|()| "taken twice")?.map_err(|code| format!("{code:?}"))?;
    let (status, body) = (response.status(), response.consume().map_err(|()| "consumed twice")?);
    let stream = body.stream().map_err(|()| "read twice")?;
    let mut content = Vec::new();
    while let Ok(bytes) = stream.blocking_read(4096) {
        content.extend(bytes);
    }
    let content = String::from_utf8_lossy(&content).into_owned();
    if status == 200 { Ok(content) } else { Err(format!("{status} {content}")) }
}

fn respond(outparam: ResponseOutparam, result: Result<String, String>) {
    let response = OutgoingResponse::new(Fields::from_list(&[]).expect("no field is wrong"));
    if result.is_err() {
        response.set_status_code(502).expect("a status");
    }
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    for chunk in result.unwrap_or_else(|reason| reason).as_bytes().chunks(4096) {
        stream.blocking_write_and_flush(chunk).expect("a client that reads");
    }
    drop(stream);
    OutgoingBody::finish(body, None).expect("a whole body");
}
