//! The command as a process among others: signals, pipes that close, terminals.
#![cfg(unix)]
#![allow(unsafe_code, reason = "signals and terminals")]

mod common;

use common::Place;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

/// More epochs than anybody waits for, each of no time.
const TRAIN: &str = "train ratings.csv -a biased-mf --set factors=16 --set epochs=100000";

/// `cofil` with `args`, separated by spaces, to be started in `place`.
fn cofil(place: &Place, args: &str) -> Command {
    let mut command = common::obedient(Command::new(env!("CARGO_BIN_EXE_cofil")));
    command.current_dir(place.path("")).args(args.split_whitespace()).stdin(Stdio::null());
    command
}

/// What Ctrl-C sends.
fn interrupt(child: &Child) {
    send(child, libc::SIGINT);
}

fn send(child: &Child, signal: i32) {
    let pid = child.id().try_into().expect("a process number");
    // SAFETY: the process is a child that has not been waited for, so the number is still its own.
    assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
}

/// The text that comes up to and with the first line or piece that has `part`.
fn read_until(from: &mut impl BufRead, part: &str) -> String {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains(part) {
        let piece = from.fill_buf().unwrap_or_default();
        assert!(!piece.is_empty(), "no `{part}` in {}", String::from_utf8_lossy(&text));
        let n = piece.len();
        text.extend_from_slice(piece);
        from.consume(n);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The number of the last epoch that a line of `text` tells.
fn last_epoch(text: &str) -> u64 {
    let mut numbers = text.lines().filter_map(|l| l.strip_prefix("epoch ")?.split_once('/'));
    numbers.next_back().expect("a line for each epoch").0.parse().expect("a number")
}

#[test]
fn an_interrupt_finishes_the_epoch_and_saves() {
    // Ctrl-C, what `kill` sends, and the end of a connection.
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP].into_iter().for_each(finishes_and_saves);
}

fn finishes_and_saves(signal: i32) {
    let place = Place::with_ratings();
    let mut child = cofil(&place, &format!("{TRAIN} --checkpoint c --json -o m"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut told = BufReader::new(child.stderr.take().expect("piped"));
    let mut text = read_until(&mut told, "epoch 1/100000  loss ");
    send(&child, signal);
    told.read_to_string(&mut text).expect("UTF-8");
    assert!(text.contains("finishing this epoch, then saving"), "{text}");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130), "{text}");

    // Model, report and checkpoint agree on how many epochs there were.
    let epochs = last_epoch(&text);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["epochs"].as_array().map(Vec::len), Some(epochs as usize));
    assert_eq!(place.json("inspect m")["epochs"], report["epochs"]);
    let facts = place.ok("inspect m");
    assert!(facts.contains(&format!("epochs       {epochs} of 100000, loss ")), "{facts}");
    assert_eq!(place.json("recommend m --user u1 -n 2")["items"].as_array().map(Vec::len), Some(2));
    let train =
        format!("train ratings.csv -a biased-mf --set factors=16 --set epochs={}", epochs + 2);
    place.ok(&format!("{train} --checkpoint c --resume -o resumed"));
    place.ok(&format!("{train} -o whole"));
    assert!(place.read("resumed") == place.read("whole"), "resumed equals uninterrupted");
}

#[test]
fn a_second_interrupt_stops_at_once_and_leaves_the_old_model() {
    let place = Place::with_ratings();
    place.write("m", "the old model");
    // Epochs of a good while each, so that both signals come within one.
    let mut text = String::from("user,item,rating\n");
    for u in 0..2000 {
        (0..200).for_each(|i| text += &format!("u{u},i{i},{}\n", 1 + (u * i) % 5));
    }
    place.write("ratings.csv", text);
    let slow = TRAIN.replace("factors=16", "factors=1024");
    let mut child = cofil(&place, &format!("{slow} --threads 1 -o m"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut told = BufReader::new(child.stderr.take().expect("piped"));
    read_until(&mut told, "epoch 1/100000  loss ");
    interrupt(&child);
    read_until(&mut told, "Ctrl-C again to stop at once");
    interrupt(&child);
    assert_eq!(child.wait().expect("ended").code(), Some(130));
    assert_eq!(place.text("m"), "the old model");
    assert_eq!(place.files(), ["m", "ratings.csv"], "nothing half-written");
}

#[test]
fn a_reader_that_has_enough_ends_the_command_quietly() {
    let place = Place::with_events();
    // Far more than a pipe holds.
    let mut text = String::from("user,item\n");
    (0..3000).for_each(|u| (0..20).for_each(|i| text += &format!("u{u},i{}\n", (u + i) % 60)));
    place.write("events.csv", text);
    place.ok("train events.csv -a popularity -o m");
    for (args, first) in [
        ("recommend m --all -n 40", "user,item,rank,score,basis\n"),
        ("recommend m --all -n 40 --json", "{\"user\":\"u0\",\"items\":["),
    ] {
        let mut child = cofil(&place, args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("UTF-8");
        assert!(line.starts_with(first), "{line}");
        drop(out);
        let output = child.wait_with_output().expect("ended");
        assert_eq!(output.status.signal(), Some(libc::SIGPIPE), "as other tools end");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    let all = place.ok("recommend m --all -n 40");
    assert_eq!(all.lines().count(), 1 + 3000 * 40);
}

/// A terminal 100 columns wide: the side that a person looks at, and the side that a command has.
fn terminal() -> (File, OwnedFd) {
    let (mut ours, mut theirs) = (-1, -1);
    let size = libc::winsize { ws_row: 30, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the two numbers are written to, the name and the settings may be null.
    let made = unsafe {
        let none = std::ptr::null_mut();
        libc::openpty(
            &raw mut ours,
            &raw mut theirs,
            none,
            none.cast(),
            (&raw const size).cast_mut(),
        )
    };
    assert_eq!(made, 0, "a terminal");
    // SAFETY: both are open and belong to nobody else.
    unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) }
}

/// Starts `cofil` with `args` on a terminal of its own, whose keys it obeys.
fn on_terminal(place: &Place, args: &str) -> (Child, BufReader<File>) {
    let (ours, theirs) = terminal();
    let end = || Stdio::from(theirs.try_clone().expect("one more"));
    let mut command = cofil(place, args);
    command.env("TERM", "xterm").stdin(end()).stdout(end()).stderr(end());
    // SAFETY: both calls are safe between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            libc::ioctl(0, libc::TIOCSCTTY as _, 0);
            Ok(())
        });
    }
    (command.spawn().expect("started"), BufReader::new(ours))
}

