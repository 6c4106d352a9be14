//! Outputs: what stands there is kept, replaced whole or refused, and never lost (`inputs.rs`: nor what is read).
#![cfg(target_os = "linux")]

mod common;
use common::Place;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// The binary, run in `place`.
fn cofil(place: &Place, args: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("cofil"));
    command.current_dir(place.path("")).args(args.split_whitespace());
    command
}

/// A folder with tables and a model.
fn with_model() -> Place {
    let place = Place::with_events();
    place.write("items.csv", "id,title\nall,All\n");
    place.write("pairs.csv", "user,item\nu0,even0\n");
    place.write("more.csv", "user,item\nu0,even0\n");
    place.write("vectors.csv", "item,vector\nall,\"[1,2]\"\n");
    place.ok("train events.csv -a als --implicit --set factors=2 --set epochs=2 -o m");
    place
}

/// Commands that write a file, with OUT for its name.
const WRITERS: [&str; 16] = [
    "train events.csv -a popularity -o OUT",
    "tune events.csv -a ease --trials 1 -o OUT --journal trials --resume",
    "convert events.csv OUT",
    "recommend m --all -n 2 -o OUT",
    "predict m --pairs pairs.csv -o OUT",
    "similar m --all -n 2 -o OUT",
    "evaluate m --test events.csv --seen --csv OUT",
    "update m more.csv -o OUT",
    "forget m --user u1 -o OUT",
    "export m OUT",
    "import vectors.csv -o OUT",
    "compare events.csv --implicit --algorithms popularity --report OUT",
    "train events.csv -a ials --set epochs=2 -o n --curve OUT",
    "describe events.csv --plot OUT",
    "plot curve m -o OUT",
    "plot map m -o OUT",
];

/// A name with the ending that the command asks for.
fn ending(command: &str) -> &'static str {
    match command {
        c if c.contains("--plot") || c.starts_with("plot") => ".svg",
        _ => ".csv",
    }
}

#[test]
fn a_link_stays_and_modes_are_kept() {
    for (command, kept) in WRITERS.iter().zip([0o600, 0o664, 0o640, 0o606].iter().cycle()) {
        let place = with_model();
        let name = format!("target{}", ending(command));
        place.write(&name, "old");
        let mode = PermissionsExt::from_mode(*kept);
        std::fs::set_permissions(place.path(&name), mode).expect("its mode");
        let link = format!("link{}", ending(command));
        symlink(&name, place.path(&link)).expect("a link");
        place.ok(&command.replace("OUT", &link));
        assert!(place.path(&link).is_symlink(), "{command}");
        assert_ne!(place.read(&name), b"old", "{command}");
        let mode = std::fs::metadata(place.path(&name)).expect("it is there").mode() & 0o777;
        assert_eq!(mode, *kept, "{command}");
    }
}

#[test]
fn a_socket_is_refused_and_stays() {
    let place = with_model();
    for (n, command) in WRITERS.iter().enumerate() {
        let name = format!("socket{n}{}", ending(command));
        let _listens = UnixListener::bind(place.path(&name)).expect("a socket");
        let before = place.files();
        let told = place.fails(1, &command.replace("OUT", &name));
        assert!(told.contains(&name), "{command}: {told}");
        let about = std::fs::symlink_metadata(place.path(&name)).expect("it is there");
        assert!(about.file_type().is_socket(), "{command}");
        assert_eq!(place.files(), before, "{command}");
    }
}

#[test]
fn a_model_is_for_its_owner_alone() {
    let place = with_model();
    let mode = |name: &str| place.path(name).metadata().expect("it is there").mode() & 0o777;
    assert_eq!(mode("m"), 0o600);
    place.ok("recommend m --all -n 1 -o lists.csv");
    assert_ne!(mode("lists.csv") & 0o044, 0, "as the umask says");
}

