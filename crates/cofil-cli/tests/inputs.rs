//! Inputs: no command writes over what it reads, whatever the file is called.
#![cfg(unix)]

mod common;
use common::Place;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// A folder with every kind of file that a command reads.
fn with_inputs() -> Place {
    let place = Place::with_events();
    let events = place.text("events.csv");
    let pair = "user,item\nu0,even0\n";
    for name in ["more.csv", "pairs.csv", "valid.csv", "given.csv"] {
        place.write(name, pair);
    }
    // Figures and settings have endings that nothing else has, so some tables have them too.
    for name in ["train.csv", "toy.svg", "popularity.toml"] {
        place.write(name, &events);
    }
    place.write("items.csv", "id,title\nall,All\n");
    place.write("users.csv", "u0\n");
    place.write("names.csv", "even0\n");
    place.write("others.csv", "odd1\n");
    place.write("negatives.csv", "u0,odd0,odd1\n");
    place.write("lists.csv", "user,item,score\nu0,even0,1\n");
    place.write("c.toml", "algorithm = \"ease\"\n");
    place.write("c.svg", "algorithm = \"ease\"\n");
    place.ok("train events.csv -a als --implicit --set factors=2 --set epochs=2 -o m");
    for folder in ["parts", "fold1", "first", "arrays"] {
        std::fs::create_dir(place.path(folder)).expect("a folder");
    }
    for name in ["parts/0.csv", "fold1/train.csv", "first/best.cofil"] {
        place.write(name, &events);
    }
    place.write("parts/1.csv", "user,item\nu30,even0\nu31,odd1\n");
    place.write("first/matrix.svg", "id,title\nall,All\n");
    for name in ["m.csv", "m.svg", "arrays/users.txt"] {
        place.write(name, place.read("m"));
    }
    place.ok("convert events.csv sides --sides");
    std::fs::hard_link(place.path("events.csv"), place.path("twin.csv")).expect("a link");
    symlink("events.csv", place.path("link.csv")).expect("a link");
    symlink("new.csv", place.path("dangling")).expect("a link");
    symlink("parts", place.path("parts-too")).expect("a link");
    place
}

/// The contents of all files below `folder`; of links, where they lead.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.display().to_string();
        if path.is_symlink() {
            let to = std::fs::read_link(&path).expect("a link");
            found.insert(name, to.display().to_string().into_bytes());
        } else if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    found
}

/// Runs `commands`, each of which is refused because of what it would write over, and changes nothing.
fn refused(place: &Place, commands: &[&str]) {
    let before = contents(&place.path(""));
    for command in commands {
        let answer = place.run(command);
        assert_eq!(answer.code, 1, "{command}: {}", answer.err);
        assert!(answer.err.contains("name another output"), "{command}: {}", answer.err);
        assert!(contents(&place.path("")) == before, "{command}: a file has changed");
    }
}

