//! Memory of this process, and how many trials fit into it at once.
//!
//! ```
//! use cofil::memory::{Memory, mb};
//!
//! println!("{:.0} MiB are free", mb(Memory::now().available));
//! ```

use crate::error::{Error, Result};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// Safety factor per trial: later settings may need more memory than the ones so far.
const HEADROOM: u64 = 2;
/// Memory that several threads need besides their stacks.
const LEAST: u64 = 64 << 20;

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// In use by this process now.
    pub used: u64,
    /// Peak use of this process; current use if the system does not report the peak.
    pub peak: u64,
    /// Still available to this process, within the machine, the limit of its container and its own (`ulimit -v`).
    pub available: u64,
}

impl Memory {
    /// Returns the current figures; all are zero if the system does not report them.
    pub fn now() -> Self {
        let mut system = System::new();
        system.refresh_memory();
        let mut used = 0;
        if let Ok(own) = get_current_pid() {
            let what = ProcessRefreshKind::nothing().with_memory();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, what);
            used = system.process(own).map_or(0, |process| process.memory());
        }
        let available = available(&system).min(limited().unwrap_or(u64::MAX));
        Self { used, peak: peak().unwrap_or(used).max(used), available }
    }

    /// Returns how many trials fit into memory at once, ≥ 1. `before` is the use before the first trial, `at_once`
    /// the largest number of trials run side by side so far.
    pub fn trials(&self, before: u64, at_once: usize) -> usize {
        let need = self.peak.saturating_sub(before) / at_once.max(1) as u64;
        let room = self.available + self.used.saturating_sub(before);
        ((room / (HEADROOM * need).max(1)) as usize).max(1)
    }
}

/// Refuses a setting whose tables of single-precision numbers do not fit into memory: `count` tables of `rows` ×
/// `cols`. `what` names the rows, such as "users and items".
///
/// # Errors
/// Names the setting, the memory needed and the memory free.
pub(crate) fn check_room(
    setting: &str,
    count: usize,
    (rows, what): (usize, &str),
    cols: usize,
) -> Result<()> {
    check_room_of(room(), setting, count, (rows, what), cols)
}

/// Refuses a setting for which `what` would take more `bytes` than are free; `what` is a plural.
///
/// # Errors
/// Names the setting, the memory needed and the memory free.
pub(crate) fn check_bytes(setting: &str, bytes: u128, what: &str) -> Result<()> {
    check_bytes_of(room(), setting, bytes, what)
}

/// Checks that `threads` stacks of `stack` bytes fit into the limits of this process, with as much again for what the C
/// library keeps for each thread: it ends the process if that is refused.
pub(crate) fn check_threads(threads: usize, stack: usize) -> Result<()> {
    check_threads_of(limited(), threads, stack)
}

fn check_threads_of(room: Option<u64>, threads: usize, stack: usize) -> Result<()> {
    let bytes = 2 * (threads as u64) * (stack as u64) + LEAST;
    match room {
        Some(room) if threads > 1 && room < bytes => {
            let mb = |bytes: u64| bytes / 1_000_000;
            Err(Error::Resources(format!(
                "cannot start {threads} threads: they need {} MB, but the limits of this process leave {} MB; use \
                 fewer, or raise the limit (ulimit -v)",
                mb(bytes),
                mb(room)
            )))
        }
        _ => Ok(()),
    }
}

/// Free bytes; if the system does not report them, the largest addressable size.
pub(crate) fn room() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    let machine = match available(&system) {
        0 => of_the_kernel().unwrap_or(isize::MAX as u64),
        available => available,
    };
    machine.min(limited().unwrap_or(u64::MAX))
}

/// Free bytes by the kernel's own count, for sandboxes without /proc. It takes what is kept of files for used, so at
/// least half of the memory counts as free.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "a call of the C library")]
#[allow(clippy::unnecessary_cast, reason = "the fields are shorter on other processors")]
fn of_the_kernel() -> Option<u64> {
    // SAFETY: sysinfo fills the struct it is given, for which zeros are a valid start.
    let about = unsafe {
        let mut about: libc::sysinfo = std::mem::zeroed();
        (libc::sysinfo(&raw mut about) == 0).then_some(about)?
    };
    let parts = (about.freeram as u64 + about.bufferram as u64).max(about.totalram as u64 / 2);
    parts.checked_mul(u64::from(about.mem_unit.max(1)))
}

#[cfg(not(target_os = "linux"))]
fn of_the_kernel() -> Option<u64> {
    None
}

fn check_room_of(
    room: u64,
    setting: &str,
    count: usize,
    (rows, what): (usize, &str),
    cols: usize,
) -> Result<()> {
    let bytes = (4 * count as u128).saturating_mul(rows as u128).saturating_mul(cols as u128);
    check_bytes_of(room, setting, bytes, &format!("{cols} for each of {rows} {what}"))
}

fn check_bytes_of(room: u64, setting: &str, bytes: u128, what: &str) -> Result<()> {
    if bytes <= u128::from(room) {
        return Ok(());
    }
    let says = format!(
        "{what} take {:.1} GB, but only {:.1} GB of memory are free; lower it",
        bytes as f64 / 1e9,
        room as f64 / 1e9
    );
    Err(Error::setting(setting, says))
}

/// Free memory of the machine and its container according to `system`; 0 if it does not report it.
fn available(system: &System) -> u64 {
    // Asking for the container's limit fails if the total memory is unknown, as in a sandbox without /proc.
    if system.total_memory() == 0 {
        return 0;
    }
    let container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    system.available_memory().min(container)
}

