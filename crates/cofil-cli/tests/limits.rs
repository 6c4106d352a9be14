//! Numbers that nobody means and machines that have too little: an answer or a sentence, never an abort or endless work.
#![cfg(target_os = "linux")]

mod common;
use common::Place;
use std::process::Command;

fn with_model() -> Place {
    let place = Place::with_events();
    place.ok("train events.csv -a als --implicit --set factors=2 --set epochs=2 -o m");
    place.write("test.csv", "user,item\nu0,even0\nu1,odd1\nu2,even3\n");
    place
}

#[test]
fn the_greatest_numbers_are_served_or_refused() {
    let place = with_model();
    for n in [u64::MAX, i64::MAX as u64, 1 << 62, 1 << 40] {
        for command in [
            "recommend m --user u0 -n N",
            "recommend m --all -n N -o out.jsonl",
            "recommend m --user u0 --pool N --mmr 0.5",
            "similar m --item all -n N",
            "similar m --all -n N -o out.jsonl",
            "explain m --user u0 --item even0 -n N",
            "interview m --answers all=yes --questions N",
            "evaluate m --test test.csv --metrics ndcg@N,auc",
            "train events.csv -a ials --set epochs=2 --valid 0.2 --patience N -o n",
            "train events.csv -a ials --set epochs=2 --checkpoint state --checkpoint-every N -o n",
            "tune events.csv -a ease --trials N --limit 0.1 -o s.toml",
            "tune events.csv -a ials --trials 1 --halving N -o s.toml",
            "tune events.csv -a ials --trials 1 --judged N -o s.toml",
            "tune events.csv -a ials --trials 1 --parallel N -o s.toml",
            "compare events.csv --implicit --algorithms ease --tune 1 --parallel N",
        ] {
            for rest in ["s.toml.trials", "state"] {
                let _ = std::fs::remove_file(place.path(rest));
            }
            place.ok(&command.replace('N', &n.to_string()));
        }
        for (command, setting) in [
            ("evaluate m --test test.csv --resamples N", "resamples"),
            ("evaluate m --test test.csv --sampled N", "sampled"),
            ("train events.csv -a ials --set factors=N -o n", "factors"),
            ("train events.csv -a ials --set epochs=N -o n", "epochs"),
            ("split events.csv --folds N -o parts", "--folds"),
            ("reproduce toy --seeds N", "--seeds"),
            ("recommend m --user u0 --threads N", "--threads"),
        ] {
            let answer = place.run(&command.replace('N', &n.to_string()));
            assert_eq!(answer.code, 2, "{command}: {}", answer.err);
            assert!(answer.err.contains(setting), "{command}: {}", answer.err);
        }
    }
}

#[test]
fn what_is_no_number_is_refused() {
    let place = with_model();
    place.write("items.csv", "id,year\nall,1990\neven0,1991\n");
    for n in ["nan", "inf", "-inf", "1e400", "-1e400"] {
        for command in [
            "tune events.csv -a ease --trials 1 -o s.toml --limit=N",
            "compare events.csv --implicit --algorithms ease --limit=N",
            "evaluate m --test test.csv --relevant-from=N",
            "train events.csv -a ials --threshold=N -o n",
            "train events.csv -a ials --valid=N -o n",
            "train events.csv -a ials --set reg=N -o n",
            "train events.csv -a ials --weight view=N -o n",
            "split events.csv --test=N -o parts",
            "recommend m --user u0 --mmr=N",
            "recommend m --user u0 --popularity-penalty=N",
            "recommend m --history all:N",
            "recommend m --user u0 --items items.csv --where=year>N",
            "tune events.csv -a ease --trials 1 -o s.toml --valid=N",
            "tune events.csv -a ease --trials 1 -o s.toml --range reg=N..1",
            "tune events.csv -a ease --trials 1 -o s.toml --range reg=1..N",
            "compare events.csv --implicit --algorithms ease --test=N",
            "compare events.csv --implicit --algorithms ease --with ease:reg=N",
            "split events.csv --by users --target=N -o parts",
            "split events.csv --by time --from=N -o parts",
            "interview m --answers all=N",
            "explain m --history all:N --item even0",
        ] {
            let answer = place.run(&command.replace('N', n));
            assert!(matches!(answer.code, 1 | 2), "{command} with {n}: {}", answer.code);
            assert!(answer.err.contains("error: "), "{command} with {n}: {}", answer.err);
        }
    }
}

