//! A service as its operator sets it up: `ddnsd` in a process of its own on free ports, and `ddns` beside it, on a directory
//! that is gone afterwards.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::process::Process;

/// A running service.
pub(crate) struct Site {
    directory: TempDir,
    programs: Programs,
    process: Child,
    /// Kept, so that the server always has somebody to tell.
    _stdout: BufReader<ChildStdout>,
    pub(crate) http: SocketAddr,
    pub(crate) dns: SocketAddr,
}

impl Site {
    /// Starts on an empty directory below this one, or where temporary files are.
    pub(crate) fn start(parent: Option<&Path>) -> anyhow::Result<Site> {
        let programs = Programs::find()?;
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let directory = TempDir::with_prefix_in("ddns-bench-", parent)?;
        let log = File::options().create(true).append(true).open(log(&directory))?;
        let mut process = Command::new(&programs.ddnsd)
            .arg("--data")
            .arg(data(&directory))
            .args(["--http", "127.0.0.1:0", "--dns", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| programs.ddnsd.display().to_string())?;
        let mut stdout = BufReader::new(process.stdout.take().context("its output")?);
        let (http, dns) = (served(&mut stdout, "http")?, served(&mut stdout, "dns")?);
        Ok(Site { directory, programs, process, _stdout: stdout, http, dns })
    }

    /// Runs `ddns` with these lines on its standard input, and hands over what it says.
    pub(crate) fn ddns(&self, arguments: &[&str], stdin: &str) -> anyhow::Result<String> {
        let mut command = Command::new(&self.programs.ddns);
        command.arg("--data").arg(data(&self.directory)).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        child.stdin.take().context("its input")?.write_all(stdin.as_bytes())?;
        let done = child.wait_with_output()?;
        if !done.status.success() {
            bail!("ddns {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(String::from_utf8(done.stdout)?.trim().to_owned())
    }

    pub(crate) fn process(&self) -> Process {
        Process::of(&self.process)
    }

    /// Octets that the server has logged so far.
    pub(crate) fn logged(&self) -> anyhow::Result<u64> {
        Ok(std::fs::metadata(log(&self.directory))?.len())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn data(directory: &TempDir) -> PathBuf {
    directory.path().join("data")
}

fn log(directory: &TempDir) -> PathBuf {
    directory.path().join("ddnsd.log")
}

/// The next address that the server tells.
fn served(stdout: &mut impl BufRead, protocol: &str) -> anyhow::Result<SocketAddr> {
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    let address = line.trim().strip_prefix(protocol).with_context(|| format!("the server said {line:?}"))?;
    Ok(address.trim().parse()?)
}

/// The two programs, with the profile of this one.
struct Programs {
    ddnsd: PathBuf,
    ddns: PathBuf,
}

impl Programs {
    /// Beside this program; built first where cargo runs it.
    fn find() -> anyhow::Result<Programs> {
        if let (Some(cargo), Some(here)) = (std::env::var_os("CARGO"), std::env::var_os("CARGO_MANIFEST_DIR")) {
            build(Command::new(cargo).current_dir(here))?;
        }
        let this = std::env::current_exe()?;
        let folder = this.parent().context("the folder of this program")?;
        let program = |name: &str| -> anyhow::Result<PathBuf> {
            let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            if !path.is_file() {
                bail!("{} is not there: run this by cargo, or build it first", path.display());
            }
            Ok(path)
        };
        Ok(Programs { ddnsd: program("ddnsd")?, ddns: program("ddns")? })
    }
}

fn build(cargo: &mut Command) -> anyhow::Result<()> {
    cargo.args(["build", "--quiet", "--package", "ddnsd", "--package", "ddns-cli", "--bins"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    if !cargo.status()?.success() {
        bail!("ddnsd and ddns could not be built");
    }
    Ok(())
}
