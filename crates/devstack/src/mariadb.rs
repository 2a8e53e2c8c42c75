//! A private `MariaDB`.
//!
//! Initialising a data folder costs more than starting the server, so it is done once per server version into
//! a template under `target/devstack`, which every later start copies. Users, passwords and the database come
//! from an init file that the server reads before it accepts anyone, at every start: kept data therefore works
//! with the password of the run, and nobody can log in without one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::binaries::{cache_dir, system_program};
use crate::error::{Context, Error, Result};
use crate::ports::Port;
use crate::process::{Process, Spec};
use crate::secrets::Secrets;
use crate::server::{Probe, Server};

/// The database of the services.
pub(crate) const DATABASE: &str = "chatters";
const ADMIN: &str = "devstack";
const SERVICE: &str = "chatters";
const PACKAGE: &str = "mariadb-server-core";
const START_ATTEMPTS: u32 = 5;

/// Options that decide how the files look: the same for the template and for the server.
const LAYOUT: [&str; 1] = ["--innodb-log-file-size=48M"];
/// Changed when [`LAYOUT`] or the way of initialising changes, so that an old template is not used.
const TEMPLATE_REVISION: u32 = 1;

/// When a commit is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// When it is on disk.
    Full,
    /// At once, which makes tests faster.
    Relaxed,
}

/// What a `MariaDB` is started with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    /// The folder that holds, or will hold, its data folder.
    pub(crate) dir: &'a Path,
    pub(crate) logs: &'a Path,
    pub(crate) secrets: &'a Secrets,
    pub(crate) durability: Durability,
    pub(crate) limit: Duration,
}

/// Address of the user that may do everything; no database is chosen.
pub(crate) fn admin_url(server: &Server, secrets: &Secrets) -> String {
    url(server.address().port(), ADMIN, &secrets.admin_password, "")
}

/// Address of the services' database as the services see it, at this port.
pub(crate) fn service_url(port: u16, secrets: &Secrets) -> String {
    url(port, SERVICE, &secrets.service_password, DATABASE)
}

fn url(port: u16, user: &str, password: &str, database: &str) -> String {
    format!("mysql://{user}:{password}@127.0.0.1:{port}/{database}")
}

