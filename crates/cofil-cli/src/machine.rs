//! What the process does beside its work: pipes, panics.

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
