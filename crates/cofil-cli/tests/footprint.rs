//! Memory per row of a table, from the file to the model or the parts of a split.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "the memory of an ended process")]

mod common;
use common::Place;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::{Command, Stdio};

/// Numbers of rows of the tables `small.csv` and `large.csv`.
const ROWS: [usize; 2] = [1_000_000, 4_000_000];

/// Writes `rows` different pairs with times and ratings, of which one in twenty is a dislike.
fn table(place: &Place, name: &str, rows: usize) {
    let (users, items) = (rows / 100, 4001);
    // Not collected first: the memory of a process counts for those that it starts.
    let mut file = BufWriter::new(File::create(place.path(name)).expect("created"));
    writeln!(file, "user,item,rating,time").expect("written");
    for row in 0..rows {
        let (user, value, time) = (row % users, 1 + row * 7 % 20, 1_400_000_000 + row * 31 % 9999);
        // 40 times a number below 100 is below the number of items.
        let item = (user * 13 + row / users * 40) % items;
        writeln!(file, "{user},{item},{},{time}", value.min(5)).expect("written");
    }
    file.flush().expect("written");
}

/// The largest memory in bytes of `cofil` with `args`.
#[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
fn peak(place: &Place, args: &str) -> f64 {
    let child = Command::new(env!("CARGO_BIN_EXE_cofil"))
        .current_dir(place.path(""))
        .args(args.split_whitespace())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    let pid = child.id().try_into().expect("a process number");
    // SAFETY: an all-zero rusage is valid, and both pointers are to local variables.
    let (ended, status, usage) = unsafe {
        let (mut status, mut usage) = (0, std::mem::zeroed::<libc::rusage>());
        (libc::wait4(pid, &raw mut status, 0, &raw mut usage), status, usage)
    };
    assert_eq!((ended, status), (pid, 0), "cofil {args}");
    usage.ru_maxrss as f64 * 1024.0
}

/// The memory in bytes that each further row of a table takes, from the first number of `rows` to the second.
fn a_row(place: &Place, args: &str, rows: [usize; 2]) -> f64 {
    let [less, more] =
        ["small.csv", "large.csv"].map(|name| peak(place, &args.replace("TABLE", name)));
    (more - less) / (rows[1] - rows[0]) as f64
}

/// User, item, value and time of a row take 20 bytes.
#[test]
fn a_row_takes_little_more_than_its_numbers() {
    let place = Place::new();
    table(&place, "small.csv", ROWS[0]);
    table(&place, "large.csv", ROWS[1]);
    for algorithm in ["als", "ials", "biased-mf", "bpr"] {
        let settings = "--set factors=8 --set epochs=1";
        let bytes = a_row(&place, &format!("train TABLE -a {algorithm} {settings} -o m"), ROWS);
        assert!((18.0..24.0).contains(&bytes), "{algorithm}: {bytes} bytes a row");
    }
    for by in ["random", "user-random", "last", "time"] {
        let bytes = a_row(&place, &format!("split TABLE --by {by} -o parts"), ROWS);
        assert!((20.0..28.0).contains(&bytes), "{by}: {bytes} bytes a row");
    }
    let bytes = a_row(&place, "describe TABLE", ROWS);
    assert!((20.0..28.0).contains(&bytes), "describe: {bytes} bytes a row");
}

/// Each row has a user of its own, whom the model does not know, and takes 16 bytes of text: nothing of a test user but
/// the values of the metrics may be kept, and no JSON of all predictions.
#[test]
fn a_row_of_a_new_user_takes_ten_times_its_text() {
    let place = Place::new();
    table(&place, "known.csv", 2000);
    let rows = [250_000, 1_000_000];
    for (name, rows) in ["small.csv", "large.csv"].into_iter().zip(rows) {
        let mut file = BufWriter::new(File::create(place.path(name)).expect("created"));
        writeln!(file, "user,item").expect("written");
        let row = |row| writeln!(file, "{},{}", 1_000_000 + row, 5_000_000 + row % 1000);
        (0..rows).map(row).for_each(|written| written.expect("written"));
    }
    peak(&place, "train known.csv -a biased-mf --set factors=2 --set epochs=1 -o m");
    for args in ["evaluate m --test TABLE", "predict m --pairs TABLE --json"] {
        let bytes = a_row(&place, args, rows);
        assert!((20.0..160.0).contains(&bytes), "{args}: {bytes} bytes a row");
    }
}
