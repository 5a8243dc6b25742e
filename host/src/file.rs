//! Reading a file that the operator named, whole.

use std::io::{self, ErrorKind};
use std::path::Path;

/// More than any component, manifest or certificate has.
const MAX_SIZE: u64 = 1 << 30;

/// The bytes of a file. A pipe or a device may block for ever or never end, and is refused.
///
/// # Errors
/// When it cannot be read, is no regular file, or has more than 1 GiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    // Of a folder the system says what is wrong.
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device, not a regular file"));
    }
    if metadata.len() > MAX_SIZE {
        return Err(io::Error::new(ErrorKind::FileTooLarge, "it has more than 1 GiB"));
    }
    std::fs::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_block_or_never_end_is_refused() {
        let error = read(Path::new("/dev/zero")).expect_err("a device");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