/// Starts a server and waits until it accepts a login.
pub(crate) async fn start(options: Options<'_>) -> Result<Server> {
    let program = system_program("mariadbd", PACKAGE)?;
    let data = options.dir.join("mariadb");
    if !data.exists() {
        // Blocks for a tenth of a second on purpose: a copy on another thread would go on after this start was
        // cancelled, into a folder that is being removed.
        copy_folder(&template(&program)?, &data)?;
    }
    let init_file = options.dir.join("mariadb-init.sql");
    write_init_file(&init_file, options.secrets)?;

    let mut attempt = 1;
    loop {
        let server = prepare(&program, &data, &init_file, &options)?;
        match server.start().await {
            Ok(()) => return Ok(server),
            Err(error) if error.is_address_in_use() && attempt < START_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn prepare(program: &Path, data: &Path, init_file: &Path, options: &Options<'_>) -> Result<Server> {
    let port = Port::free()?;
    let mut args: Vec<OsString> = vec!["--no-defaults".into()];
    args.push(joined("--datadir=", data));
    args.push(joined("--tmpdir=", data));
    args.push(joined("--init-file=", init_file));
    args.push(format!("--port={}", port.number()).into());
    args.extend(user_option());
    args.extend(LAYOUT.map(OsString::from));
    args.extend(
        [
            // Relative to the data folder: an absolute path may exceed what a socket address can hold.
            "--socket=mariadb.sock",
            "--pid-file=mariadb.pid",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--performance-schema=OFF",
            "--max-connections=500",
            "--innodb-buffer-pool-size=128M",
            "--innodb-buffer-pool-dump-at-shutdown=OFF",
            "--innodb-buffer-pool-load-at-startup=OFF",
            // What Debian's package sets for a server that people install.
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_general_ci",
        ]
        .map(OsString::from),
    );
    if options.durability == Durability::Relaxed {
        args.extend(["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF"].map(OsString::from));
    }
    let url = url(port.number(), ADMIN, &options.secrets.admin_password, "");
    let process = Process::new(Spec {
        name: "mariadb".to_owned(),
        program: program.to_owned(),
        args,
        env: Vec::new(),
        log: options.logs.join("mariadb.log"),
    });
    Ok(Server::new(process, Probe::MariaDb(url), port, options.limit))
}

fn write_init_file(path: &Path, secrets: &Secrets) -> Result<()> {
    let Secrets { admin_password, service_password, .. } = secrets;
    // One statement a line: the server reads the file line by line.
    let sql = format!(
        "CREATE OR REPLACE USER '{ADMIN}'@'127.0.0.1' IDENTIFIED BY '{admin_password}';\n\
         GRANT ALL PRIVILEGES ON *.* TO '{ADMIN}'@'127.0.0.1' WITH GRANT OPTION;\n\
         CREATE OR REPLACE USER '{SERVICE}'@'127.0.0.1' IDENTIFIED BY '{service_password}';\n\
         GRANT ALL PRIVILEGES ON {DATABASE}.* TO '{SERVICE}'@'127.0.0.1';\n\
         CREATE DATABASE IF NOT EXISTS {DATABASE};\n"
    );
    fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(sql.as_bytes()))
        .context(|| format!("write {}", path.display()))
}

/// The initialised data folder of this server version; made when absent, by one process at a time.
fn template(program: &Path) -> Result<PathBuf> {
    let installer = system_program("mariadb-install-db", PACKAGE)?;
    system_program("my_print_defaults", "mariadb-client-core")?;
    let cache = cache_dir();
    let named = |action: &str| format!("{action} {}", cache.display());
    fs::create_dir_all(&cache).context(|| named("create"))?;

    let template = cache.join(format!("mariadb-{}-r{TEMPLATE_REVISION}", version(program)?));
    let lock = File::create(cache.join("mariadb.lock")).context(|| named("write to"))?;
    lock.lock().context(|| named("lock"))?;
    if template.exists() {
        return Ok(template);
    }

    let unfinished = template.with_extension("unfinished");
    drop(fs::remove_dir_all(&unfinished));
    let output = Command::new(installer)
        .args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=socket"])
        .arg(joined("--datadir=", &unfinished))
        .args(user_option())
        .args(LAYOUT)
        .output()
        .context(|| "run mariadb-install-db".to_owned())?;
    if !output.status.success() {
        return Err(Error::Died {
            name: "mariadb-install-db".to_owned(),
            status: output.status,
            tail: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        });
    }
    fs::rename(&unfinished, &template).context(|| named("write to"))?;
    Ok(template)
}

/// The server's version as a part of a file name, for example `10.11.19-MariaDB-0+deb12u1`.
fn version(program: &Path) -> Result<String> {
    let output = Command::new(program)
        .args(["--no-defaults", "--version"])
        .output()
        .context(|| format!("run {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split_whitespace().skip_while(|word| *word != "Ver").nth(1);
    Ok(version.unwrap_or("unknown").chars().map(|c| if c == '/' { '_' } else { c }).collect())
}

/// Copies under another name first: a copy that was cut short must not be taken for a data folder.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let unfinished = to.with_extension("unfinished");
    drop(fs::remove_dir_all(&unfinished));
    copy_tree(from, &unfinished)
        .and_then(|()| fs::rename(&unfinished, to))
        .context(|| format!("copy {} to {}", from.display(), to.display()))
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// `MariaDB` runs as root only when told to.
fn user_option() -> Option<OsString> {
    nix::unistd::Uid::effective().is_root().then(|| "--user=root".into())
}

fn joined(option: &str, path: &Path) -> OsString {
    let mut joined = OsString::from(option);
    joined.push(path);
    joined
}