/// The rest of what a terminal shows. Reading fails instead of ending when the command is gone.
fn rest(mut screen: BufReader<File>) -> String {
    let mut text = Vec::new();
    let _ = screen.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn a_terminal_shows_one_bar_with_loss_and_time() {
    let place = Place::with_ratings();
    let args = "train ratings.csv -a biased-mf --set epochs=30 --valid 0.1 --patience 30 -o m";
    let (mut child, screen) = on_terminal(&place, args);
    let text = rest(screen);
    assert_eq!(child.wait().expect("ended").code(), Some(0), "{text}");
    // The bar is drawn over itself: returns to the start of the line, no line for each epoch.
    let bars: Vec<&str> = text.split(['\r', '\n']).filter(|l| l.contains(" loss ")).collect();
    let last = bars.last().unwrap_or_else(|| panic!("{text}"));
    for part in ["epoch 30/30 ", "━━━━", "loss ", "rmse ", "s of about "] {
        assert!(last.contains(part), "{part}: {last}");
    }
    assert_eq!(text.lines().filter(|line| line.contains("epoch 30/30 ")).count(), 1, "{text}");
    assert!(text.contains("30 epochs in "), "{text}");
}

#[test]
fn control_c_on_a_terminal_saves() {
    let place = Place::with_ratings();
    let (mut child, mut screen) = on_terminal(&place, &format!("{TRAIN} -o m"));
    read_until(&mut screen, "loss ");
    screen.get_mut().write_all(b"\x03").expect("typed");
    let text = rest(screen);
    assert_eq!(child.wait().expect("ended").code(), Some(130), "{text}");
    assert!(text.contains("finishing this epoch, then saving"), "{text}");
    let epochs = place.json("inspect m")["epochs"].as_array().map(Vec::len).expect("epochs");
    let epochs = cofil::data::prose::number(epochs);
    assert!(text.contains(&format!("{epochs} of 100,000 epochs in ")), "{text}");
    assert!(place.json("inspect m")["epochs"][0]["of"] == json!(100_000));
}

/// A list on a terminal is for a person, so that nothing in it is for the terminal.
#[test]
fn names_cannot_move_the_cursor_of_a_terminal() {
    let place = Place::new();
    let evil = "\u{1b}[2J\u{202e}\u{7}";
    let row = |n: usize| format!("u{}{evil},i{}{evil}\n", n % 5, n / 3);
    place.write("t", format!("user,item\n{}", (0..20).map(row).collect::<String>()));
    let title = |n: usize| format!("i{n}{evil},Title {n}{evil}\n");
    place.write("items", format!("id,title\n{}", (0..7).map(title).collect::<String>()));
    for args in [
        "train t -a popularity -o m --items items",
        "recommend m --all -n 2",
        "recommend m --popular",
        "similar m --all -n 2",
        "predict m --pairs t",
        "describe t",
        "inspect m",
        "evaluate m --test t --seen",
    ] {
        let (mut child, screen) = on_terminal(&place, args);
        let text = rest(screen);
        child.wait().expect("ended");
        // Bars and colours are for the terminal.
        for bad in ["\u{1b}[2J", "\u{202e}", "\u{7}"] {
            assert!(!text.contains(bad), "{args}: {text:?}");
        }
        assert!(!text.is_empty() && !text.contains("panicked"), "{args}: {text:?}");
    }
}
