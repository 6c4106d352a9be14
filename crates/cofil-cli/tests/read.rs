//! Bad input, each with the place and the remedy; and what `convert` makes of good input.

use assert_cmd::Command;
use std::path::Path;

/// Runs `cofil convert` in `folder`; gives whether it succeeded, and what it said on standard error.
fn convert(folder: &Path, args: &[&str]) -> (bool, String) {
    let mut command = Command::cargo_bin("cofil").expect("the binary is built");
    let output = command.current_dir(folder).arg("convert").args(args).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    (output.status.success(), said)
}

/// Content of the file `t`, arguments after it, message.
type Case<'a> = (&'a [u8], &'a [&'a str], &'a str);

const BAD: &[Case<'static>] = &[
    (b"", &[], "t:1: the file is empty; give a table of users and items"),
    (b"user,item,rating\n", &[], "t: there are no interactions, only column names"),
    (
        b"user;item;rating\na;b;4,5\n",
        &[],
        "t:2: rating \"4,5\" is not a number; use a decimal point, or set the decimal separator (--decimal ,)",
    ),
    (
        b"user,item,rating\na,b,1\na,c,five\n",
        &[],
        "t:3: rating \"five\" is not a number; if the column holds words, make it the column of event types \
         (--type-col rating) and give each a weight (--weight five=1); if only a few rows have words there, leave them out (--skip-bad 100)",
    ),
    (b"a,b,1\na,c,4/5\n", &[], "t:2: value \"4/5\" is not a number; write the number alone: 4"),
    (
        b"Email,Lineitem sku,rating\na,b,1\na,,2\n",
        &["--item-col", "Lineitem sku"],
        "t:3: item (`Lineitem sku`) is empty; every interaction needs a user and an item (to skip up to 100 such rows: \
         --skip-bad 100)",
    ),
    (
        b"user,item\n,b\n,c\nd,e\n",
        &["--skip-bad", "1"],
        "t:3: user is empty; every interaction needs a user and an item (1 bad row before it was skipped; to skip \
         more: --skip-bad 10)",
    ),
    (
        b"u6^i4^3\nu7^i5^4\n",
        &[],
        "t:1: \"u6^i4^3\" is a single field, but a table has users and items; give the delimiter, perhaps ^ \
         (--delimiter '^')",
    ),
    (
        b"user,item,rating\na,b,nan\n",
        &[],
        "t:2: rating \"nan\" is not a finite number; give it a value, or skip such rows with --missing nan",
    ),
    (
        b"user,item,rating\na,b,1\nc,d,inf\n",
        &[],
        "t:3: rating \"inf\" is not between -1e28 and 1e28; correct it, or scale the column down",
    ),
    (b"user,item,rating\na,b\n", &[], "t:2: 2 fields, but the header has 3; complete the line"),
    (
        b"user,item,rating\na,b,c,4\n",
        &[],
        "t:2: 4 fields, but the header has 3; put quotes around fields that contain \",\"",
    ),
    (
        b"user,item,rating\n1,\"b,1\n2,3,4\n",
        &[],
        "t:2: a quote is opened in this row and never closed; close it, double a quote that is part of the text, \
         or turn quoting off (--quote none)",
    ),
    (
        b"user,item\nJos\xc3\xa9,b\nJos\xe9,b\n",
        &[],
        "t:3: user \"Jos\u{fffd}\" is not valid UTF-8 (byte 0xE9); save the file as UTF-8",
    ),
    (
        b"user,item\nJ\0s\xe9,b\n",
        &[],
        "t:2: user \"J\\0s\u{fffd}\" is not valid UTF-8 (byte 0xE9); save the file as UTF-8",
    ),
    (
        b"user,item\na,\n",
        &[],
        "t:2: item is empty; every interaction needs a user and an item (to skip up to 100 such rows: \
         --skip-bad 100)",
    ),
    (
        b"user,item,date\na,b,2005-05-01\nc,d,yesterday\n",
        &[],
        "t:3: date \"yesterday\" is no date, and no format makes it one; read no times (--time-col none), or write dates \
         such as 2021-01-31",
    ),
    (
        b"user,item,date\na,b,2005-05-01\nc,d,7\n",
        &[],
        "t: the time column holds 1 date and 1 number; use the same format for all times",
    ),
    (
        b"a\nb\n",
        &[],
        "t:1: \"a\" is a single field, but a table has users and items; give the delimiter",
    ),
    (
        b"user,item,rating\na,b,1\n",
        &["--value-col", "ratng"],
        "t:1: unknown column `ratng`; did you mean `rating`? (valid: user, item, rating)",
    ),
    (
        b"user,item,rating\na,b,1\n",
        &["--user-col", "7"],
        "t:1: there is no column 7; the file has 3",
    ),
    (
        b"1,2,3\n",
        &["--user-col", "user", "--no-header"],
        "t:1: there is no header, so column `user` cannot be found; give its position, 1 to 3",
    ),
    (
        b"user,item,event\na,b,view\na,c,purchase\n",
        &["--weight", "view=1,buy=5"],
        "t:3: event \"purchase\" has no weight (weights: view, buy); give it one (0 skips its rows)",
    ),
    (
        b"user,item,event\na,b,view\n",
        &["--type-col", "event"],
        "setting `weights`: a column of event types needs a weight for each type, such as view=1,buy=5",
    ),
    (
        b"{\"user\":1,\"item\":2}\n{\"user\":1}\n",
        &[],
        "t:2: there is no `item` in this line; every line needs it (to skip up to 100 such rows: --skip-bad 100)",
    ),
    (
        b"{\"user\":1,\"item\":[2]}\n",
        &[],
        "t:1: `item` is a list; ids must be text or whole numbers",
    ),
    (
        b"PK\x03\x04",
        &[],
        "t: is a zip archive (or a spreadsheet, or .npz); unpack it and give the table as CSV",
    ),
    (b"\xff\xfeu\0", &[], "t: is UTF-16 text; save it as UTF-8"),
    (
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b",
        &[],
        "t: the gzip data is cut short, or something else follows it; copy the file again, or unpack it first",
    ),
];