/// Returns the bytes that this process may still take within its limits on address space and data (`ulimit -v`,
/// `ulimit -d`); `None` if there are none, or if the system does not report them.
fn limited() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    within(&limits, &status)
}

/// [`limited`] by the texts of the system.
fn within(limits: &str, status: &str) -> Option<u64> {
    let number = |text: &str, name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().next()?.parse().ok()
    };
    let room = |limit: &str, use_of: &str| -> Option<u64> {
        let most = number(limits, limit)?;
        Some(most.saturating_sub(1024 * number(status, use_of)?))
    };
    let [space, data] = [room("Max address space", "VmSize:"), room("Max data size", "VmData:")];
    space.into_iter().chain(data).min()
}

/// Returns the peak memory of this process in bytes; `None` if the system does not report it. In a comparison with
/// `measure_memory`, the peak since the current algorithm began.
#[cfg(not(all(unix, not(target_os = "linux"))))]
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Returns the peak memory of this process in bytes; `None` if the system does not report it.
#[cfg(all(unix, not(target_os = "linux")))]
#[allow(unsafe_code, reason = "a call of the C library")]
pub fn peak() -> Option<u64> {
    // SAFETY: getrusage fills the struct it is given, for which zeros are a valid start.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    // macOS counts in bytes, others in KiB.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).ok()?.checked_mul(unit)
}

/// Resets the peak memory of this process; returns whether the system supports it (Linux).
#[cfg(feature = "tune")]
pub(crate) fn forget_peak() -> bool {
    cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// [`peak`] in MiB; 0 if the system does not report it.
pub fn peak_mb() -> f64 {
    peak().map_or(0.0, mb)
}

/// Bytes in MiB.
pub fn mb(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_share_what_is_free_and_what_they_have() {
        // Two trials took 300 at most, so 2 × 150 are kept for each of what 100 + 900 have room for.
        let memory = Memory { used: 200, peak: 400, available: 900 };
        assert_eq!(memory.trials(100, 2), 3);
        assert_eq!(memory.trials(100, 1), 1);
        let full = Memory { available: 0, ..memory };
        assert_eq!(full.trials(100, 2), 1, "one always runs");
        assert!(Memory { peak: 100, ..memory }.trials(100, 1) > 100, "nothing is known yet");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_counts_memory_without_proc() {
        let mut system = System::new();
        system.refresh_memory();
        let counted = of_the_kernel().unwrap();
        assert!((system.total_memory() / 3..=system.total_memory()).contains(&counted));
    }

    #[test]
    fn threads_beyond_the_limits_of_the_process_are_not_started() {
        let told = check_threads_of(Some(80 << 20), 8, 2 << 20).unwrap_err().to_string();
        assert!(told.starts_with("cannot start 8 threads: they need 100 MB"), "{told}");
        assert!(check_threads_of(Some(80 << 20), 4, 2 << 20).is_ok());
        assert!(check_threads_of(Some(0), 1, 2 << 20).is_ok(), "one is the least");
        assert!(check_threads_of(None, 1000, 2 << 20).is_ok());
    }

    #[test]
    fn what_does_not_fit_is_refused_before_it_is_made() {
        let check = |cols| check_room_of(1 << 30, "factors", 2, (1000, "users"), cols);
        assert!(check(100_000).is_ok());
        let says = check(200_000).unwrap_err().to_string();
        assert!(
            says.starts_with(
                "setting `factors`: 200000 for each of 1000 users take 1.6 GB, but only 1.1 GB"
            ),
            "{says}"
        );
        assert!(check(usize::MAX).is_err());
        let all = check_room_of(1 << 30, "factors", 6, (usize::MAX, "users"), usize::MAX);
        assert!(all.is_err(), "a product that no number holds");
        assert!(check_bytes_of(100, "batch_size", 100, "samples").is_ok());
        let says = check_bytes_of(100, "batch_size", 3_000_000_000, "samples").unwrap_err();
        assert_eq!(
            says.to_string(),
            "setting `batch_size`: samples take 3.0 GB, but only 0.0 GB of memory are free; lower it"
        );
        let unknown = check_room_of(0, "factors", 2, (1000, "users"), usize::MAX);
        assert!(unknown.is_err(), "more than can be addressed, whatever the machine has");
    }

    #[test]
    fn a_system_that_tells_nothing_has_nothing_free() {
        // As it stays where there is no /proc/meminfo.
        let silent = System::new();
        assert_eq!(available(&silent), 0);
        assert_eq!(Memory::default().trials(0, 0), 1, "one always runs");
    }

    #[test]
    fn limits_of_the_process_are_seen() {
        let limits = |space: &str, data: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units\n\
                 Max data size             {data}               unlimited            bytes\n\
                 Max address space         {space}              unlimited            bytes\n"
            )
        };
        let status = "VmPeak:\t 900 kB\nVmSize:\t     600 kB\nVmData:\t 100 kB\n";
        let free = |space, data| within(&limits(space, data), status);
        assert_eq!(free("unlimited", "unlimited"), None);
        assert_eq!(free("1024000", "unlimited"), Some(1_024_000 - 614_400));
        assert_eq!(free("1024000", "204800"), Some(204_800 - 102_400));
        assert_eq!(free("1024", "unlimited"), Some(0));
        assert_eq!(within("", ""), None);
    }

    #[test]
    fn the_memory_of_this_process_is_seen() {
        let block = std::hint::black_box(vec![1u8; 64 << 20]);
        let now = Memory::now();
        assert!(now.used >= 64 << 20 && now.peak >= now.used && now.available > 0, "{now:?}");
        drop(block);
    }
}