#[test]
fn an_input_is_never_written_over() {
    let place = with_inputs();
    let compare = "compare events.csv --implicit --algorithms popularity";
    let compare = |rest: &str| format!("{compare} {rest}");
    let compared = [
        compare("--report events.csv"),
        compare("--test valid.csv --report valid.csv"),
        compare("--test valid.csv --given given.csv --report given.csv"),
        compare("--items items.csv --report items.csv"),
        compare("--report new.html --configs .").replace("events.csv", "popularity.toml"),
        compare("--configs . --test popularity.toml"),
    ];
    refused(&place, &compared.each_ref().map(String::as_str));
    refused(
        &place,
        &[
            "train events.csv -a popularity -o events.csv",
            "train events.csv -a popularity -o twin.csv",
            "train events.csv -a popularity -o link.csv",
            "train events.csv -a popularity -o ./events.csv",
            "train link.csv -a popularity -o twin.csv",
            "train events.csv -a popularity -o valid.csv --valid valid.csv",
            "train events.csv -a popularity -o items.csv --items items.csv",
            "train events.csv -a gmf --negatives negatives.csv -o negatives.csv",
            "train events.csv --config c.toml -o c.toml",
            "train events.csv -a ials -o new --curve events.csv",
            "train events.csv -a ials -o new --checkpoint events.csv",
            "tune events.csv -a ease --trials 1 -o events.csv",
            "tune events.csv -a ease --trials 1 --valid valid.csv -o valid.csv",
            "tune events.csv -a ease --trials 1 --test valid.csv -o valid.csv",
            "tune events.csv --config c.toml --trials 1 -o c.toml",
            "tune events.csv -a ease --trials 1 -o x.toml --journal events.csv --resume",
            "tune events.csv -a ease --trials 1 -o x.toml --table events.csv",
            "tune events.csv -a ease --trials 1 -o x.toml --plot toy.svg --test toy.svg",
            "convert events.csv events.csv",
            "convert events.csv link.csv",
            "convert link.csv events.csv",
            "convert sides/by-user.arrow sides --sides",
            "split train.csv -o .",
            "split fold1/train.csv --by kfold -o .",
            "recommend m.csv --all -o m.csv",
            "recommend m --users users.csv -o users.csv",
            "recommend m --all --items items.csv -o items.csv",
            "recommend m --all --candidates @names.csv -o names.csv",
            "recommend m --all --exclude @names.csv -o names.csv",
            "predict m.csv --pairs pairs.csv -o m.csv",
            "predict m --pairs pairs.csv -o pairs.csv",
            "similar m.csv --all -o m.csv",
            "similar m --all --items items.csv -o items.csv",
            "evaluate m --test events.csv --csv events.csv",
            "evaluate m m.csv --test events.csv --csv m.csv",
            "evaluate m --test valid.csv --given given.csv --csv given.csv",
            "evaluate m --test valid.csv --train train.csv --csv train.csv",
            "evaluate m --test valid.csv --negatives negatives.csv --csv negatives.csv",
            "evaluate --lists lists.csv --train train.csv --test valid.csv --csv lists.csv",
            "evaluate --lists lists.csv --train train.csv --test valid.csv --csv train.csv",
            "update m more.csv -o more.csv",
            "describe events.csv --plot events.csv",
            "plot matrix toy.svg -a ease -o toy.svg",
            "plot matrix events.csv --config c.svg -o c.svg",
            "plot curve m.svg -o m.svg",
            "plot map m.svg -o m.svg",
            "inspect arrays/users.txt --arrays arrays",
            "quickstart --data first/best.cofil -o first",
            "quickstart --data events.csv --items first/matrix.svg -o first",
        ],
    );
    // What updates are for.
    place.ok("update m more.csv -o m");
    place.ok("forget m --user u1 -o m");
}

#[test]
fn two_outputs_are_two_files() {
    let place = with_inputs();
    refused(
        &place,
        &[
            "train events.csv -a ials -o new --curve new",
            "train events.csv -a ials -o new --checkpoint new",
            "train events.csv -a ials -o new --curve ./new",
            "train events.csv -a ials -o new.csv --curve parts/../new.csv",
            "tune events.csv -a ease --trials 1 -o x.toml --journal x.toml",
            "tune events.csv -a ease --trials 1 -o x.toml --table x.toml",
            "compare events.csv -a ease --tune 1 --journal . --report ease.trials",
            "compare events.csv -a ease --tune 1 --journal arrays --report arrays/../arrays/ease.trials",
            // The link leads to a file that is not there yet.
            "train events.csv -a ials -o dangling --curve new.csv",
            "train events.csv -a ials -o new.csv --curve dangling",
        ],
    );
    place.ok("train events.csv -a ials --set epochs=1 -o dangling --curve other.csv");
    assert!(place.path("dangling").is_symlink() && !place.read("new.csv").is_empty());
}

/// A folder is read as the files in it, so one more would be read the next time.
#[test]
fn the_files_of_a_folder_that_is_read_are_inputs() {
    let place = with_inputs();
    refused(
        &place,
        &[
            "convert parts parts/0.csv",
            "convert parts parts/2.csv",
            "convert parts ./parts/../parts/2.csv",
            "convert parts-too parts/0.csv",
            "convert parts parts-too/2.csv",
            "split parts -o parts",
            "train parts -a popularity -o parts/1.csv",
            "train parts -a popularity -o parts/new",
            "update m parts -o parts/0.csv",
            "evaluate m --test parts --csv parts/2.csv",
        ],
    );
    place.ok("convert parts whole.csv");
    place.ok("split parts -o separate");
    place.ok("convert events.csv parts/2.csv");
}

