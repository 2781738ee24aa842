//! The data directory: its modes, its lock, and how the database comes into being whole.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::file::schema;

/// The database's file name inside a data directory.
pub const DATABASE: &str = "ddns.sqlite3";
const LOCK: &str = "server.lock";

/// Proves that this process alone serves a directory; others may still work on it by the command line.
#[derive(Debug)]
pub struct ServerLock(#[expect(dead_code, reason = "held, not read: the lock ends with the file")] File);

impl ServerLock {
    /// Takes the lock of a directory, which it makes if need be.
    ///
    /// # Errors
    /// [`StoreError::Served`] while another server holds it.
    pub fn take(directory: &Path) -> Result<ServerLock, StoreError> {
        let directory = &make_directory(directory)?;
        let path = directory.join(LOCK);
        refuse_link(&path)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(no_follow())
            .open(&path)
            .map_err(|error| io(&path, &error))?;
        file.set_permissions(Permissions::from_mode(0o600)).map_err(|error| io(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(ServerLock(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Served(directory.display().to_string())),
            Err(TryLockError::Error(error)) => Err(io(&path, &error)),
        }
    }
}

/// Makes the directory if need be; ours alone (0700), whatever the umask. Gives back its real path.
pub(super) fn make_directory(directory: &Path) -> Result<PathBuf, StoreError> {
    match itself(directory) {
        Ok(found) if !found.is_dir() => return Err(StoreError::NotRegular(directory.display().to_string())),
        Ok(found) => {
            check_free(directory, &found)?;
            tighten(directory, &found)?;
            return real(directory);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (),
        Err(error) => return Err(io(directory, &error)),
    }
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| io(directory, &error))?;
    set_mode(directory, 0o700)?;
    sync_directory(directory)?;
    sync_entry(directory)?;
    real(directory)
}

/// A directory that others may enter, and that has something in it and no database of ours, is not ours to close.
fn check_free(directory: &Path, found: &std::fs::Metadata) -> Result<(), StoreError> {
    let mode = found.mode() & 0o777;
    if mode & 0o077 == 0 || directory.join(DATABASE).exists() {
        return Ok(());
    }
    let ours = |name: &std::ffi::OsStr| name == LOCK || name.as_encoded_bytes().starts_with(DATABASE.as_bytes());
    for entry in std::fs::read_dir(directory).map_err(|error| io(directory, &error))? {
        if !ours(&entry.map_err(|error| io(directory, &error))?.file_name()) {
            return Err(StoreError::OpenToOthers { path: directory.display().to_string(), mode });
        }
    }
    Ok(())
}

/// The same path, with symbolic links in the parents followed: only what stands in our own place may be none.
pub(super) fn real(path: &Path) -> Result<PathBuf, StoreError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = match path.file_name() {
        Some(name) => std::fs::canonicalize(parent).map(|parent| parent.join(name)),
        None => std::fs::canonicalize(path),
    };
    whole.map_err(|error| io(path, &error))
}

/// Makes the name of a file or directory durable.
pub(super) fn sync_entry(path: &Path) -> Result<(), StoreError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    sync_directory(parent.unwrap_or(Path::new(".")))
}

/// What stands at a path, even if it ends in a slash, which would follow a symbolic link.
fn itself(path: &Path) -> std::io::Result<std::fs::Metadata> {
    std::fs::symlink_metadata(path.components().as_path())
}

fn tighten(path: &Path, found: &std::fs::Metadata) -> Result<(), StoreError> {
    let me = rustix::process::geteuid().as_raw();
    if found.uid() != me {
        return Err(StoreError::NotOwner { path: path.display().to_string(), owner: found.uid() });
    }
    let wanted = if found.is_dir() { 0o700 } else { 0o600 };
    if found.mode() & 0o777 == wanted { Ok(()) } else { set_mode(path, wanted) }
}

/// Whether the directory has a database. What stands there without being a regular file is refused.
pub(super) fn exists(directory: &Path) -> Result<bool, StoreError> {
    match itself(directory) {
        Ok(found) if !found.is_dir() => return Err(StoreError::NotRegular(directory.display().to_string())),
        Ok(_) => (),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(io(directory, &error)),
    }
    let path = directory.join(DATABASE);
    let journal = directory.join(format!("{DATABASE}-wal"));
    refuse_link(&directory.join(format!("{DATABASE}-shm")))?;
    let orphan = refuse_link(&journal)?;
    match std::fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => Err(StoreError::NotRegular(path.display().to_string())),
        Ok(found) => {
            tighten(&path, &found)?;
            if found.len() == 0 {
                let detail = "it is empty".to_owned();
                return Err(StoreError::Damaged { path: path.display().to_string(), detail });
            }
            Ok(true)
        }
        // A journal whose database was moved away would be played into the next one that comes into its place.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && orphan => {
            let detail = format!("it is a journal without its {DATABASE}");
            Err(StoreError::Damaged { path: journal.display().to_string(), detail })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io(&path, &error)),
    }
}

/// Makes an empty database. Where somebody else was faster, theirs stays.
pub(super) fn create(directory: &Path) -> Result<(), StoreError> {
    install(directory, schema::create).map(|_| ())
}

/// Makes the database under another name and links it into its place, so that it is there whole or not at all. Tells
/// whether that is what stands there now: whoever was faster keeps the place.
pub(super) fn install(
    directory: &Path,
    make: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<bool, StoreError> {
    let target = directory.join(DATABASE);
    let new = create_new(directory)?;
    let made = make(&new).and_then(|()| link(&new, &target));
    remove_files(&new);
    let ours = made?;
    sync_directory(directory)?;
    Ok(ours)
}

/// An empty file under a name that nothing has, not even what a killed process of our number left.
fn create_new(directory: &Path) -> Result<PathBuf, StoreError> {
    loop {
        let new = directory.join(format!("{DATABASE}.new-{}-{:x}", std::process::id(), unique()));
        match create_file(&new) {
            Err(StoreError::Exists(_)) => (),
            made => return made.map(|()| new),
        }
    }
}

/// Removes a database that has not become one, with its journals.
pub(super) fn remove_files(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut left = path.as_os_str().to_owned();
        left.push(suffix);
        let _gone = std::fs::remove_file(PathBuf::from(left));
    }
}

fn link(new: &Path, target: &Path) -> Result<bool, StoreError> {
    let file = File::open(new).map_err(|error| io(new, &error))?;
    file.sync_all().map_err(|error| io(new, &error))?;
    match std::fs::hard_link(new, target) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(io(target, &error)),
    }
}

/// Tells apart the files that several threads of this process make at once.
fn unique() -> usize {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// Makes an empty file that is ours alone (0600), whatever the umask; refuses one that exists.
pub(super) fn create_file(path: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(no_follow()).open(path);
    let file = made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => StoreError::Exists(path.display().to_string()),
        _ => io(path, &error),
    })?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(|error| io(path, &error))
}

/// Whether a file is there. What is no regular file is refused.
fn refuse_link(path: &Path) -> Result<bool, StoreError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(StoreError::NotRegular(path.display().to_string())),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io(path, &error)),
    }
}

fn no_follow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits().cast_signed()
}

fn set_mode(path: &Path, mode: u32) -> Result<(), StoreError> {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(|error| io(path, &error))
}

fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(|error| io(directory, &error))
}

pub(super) fn io(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Io { path: path.display().to_string(), detail: error.to_string() }
}
