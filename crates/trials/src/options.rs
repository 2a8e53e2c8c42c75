//! The command line of both programs.

use std::{path::PathBuf, time::Duration};

/// What a run is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Only these numbers or names.
    pub only: Vec<String>,
    /// Where chance begins: the same seed chooses the same victims at the same steps.
    pub seed: u64,
    /// The small version, as the test suite runs it.
    pub short: bool,
    /// How long the soak takes.
    pub soak: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { only: Vec::new(), seed: 1, short: false, soak: Duration::from_mins(10) }
    }
}

impl Options {
    /// Reads `[--only A[,B]] [--seed S] [--short] [--minutes M]`.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args;
        while let Some(option) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{option} needs a value"));
            let number = |text: String| text.parse::<u64>().map_err(|_| format!("`{text}` is no number"));
            match option.as_str() {
                "--only" => options.only.extend(value()?.split(',').map(str::to_owned)),
                "--seed" => options.seed = number(value()?)?,
                "--minutes" => options.soak = Duration::from_secs(60 * number(value()?)?),
                "--short" => options.short = true,
                _ => return Err(format!("`{option}` is not understood")),
            }
        }
        Ok(options)
    }

    /// Whether the part of this name is to be run.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    /// One of two values.
    #[must_use]
    pub fn pick<T>(&self, long: T, short: T) -> T {
        if self.short { short } else { long }
    }
}

/// `target/<folder>/<file>` of the build that runs.
#[must_use]
pub fn report_path(folder: &str, file: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let target = own.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    target.map_or_else(|| PathBuf::from("target"), PathBuf::from).join(folder).join(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_nonsense_is_refused() {
        let parse = |line: &str| Options::parse(line.split_whitespace().map(str::to_owned));
        let options = parse("--only 3,8 --seed 7 --short --only queue").unwrap();
        assert_eq!((options.seed, options.short), (7, true));
        assert!(options.wants("8") && options.wants("queue") && !options.wants("1"));
        assert!(parse("").unwrap().wants("anything"));
        for line in ["--seed", "--seed x", "fast"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
