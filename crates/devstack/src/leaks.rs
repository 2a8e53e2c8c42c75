//! What no log may contain: the secrets of the run.

use std::fs;
use std::path::Path;

/// Where a token would stand, whoever's it is.
const MARKS: [&str; 5] =
    ["Bearer ", "access_token=", "refresh_token=", "client_secret=", "\"access_token\":\""];

/// The lines of all logs in `dir` that contain a secret, as `file:line`; never the line itself.
pub(crate) fn find(dir: &Path, secrets: &[&str]) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let holds = |line: &str| secrets.iter().chain(&MARKS).any(|secret| line.contains(secret));
        let lines = text.lines().enumerate().filter(|(_, line)| holds(line));
        let name = entry.file_name().to_string_lossy().into_owned();
        found.extend(lines.map(|(number, _)| format!("{name}:{}", number + 1)));
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dir::RunDir;

    #[test]
    fn secrets_and_tokens_are_found_by_their_place() {
        let dir = RunDir::throwaway().unwrap();
        fs::write(dir.path().join("a.log"), "fine\nurl=redis://:s3cret@host\nfine").unwrap();
        fs::write(dir.path().join("b.log"), "authorization: Bearer abc").unwrap();
        assert_eq!(find(dir.path(), &["s3cret"]), ["a.log:2", "b.log:1"]);
        assert_eq!(find(dir.path(), &[]), ["b.log:1"]);
    }
}