#[test]
fn bad_input_says_where_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (content, args, message) in BAD {
        std::fs::write(folder.path().join("t"), content).expect("a file");
        let (done, said) = convert(folder.path(), &[&["t", "out.csv"], *args].concat());
        assert_eq!((done, said.as_str()), (false, format!("error: {message}").as_str()));
        assert!(!folder.path().join("out.csv").exists(), "{message}");
    }
}

#[test]
fn places_that_cannot_be_read_or_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("t"), "user,item\na,b\n").expect("a file");
    std::fs::create_dir(folder.path().join("dir.csv")).expect("a folder");
    for (from, to, message) in [
        ("gone", "out.csv", "gone: No such file or directory"),
        ("dir.csv", "out.csv", "dir.csv: is a folder without table files; give a file"),
        ("t", "no/out.csv", "no/out.csv: there is no folder no"),
        ("t", "dir.csv", "dir.csv: this is a folder; name a file in it"),
        (
            "t",
            "out.xls",
            "out.xls: unknown file extension; use .csv, .tsv or .jsonl (also with \
             .gz or .zst), .parquet or .arrow",
        ),
    ] {
        let (done, said) = convert(folder.path(), &[from, to]);
        assert!(!done, "{message}");
        assert_eq!(said.lines().last(), Some(format!("error: {message}").as_str()));
    }
}

#[test]
fn files_that_are_cut_short() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows: String = (0..2000).map(|n| format!("{},{}\n", n % 37, n * n % 101)).collect();
    std::fs::write(folder.path().join("t"), rows).expect("a file");
    for (ending, message) in [
        (
            "csv.gz",
            "the gzip data is cut short, or something else follows it; copy the file again, or unpack it first",
        ),
        (
            "csv.zst",
            "the zstd data is cut short, or something else follows it; copy the file again, or unpack it first",
        ),
        ("parquet", "the data is damaged or cut short ("),
        ("arrow", "the data is damaged or cut short ("),
    ] {
        let name = format!("whole.{ending}");
        assert!(convert(folder.path(), &["t", &name]).0);
        let bytes = std::fs::read(folder.path().join(&name)).expect("written");
        std::fs::write(folder.path().join("cut"), &bytes[..bytes.len() / 2]).expect("a file");
        let (done, said) = convert(folder.path(), &["cut", "out.csv"]);
        assert!(!done && said.starts_with(&format!("error: cut: {message}")), "{said}");
    }
}

