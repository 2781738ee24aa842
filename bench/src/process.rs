//! What the system tells of a process: its memory, and the processor time that it took.

use std::process::Child;

use anyhow::Context;

/// A process that is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn of(child: &Child) -> Process {
        Process(child.id())
    }

    pub(crate) fn this() -> Process {
        Process(std::process::id())
    }

    /// Its processor seconds so far.
    pub(crate) fn cpu_seconds(self) -> anyhow::Result<f64> {
        let stat = self.told("stat")?;
        let fields: Vec<&str> = stat.rsplit(')').next().context("stat")?.split_ascii_whitespace().collect();
        let ticks = |index: usize| -> anyhow::Result<f64> { Ok(fields.get(index).context("stat")?.parse()?) };
        Ok((ticks(11)? + ticks(12)?) / 100.0)
    }

    /// The most memory that it has had since [`Process::forget_peak`], in octets.
    pub(crate) fn peak(self) -> anyhow::Result<u64> {
        let status = self.told("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()?.saturating_mul(1_024))
    }

    pub(crate) fn forget_peak(self) -> anyhow::Result<()> {
        Ok(std::fs::write(self.file("clear_refs"), "5")?)
    }

    fn told(self, file: &str) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.file(file))?)
    }

    fn file(self, name: &str) -> String {
        format!("/proc/{}/{name}", self.0)
    }
}
