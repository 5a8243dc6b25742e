//! An event as a JSON object: `timestamp`, `level`, what it says, `target`, and the `request_id` that it is about.

use std::fmt::{self, Debug};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::logging::subject;
use crate::telemetry::request_id;

/// An access line has about 300 bytes.
const USUAL: usize = 512;

pub(super) fn write(line: &mut Writer<'_>, event: &Event<'_>) -> fmt::Result {
    let mut time = String::with_capacity(32);
    SystemTime.format_time(&mut Writer::new(&mut time))?;
    let mut text = Vec::with_capacity(USUAL);
    object(&mut text, &time, event).map_err(|_| fmt::Error)?;
    line.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)?;
    line.write_char('\n')
}

fn object(text: &mut Vec<u8>, time: &str, event: &Event<'_>) -> serde_json::Result<()> {
    let mut serializer = serde_json::Serializer::new(text);
    let mut fields = Fields { object: serializer.serialize_map(None)?, result: Ok(()) };
    fields.add("timestamp", time);
    fields.add("level", event.metadata().level().as_str());
    event.record(&mut fields);
    fields.add("target", event.metadata().target());
    if let Some(id) = subject::id() {
        fields.add("request_id", request_id::text(&id));
    }
    fields.result?;
    fields.object.end()
}

struct Fields<Object: SerializeMap> {
    object: Object,
    result: Result<(), Object::Error>,
}

impl<Object: SerializeMap> Fields<Object> {
    fn add(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) {
        if self.result.is_ok() {
            self.result = self.object.serialize_entry(name, value);
        }
    }
}

impl<Object: SerializeMap> Visit for Fields<Object> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), &format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::written;
    use crate::logging::LogFormat::Json;

    #[test]
    fn fields_keep_their_types() {
        let text = written(
            Json,
            || tracing::info!(target: "t", a = 1_u64, b = -1, c = true, d = 0.5, e = "\"\n\x1b", f = ?Some(1), g = %"z", "says {}", 2),
        );
        let mut object: Value = serde_json::from_str(&text).expect(&text);
        assert!(object["timestamp"].take().as_str().is_some_and(|time| time.ends_with('Z')), "{text}");
        let wanted = json!({
            "timestamp": null, "level": "INFO", "message": "says 2", "target": "t",
            "a": 1, "b": -1, "c": true, "d": 0.5, "e": "\"\n\u{1b}", "f": "Some(1)", "g": "z",
        });
        assert_eq!(object, wanted);
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
    }
}
