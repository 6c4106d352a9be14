//! Process setup: signals, pipes, panic messages.

#![allow(unsafe_code, reason = "calls into the C library")]

use std::sync::atomic::{AtomicBool, Ordering};

/// Silences panics of the Parquet and Arrow decoders: a damaged file is reported as an error.
pub fn keep_silent_about_damaged_files() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !cofil::data::read::is_decoding() {
            usual(panic);
        }
    }));
}

/// Ignores SIGXFSZ: a file at the size limit becomes a write error instead of ending the process, which would leave
/// temporary files behind.
pub fn survive_limits_of_file_size() {
    // SAFETY: ignoring a signal runs no code.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Whether the process was started without a standard output that can be written to. Rust opens the null device instead
/// before `main`, and ignores errors of one that is only open for reading, so this is checked earlier.
pub fn stdout_is_closed() -> bool {
    STDOUT_IS_CLOSED.load(Ordering::Relaxed)
}

static STDOUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);

#[cfg(target_os = "linux")]
mod before_main {
    use std::sync::atomic::Ordering;

    #[used]
    // SAFETY: the loader calls functions of this section once, before `main`; this one only asks the system.
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        // SAFETY: it asks about a descriptor, open or not.
        let access = unsafe { libc::fcntl(1, libc::F_GETFL) };
        let closed = access == -1 || access & libc::O_ACCMODE == libc::O_RDONLY;
        super::STDOUT_IS_CLOSED.store(closed, Ordering::Relaxed);
    }
}

/// Does `install`, which handles the signals that end a process, but for those that whoever started the process has
/// made it ignore: `nohup` does so with SIGHUP, and shells with SIGINT for work in the background.
pub fn except_ignored_signals<T>(install: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    {
        let signals = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM];
        // SAFETY: an all-zero `sigaction` is a valid value, and this only asks for the present one.
        let is_ignored = signals.map(|signal| unsafe {
            let mut now: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, std::ptr::null(), &raw mut now) == 0
                && now.sa_sigaction == libc::SIG_IGN
        });
        let done = install();
        for (signal, _) in signals.into_iter().zip(is_ignored).filter(|(_, ignored)| *ignored) {
            // SAFETY: ignoring a signal runs no code.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
        done
    }
    #[cfg(not(unix))]
    install()
}

/// Restores SIGPIPE, so that `cofil … | head` ends without a message.
pub fn end_quietly_on_broken_pipe() {
    // SAFETY: the handler is the system's default one, and no thread runs yet.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