/// TOML has names for what is no number, which must not pass for "not set".
#[test]
fn a_config_file_has_numbers_only() {
    let place = with_model();
    let mut unset = 0;
    for algorithm in cofil::Algorithm::all() {
        let name = algorithm.name();
        let settings = serde_json::to_value(&algorithm).expect("plain data");
        for (setting, value) in settings.as_object().expect("an object") {
            if !value.is_null() && setting != "reg" {
                continue;
            }
            unset += usize::from(value.is_null());
            for n in ["nan", "inf", "-inf"] {
                place.write("c.toml", format!("algorithm = \"{name}\"\n{setting} = {n}\n"));
                let answer = place.run("train events.csv --config c.toml -o n");
                assert!(matches!(answer.code, 1 | 2), "{name}, {setting} = {n}: {}", answer.code);
                assert!(answer.err.contains(setting), "{name}, {setting} = {n}: {}", answer.err);
                assert!(!place.path("n").exists(), "{name}, {setting} = {n}");
            }
        }
    }
    assert!(unset >= 5, "{unset} settings without a value");
}

/// `cofil` with `args` under the limit that `ulimit` sets.
fn under(place: &Place, limit: &str, args: &str) -> (Option<i32>, String) {
    let program = assert_cmd::cargo::cargo_bin("cofil");
    let script = format!("ulimit {limit} && exec '{}' {args}", program.display());
    let output = Command::new("sh").current_dir(place.path("")).args(["-c", &script]).output();
    let output = output.expect("a shell");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn memory_that_the_system_refuses_is_told() {
    let place = Place::new();
    let rows: String = (0..200_000).map(|row| format!("user {row},item {}\n", row % 999)).collect();
    place.write("many.csv", format!("user,item\n{rows}"));
    let train = "--threads 1 train many.csv -a bpr --set factors=512 --set epochs=1 -o m";
    let (code, told) = under(&place, "-v 300000", train);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("setting `factors`: ") && told.contains("of memory are free"), "{told}");
    assert!(!place.files().contains(&"m".to_string()), "{:?}", place.files());
    // What no setting tells in advance: the ids of the table.
    let ids: String = (0..4).map(|row| format!("{row}{},x\n", "u".repeat(12 << 20))).collect();
    place.write("long.csv", format!("user,item\n{ids}"));
    let (code, told) = under(&place, "-v 120000", "--threads 1 convert long.csv out.csv");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("error: out of memory: "), "{told}");
}

/// An algorithm that does not fit into memory must not take the others with it.
#[test]
fn a_comparison_goes_on_without_what_does_not_fit() {
    let place = Place::new();
    let rows: String =
        (0..40_000).map(|row| format!("u{},i{}\n", row % 4000, row * 7 % 9973)).collect();
    place.write("wide.csv", format!("user,item\n{rows}"));
    let compare = "--threads 1 compare wide.csv --algorithms ease,popularity";
    let (code, told) = under(&place, "-v 400000", compare);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("setting `max_items`: 9,973 items need"), "{told}");
}

#[test]
fn the_stack_of_the_process_does_not_matter() {
    let place = with_model();
    for command in
        ["--help", "--version", "train --help", "describe events.csv", "recommend m --user u0"]
    {
        for stack in [64, 128] {
            let (code, told) = under(&place, &format!("-s {stack}"), command);
            assert_eq!(code, Some(0), "{command} with {stack} KB: {told}");
        }
    }
    let (code, told) = under(&place, "-s 64", "describe gone.csv");
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(under(&place, "-s 64", "describe --nonsense").0, Some(2));
}

/// Lists in files and pipes have limits, whatever they hold.
#[test]
fn endless_lists_end_with_a_message() {
    let place = with_model();
    for (command, what) in [
        ("recommend m --users /dev/zero -o out.csv", "the line is longer than 16 MiB"),
        ("recommend m --user u0 --exclude @/dev/zero", "the line is longer than 16 MiB"),
        ("recommend m --user u0 --candidates @/dev/zero", "the line is longer than 16 MiB"),
        ("recommend m --history @/dev/zero", "the line is longer than 16 MiB"),
        ("recommend m --history @-", "list each id once"),
    ] {
        let program = assert_cmd::cargo::cargo_bin("cofil");
        let script =
            format!("ulimit -v 900000; yes y | '{}' --threads 1 {command}", program.display());
        let output = Command::new("sh").current_dir(place.path("")).args(["-c", &script]).output();
        let output = output.expect("a shell");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && told.contains(what), "{command}: {told}");
    }
}

#[test]
fn too_many_open_files_are_not_called_damage() {
    let place = with_model();
    for command in ["recommend m --user u0", "describe events.csv", "split events.csv -o parts"] {
        // The first three are taken; some are left until work begins.
        for most in 3..12 {
            let (code, told) = under(&place, &format!("-n {most}"), command);
            if code != Some(0) {
                assert!(!told.contains("damaged") && !told.contains("panicked"), "{most}: {told}");
            }
        }
        let (_, told) = under(&place, "-n 3", command);
        assert!(told.contains("Too many open files") || told.contains("shared lib"), "{told}");
    }
}