#[test]
fn an_id_of_a_million_letters_works() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let content = format!("user,item\n{},b\nc,d\n", "x".repeat(1_000_000));
    std::fs::write(folder.path().join("t"), &content).expect("a file");
    assert!(convert(folder.path(), &["t", "out.csv"]).0);
    assert_eq!(std::fs::read_to_string(folder.path().join("out.csv")).expect("written"), content);
}

#[test]
fn events_are_weighted_and_sentinels_left_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("t"),
        "who;what;event;rating\na;b;buy;2\na;c;view;-1\na;d;spam;3\na;e;view;0.5\n",
    )
    .expect("a file");
    let columns = ["--user-col", "who", "--item-col", "2"];
    let rules = ["--weight", "view=1,buy=5,spam=0", "--missing", "-1"];
    let (done, said) = convert(folder.path(), &[&["t", "out.csv"], &columns[..], &rules].concat());
    let expected = "read as: semicolon-separated, header, user=`who`, item=`what`, value=`rating`, type=`event`\n\
                    skipped 1 of 4 rows (value marked as missing)\n\
                    skipped 1 of 4 rows (event type of weight 0)";
    assert_eq!((done, said.as_str()), (true, expected));
    let written = std::fs::read_to_string(folder.path().join("out.csv")).expect("written");
    assert_eq!(written, "user,item,value\na,b,10\na,e,0.5\n");
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::cargo_bin("cofil").expect("the binary is built");
    let output = command
        .current_dir(folder.path())
        .args(["convert", "-", "out.tsv", "--json"])
        .write_stdin("1::2::3::978300760\n")
        .output()
        .expect("it runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["read"]["delimiter"], "::");
    assert_eq!(report["read"]["time_unit"], "seconds");
    assert_eq!(report["interactions"], 1);
    let written = std::fs::read_to_string(folder.path().join("out.tsv")).expect("written");
    assert_eq!(written, "user\titem\tvalue\ttime\n1\t2\t3\t978300760\n");
}

#[test]
fn damaged_columns_are_told_in_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows: String = (0..300).map(|n| format!("u{},{}\n", n % 37, n * n % 101)).collect();
    std::fs::write(folder.path().join("t"), rows).expect("a file");
    let mut refused = 0;
    for ending in ["arrow", "parquet"] {
        let name = format!("whole.{ending}");
        assert!(convert(folder.path(), &["t", &name]).0);
        let bytes = std::fs::read(folder.path().join(&name)).expect("written");
        for at in (8..bytes.len() - 4).step_by(bytes.len() / 60) {
            let mut damaged = bytes.clone();
            damaged[at..at + 4].fill(0xff);
            std::fs::write(folder.path().join("damaged"), &damaged).expect("a file");
            let (done, said) = convert(folder.path(), &["damaged", "out.csv"]);
            if !done {
                refused += 1;
                assert!(said.starts_with("error: damaged: "), "{ending} at {at}: {said}");
                assert_eq!(said.lines().count(), 1, "{ending} at {at}: {said}");
            }
        }
    }
    assert!(refused > 20, "most damages are noticed: {refused}");
}

#[test]
fn both_sides_of_the_matrix_are_the_same_table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows: String = (0..500)
        .map(|n| format!("u{},i{},{},{}\n", n * 31 % 37, n * n % 101, n % 5, 1_000_000_000 + n))
        .collect();
    std::fs::write(folder.path().join("t"), format!("user,item,rating,time\n{rows}"))
        .expect("a file");
    let (done, said) = convert(folder.path(), &["t", "sides", "--sides"]);
    assert!(done, "{said}");
    let model = |table: &str, output: &str| {
        let train = ["train", table, "--algorithm", "als", "--set", "epochs=2", "-o", output];
        let mut command = Command::cargo_bin("cofil").expect("the binary is built");
        command.current_dir(folder.path()).args(train).assert().success();
        std::fs::read(folder.path().join(output)).expect("written")
    };
    let whole = model("t", "a.cofil");
    assert!(whole == model("sides/by-user.arrow", "b.cofil"), "the same numbers, the same model");
    assert!(whole == model("sides/by-item.arrow", "c.cofil"));
}

