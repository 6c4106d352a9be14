//! What the process does beside its work: pipes, panics.

#![allow(unsafe_code, reason = "calls of the C library, which know no other")]

use std::sync::atomic::{AtomicBool, Ordering};

/// A damaged Parquet or Arrow file is told in one line, without the panic of its decoder before it.
pub fn keep_silent_about_damaged_files() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !cofil::data::read::is_decoding() {
            usual(panic);
        }
    }));
}

/// A file that has reached the size the system allows is an error of writing, and not the end of the process,
/// which would leave temporary files behind.
pub fn survive_limits_of_file_size() {
    // SAFETY: ignoring a signal runs no code.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Whether the process was started without standard output. Rust opens the null device in its place before
/// `main`, so that this is looked at earlier.
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
        let closed = unsafe { libc::fcntl(1, libc::F_GETFD) } == -1;
        super::STDOUT_IS_CLOSED.store(closed, Ordering::Relaxed);
    }
}

/// `cofil … | head` ends as other tools do, without a message.
pub fn end_quietly_on_broken_pipe() {
    // SAFETY: the handler is the system's default one, and no thread runs yet.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