#[test]
fn a_pipe_is_written_to_and_a_device_stays() {
    let place = with_model();
    let made = Command::new("mkfifo").arg(place.path("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    for command in WRITERS.iter().filter(|c| ending(c) == ".csv" && !c.starts_with("train")) {
        // A format goes by the ending, which a pipe has not.
        if command.starts_with("convert") || command.starts_with("recommend") {
            continue;
        }
        let pipe = place.path("pipe");
        let reader = std::thread::spawn(move || std::fs::read(pipe).expect("it is read"));
        place.ok(&command.replace("OUT", "pipe"));
        assert!(!reader.join().expect("it ends").is_empty(), "{command}");
        assert!(place.path("pipe").metadata().expect("there").file_type().is_fifo(), "{command}");
        place.ok(&command.replace("OUT", "/dev/null"));
        let null = std::fs::metadata("/dev/null").expect("there");
        assert!(null.file_type().is_char_device(), "{command}");
    }
}

#[test]
fn a_full_or_closed_standard_output_is_said() {
    let place = with_model();
    place.ok("train events.csv -a ials --set epochs=1 -o curve");
    let printers = [
        "--help",
        "--version",
        "train --help",
        "algorithms",
        "algorithms ease",
        "algorithms ease --json",
        "describe events.csv",
        "describe events.csv --json",
        "split events.csv -o parts",
        "train events.csv -a popularity -o n --json",
        "evaluate m --test events.csv --seen",
        "compare events.csv --implicit --algorithms popularity",
        "tune events.csv -a ease --trials 1 -o t.toml --journal t.trials --resume",
        "recommend m --user u0",
        "recommend m --all --json",
        "recommend m --all -o lists.csv",
        "explain m --user u0 --item even0",
        "similar m --item all",
        "similar m --user u0",
        "similar m --all",
        "predict m --user u0 --item all",
        "predict m --pairs pairs.csv",
        "interview m --answers all=yes",
        "update m more.csv -o n",
        "forget m --user u1 -o n",
        "export m v.csv",
        "import vectors.csv -o n",
        "inspect m",
        "inspect m --json",
        "plot curve curve -o c.svg",
        "plot map curve -o c.svg",
        "convert events.csv copy.csv",
        "completions bash",
        "man",
        "man -o pages",
        "reproduce",
    ];
    for command in printers {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("it is there");
        let answer = cofil(&place, command).stdout(full).output().expect("it runs");
        let told = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains("standard output: No space left"), "{command}: {told}");
        assert!(!told.contains("panicked"), "{command}: {told}");
        let mut shell = Command::new("sh");
        let binary = assert_cmd::cargo::cargo_bin("cofil");
        shell.arg("-c").arg(format!("{} {command} >&-", binary.display()));
        let answer = shell.current_dir(place.path("")).output().expect("it runs");
        let told = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains("standard output: it is closed"), "{command}: {told}");
    }
    // Work that was to be kept is kept.
    assert!(!place.read("n").is_empty() && !place.read("lists.csv").is_empty());
}

#[test]
fn a_file_of_the_largest_size_is_an_error_that_leaves_nothing() {
    let place = with_model();
    let before = place.files();
    let binary = assert_cmd::cargo::cargo_bin("cofil");
    let script = format!("ulimit -f 1; {} recommend m --all -n 18 -o big.csv", binary.display());
    let mut shell = Command::new("bash");
    let answer = shell.arg("-c").arg(script).current_dir(place.path("")).output().expect("it runs");
    let told = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(1), "{told}");
    assert!(told.contains("big.csv: File too large"), "{told}");
    assert_eq!(place.files(), before, "nothing is left");
}

#[test]
fn two_searches_do_not_share_a_file_of_trials() {
    let place = Place::with_events();
    let search = "tune events.csv -a ials --trials 400 -o x.toml --journal trials --resume";
    let mut first = cofil(&place, search)
        .stdout(Stdio::null())
        .stderr(File::create(place.path("log")).expect("a log"))
        .spawn()
        .expect("it runs");
    // A line for the search and one for its first trial.
    let lines = |path| std::fs::read_to_string(path).map_or(0, |text| text.matches('\n').count());
    while lines(place.path("trials")) < 2 {
        assert!(first.try_wait().expect("asked").is_none(), "{}", place.text("log"));
        std::thread::yield_now();
    }
    let told = place.fails(1, &search.replace("x.toml", "y.toml"));
    assert!(told.contains("another process is writing it"), "{told}");
    let stop = Command::new("kill").arg(first.id().to_string()).status().expect("kill runs");
    assert!(stop.success());
    assert_eq!(first.wait().expect("it ends").code(), Some(130), "{}", place.text("log"));
    // SIGTERM keeps what there is, as Ctrl-C does, and frees the file.
    assert!(place.text("x.toml").contains("ials"), "{}", place.text("log"));
    let trials = place.text("trials").lines().count();
    assert!(trials > 1);
    place.ok("tune events.csv -a ials --trials 1 -o x.toml --journal trials --resume");
    assert!(place.files().iter().all(|name| !name.starts_with('.')), "{:?}", place.files());
}

#[test]
fn a_checkpoint_and_a_folder_have_one_writer() {
    let place = Place::with_events();
    std::fs::create_dir(place.path("parts")).expect("a folder");
    let train = "train events.csv -a ials --set epochs=2 --checkpoint state --resume -o m";
    for (locked, command, output) in
        [("state", train, "m"), ("parts", "split events.csv -o parts", "parts/train.csv")]
    {
        let lock = cofil::store::Lock::take(&place.path(locked)).expect("nobody else has it");
        let told = place.fails(1, command);
        assert!(told.contains(locked) && told.contains("another process is writing it"), "{told}");
        assert!(!place.path(output).exists(), "{command}");
        drop(lock);
        place.ok(command);
        assert!(place.path(output).exists(), "{command}");
    }
    assert!(place.files().iter().all(|name| !name.starts_with('.')), "{:?}", place.files());
}

