//! The routes of an application in the order of their precedence.

use super::Route;

/// What each route leads to. The most specific route comes first, so that the first match is the answer.
pub struct Table<T>(Vec<(Route, T)>);

impl<T> Table<T> {
    /// A table of these routes, in whatever order they come.
    pub fn new(routes: impl IntoIterator<Item = (Route, T)>) -> Self {
        let mut routes: Vec<_> = routes.into_iter().collect();
        routes.sort_by_key(|(route, _)| route.order());
        Self(routes)
    }

    /// The most specific route that matches `path`, and what it leads to.
    pub fn find(&self, path: &str) -> Option<(&Route, &T)> {
        self.0.iter().find(|(route, _)| route.matches(path)).map(|(route, target)| (route, target))
    }

    /// All of it, in the order of precedence.
    pub fn iter(&self) -> impl Iterator<Item = (&Route, &T)> {
        self.0.iter().map(|(route, target)| (route, target))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Few texts, so that routes and paths meet. ASCII alone: of other letters the crate counts bytes as characters.
    fn segment() -> impl Strategy<Value = String> {
        prop_oneof![Just("a"), Just("b"), Just("a.b"), Just("%2F"), Just("a-b")].prop_map(str::to_owned)
    }

    fn route() -> impl Strategy<Value = String> {
        let named = prop_oneof![Just(":x"), Just(":y")].prop_map(str::to_owned);
        let end = prop_oneof![Just(""), Just("/"), Just("/...")];
        (vec(prop_oneof![segment(), named], 0..4), end)
            .prop_map(|(segments, end)| format!("/{}{end}", segments.join("/")).replace("//", "/"))
    }

    fn path() -> impl Strategy<Value = String> {
        let empty = Just(String::new());
        (vec(prop_oneof![4 => segment(), 1 => empty], 0..5), any::<bool>())
            .prop_map(|(segments, slash)| format!("/{}{}", segments.join("/"), if slash { "/" } else { "" }))
    }

    /// The routes without those that match the same paths as an earlier one, as the manifest requires.
    fn distinct(written: Vec<String>) -> Vec<Route> {
        let mut routes: Vec<Route> = Vec::new();
        for route in written.iter().map(|written| Route::parse(written).expect("a route")) {
            if !routes.iter().any(|other| other.is_same_as(&route)) {
                routes.push(route);
            }
        }
        routes
    }

    /// Spin hands its routes to this crate, with `*` in the place of `...`.
    fn in_spin(routes: &[Route]) -> routefinder::Router<usize> {
        let mut router = routefinder::Router::new();
        for (index, route) in routes.iter().enumerate() {
            router.add(route.to_string().replace("...", "*"), index).expect("a route");
        }
        router
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn the_route_that_answers_is_the_one_that_spin_takes(routes in vec(route(), 1..6), path in path()) {
            let routes = distinct(routes);
            let table = Table::new(routes.iter().cloned().zip(0..));
            let spin = in_spin(&routes);
            let matched = spin.best_match(&path);
            prop_assert_eq!(table.find(&path).map(|(_, index)| *index), matched.as_ref().map(|found| *found.handler()));
            let Some((route, _)) = table.find(&path) else { return Ok(()) };
            let captures = matched.expect("the same").captures().into_owned();
            prop_assert_eq!(route.rest(&path).trim_matches('/'), captures.wildcard().unwrap_or_default().trim_matches('/'));
            let values: Vec<_> = route.values(&path).collect();
            let expected: Vec<_> = captures.iter().map(|(_, value)| value).collect();
            prop_assert_eq!(values, expected);
        }

        #[test]
        fn the_order_in_the_manifest_does_not_matter(routes in vec(route(), 1..6), path in path()) {
            let routes = distinct(routes);
            let forwards = Table::new(routes.iter().cloned().map(|route| (route, ())));
            let backwards = Table::new(routes.into_iter().rev().map(|route| (route, ())));
            prop_assert_eq!(forwards.find(&path).map(|found| found.0), backwards.find(&path).map(|found| found.0));
        }

        #[test]
        fn no_path_is_too_odd(written in "\\PC*", path in "/\\PC*") {
            if let Ok(route) = Route::parse(&written) {
                let matches = route.matches(&path);
                prop_assert!(!matches || path.ends_with(route.rest(&path).trim_end_matches('/')) || path.ends_with('/'));
            }
        }
    }
}
