//! The medians, as a table, as JSON and as a picture.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use catamaran_tests::artifacts::workspace;
use serde_json::json;

use crate::load::Sample;

/// Samples by load and contender, in the order in which they came first.
#[derive(Default)]
pub(crate) struct Report {
    loads: Vec<String>,
    contenders: Vec<String>,
    samples: BTreeMap<(usize, usize), Vec<Sample>>,
}

/// What is reported of a load on a contender.
#[derive(Clone, Copy)]
struct Row {
    rps: Option<f64>,
    p50: Option<f64>,
    p99: Option<f64>,
    cpu: Option<f64>,
    rss: Option<f64>,
    milliseconds: Option<f64>,
    connection: Option<f64>,
}

/// The columns of a table, and digits after the point.
const COLUMNS: [(&str, usize); 7] = [
    ("requests/s", 0),
    ("p50 µs", 0),
    ("p99 µs", 0),
    ("CPU µs/request", 1),
    ("RSS MB", 1),
    ("start ms", 1),
    ("bytes/connection", 0),
];

impl Row {
    /// In the order of [`COLUMNS`].
    fn cells(&self) -> [Option<f64>; COLUMNS.len()] {
        [self.rps, self.p50, self.p99, self.cpu, self.rss, self.milliseconds, self.connection]
    }
}

impl Report {
    /// Takes a sample.
    pub(crate) fn add(&mut self, contender: &str, load: &str, sample: Sample) {
        let key = (place(&mut self.loads, load), place(&mut self.contenders, contender));
        self.samples.entry(key).or_default().push(sample);
    }

    /// A Markdown table a load.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        for (load, name) in self.loads.iter().enumerate() {
            _ = writeln!(text, "\n### {name}\n");
            let rows: Vec<_> = self.rows(load).map(|(contender, row)| (contender, row.cells())).collect();
            // A load shows only what it measures.
            let shown: Vec<usize> =
                (0..COLUMNS.len()).filter(|&at| rows.iter().any(|(_, cells)| cells[at].is_some())).collect();
            let line =
                |cells: &mut dyn Iterator<Item = String>| format!("| {} |", cells.collect::<Vec<_>>().join(" | "));
            let heads = ["host"].into_iter().chain(shown.iter().map(|&at| COLUMNS[at].0));
            _ = writeln!(text, "{}", line(&mut heads.map(str::to_owned)));
            _ = writeln!(text, "|---|{}", "---:|".repeat(shown.len()));
            for (contender, cells) in &rows {
                let cell = |at: usize| cells[at].map_or("–".to_owned(), |value| format!("{value:.*}", COLUMNS[at].1));
                let all = [(*contender).to_owned()].into_iter().chain(shown.iter().map(|&at| cell(at)));
                _ = writeln!(text, "{}", line(&mut all.into_iter()));
            }
        }
        text
    }

    /// Writes `hosts.json` and `hosts.svg` into `target/bench`.
    pub(crate) fn write(&self) {
        let folder = workspace().join("target/bench");
        fs::create_dir_all(&folder).expect("target can be written");
        let mut loads = serde_json::Map::new();
        for (load, name) in self.loads.iter().enumerate() {
            let rows = self.rows(load).map(|(contender, row)| {
                let row = json!({
                    "requests_per_second": row.rps, "p50_microseconds": row.p50, "p99_microseconds": row.p99,
                    "cpu_microseconds_per_request": row.cpu, "rss_megabytes": row.rss, "start_milliseconds": row.milliseconds,
                    "bytes_per_connection": row.connection,
                });
                (contender.to_owned(), row)
            });
            loads.insert(name.clone(), rows.collect::<serde_json::Map<_, _>>().into());
        }
        let json = serde_json::to_string_pretty(&loads).expect("numbers and names are JSON");
        fs::write(folder.join("hosts.json"), json + "\n").expect("target can be written");
        fs::write(folder.join("hosts.svg"), self.chart("GET / c=64")).expect("target can be written");
    }

    /// Bars of requests a second under one load.
    fn chart(&self, name: &str) -> String {
        let Some(load) = self.loads.iter().position(|load| load == name) else { return String::new() };
        let rows: Vec<(&str, f64)> = self.rows(load).filter_map(|(name, row)| Some((name, row.rps?))).collect();
        let most = rows.iter().fold(1.0_f64, |most, (_, rps)| most.max(*rps));
        let height = 34 + 30 * rows.len();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {height}\" font-family=\"system-ui,sans-serif\" \
             font-size=\"14\">\n<rect width=\"760\" height=\"{height}\" fill=\"#fff\"/>\n\
             <text x=\"10\" y=\"20\" font-weight=\"bold\">{name}: requests a second</text>\n"
        );
        for (at, (contender, rps)) in rows.iter().enumerate() {
            let (top, width) = (32 + 30 * at, 360.0 * rps / most);
            let colour = if contender.starts_with("catamaran") { "#0b7285" } else { "#9db4bd" };
            _ = writeln!(
                svg,
                "<text x=\"300\" y=\"{}\" text-anchor=\"end\">{contender}</text>\
                 <rect x=\"310\" y=\"{top}\" width=\"{width:.0}\" height=\"22\" fill=\"{colour}\"/>\
                 <text x=\"{:.0}\" y=\"{}\">{rps:.0}</text>",
                top + 16,
                width + 316.0,
                top + 16
            );
        }
        svg + "</svg>\n"
    }

    fn rows(&self, load: usize) -> impl Iterator<Item = (&str, Row)> {
        self.contenders.iter().enumerate().filter_map(move |(contender, name)| {
            let samples = self.samples.get(&(load, contender))?;
            let of = |figure: fn(&Sample) -> Option<f64>| median(samples.iter().filter_map(figure).collect());
            let row = Row {
                rps: of(|sample| sample.rps),
                p50: of(|sample| sample.p50_micros),
                p99: of(|sample| sample.p99_micros),
                cpu: of(|sample| sample.cpu_micros),
                rss: of(|sample| sample.rss_mb),
                milliseconds: of(|sample| sample.milliseconds),
                connection: of(|sample| sample.connection_bytes),
            };
            Some((name.as_str(), row))
        })
    }
}

fn place(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}