#[test]
fn a_model_has_one_process_that_changes_it() {
    let place = with_model();
    let before = place.read("m");
    let lock = cofil::store::Lock::take(&place.path("m")).expect("nobody else has it");
    for command in
        ["forget m --user u1 -o m", "update m more.csv -o m", "train events.csv -a popularity -o m"]
    {
        let told = place.fails(1, command);
        assert!(told.contains("another process is writing it"), "{command}: {told}");
    }
    assert_eq!(place.read("m"), before);
    drop(lock);
    place.ok("forget m --user u1 -o m");
    // A pipe in place of the lock would make it wait for ever.
    let pipe = Command::new("mkfifo").arg(place.path(".m.lock")).status().expect("mkfifo runs");
    assert!(pipe.success());
    let told = place.fails(1, "forget m --user u2 -o m");
    assert!(told.contains("is not a regular file"), "{told}");
}

#[test]
fn a_standard_output_for_reading_is_an_error() {
    let place = with_model();
    for command in ["describe events.csv", "inspect m", "recommend m --all -n 1"] {
        let null = File::open("/dev/null").expect("it is there");
        let answer = cofil(&place, command).stdout(null).output().expect("it runs");
        let told = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains("cannot be written to"), "{command}: {told}");
    }
}

#[test]
fn nothing_is_left_when_memory_runs_out() {
    let place = with_model();
    place.write("many.csv", (0..3000).map(|n| format!("u{n},i{}\n", n % 9)).collect::<String>());
    place.ok("train many.csv -a popularity -o popular");
    let before = place.files();
    let binary = assert_cmd::cargo::cargo_bin("cofil");
    // The limit above which memory does not run out is not known: some of these end early, some in the middle.
    let mut refused = 0;
    for limit in (40_000..200_000).step_by(8_000) {
        let command = format!(
            "ulimit -v {limit}; {} recommend popular --all -n 9 --seen --threads 1 -o lists.csv",
            binary.display()
        );
        let mut shell = Command::new("bash");
        let answer =
            shell.arg("-c").arg(command).current_dir(place.path("")).output().expect("it runs");
        let told = String::from_utf8_lossy(&answer.stderr).into_owned();
        refused += usize::from(!answer.status.success());
        let _ = std::fs::remove_file(place.path("lists.csv"));
        assert_eq!(place.files(), before, "{limit}: {told}");
    }
    assert!(refused > 0);
}

#[test]
fn the_owner_of_a_replaced_file_is_kept() {
    let place = with_model();
    if std::os::unix::fs::chown(place.path("m"), Some(12_345), Some(54_321)).is_err() {
        // Only root may give files away.
        return;
    }
    let before = place.read("m");
    place.ok("update m more.csv -o m");
    let about = place.path("m").metadata().expect("it is there");
    assert_eq!((about.uid(), about.gid(), about.mode() & 0o777), (12_345, 54_321, 0o600));
    assert_ne!(place.read("m"), before);
}

#[test]
fn a_model_that_cannot_be_made_leaves_the_old_one() {
    let place = with_model();
    place.write("one.csv", "user,item\nu0,a\nu0,b\n");
    place.ok("train one.csv -a popularity -o one");
    let before = (place.read("m"), place.files());
    // Nobody is left to train on.
    place.fails(1, "forget one --user u0 --refit -o m");
    assert!((place.read("m"), place.files()) == before);
}

#[test]
fn a_file_that_cannot_be_replaced_is_refused_before_the_work() {
    let place = with_model();
    let folder = place.path("sticky");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o1777)).expect("its mode");
    std::fs::copy(place.path("m"), folder.join("m")).expect("a copy");
    std::fs::set_permissions(folder.join("m"), PermissionsExt::from_mode(0o666)).expect("its mode");
    let nobody = 65_534;
    let (binary, root) = (assert_cmd::cargo::cargo_bin("cofil"), place.path(""));
    // Folders of tests are private.
    std::fs::set_permissions(&root, PermissionsExt::from_mode(0o755)).expect("its mode");
    let copy = place.path("cofil");
    std::fs::copy(binary, &copy).expect("a copy");
    let train = "train events.csv -a popularity --implicit -o sticky/m";
    let mut command = Command::new(copy);
    let command = command.current_dir(&root).args(train.split_whitespace()).uid(nobody).gid(nobody);
    let Ok(answer) = command.output() else {
        // Only root may become another user.
        return;
    };
    let told = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(1), "{told}");
    assert!(told.contains("sticky bit") && !told.contains("trained"), "{told}");
}

#[test]
fn a_report_and_a_folder_do_not_share_a_place() {
    let place = with_model();
    let before = place.files();
    let told = place
        .fails(1, "compare events.csv --implicit --algorithms popularity --report r --configs r");
    assert!(told.contains("name two places"), "{told}");
    assert_eq!(place.files(), before);
}
