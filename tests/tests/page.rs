//! The page in a real browser.

use std::{env, fs, path::Path, process::ExitCode};

use catamaran_tests::{
    artifacts::{
        Generation::{self, P2, P3},
        component,
    },
    browser::{Browser, Result},
    process::{PATIENCE, Signal},
    server::{Server, catamaran},
    suite::Suite,
    tool::CHROMIUM,
};
use fantoccini::Locator;
use serde_json::json;

fn main() -> ExitCode {
    let mut suite = Suite::default();
    match CHROMIUM.find() {
        Err(reason) => suite.skip("the page in a browser", CHROMIUM, &reason),
        Ok(driver) => {
            for generation in [P2, P3] {
                let driver = driver.clone();
                let name = format!("the page ({}) in a browser", generation.version());
                suite.test(name, move || show(&driver, generation).map_err(|error| error.to_string()));
            }
        }
    }
    suite.run()
}

#[tokio::main]
async fn show(driver: &Path, generation: Generation) -> Result<()> {
    let file = component(generation).to_str().ok_or("a path that is not UTF-8")?;
    let server = Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"]))?;
    let browser = Browser::start(driver).await?;
    let outcome = follow(&browser, server).await;
    // The browser leaves its profile before the folder is removed.
    browser.client.clone().close().await?;
    outcome
}

async fn follow(browser: &Browser, server: Server) -> Result<()> {
    let origin = format!("http://{}/", server.address);
    browser.client.goto(&origin).await?;
    health_becomes(browser, "healthy").await?;
    let text = browser.client.find(Locator::Css("body")).await?.text().await?;
    ensure(text.contains(env!("CARGO_PKG_VERSION")), || format!("the page does not say its version: {text}"))?;
    loads_nothing_from_elsewhere(browser, &origin).await?;
    fits_a_phone(browser).await?;
    knows_light_and_dark(browser).await?;
    let complaints = browser.complaints().await?;
    ensure(complaints.is_empty(), || format!("the browser complains: {complaints:#?}"))?;
    screenshot(browser).await?;

    server.stop(Signal::TERM)?;
    health_becomes(browser, "unreachable").await
}

async fn health_becomes(browser: &Browser, word: &str) -> Result<()> {
    let script = "const [word, patience, done] = arguments, health = document.getElementById('health');\
        const look = () => health.textContent.includes(word) && done(true);\
        new MutationObserver(look).observe(health, {subtree: true, childList: true, characterData: true});\
        setTimeout(() => done(health.textContent), patience); look();";
    let arguments = vec![json!(word), json!(PATIENCE.as_millis() as u64)];
    let seen = browser.client.execute_async(script, arguments).await?;
    let complaints = browser.complaints().await?;
    ensure(seen == json!(true), || format!("health says {seen}, not {word}; the browser says {complaints:#?}"))
}

async fn loads_nothing_from_elsewhere(browser: &Browser, origin: &str) -> Result<()> {
    let requested = browser.requested().await?;
    let health = format!("{origin}healthz");
    ensure(requested.contains(&health), || format!("the page did not ask for its health: {requested:?}"))?;
    ensure(requested.iter().all(|url| url.starts_with(origin)), || format!("not all is from {origin}: {requested:?}"))
}

async fn fits_a_phone(browser: &Browser) -> Result<()> {
    let phone = json!({"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true});
    browser.devtools("Emulation.setDeviceMetricsOverride", phone).await?;
    let script = "return [innerWidth, document.documentElement.scrollWidth, \
        Math.min(...[...document.querySelectorAll('body *')].filter(e => e.innerText)\
            .map(e => parseFloat(getComputedStyle(e).fontSize)))]";
    let [shown, needed, smallest]: [f64; 3] = serde_json::from_value(browser.client.execute(script, vec![]).await?)?;
    browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await?;
    ensure(shown == 360.0, || format!("the page does not take the phone's width, but {shown}"))?;
    ensure(needed <= shown, || format!("a reader has to scroll sideways: {needed} of {shown} pixels"))?;
    ensure(smallest >= 12.0, || format!("the smallest letters have {smallest} pixels"))
}

async fn knows_light_and_dark(browser: &Browser) -> Result<()> {
    let mut lightness = Vec::new();
    for scheme in ["light", "dark"] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", media).await?;
        // A canvas turns every notation of a colour into red, green and blue.
        let script = "const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});\
            const lightness = color => { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);\
                const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data; return (red + green + blue) / 765; };\
            const [body, root] = [document.body, document.documentElement].map(element => getComputedStyle(element));\
            const back = [body, root].map(style => style.backgroundColor).find(color => color != 'rgba(0, 0, 0, 0)');\
            return [lightness(back ?? 'white'), lightness(body.color)]";
        let seen: [f64; 2] = serde_json::from_value(browser.client.execute(script, vec![]).await?)?;
        lightness.push(seen);
    }
    browser.devtools("Emulation.setEmulatedMedia", json!({"features": []})).await?;
    let [[light_back, light_text], [dark_back, dark_text]] = lightness[..] else { unreachable!("two schemes") };
    ensure(light_back - light_text > 0.5, || format!("light: {light_text} on {light_back}"))?;
    ensure(dark_text - dark_back > 0.5, || format!("dark: {dark_text} on {dark_back}"))
}

/// For the README.
async fn screenshot(browser: &Browser) -> Result<()> {
    if let Some(path) = env::var_os("CATAMARAN_SCREENSHOT") {
        fs::write(path, browser.client.screenshot().await?)?;
    }
    Ok(())
}

fn ensure(holds: bool, error: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(error().into()) }
}
