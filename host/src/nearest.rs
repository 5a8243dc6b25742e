//! The word that was meant, where another one stands.

/// As alike as words must be for one to be taken for the other: what clap asks of options, and a little more.
const ALIKE: f64 = 0.85;

/// The word of `known` that is most like `word`, if any is like it.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let rated = known.into_iter().map(|other| (strsim::jaro_winkler(word, other), other));
    rated.filter(|(rate, _)| *rate >= ALIKE).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_word() {
        let known = ["source", "files", "environment", "allowed_outbound_hosts"];
        assert_eq!(nearest("sorce", known), Some("source"));
        assert_eq!(nearest("allowed_outbound_host", known), Some("allowed_outbound_hosts"));
        assert_eq!(nearest("enviroment", known), Some("environment"));
        assert_eq!(nearest("nonsense", known), None);
    }
}
