//! What of Spin's manifest we do not provide: it is refused, never left out.

use toml::Spanned;

use super::problem::Problem;
use super::schema::{Application, Component as Table};

/// Settings of all triggers of a kind, of which only the base path of HTTP means something to us.
pub(super) fn application(application: &Application) -> Result<(), Problem> {
    for (kind, settings) in &application.trigger {
        for (key, value) in settings {
            let is_default = kind == "http" && key == "base" && value.get_ref().as_str() == Some("/");
            if !is_default {
                let instead = match kind.as_str() {
                    "http" => "write it into the routes",
                    _ => "remove it, there are only triggers of HTTP",
                };
                let message = format!("`application.trigger.{kind}.{key}` is not provided: {instead}");
                return Err(Problem::at(value.span(), message));
            }
        }
    }
    Ok(())
}

/// Refuses what the component would miss at run time.
pub(super) fn component(table: &Table) -> Result<(), Problem> {
    let compose = "compose the component when it is built, for example with `wac`";
    refuse("key_value_stores", table.key_value_stores.as_ref(), "keep data in a service that it may reach")?;
    refuse("sqlite_databases", table.sqlite_databases.as_ref(), "keep data in a service that it may reach")?;
    refuse("ai_models", table.ai_models.as_ref(), "ask a service that it may reach")?;
    refuse("allowed_http_hosts", table.allowed_http_hosts.as_ref(), "write it as `allowed_outbound_hosts`")?;
    refuse("dependencies", table.dependencies.as_ref(), compose)?;
    refuse("dependencies_inherit_configuration", table.dependencies_inherit_configuration.as_ref(), compose)
}

/// Refuses a key that asks for something.
pub(super) fn refuse(key: &str, value: Option<&Spanned<toml::Value>>, instead: &str) -> Result<(), Problem> {
    let asks = |value: &toml::Value| match value {
        toml::Value::Array(list) => !list.is_empty(),
        toml::Value::Table(table) => !table.is_empty(),
        toml::Value::Boolean(yes) => *yes,
        _ => true,
    };
    match value.filter(|value| asks(value.get_ref())) {
        Some(value) => Err(Problem::at(value.span(), format!("`{key}` is not provided: leave it out, and {instead}"))),
        None => Ok(()),
    }
}
