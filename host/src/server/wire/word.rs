//! A short word that comes byte by byte: enough of it to tell whether it is one of those that matter.

/// At most `N` bytes; of a longer word, that it is longer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Word<N> {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    pub(super) fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..).and_then(|rest| rest.get_mut(..bytes.len())) {
            place.copy_from_slice(bytes);
        }
        self.length = self.length.saturating_add(bytes.len());
    }

    /// The word, unless it is too long to be kept.
    pub(super) fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length)
    }

    /// Whether it is `word`, in upper or lower case.
    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.get().is_some_and(|own| own.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }
}
