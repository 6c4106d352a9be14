//! Ctrl-C ends any command with exit status 130, and leaves nothing half-written.
// How long a process has worked is read from /proc, so that nothing depends on the clock.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "signals and terminals")]

mod common;

use common::Place;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

fn start(place: &Place, args: &str, input: Stdio) -> Child {
    common::obedient(Command::new(env!("CARGO_BIN_EXE_cofil")))
        .current_dir(place.path(""))
        .args(args.split_whitespace())
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started")
}

fn send(child: &Child, signal: i32) {
    let pid = child.id().try_into().expect("a process number");
    // SAFETY: the process is a child that has not been waited for, so the number is still its own.
    assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
}

/// Waits until `child` has worked for this long, by the clock of its processor.
fn let_it_work(child: &mut Child, seconds: f64) {
    let stat = PathBuf::from(format!("/proc/{}/stat", child.id()));
    loop {
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        // Ticks in the program and in the system for it, a hundred a second.
        let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        let worked = (ticks(11) + ticks(12)) / 100.0;
        if worked >= seconds {
            return;
        }
        assert_eq!(child.try_wait().expect("asked"), None, "it is at work for longer");
        std::thread::yield_now();
    }
}

/// Runs `args`, stops it after `seconds` of work, and says what it told on standard error; the folder is then
/// as it was.
fn stopped(place: &Place, args: &str, seconds: f64) -> String {
    let before = place.files();
    let mut child = start(place, args, Stdio::null());
    let_it_work(&mut child, seconds);
    send(&child, libc::SIGINT);
    let output = child.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "cofil {args}: {told}");
    assert!(told.ends_with('\n') && told.contains("stopped"), "cofil {args}: {told}");
    assert_eq!(place.files(), before, "cofil {args}");
    told
}

/// Waits until all that was written into the pipe `input` was read.
fn let_it_read(input: &ChildStdin) {
    let mut left = 1;
    while left > 0 {
        // SAFETY: the pipe is open, and the number is written to.
        assert_eq!(unsafe { libc::ioctl(input.as_raw_fd(), libc::FIONREAD, &raw mut left) }, 0);
        std::thread::yield_now();
    }
}

/// Waits until `child` cannot go on because nobody reads `output`: it has written, and is within a call that writes to it.
fn let_it_fill(child: &Child, output: &ChildStdout) {
    let writes = format!("{} 0x1 ", libc::SYS_write);
    let tasks = PathBuf::from(format!("/proc/{}/task", child.id()));
    let is_writing = || {
        let tasks = std::fs::read_dir(&tasks).into_iter().flatten().flatten();
        let call = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("syscall"));
        tasks.filter_map(|task| call(task).ok()).any(|call| call.starts_with(&writes))
    };
    let mut there = 0;
    while there == 0 || !is_writing() {
        // SAFETY: the pipe is open, and the number is written to.
        assert_eq!(unsafe { libc::ioctl(output.as_raw_fd(), libc::FIONREAD, &raw mut there) }, 0);
        std::thread::yield_now();
    }
}

/// `t.csv` with so many users of a hundred items each, out of twelve thousand.
fn table(place: &Place, users: usize) {
    let mut text = String::from("user,item,rating\n");
    for u in 0..users {
        for at in 0..100 {
            let i = (at * 113 + u * 31 + at * (u % 7)) % 12_000;
            text += &format!("user{u},item{},{}\n", i, 1 + (u + at) % 5);
        }
    }
    place.write("t.csv", text);
}

#[test]
fn whatever_works_long_is_stopped() {
    let place = Place::new();
    table(&place, 4000);
    let train = "train t.csv --implicit -a";
    place.ok(&format!("{train} ials --set epochs=1 --set factors=8 -o m"));
    for args in [
        &*format!("{train} slim --set l1=0.001 --set l2=0.1 -o new"),
        "evaluate m --test t.csv --seen --resamples 3000000",
        "compare t.csv --implicit --report new.html",
        "compare t.csv --implicit --tune 50 --algorithms slim",
        "recommend m --all -n 900 -o new.csv",
        "similar m --all --exact -n 900 -o new.jsonl",
    ] {
        stopped(&place, args, 0.4);
    }
}

#[test]
fn reading_is_stopped() {
    let place = Place::new();
    let line = |u: usize| format!("user{u},item{},{}\n", u % 977, 1 + u % 5);
    place.write("t.csv", (0..6_000_000).map(line).collect::<String>());
    for args in ["describe t.csv", "convert t.csv new.jsonl", "train t.csv -a popularity -o new"] {
        stopped(&place, args, 0.05);
    }
}

#[test]
fn waiting_for_input_ends_at_once_whatever_the_signal() {
    let place = Place::with_events();
    place.ok("train events.csv -a popularity --implicit -o m");
    let before = (place.files(), place.read("m"));
    let signals = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
    let waiting = ["convert - new.csv", "train - -a popularity -o m", "update m - -o m"];
    for (signal, args) in signals.iter().flat_map(|signal| waiting.map(|args| (signal, args))) {
        let mut child = start(&place, args, Stdio::piped());
        let mut input = child.stdin.take().expect("piped");
        input.write_all(b"user,item\n").expect("written");
        let_it_read(&input);
        send(&child, *signal);
        assert_eq!(child.wait().expect("ended").code(), Some(130), "{args}");
        drop(input);
        assert!((place.files(), place.read("m")) == before, "{args}: {:?}", place.files());
    }
}