/// Runs the command with `args` and the file `input` as standard input.
fn piped(place: &Place, args: &str, input: &str) -> (Option<i32>, String) {
    let program = assert_cmd::cargo::cargo_bin("cofil");
    let script = format!("'{}' {args} < {input}", program.display());
    let output = Command::new("sh").current_dir(place.path("")).args(["-c", &script]).output();
    let output = output.expect("a shell");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn standard_input_is_an_input() {
    let place = with_inputs();
    let before = contents(&place.path(""));
    for (args, input) in [
        ("convert - events.csv", "events.csv"),
        ("convert - twin.csv", "events.csv"),
        ("convert - link.csv", "twin.csv"),
        ("train - -a popularity -o events.csv", "events.csv"),
        ("tune - -a ease --trials 1 -o events.csv", "events.csv"),
        ("split - -o .", "train.csv"),
        ("describe - --plot toy.svg", "toy.svg"),
        ("update m - -o more.csv", "more.csv"),
        ("predict m --pairs - -o pairs.csv", "pairs.csv"),
        ("recommend m --users - -o users.csv", "users.csv"),
        ("compare - --implicit --algorithms popularity --report events.csv", "events.csv"),
    ] {
        let (code, told) = piped(&place, args, input);
        assert_eq!(code, Some(1), "{args}: {told}");
        assert!(told.contains("standard input"), "{args}: {told}");
        assert!(contents(&place.path("")) == before, "{args}: a file has changed");
    }
    for (args, input) in [
        ("convert - other.csv", "events.csv"),
        ("convert events.csv more.csv", "more.csv"),
        ("train - -a popularity -o /dev/null", "events.csv"),
    ] {
        let (code, told) = piped(&place, args, input);
        assert_eq!(code, Some(0), "{args}: {told}");
    }
}

#[test]
fn every_list_of_names_is_an_input() {
    let place = with_inputs();
    refused(
        &place,
        &[
            "recommend m --all --exclude @others.csv --exclude @names.csv -o names.csv",
            "recommend m --all --exclude even1 --exclude @names.csv -o names.csv",
            "recommend m --all --candidates @others.csv --candidates @names.csv -o names.csv",
        ],
    );
    // Spaces around the name do not hide it.
    let mut command = assert_cmd::Command::cargo_bin("cofil").expect("the binary was built");
    let args = ["recommend", "m", "--all", "--exclude", " @names.csv", "-o", "names.csv"];
    let answer = command.current_dir(place.path("")).args(args).output().expect("it runs");
    assert_eq!(answer.status.code(), Some(1));
    assert_eq!(place.text("names.csv"), "even0\n");
    place.ok("recommend m --all --exclude @others.csv --exclude @names.csv -o fresh.csv");
}

/// `cofil … events.csv >> events.csv` would read its own output.
#[test]
fn standard_output_is_not_added_to_an_input() {
    let place = Place::with_events();
    place.ok("train events.csv -a popularity --implicit -o m");
    let before = contents(&place.path(""));
    for (args, file) in [
        ("predict m --pairs events.csv", "events.csv"),
        ("describe events.csv", "events.csv"),
        ("describe -", "events.csv"),
        ("recommend m --all", "m"),
        ("recommend m --users events.csv", "events.csv"),
    ] {
        let file = std::fs::OpenOptions::new().append(true).open(place.path(file)).expect("open");
        let output = Command::new(env!("CARGO_BIN_EXE_cofil"))
            .current_dir(place.path(""))
            .args(args.split(' '))
            .stdin(std::fs::File::open(place.path("events.csv")).expect("open"))
            .stdout(file)
            .output()
            .expect("run");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args}: {told}");
        assert!(told.contains("standard output goes to this file"), "{args}: {told}");
        assert_eq!(contents(&place.path("")), before, "{args}");
    }
}
