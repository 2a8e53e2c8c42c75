//! The folder a stack works in: throwaway, or one that is kept.
//!
//! A throwaway folder is removed on drop. When its owner was killed instead, its `lock` file is there but no
//! longer locked, and the next stack that starts removes the folder. With `DEVSTACK_KEEP=1` nothing is removed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::error::{Context, Error, Result};

const PREFIX: &str = "chatters-devstack-run-";
const LOCK: &str = "lock";
/// A folder younger than this may not have got its lock yet.
const SETTLED: Duration = Duration::from_mins(1);

/// A folder that belongs to one running stack.
#[derive(Debug)]
pub(crate) struct RunDir {
    path: PathBuf,
    throwaway: bool,
    _lock: File,
}

impl RunDir {
    /// A new empty folder that is removed on drop.
    pub(crate) fn throwaway() -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::temp_dir();
        sweep(&parent);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Self::open(path, true),
                // Left by a dead process that had our id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    let action = format!("create {}", path.display());
                    return Err(Error::Io { action, source });
                }
            }
        }
    }

    /// A folder that is created when absent, never removed, and used by one stack at a time.
    pub(crate) fn kept(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).context(|| format!("create {}", path.display()))?;
        let path = path.canonicalize().context(|| format!("find {}", path.display()))?;
        Self::open(path, false)
    }

    fn open(path: PathBuf, throwaway: bool) -> Result<Self> {
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .context(|| format!("write to {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, throwaway, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::FolderInUse(path)),
            Err(TryLockError::Error(source)) => {
                Err(Error::Io { action: format!("lock {}", path.display()), source })
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_throwaway(&self) -> bool {
        self.throwaway
    }

    /// A folder inside, created when absent.
    pub(crate) fn subdir(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).context(|| format!("create {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if !self.throwaway {
            return;
        }
        if std::env::var_os("DEVSTACK_KEEP").is_some_and(|value| value != "0") {
            // Without its lock file the folder is nobody's, and no later start sweeps it.
            drop(fs::remove_file(self.path.join(LOCK)));
            eprintln!("devstack: kept {}", self.path.display());
            return;
        }
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Removes what killed owners left behind; best effort, as others may sweep at the same time.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_abandoned(&entry.path()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

fn is_abandoned(dir: &Path) -> bool {
    let settled = fs::metadata(dir)
        .and_then(|meta| meta.modified())
        .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > SETTLED));
    settled && File::open(dir.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throwaway_folder_is_removed_with_its_content() {
        let dir = RunDir::throwaway().unwrap();
        let path = dir.path().to_owned();
        fs::write(dir.subdir("a").unwrap().join("b"), "c").unwrap();
        drop(dir);
        assert!(!path.exists());
    }

    #[test]
    fn a_kept_folder_is_used_by_one_stack_at_a_time() {
        let outer = RunDir::throwaway().unwrap();
        let path = outer.path().join("kept");
        let first = RunDir::kept(&path).unwrap();
        assert!(matches!(RunDir::kept(&path), Err(Error::FolderInUse(_))));
        drop(first);
        RunDir::kept(&path).unwrap();
    }

    #[test]
    fn only_an_old_unlocked_folder_is_swept() {
        let parent = RunDir::throwaway().unwrap();
        let make = |name: &str| {
            let path = parent.path().join(format!("{PREFIX}{name}"));
            fs::create_dir(&path).unwrap();
            path
        };
        let age = |path: &Path| {
            let old = std::time::SystemTime::now() - 2 * SETTLED;
            File::open(path).unwrap().set_modified(old).unwrap();
        };
        let (abandoned, owned, young, kept) = (make("abandoned"), make("owned"), make("young"), make("kept"));
        for path in [&abandoned, &owned, &young] {
            File::create(path.join(LOCK)).unwrap();
        }
        let lock = File::open(owned.join(LOCK)).unwrap();
        lock.lock().unwrap();
        for path in [&abandoned, &owned, &kept] {
            age(path);
        }

        sweep(parent.path());

        assert_eq!([&abandoned, &owned, &young, &kept].map(|path| path.exists()), [false, true, true, true]);
    }
}