/// Whatever a file, a model or an argument holds, a terminal is told nothing but letters.
#[test]
fn nothing_from_files_and_arguments_reaches_the_terminal_raw() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let evil = "\u{1b}[2J\u{202e}";
    let mut table = format!("user,item,{evil}\n");
    for n in 0..20 {
        table += &format!("u{}{evil},i{}{evil},1\n", n % 5, n / 3);
    }
    std::fs::write(folder.path().join("t"), table).expect("a file");
    let titles: String = (0..7).map(|n| format!("i{n}{evil},Title {n}{evil}\n")).collect();
    std::fs::write(folder.path().join("titles"), format!("id,title{evil}\n{titles}"))
        .expect("a file");
    let (user, item) = (format!("u1{evil}"), format!("i1{evil}"));
    let unknown = format!("nobody{evil}");
    for args in [
        &["describe", "t"][..],
        &["train", "t", "--algorithm", "popularity", "-o", "m"],
        &["inspect", "m"],
        &["inspect", "m", "--json"],
        &["recommend", "m", "--user", &user],
        &["recommend", "m", "--user", &user, "--json"],
        &["recommend", "m", "--user", &user, "--items", "titles"],
        &["recommend", "m", "--user", &unknown],
        &["recommend", "m", "--history", &unknown],
        &["train", "t", "--algorithm", "item-knn", "--items", "titles", "-o", "k"],
        &["inspect", "k"],
        &["recommend", "k", "--user", &user, "--json"],
        &["similar", "k", "--item", &item],
        &["similar", "k", "--item", &item, "--json"],
        &["similar", "k", "--item", &unknown],
        &["similar", "k", "--user", &user],
        &["explain", "k", "--user", &user, "--item", &item],
        &["explain", "k", "--user", &user, "--item", &item, "--json"],
        &["predict", "k", "--user", &user, "--item", &item],
        &["predict", "k", "--user", &user, "--item", &unknown],
        &["interview", "k", "--answers", &format!("{item}=yes")],
        &["forget", "k", "--user", &user, "-o", "without"],
        &["update", "k", "t", "-o", "more"],
        &["evaluate", "k", "--test", "t", "--seen"],
        &["evaluate", "k", "--test", "t", "--seen", "--json"],
        &["split", "t", "-o", &format!("parts{evil}")],
        &["split", "t", "-o", "parts", "--json"],
        &["tune", "t", "--implicit", "-a", "ease", "--trials", "1", "-o", "s.toml"],
        &["compare", "t", "--implicit", "--algorithms", "popularity"],
        &["compare", "t", "--implicit", "--algorithms", &unknown],
        &["describe", &unknown],
        &["describe", "t", "--value-col", &unknown],
        &[&unknown],
    ] {
        let mut command = Command::cargo_bin("cofil").expect("the binary is built");
        let output = command.current_dir(folder.path()).args(args).output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        assert!(!said.is_empty() && !said.contains(['\u{1b}', '\u{202e}']), "{args:?}: {said:?}");
    }
}

/// Runs `cofil` in `folder`; gives what it printed on standard output and on standard error.
fn cofil(folder: &Path, args: &[&str]) -> (String, String) {
    let mut command = Command::cargo_bin("cofil").expect("the binary is built");
    let output = command.current_dir(folder).args(args).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), said)
}

/// 400 rows of 20 users and 30 items, with `rating` from `first` on.
fn ratings(first: usize, count: usize) -> String {
    let row = |n: usize| format!("u{},i{},{}\n", n * 31 % 20, n * n % 30, n % 5 + 1);
    let rows: String = (first..first + count).map(row).collect();
    format!("user,item,rating\n{rows}")
}

