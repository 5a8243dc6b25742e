//! The triggers of a manifest: what each route leads to.

use std::collections::BTreeMap;

use toml::Spanned;

use super::Destination;
use super::problem::Problem;
use super::provided::refuse;
use super::schema::{Component as Table, HttpTrigger, TextOr, Triggers};
use crate::application::{Fixed, Route};

/// Route and destination of each trigger. Components that are written in a trigger get a place among the others.
pub(super) fn triggers(
    triggers: Triggers,
    tables: &mut BTreeMap<String, Table>,
) -> Result<Vec<(Route, Destination)>, Problem> {
    if let Some(kind) = triggers.others.first() {
        let message = format!("`trigger.{}` is not provided, only `trigger.http`: remove it", kind.get_ref());
        return Err(Problem::at(kind.span(), message));
    }
    let mut routes: Vec<(Route, Destination)> = Vec::new();
    for trigger in triggers.http {
        let route = route(&trigger)?;
        if let Some((same, _)) = routes.iter().find(|(other, _)| other.is_same_as(&route)) {
            let message = format!("the route `{route}` stands above as `{same}`: keep one");
            return Err(Problem::at(trigger.route.span(), message));
        }
        let destination = match (trigger.component, trigger.static_response) {
            (Some(component), None) => Destination::Component(id(component, tables)?),
            (None, Some(fixed)) => {
                let (span, fixed) = (fixed.span(), fixed.into_inner());
                let fixed = Fixed::new(fixed.status_code, fixed.headers, fixed.body);
                Destination::Fixed(fixed.map_err(|wrong| Problem::at(span, format!("`static_response`: {wrong}")))?)
            }
            (Some(_), Some(fixed)) => {
                let message = format!("the route `{route}` has a `component` and a `static_response`: keep one");
                return Err(Problem::at(fixed.span(), message));
            }
            (None, None) => {
                let message = format!("the route `{route}` has no `component`: add one");
                return Err(Problem::at(trigger.route.span(), message));
            }
        };
        routes.push((route, destination));
    }
    Ok(routes)
}

/// The id of a trigger's component, which may be written there.
fn id(component: Spanned<TextOr<Box<Table>>>, tables: &mut BTreeMap<String, Table>) -> Result<String, Problem> {
    let span = component.span();
    match component.into_inner() {
        TextOr::Text(id) if tables.contains_key(&id) => Ok(id),
        TextOr::Text(id) => Err(Problem::at(span, format!("`component` names `{id}`: add a [component.{id}]"))),
        TextOr::Table(table) => {
            let free = |number: &usize| !tables.contains_key(&format!("inline-component{number}"));
            let id = format!("inline-component{}", (1..).find(free).unwrap_or_default());
            tables.insert(id.clone(), *table);
            Ok(id)
        }
    }
}

fn route(trigger: &HttpTrigger) -> Result<Route, Problem> {
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

/// Where a route is written as others write them, and how Spin does. Spin takes them without a word.
pub(super) fn odd_route(trigger: &HttpTrigger) -> Option<(usize, String)> {
    let TextOr::Text(written) = trigger.route.get_ref() else { return None };
    let hint = if !written.starts_with('/') {
        format!("the route `{written}` is read as `/{written}`: write it so")
    } else if let Some(prefix) = written.strip_suffix("/*") {
        format!("the route `{written}` is read as `{prefix}/...`: write it so")
    } else if let Some(stranger) = written.chars().find(|&character| !may_be_in_a_path(character)) {
        // Escaped: it may be one that no terminal shows.
        let stranger = stranger.escape_default();
        format!("the route `{}` matches no request: no path has `{stranger}` in it", written.escape_default())
    } else {
        let in_braces = |segment: &str| segment.strip_prefix('{')?.strip_suffix('}').map(str::to_owned);
        let name = written.split('/').find_map(in_braces)?;
        format!("the route `{written}` has `{{{name}}}`, which is text like any other: write `:{name}` for any segment")
    };
    Some((trigger.route.span().start, hint))
}

/// What a request's path may have in it; all else is sent percent-encoded (RFC 3986 section 3.3). Braces, quotes and
/// the like should be too, but clients send them as they are.
fn may_be_in_a_path(character: char) -> bool {
    character.is_ascii_graphic() && !['?', '#'].contains(&character)
}