#[test]
fn output_that_nobody_takes_ends_at_once() {
    let place = Place::new();
    table(&place, 2000);
    place.ok("train t.csv -a popularity --implicit -o m");
    for args in ["recommend m --all -n 50", "recommend m --all -n 50 --json"] {
        for signal in [libc::SIGINT, libc::SIGTERM] {
            let mut child = start(&place, args, Stdio::null());
            let output = child.stdout.take().expect("a pipe");
            let_it_fill(&child, &output);
            send(&child, signal);
            assert_eq!(child.wait().expect("ended").code(), Some(130), "{args}");
        }
    }
}

#[test]
fn what_is_kept_is_said() {
    let place = Place::new();
    table(&place, 2000);
    // Epochs longer than anybody waits for.
    let line = "train t.csv -a biased-mf --set factors=1024 --set epochs=1000 --threads 1";
    let read_until = |told: &mut BufReader<ChildStderr>, text: &mut String, what: &str| {
        while !text.contains(what) {
            assert!(told.read_line(text).expect("UTF-8") > 0, "{text}");
        }
    };
    for (with, says) in [
        ("", "without --checkpoint FILE nothing is kept"),
        (" --checkpoint c", "c is kept, at epoch "),
    ] {
        // The epoch may end between the two signals; the model is saved then, and the next attempt is another chance.
        let stopped_at_once = (0..20).any(|_| {
            let mut child = start(&place, &format!("{line}{with} -o m"), Stdio::null());
            let mut told = BufReader::new(child.stderr.take().expect("piped"));
            let mut text = String::new();
            read_until(&mut told, &mut text, "epoch 1/");
            send(&child, libc::SIGINT);
            // The same signal twice would be one before the first is taken.
            read_until(&mut told, &mut text, "again to stop at once");
            send(&child, libc::SIGINT);
            told.read_to_string(&mut text).expect("UTF-8");
            let code = child.wait().expect("ended").code();
            let saved = place.path("m").exists();
            assert_eq!(code, Some(130), "{text}");
            assert_eq!(text.contains("the model after epoch "), saved, "{text}");
            assert!(saved || text.contains(says), "{text}");
            let _ = std::fs::remove_file(place.path("m"));
            let _ = std::fs::remove_file(place.path("c"));
            !saved
        });
        assert!(stopped_at_once, "{says}");
    }
    let told = place.run("train t.csv --threads 60000 -a popularity -o m");
    assert_eq!(told.code, 2, "{}", told.err);
    assert!(told.err.contains("must be from 1 to 1024"), "{}", told.err);
}

#[test]
fn a_search_keeps_its_trials() {
    let place = Place::new();
    table(&place, 2000);
    let line = "tune t.csv -a ials --implicit --trials 500 --halving 1 --set epochs=3 -o best.toml";
    let mut child = start(&place, line, Stdio::null());
    let mut told = BufReader::new(child.stderr.take().expect("piped"));
    let mut text = String::new();
    while !text.contains("trial 1/500") {
        assert!(told.read_line(&mut text).expect("UTF-8") > 0, "{text}");
    }
    send(&child, libc::SIGINT);
    told.read_to_string(&mut text).expect("UTF-8");
    assert_eq!(child.wait().expect("ended").code(), Some(130), "{text}");
    assert!(text.contains("finished trials are saved in best.toml.trials"), "{text}");
    let kept = place.text("best.toml.trials").lines().count() - 1;
    assert!(kept >= 1);
    let more = line.replace("--trials 500", &format!("--trials {kept}"));
    let found = place.json(&format!("{more} --resume"));
    assert_eq!(found["trials"].as_array().map(Vec::len), Some(kept));
}

fn data() -> PathBuf {
    std::env::var_os("COFIL_DATA").expect("COFIL_DATA names the folder of data sets").into()
}

#[test]
#[ignore = "needs the Gowalla data set and memory for the square of its items"]
fn closed_forms_on_gowalla_are_stopped() {
    let place = Place::new();
    let train = data().join("gowalla-lightgcn/train.csv.gz");
    let train = Path::new(&train).display();
    for (name, seconds) in [("slim", 6.0), ("ease", 3.0), ("ease", 20.0), ("item-knn", 1.0)] {
        stopped(&place, &format!("train {train} --implicit -a {name} -o new"), seconds);
    }
}

/// As `nohup` and shells start work in the background.
#[test]
fn signals_that_are_ignored_stay_ignored() {
    let place = Place::with_ratings();
    let mut child = common::obedient(Command::new("sh"))
        .current_dir(place.path(""))
        .args(["-c", "trap '' HUP INT; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_cofil")])
        .args("train ratings.csv -a biased-mf --set epochs=100000 -o m".split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let_it_work(&mut child, 0.2);
    send(&child, libc::SIGHUP);
    send(&child, libc::SIGINT);
    let_it_work(&mut child, 0.6);
    send(&child, libc::SIGTERM);
    assert_eq!(child.wait().expect("ended").code(), Some(130));
}
