//! Finding programs: the system's on `PATH`, our own beside the running one.

use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Result};

/// Overrides the folder in which our own programs are looked for.
const BIN_DIR: &str = "DEVSTACK_BIN_DIR";

/// The folder with our built programs.
#[derive(Clone, Debug)]
pub struct Binaries {
    dir: PathBuf,
}

/// The folder of the running program's build profile (`target/debug` for tests), or `DEVSTACK_BIN_DIR`.
pub fn binaries() -> Result<Binaries> {
    if let Some(dir) = std::env::var_os(BIN_DIR) {
        return Ok(Binaries::in_dir(dir));
    }
    let own = std::env::current_exe().context(|| "tell where this program lies".to_owned())?;
    let dir = own.parent().unwrap_or(Path::new("."));
    // Cargo puts tests into `deps` and examples into `examples`, one below the programs.
    let below = dir.file_name().is_some_and(|name| name == "deps" || name == "examples");
    let dir = if below { dir.parent().unwrap_or(dir) } else { dir };
    Ok(Binaries::in_dir(dir))
}

impl Binaries {
    /// The programs of this folder.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The path of a program, or [`Error::NotBuilt`].
    pub fn get(&self, binary: &str) -> Result<PathBuf> {
        let path = self.dir.join(binary);
        if path.is_file() {
            return Ok(path);
        }
        Err(Error::NotBuilt { binary: binary.to_owned(), path })
    }
}

/// A program of the operating system, or [`Error::NotInstalled`] with the Debian package that has it.
pub(crate) fn system_program(program: &'static str, package: &'static str) -> Result<PathBuf> {
    find_on_path(program).ok_or(Error::NotInstalled { program, package })
}

/// Looks through `PATH` and the folders for daemons, which an ordinary user's `PATH` lacks on Debian.
pub(crate) fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}

/// Where things that are costly to make and safe to lose are kept: `target/devstack` of the running build.
pub(crate) fn cache_dir() -> PathBuf {
    let target = std::env::current_exe().ok().and_then(|own| {
        own.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file()).map(Path::to_path_buf)
    });
    match target {
        Some(target) => target.join("devstack"),
        None => std::env::temp_dir().join("chatters-devstack-cache"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_the_command_that_builds_it() {
        let message = Binaries::in_dir("/nowhere").get("gateway").unwrap_err().to_string();
        assert_eq!(
            message,
            "`gateway` is not built: no file /nowhere/gateway (run `cargo build -p gateway`)"
        );
    }

    #[test]
    fn a_test_looks_one_level_above_deps() {
        let dir = binaries().unwrap().dir;
        assert!(!dir.ends_with("deps"), "{}", dir.display());
    }
}
