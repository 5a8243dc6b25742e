//! A headless Chromium, driven through chromedriver (the `WebDriver` protocol).

use std::{error::Error, net::SocketAddr, path::Path, process::Command};

use bytes::Bytes;
use fantoccini::{Client, ClientBuilder};
use http::Request;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    http::{Protocol, send},
    process::{PATIENCE, Process},
};

/// What can go wrong, for a test to show.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A browser with an empty profile; it and its driver end when this is dropped.
pub struct Browser {
    /// The commands that every `WebDriver` has.
    pub client: Client,
    driver_address: SocketAddr,
    _driver: Process,
    _profile: TempDir,
}

impl Browser {
    /// Starts chromedriver, and through it the browser.
    pub async fn start(chromedriver: &Path) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let driver = Process::spawn(Command::new(chromedriver).arg("--port=0"))?;
        let port = driver.wait_for_line(|_, line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        })?;
        let driver_address = SocketAddr::from(([127, 0, 0, 1], port));
        let capabilities = capabilities(profile.path());
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().cloned().unwrap_or_default())
            .connect(&format!("http://{driver_address}"))
            .await?;
        Ok(Self { client, driver_address, _driver: driver, _profile: profile })
    }

    /// What the browser has complained of since the last call: errors of scripts, of the network and of the policy.
    pub async fn complaints(&self) -> Result<Vec<Value>> {
        self.log("browser").await
    }

    /// The addresses that the browser has asked servers for since the last call: its own pages and `data:` are
    /// not from servers.
    pub async fn requested(&self) -> Result<Vec<String>> {
        let mut urls: Vec<String> = Vec::new();
        for entry in self.log("performance").await? {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default())?;
            if event["message"]["method"] == "Network.requestWillBeSent" {
                urls.extend(event["message"]["params"]["request"]["url"].as_str().map(str::to_owned));
            }
        }
        urls.retain(|url| !url.starts_with("chrome:") && !url.starts_with("data:"));
        Ok(urls)
    }

    /// A command of the Chrome `DevTools` protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        self.vendor_command("goog/cdp/execute", &json!({"cmd": command, "params": parameters})).await
    }

    async fn log(&self, name: &str) -> Result<Vec<Value>> {
        let log = self.vendor_command("se/log", &json!({"type": name})).await?;
        Ok(log.as_array().ok_or("no log")?.clone())
    }

    /// What chromedriver has beyond the standard.
    async fn vendor_command(&self, name: &str, body: &Value) -> Result<Value> {
        let session = self.client.session_id().await?.ok_or("no session")?;
        let request = Request::post(format!("/session/{session}/{name}")).body(Bytes::from(body.to_string()))?;
        let answer = send(self.driver_address, Protocol::Http1, request).await?;
        if !answer.status().is_success() {
            return Err(format!("{name} {body} was answered with {answer:?}").into());
        }
        let mut answer: Value = serde_json::from_slice(answer.body())?;
        Ok(answer["value"].take())
    }
}

/// No sandbox, as it cannot start for root in a container; the page under test is our own. Nothing that asks other
/// servers.
fn capabilities(profile: &Path) -> Value {
    json!({
        "browserName": "chrome",
        "timeouts": {"script": 2 * PATIENCE.as_millis() as u64},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "goog:chromeOptions": {"args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1280,800",
            format!("--user-data-dir={}", profile.display()),
        ]},
    })
}