/// What was guessed is printed by every command that reads, for every file, unless the answer is JSON.
#[test]
fn every_command_tells_how_it_read_each_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("train.csv", &ratings(0, 400));
    // One that is not in the training data.
    write("test.csv", &(ratings(400, 40) + "u0,i1,3\n"));
    let users: String = (0..20).map(|n| format!("u{n},i1,i2,i3,i4,i5\n")).collect();
    write("negatives.csv", &users);
    write("lists.csv", "user,item,score\nu1,i1,2\nu1,i2,3\n");
    let train = ["train", "train.csv", "--algorithm", "popularity", "-o", "m.cofil"];
    cofil(folder.path(), &train);
    let told = |file: &str| match file {
        "train.csv" | "negatives.csv" => "read as: comma-separated".to_owned(),
        file => format!("{file}: read as: comma-separated, header, user=`user`, item=`item`"),
    };
    for (args, files) in [
        (&["describe", "train.csv"][..], &["train.csv"][..]),
        (&["split", "train.csv", "-o", "parts"], &["train.csv"]),
        (&["split", "train.csv", "--check", "test.csv"], &["train.csv", "test.csv"]),
        (&["convert", "train.csv", "out.csv"], &["train.csv"]),
        (
            &[
                "train",
                "train.csv",
                "--algorithm",
                "als",
                "--valid",
                "test.csv",
                "--set",
                "epochs=1",
                "-o",
                "a.cofil",
            ],
            &["train.csv", "test.csv"],
        ),
        (
            &[
                "tune",
                "train.csv",
                "--algorithm",
                "als",
                "--valid",
                "test.csv",
                "--trials",
                "1",
                "--set",
                "epochs=1",
                "-o",
                "best.toml",
                "--resume",
            ],
            &["train.csv", "test.csv"],
        ),
        (
            &[
                "compare",
                "train.csv",
                "--test",
                "test.csv",
                "--algorithms",
                "popularity",
                "--resamples",
                "0",
            ],
            &["train.csv", "test.csv"],
        ),
        (&["evaluate", "m.cofil", "--test", "test.csv", "--resamples", "0"], &["test.csv"]),
        (
            &[
                "evaluate",
                "m.cofil",
                "--test",
                "test.csv",
                "--negatives",
                "negatives.csv",
                "--resamples",
                "0",
            ],
            &["test.csv", "negatives.csv"],
        ),
        (
            &[
                "evaluate",
                "--lists",
                "lists.csv",
                "--train",
                "train.csv",
                "--test",
                "test.csv",
                "--resamples",
                "0",
            ],
            &["train.csv", "test.csv", "lists.csv"],
        ),
        (&["predict", "m.cofil", "--pairs", "test.csv"], &["test.csv"]),
        (&["update", "a.cofil", "test.csv", "-o", "u.cofil"], &["test.csv"]),
    ] {
        let (_, said) = cofil(folder.path(), args);
        for file in files {
            assert!(said.contains(&told(file)), "{args:?}: {said}");
        }
        let (_, said) = cofil(folder.path(), &[args, &["--json"]].concat());
        assert!(!said.contains("read as"), "{args:?}: {said}");
    }
}

#[test]
fn ids_that_are_written_otherwise_elsewhere_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let number =
        |text: String| text.replace(['u', 'i'], "").replace("ser,tem,ratng", "user,item,rating");
    write("train.csv", &number(ratings(0, 400)));
    let other =
        number(ratings(400, 40)).lines().enumerate().fold(String::new(), |text, (at, line)| {
            let fields: Vec<&str> = line.split(',').collect();
            let item = if at == 0 { "item".into() } else { format!("{}.0", fields[1]) };
            text + &format!("{},{item},{}\n", fields[0], fields[2])
        });
    write("test.csv", &other);
    let titles: String = (0..30).map(|n| format!("{n}.0,Movie {n}\n")).collect();
    write("movies.csv", &format!("item,title\n{titles}"));
    cofil(folder.path(), &["train", "train.csv", "--algorithm", "popularity", "-o", "m.cofil"]);
    let (_, said) = cofil(folder.path(), &["predict", "m.cofil", "--pairs", "test.csv"]);
    assert!(
        said.contains("items are unknown: is `") && said.contains(".0` the same as `"),
        "{said}"
    );
    let items = ["recommend", "m.cofil", "--user", "1", "--items", "movies.csv"];
    let (_, said) = cofil(folder.path(), &items);
    assert!(
        said.contains("items: note: all 12 items of the model are missing from the table: is `0` the same as `0.0`"),
        "{said}"
    );
}

