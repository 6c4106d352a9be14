//! What the operating system knows: memory and pipes.

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

/// `cofil … | head` ends as other tools do, without a message.
pub fn end_quietly_on_broken_pipe() {
    // SAFETY: the handler is the system's default one, and no thread runs yet.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
