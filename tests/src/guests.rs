//! Components that are a few lines of text.

/// A component that traps, whatever it is asked.
pub fn component_that_fails() -> Vec<u8> {
    component_that_fails_in("handle")
}

/// The same, in a function of this name, as text of WebAssembly has it within quotes.
pub fn component_that_fails_in(function: &str) -> Vec<u8> {
    failing(function, "")
}

/// The same, with these imports as well, in the text format.
pub fn component_that_imports(imports: &str) -> Vec<u8> {
    failing("handle", imports)
}

fn failing(function: &str, imports: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            {imports}
            (import "wasi:http/types@0.2.0" (instance $types
                (export "incoming-request" (type (sub resource)))
                (export "response-outparam" (type (sub resource)))))
            (alias export $types "incoming-request" (type $request))
            (alias export $types "response-outparam" (type $outparam))
            (core module $module (func $"{function}" (export "handle") (param i32 i32) unreachable))
            (core instance $instance (instantiate $module))
            (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
                (canon lift (core func $instance "handle")))
            (instance $handler (export "handle" (func $handle)))
            (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))"#
    );
    wat::parse_str(text).expect("a component")
}
