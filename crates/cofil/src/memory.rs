//! What memory this process has, and how much work beside each other there is room for.
//!
//! ```
//! use cofil::memory::{Memory, mb};
//!
//! println!("{:.0} MiB are free", mb(Memory::now().available));
//! ```

use crate::error::{Error, Result};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// Later settings may need more than those so far did: twice as much is kept for each trial.
const HEADROOM: u64 = 2;

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// What this process has now.
    pub used: u64,
    /// The most it had; where the system does not tell, what it has now.
    pub peak: u64,
    /// What it could have in addition, by the machine and by the limit of its container.
    pub available: u64,
}

impl Memory {
    /// As it is now. All zero where the system tells nothing.
    pub fn now() -> Self {
        let mut system = System::new();
        system.refresh_memory();
        let mut used = 0;
        if let Ok(own) = get_current_pid() {
            let what = ProcessRefreshKind::nothing().with_memory();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, what);
            used = system.process(own).map_or(0, |process| process.memory());
        }
        let available = available(&system);
        Self { used, peak: peak().unwrap_or(used).max(used), available }
    }

    /// How many trials there is room for, ≥ 1, `before` being what was used before the first and
    /// `at_once` the most that ran side by side so far.
    pub fn trials(&self, before: u64, at_once: usize) -> usize {
        let need = self.peak.saturating_sub(before) / at_once.max(1) as u64;
        let room = self.available + self.used.saturating_sub(before);
        ((room / (HEADROOM * need).max(1)) as usize).max(1)
    }
}

/// Refuses a setting whose tables of single-precision numbers the machine has no room for: `count` tables of
/// `rows` × `cols`. `what` is what has the rows, such as "users and items".
///
/// # Errors
/// Naming the setting, what it would take and what is free.
pub(crate) fn check_room(
    setting: &str,
    count: usize,
    (rows, what): (usize, &str),
    cols: usize,
) -> Result<()> {
    check_room_of(room(), setting, count, (rows, what), cols)
}

/// Bytes that are free; what the system does not tell is bounded by what can be counted.
pub(crate) fn room() -> u64 {
    match Memory::now().available {
        0 => isize::MAX as u64,
        available => available,
    }
}

fn check_room_of(
    room: u64,
    setting: &str,
    count: usize,
    (rows, what): (usize, &str),
    cols: usize,
) -> Result<()> {
    let bytes = 4 * count as u128 * rows as u128 * cols as u128;
    match bytes <= u128::from(room) {
        true => Ok(()),
        false => {
            let says = format!(
                "{cols} for each of {rows} {what} take {:.1} GB, and {:.1} GB of memory are free; lower it",
                bytes as f64 / 1e9,
                room as f64 / 1e9
            );
            Err(Error::setting(setting, says))
        }
    }
}

/// What `system` says is free on the machine and in its container; 0 where it says nothing.
fn available(system: &System) -> u64 {
    // Asked for a container, the system insists on knowing the machine: in a sandbox without /proc it does not.
    if system.total_memory() == 0 {
        return 0;
    }
    let container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    system.available_memory().min(container)
}

/// The most memory that this process had at once, in bytes; `None` where the system does not keep it. In a comparison
/// with `measure_memory`: since the recipe under way began.
#[cfg(not(all(unix, not(target_os = "linux"))))]
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The most memory that this process had at once, in bytes; `None` where the system does not keep it.
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

/// Forgets the most memory that this process had so far; whether the system can (Linux).
#[cfg(feature = "tune")]
pub(crate) fn forget_peak() -> bool {
    cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// [`peak`] in MiB; 0 where the system does not keep it.
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

    #[test]
    fn what_does_not_fit_is_refused_before_it_is_made() {
        let check = |cols| check_room_of(1 << 30, "factors", 2, (1000, "users"), cols);
        assert!(check(100_000).is_ok());
        let says = check(200_000).unwrap_err().to_string();
        assert!(
            says.starts_with(
                "setting `factors`: 200000 for each of 1000 users take 1.6 GB, and 1.1 GB"
            ),
            "{says}"
        );
        assert!(check(usize::MAX).is_err());
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
    fn the_memory_of_this_process_is_seen() {
        let block = std::hint::black_box(vec![1u8; 64 << 20]);
        let now = Memory::now();
        assert!(now.used >= 64 << 20 && now.peak >= now.used && now.available > 0, "{now:?}");
        drop(block);
    }
}
