//! What the process does beside its work: memory, pipes, panics.

/// The most memory this process has used so far, in MiB.
pub fn peak_memory_mb() -> f64 {
    #[cfg(unix)]
    {
        // SAFETY: getrusage fills the struct it is given, for which zeros are a valid start.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
            usage
        };
        // Linux counts in KiB, macOS in bytes.
        let unit = if cfg!(target_os = "macos") { 1.0 } else { 1024.0 };
        usage.ru_maxrss as f64 * unit / (1024.0 * 1024.0)
    }
    #[cfg(not(unix))]
    0.0
}

/// Forgets the most memory used so far; whether the system can. Then [`recent_peak_mb`] tells what was
/// used since.
pub fn forget_peak_memory() -> bool {
    cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The most memory used since [`forget_peak_memory`], in MiB, where the system tells.
pub fn recent_peak_mb() -> Option<f64> {
    cofil::memory::peak().map(|bytes| bytes as f64 / (1024.0 * 1024.0))
}

/// A damaged Parquet or Arrow file is told in one line, without the panic of its decoder before it.
pub fn keep_silent_about_damaged_files() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !cofil::data::read::is_decoding() {
            usual(panic);
        }
    }));
}

/// `cofil … | head` ends as other tools do, without a message.
pub fn end_quietly_on_broken_pipe() {
    // SAFETY: the handler is the system's default one, and no thread runs yet.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
