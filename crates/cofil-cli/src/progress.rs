//! What is shown while a model is trained: a bar on a terminal, else a line for each epoch.

use cofil::train::Epoch;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit status of a command that Ctrl-C stops at once: 128 and the number of the signal.
const STOPPED: i32 = 130;

/// Shows epochs on standard error; Ctrl-C ends training after the epoch that is under way.
pub struct Progress {
    bar: Option<ProgressBar>,
    metric: String,
    interrupted: Arc<AtomicBool>,
}

impl Progress {
    /// For training in `epochs`, or in one piece, which Ctrl-C ends at once, since there is nothing
    /// to save. `metric` names what validation measures.
    pub fn new(epochs: bool, metric: String) -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        if epochs {
            let flag = interrupted.clone();
            // A second handler cannot be set; then Ctrl-C ends the command at once.
            let _ = ctrlc::set_handler(move || {
                if flag.swap(true, Ordering::Relaxed) {
                    std::process::exit(STOPPED);
                }
                eprintln!("\nfinishing this epoch, then saving; Ctrl-C again to stop at once");
            });
        }
        let style = "epoch {pos}/{len} {bar:24.cyan/white} {msg}  {elapsed} of about {duration}";
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(style).expect("a fixed template");
            ProgressBar::no_length().with_style(style.progress_chars("━╸─"))
        });
        Self { bar, metric, interrupted }
    }

    /// Whether Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Shows an epoch; `Break` after Ctrl-C.
    pub fn epoch(&self, epoch: &Epoch) -> ControlFlow<()> {
        let Epoch { number, of, loss, validation, best } = epoch;
        let mut text = format!("loss {:.6}", Digits(loss.data + loss.penalty));
        if let Some(value) = validation {
            let mark = if *best { " (best)" } else { "" };
            text += &format!("  {} {value:.4}{mark}", self.metric);
        }
        match &self.bar {
            Some(bar) => {
                bar.set_length(*of as u64);
                bar.set_position(*number as u64);
                bar.set_message(text);
            }
            None => eprintln!("epoch {number}/{of}  {text}"),
        }
        match self.interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Leaves the last state of the bar on the screen.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.as_ref().filter(|bar| bar.length().is_some()) {
            bar.abandon();
            eprintln!();
        }
    }
}

/// A number with a fixed count of significant digits: losses range over many decades.
struct Digits(f64);

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(6) as i32;
        let magnitude = if self.0 == 0.0 { 0 } else { self.0.abs().log10().floor() as i32 };
        match magnitude {
            -5..=12 => write!(f, "{:.*}", (digits - 1 - magnitude).max(0) as usize, self.0),
            _ => write!(f, "{:.*e}", (digits - 1) as usize, self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_keep_their_digits() {
        let told = |x: f64| format!("{:.4}", Digits(x));
        assert_eq!(told(0.0), "0.000");
        assert_eq!(told(0.001_234_5), "0.001234");
        assert_eq!(told(1_234_567.0), "1234567");
        assert_eq!(told(1.5e-9), "1.500e-9");
    }
}
