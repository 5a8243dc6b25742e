//! What a guest prints is bounded: it can neither fill a disk nor forge a line.

use catamaran_tests::{
    artifacts::Generation::{P2, P3},
    misbehaving::{logged, serve, text},
    process::Signal,
};

#[test]
fn a_flood_of_lines_is_dropped_and_counted() {
    for generation in [P2, P3] {
        let server = serve(generation, &["--max-log-rate", "100"]);
        assert_eq!(text(server.address, "/print-flood"), "printed");
        let report = logged(&server, "more than 100 lines in a second");
        let dropped = report.split("second: ").nth(1).and_then(|rest| rest.split(' ').next());
        let dropped: usize = dropped.and_then(|number| number.parse().ok()).expect(&report);
        let finished = server.stop(Signal::TERM).expect("an end");
        let lines = finished
            .stderr
            .lines()
            .filter(|line| line.contains(" guest: request_id=") && line.contains(" line "))
            .count();
        assert!((100..4000).contains(&lines), "{generation:?}: {lines} lines");
        assert!(lines + dropped <= 5000 && dropped > 100, "{generation:?}: {lines} lines, {dropped} dropped");
    }
}

#[test]
fn a_line_is_cut_at_its_bound_and_the_rest_is_counted() {
    for generation in [P2, P3] {
        let server = serve(generation, &[]);
        assert_eq!(text(server.address, "/print-long"), "printed");
        let line = logged(&server, "xxxx");
        let kept = line.matches('x').count();
        assert_eq!(kept, (8 << 10) - 4, "{generation:?}");
        assert!(line.contains(&format!("dropped_bytes={}", 20_004 - (8 << 10))), "{}", &line[kept..]);
    }
}

#[test]
fn control_characters_in_a_line_are_escaped() {
    let server = serve(P2, &[]);
    text(server.address, "/print-long");
    let line = logged(&server, "xxxx");
    assert!(line.contains("\\u{1b}[2Jxx") && !line.contains('\u{1b}'), "{}", &line[..100]);
}
