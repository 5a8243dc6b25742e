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
            _ = writeln!(text, "| host | requests/s | p50 µs | p99 µs | CPU µs/request | RSS MB | start ms |");
            _ = writeln!(text, "|---|---|---|---|---|---|---|");
            for (contender, row) in self.rows(load) {
                let cell =
                    |value: Option<f64>, digits: usize| value.map_or("–".to_owned(), |v| format!("{v:.digits$}"));
                let cells = [
                    cell(row.rps, 0),
                    cell(row.p50, 0),
                    cell(row.p99, 0),
                    cell(row.cpu, 1),
                    cell(row.rss, 1),
                    cell(row.milliseconds, 1),
                ];
                _ = writeln!(text, "| {contender} | {} |", cells.join(" | "));
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
