//! The triggers of a manifest: which route leads to which component.

use std::collections::BTreeMap;

use super::problem::Problem;
use super::provided::refuse;
use super::schema::{Component as Table, HttpTrigger, TextOr, Triggers};
use crate::application::Route;

/// Route and component of each trigger. Components that are written in a trigger get a place among the others.
pub(super) fn triggers(
    triggers: Triggers,
    tables: &mut BTreeMap<String, Table>,
) -> Result<Vec<(Route, String)>, Problem> {
    if let Some(kind) = triggers.others.first() {
        let message = format!("`trigger.{}` is not provided, only `trigger.http`: remove it", kind.get_ref());
        return Err(Problem::at(kind.span(), message));
    }
    let mut routes: Vec<(Route, String)> = Vec::new();
    for trigger in triggers.http {
        let route = route(&trigger)?;
        if let Some((same, _)) = routes.iter().find(|(other, _)| other.is_same_as(&route)) {
            let message = format!("the route `{route}` stands above as `{same}`: keep one");
            return Err(Problem::at(trigger.route.span(), message));
        }
        let Some(component) = trigger.component else {
            return Err(Problem::at(trigger.route.span(), format!("the route `{route}` has no `component`: add one")));
        };
        let span = component.span();
        let id = match component.into_inner() {
            TextOr::Text(id) if tables.contains_key(&id) => id,
            TextOr::Text(id) => {
                return Err(Problem::at(span, format!("`component` names `{id}`: add a [component.{id}]")));
            }
            TextOr::Table(table) => {
                let free = |number: &usize| !tables.contains_key(&format!("inline-component{number}"));
                let id = format!("inline-component{}", (1..).find(free).unwrap_or_default());
                tables.insert(id.clone(), *table);
                id
            }
        };
        routes.push((route, id));
    }
    Ok(routes)
}

fn route(trigger: &HttpTrigger) -> Result<Route, Problem> {
    let instead = "answer with a component instead";
    refuse("static_response", trigger.static_response.as_ref(), instead)?;
    refuse("components", trigger.components.as_ref(), "name one `component`")?;
    refuse("dependencies", trigger.dependencies.as_ref(), "compose the component when it is built")?;
    if let Some(executor) = &trigger.executor
        && !["http", "spin"].contains(&executor.get_ref().r#type.as_str())
    {
        let kind = &executor.get_ref().r#type;
        let message = format!("the executor `{kind}` is not provided: export a wasi:http handler, and remove it");
        return Err(Problem::at(executor.span(), message));
    }
    let span = trigger.route.span();
    match trigger.route.get_ref() {
        TextOr::Text(route) => Route::parse(route).map_err(|error| Problem::at(span, error.to_string())),
        TextOr::Table(_) => {
            let instead = "give it a `route`, and let others ask `http://self`";
            Err(Problem::at(
                span,
                format!("`private` is not provided, as components are not called by name: {instead}"),
            ))
        }
    }
}