#[test]
fn names_in_arguments_may_begin_with_a_hyphen_and_hold_commas() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut text = String::from("user,item\n");
    for n in 0..40 {
        text += &format!("-{}zQ,\"i{}, green\"\n{},-x{}\n", n % 4, n % 7, n % 9, n % 5);
    }
    std::fs::write(folder.path().join("t.csv"), text).expect("a file");
    cofil(folder.path(), &["train", "t.csv", "--algorithm", "item-knn", "-o", "m.cofil"]);
    let (list, _) = cofil(folder.path(), &["recommend", "m.cofil", "--user", "-1zQ"]);
    assert!(list.contains("For user -1zQ"), "{list}");
    for history in [
        &["--history", "i1, green", "--history", "-x1"][..],
        &["--history", "i1, green:2"],
        &["--history", "-x1, -x2"],
    ] {
        let (list, said) = cofil(folder.path(), &[&["recommend", "m.cofil"], history].concat());
        assert!(list.starts_with("For a new user with") && said.is_empty(), "{list}{said}");
    }
    std::fs::write(folder.path().join("names"), " i2, green \n-x3\n").expect("a file");
    let excluded =
        ["recommend", "m.cofil", "--user", "0", "--with-seen", "--exclude", "@names", "--json"];
    let (list, said) = cofil(folder.path(), &excluded);
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let items: Vec<&str> =
        list["items"].as_array().into_iter().flatten().filter_map(|e| e["item"].as_str()).collect();
    assert!(items.contains(&"i1, green") && items.contains(&"-x1") && said.is_empty(), "{said}");
    assert!(!items.contains(&"i2, green") && !items.contains(&"-x3"), "{items:?}");
    cofil(folder.path(), &["explain", "m.cofil", "--user", "-1zQ", "--item", "-x1"]);
    cofil(folder.path(), &["similar", "m.cofil", "--item", "-x1"]);
    cofil(folder.path(), &["predict", "m.cofil", "--user", "-1zQ", "--item", "-x1"]);
    cofil(folder.path(), &["forget", "m.cofil", "--user", "-1zQ", "-o", "f.cofil"]);
}

/// The help says of which columns without names the third is the value: of at most four.
#[test]
fn the_third_of_at_most_four_columns_is_the_value() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (help, _) = cofil(folder.path(), &["train", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("without names the third of at most four columns, if it is numeric"));
    let value = |rows: &str| {
        std::fs::write(folder.path().join("t"), rows).expect("a file");
        let (_, said) = cofil(folder.path(), &["describe", "t"]);
        said.contains("value=column 3")
    };
    assert!(value("u,x,5\nv,y,3\n") && value("u,x,5,1500000000\nv,y,3,1500000001\n"));
    assert!(!value("u,x,5,a,b\nv,y,3,c,d\n") && !value("u,x,red\nv,y,blue\n"));
}

#[test]
fn bad_rows_and_matrices_are_read_on_request() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("t"), "user,item\na,b\n,c\nd,e\n").expect("a file");
    let (_, said) = cofil(folder.path(), &["convert", "t", "out.csv", "--skip-bad", "1"]);
    assert!(said.contains("skipped 1 of 3 rows (unreadable)\n  line 3: user is empty"), "{said}");
    std::fs::write(folder.path().join("t"), "user,tea,jam,milk\na,5,,2\n").expect("a file");
    let (done, said) = convert(folder.path(), &["t", "out.csv"]);
    assert!(!done && said.contains("use --matrix"), "{said}");
    cofil(folder.path(), &["convert", "t", "out.csv", "--matrix"]);
    let written = std::fs::read_to_string(folder.path().join("out.csv")).expect("written");
    assert_eq!(written, "user,item,value\na,tea,5\na,milk,2\n");
}
