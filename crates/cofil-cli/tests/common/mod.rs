//! A folder with a small table, and the command run in it.
#![allow(dead_code, reason = "each test file uses what it needs")]

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A temporary folder to run commands in.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a command said and how it ended.
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// With `events.csv`: two groups of users, each with items of its own and one for all.
    pub fn with_events() -> Self {
        let place = Self::new();
        let mut text = String::from("user,item\n");
        for u in 0..20 {
            let group = if u % 2 == 0 { "even" } else { "odd" };
            for i in (0..8).filter(|i| (i + u / 2) % 4 != 0) {
                text += &format!("u{u},{group}{i}\n");
            }
            text += &format!("u{u},all\n");
        }
        place.write("events.csv", &text);
        place
    }

    /// With `ratings.csv`, values 1 to 5.
    pub fn with_ratings() -> Self {
        let place = Self::new();
        let mut text = String::from("user,item,rating\n");
        for u in 0..20 {
            for i in (0..12).filter(|i| (i * 7 + u * 3) % 5 != 0) {
                text += &format!("u{u},i{i},{}\n", 1 + (u * i + u + 2 * i) % 5);
            }
        }
        place.write("ratings.csv", &text);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("written");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("read")
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    /// Files in the folder, hidden ones too.
    pub fn files(&self) -> Vec<String> {
        names(self.folder.path())
    }

    /// Runs `cofil` with `args`, separated by spaces.
    pub fn run(&self, args: &str) -> Answer {
        let mut command = Command::cargo_bin("cofil").expect("the binary was built");
        let output = command
            .current_dir(self.folder.path())
            .args(args.split_whitespace())
            .output()
            .expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().unwrap_or(-1);
        Answer { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Standard output of a command that succeeds.
    pub fn ok(&self, args: &str) -> String {
        let answer = self.run(args);
        assert_eq!(answer.code, 0, "cofil {args}: {}", answer.err);
        answer.out
    }

    /// The JSON document of a command that succeeds; it is all there is on standard output.
    pub fn json(&self, args: &str) -> Value {
        let out = self.ok(&format!("{args} --json"));
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("cofil {args}: {e}\n{out}"))
    }

    /// Message of a command that fails with exit code `code`.
    pub fn fails(&self, code: i32, args: &str) -> String {
        let answer = self.run(args);
        assert_eq!(answer.code, code, "cofil {args}: {}{}", answer.out, answer.err);
        assert!(!answer.err.contains("panicked"), "cofil {args}: {}", answer.err);
        answer.err
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name =
        |entry: std::io::Result<std::fs::DirEntry>| entry.ok()?.file_name().into_string().ok();
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort_unstable();
    names
}

/// `command` with the default for every signal, even if the tests run in the background, where shells ignore Ctrl-C.
#[cfg(unix)]
#[allow(unsafe_code, reason = "signals")]
pub fn obedient(mut command: std::process::Command) -> std::process::Command {
    // SAFETY: the calls are safe between fork and exec.
    unsafe {
        std::os::unix::process::CommandExt::pre_exec(&mut command, || {
            for signal in [libc::SIGINT, libc::SIGHUP, libc::SIGTERM] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    command
}
