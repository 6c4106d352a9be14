//! Each known file of the data folder is read completely. Numbers of rows, users and items are those stated in the
//! folder's notes or by the publishers, or were counted independently in plain Python.

use cofil::Interactions;
use cofil::data::read::{Column, ReadOptions, Table, read, read_negatives, read_with};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into();
    std::env::var_os("COFIL_DATA").map_or_else(beside, PathBuf::from)
}

fn table(name: &str, options: &ReadOptions) -> Table {
    read(folder().join(name), options).unwrap_or_else(|e| panic!("{e}"))
}

/// The interactions of `name`, with the format detected automatically.
fn rows(name: &str) -> Interactions {
    table(name, &ReadOptions::default()).interactions
}

/// Tables of interactions, read without options: rows, users, items.
const INTERACTIONS: [(&str, [usize; 3]); 34] = [
    ("anime-5k/history.csv.gz", [520_609, 5_000, 7_390]),
    ("anime-5k/ratings.csv.gz", [419_943, 4_714, 7_157]),
    ("filmtrust/ratings.csv.gz", [35_497, 1_508, 2_071]),
    ("gowalla-lightgcn/test.csv.gz", [217_242, 29_858, 38_546]),
    ("gowalla-lightgcn/train.csv.gz", [810_128, 29_858, 40_981]),
    ("hetrec2011-lastfm-2k/user_artists.csv.gz", [92_834, 1_892, 17_632]),
    ("jester-1/ratings.csv.gz", [1_810_455, 24_983, 100]),
    ("ml-100k-90-10/test.csv.gz", [10_000, 919, 1_227]),
    ("ml-100k-90-10/train.csv.gz", [90_000, 943, 1_668]),
    ("ml-100k/u.data", [100_000, 943, 1_682]),
    ("ml-100k/u1.base", [80_000, 943, 1_650]),
    ("ml-100k/u1.test", [20_000, 459, 1_410]),
    ("ml-100k/u2.base", [80_000, 943, 1_648]),
    ("ml-100k/u2.test", [20_000, 653, 1_420]),
    ("ml-100k/u3.base", [80_000, 943, 1_650]),
    ("ml-100k/u3.test", [20_000, 869, 1_423]),
    ("ml-100k/u4.base", [80_000, 943, 1_660]),
    ("ml-100k/u4.test", [20_000, 923, 1_394]),
    ("ml-100k/u5.base", [80_000, 943, 1_650]),
    ("ml-100k/u5.test", [20_000, 927, 1_407]),
    ("ml-100k/ua.base", [90_570, 943, 1_680]),
    ("ml-100k/ua.test", [9_430, 943, 1_129]),
    ("ml-100k/ub.base", [90_570, 943, 1_675]),
    ("ml-100k/ub.test", [9_430, 943, 1_145]),
    ("ml-1m-90-10/test.csv.gz", [100_020, 5_957, 3_321]),
    ("ml-1m-90-10/train.csv.gz", [900_189, 6_040, 3_693]),
    ("ml-1m-ncf/test.csv", [6_040, 6_040, 1_921]),
    ("ml-1m-ncf/train.csv.gz", [994_169, 6_040, 3_704]),
    ("ml-1m/ratings.csv.gz", [1_000_209, 6_040, 3_706]),
    ("retailrocket-caserec/events.csv.gz", [92_487, 3_431, 8_885]),
    ("steam/play_hours.csv.gz", [70_489, 11_350, 3_600]),
    ("steam/purchase.csv.gz", [129_511, 12_393, 5_155]),
    ("yelp2018-lightgcn/test.csv.gz", [324_147, 31_668, 36_073]),
    ("yelp2018-lightgcn/train.csv.gz", [1_237_259, 31_668, 38_048]),
];

/// Tables about items and users: the columns read as users and items, and the numbers of rows and distinct ids in both.
const SIDE: [(&str, [&str; 2], [usize; 3]); 13] = [
    ("anime-5k/items.csv", ["anime_ids", "name"], [7_390, 7_390, 7_390]),
    ("filmtrust/trust.csv", ["truster", "trustee"], [1_853, 609, 732]),
    ("gowalla-lightgcn/item_list.txt", ["org_id", "remap_id"], [40_981; 3]),
    ("gowalla-lightgcn/user_list.txt", ["org_id", "remap_id"], [29_858; 3]),
    ("hetrec2011-lastfm-2k/artists.csv", ["item", "artist"], [17_632; 3]),
    ("jester-1/jokes.csv", ["item", "text"], [100; 3]),
    ("ml-100k/movies.csv", ["item", "title"], [1_682, 1_682, 1_664]),
    ("ml-100k/u.item", ["1", "6"], [1_682, 1_682, 2]),
    ("ml-100k/users.csv", ["user_id", "age"], [943, 943, 61]),
    ("ml-1m-ncf/item_map.csv", ["rank", "title"], [3_706; 3]),
    ("ml-1m/movies.csv", ["movie", "title"], [3_883; 3]),
    ("ml-1m/users.dat", ["1", "2"], [6_040, 6_040, 2]),
    // Two titles occur again with a trailing blank.
    ("steam/items.csv", ["item", "title"], [5_155, 5_155, 5_153]),
];

/// Files that are not such tables; each has its own test or needs none.
const OTHERS: [&str; 2] = ["ml-1m-ncf/negatives.csv.gz", "ml-1m/movies.dat"];

/// Files under `at`, without notes.
fn files(at: &Path, found: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(at).unwrap_or_else(|e| panic!("COFIL_DATA: {}: {e}", at.display()));
    for entry in entries {
        let path = entry.expect("a name").path();
        match path.is_dir() {
            true => files(&path, found),
            false if path.extension().is_some_and(|ending| ending == "md") => {}
            false => found.push(path),
        }
    }
}

fn sizes(Table { interactions, report }: &Table) -> [usize; 3] {
    assert_eq!(report.rows, interactions.len() as u64, "nothing is left out");
    [interactions.len(), interactions.users.len(), interactions.items.len()]
}

/// Untested files in the data folder are reported but are not a failure.
#[test]
#[ignore = "needs COFIL_DATA"]
fn every_file_of_the_lists_is_there() {
    let mut found = Vec::new();
    files(&folder(), &mut found);
    let names = INTERACTIONS.iter().map(|f| f.0).chain(SIDE.iter().map(|f| f.0)).chain(OTHERS);
    let known: BTreeSet<PathBuf> = names.map(|name| folder().join(name)).collect();
    let found: BTreeSet<PathBuf> = found.into_iter().collect();
    for path in found.difference(&known) {
        eprintln!("{}: no test reads it", path.display());
    }
    let missing: Vec<&PathBuf> = known.difference(&found).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn interactions_are_read_without_being_told_anything() {
    for (name, expected) in INTERACTIONS {
        assert_eq!(sizes(&table(name, &ReadOptions::default())), expected, "{name}");
    }
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn any_two_columns_are_a_table() {
    for (name, [user, item], expected) in SIDE {
        let column = |name: &str| Some(name.parse::<Column>().expect("a column"));
        let none = column("none");
        let options = ReadOptions {
            user: column(user),
            item: column(item),
            value: none.clone(),
            time: none,
            ..ReadOptions::default()
        };
        assert_eq!(sizes(&table(name, &options)), expected, "{name}");
    }
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn values_and_times_are_what_the_publishers_say() {
    let range = |table: &Interactions| {
        let fold = |(low, high): (f32, f32), &v: &f32| (low.min(v), high.max(v));
        table.value.iter().fold((f32::MAX, f32::MIN), fold)
    };
    for (name, expected) in [
        ("anime-5k/ratings.csv.gz", (1.0, 10.0)),
        ("anime-5k/history.csv.gz", (1.0, 1.0)),
        ("filmtrust/ratings.csv.gz", (0.5, 4.0)),
        ("jester-1/ratings.csv.gz", (-9.95, 10.0)),
        ("ml-100k/u.data", (1.0, 5.0)),
        ("hetrec2011-lastfm-2k/user_artists.csv.gz", (1.0, 352_698.0)),
    ] {
        assert_eq!(range(&rows(name)), expected, "{name}");
    }
    // Only 115,644 rows of this copy of MovieLens-1M have a time.
    let movielens = table("ml-1m/ratings.csv.gz", &ReadOptions::default());
    assert_eq!(movielens.report.empty_times, 1_000_209 - 115_644);
    // From 19 September 1997 to 22 April 1998.
    let times = rows("ml-100k/u.data").time.expect("every rating has one");
    assert_eq!((times.iter().min(), times.iter().max()), (Some(&874_724_710), Some(&893_286_638)));
}

/// The ratings as published: −1 marks anime that was watched but not rated.
#[test]
#[ignore = "needs COFIL_DATA"]
fn marks_for_no_rating_are_left_out_and_counted() {
    use std::fmt::Write;
    let (rated, watched) = (rows("anime-5k/ratings.csv.gz"), rows("anime-5k/history.csv.gz"));
    let pairs = |t: &Interactions| {
        let name = |at| (t.users.name(t.user[at]).to_owned(), t.items.name(t.item[at]).to_owned());
        (0..t.len()).map(name).collect::<Vec<_>>()
    };
    let mut text = String::from("user_id,anime_id,rating\n");
    let known = pairs(&rated);
    for ((user, item), value) in known.iter().zip(&rated.value) {
        writeln!(text, "{user},{item},{value}").expect("a string grows");
    }
    let known: BTreeSet<_> = known.iter().collect();
    for pair in pairs(&watched).iter().filter(|pair| !known.contains(pair)) {
        writeln!(text, "{},{},-1", pair.0, pair.1).expect("a string grows");
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(&file, text).expect("written");
    let options = ReadOptions { missing: Some(-1.0), ..ReadOptions::default() };
    let Table { interactions, report } = read(file.path(), &options).expect("a table");
    assert_eq!((report.rows, report.missing, interactions.len()), (520_609, 100_666, 419_943));
    let counted = |t: &Interactions| t.user.iter().collect::<BTreeSet<_>>().len();
    assert_eq!(counted(&interactions), 4_714);
}

/// Jester as published: a row for each user, a column for each joke, 99 for no rating.
#[test]
#[ignore = "needs COFIL_DATA"]
fn a_matrix_of_columns_is_no_table_of_interactions() {
    use std::fmt::Write;
    let jester = rows("jester-1/ratings.csv.gz");
    let mut matrix = vec![[99f32; 100]; 100];
    for at in (0..jester.len()).take_while(|&at| jester.user[at] < 100) {
        let item: usize = jester.items.name(jester.item[at]).parse().expect("a number");
        matrix[jester.user[at] as usize][item] = jester.value[at];
    }
    let mut wide = String::new();
    let mut long = String::from("user,item,rating\n");
    for (u, row) in matrix.iter().enumerate() {
        let rated = row.iter().filter(|&&v| v != 99.0).count();
        let line: Vec<String> = row.iter().map(f32::to_string).collect();
        writeln!(wide, "{rated},{}", line.join(",")).expect("a string grows");
        for (i, value) in row.iter().enumerate() {
            writeln!(long, "{u},{i},{value}").expect("a string grows");
        }
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(&file, long).expect("written");
    let options = ReadOptions { missing: Some(99.0), ..ReadOptions::default() };
    let long = read(file.path(), &options).expect("a table");
    assert_eq!(long.report.rows, 10_000);
    assert_eq!(long.interactions.len(), jester.user.iter().filter(|&&u| u < 100).count());
    // The columns are guessed, and the guess is reported.
    std::fs::write(&file, wide).expect("written");
    let told = match read(file.path(), &ReadOptions::default()) {
        Ok(table) => table.report.notes.join("; "),
        Err(error) => error.to_string(),
    };
    assert!(told.contains("as in a matrix, use"), "{told}");
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn folds_and_parts_are_of_their_wholes() {
    let whole = rows("ml-100k/u.data");
    let key = |t: &Interactions, at: usize| {
        (t.user[at], t.item[at], t.value[at] as u32, t.time.as_ref().map(|t| t[at]))
    };
    let set = |t: &Interactions| (0..t.len()).map(|at| key(t, at)).collect::<BTreeSet<_>>();
    let all = set(&whole);
    let part = |name: &str| {
        let path = folder().join(name);
        let table = read_with(&path, &ReadOptions::default(), &whole.users, &whole.items);
        set(&table.unwrap_or_else(|e| panic!("{e}")).interactions)
    };
    let mut tested = BTreeSet::new();
    for fold in ["u1", "u2", "u3", "u4", "u5", "ua", "ub"] {
        let (base, test) =
            (part(&format!("ml-100k/{fold}.base")), part(&format!("ml-100k/{fold}.test")));
        assert!(base.is_disjoint(&test), "{fold}");
        assert_eq!(base.union(&test).copied().collect::<BTreeSet<_>>(), all, "{fold}");
        if !["ua", "ub"].contains(&fold) {
            tested.extend(test);
        }
    }
    assert_eq!(tested, all, "the five tests partition it");
}

#[test]
#[ignore = "needs COFIL_DATA"]
fn negatives_of_the_ncf_split() {
    let train = rows("ml-1m-ncf/train.csv.gz");
    let options = ReadOptions::default();
    let test = read_with(folder().join("ml-1m-ncf/test.csv"), &options, &train.users, &train.items);
    let test = test.expect("a table").interactions;
    let path = folder().join("ml-1m-ncf/negatives.csv.gz");
    let negatives = read_negatives(&path, &options, &test.users, &test.items).expect("lists");
    assert_eq!(negatives.by_user.len(), 6_040);
    assert!(negatives.by_user.iter().all(|list| list.len() == 99));
    assert_eq!((negatives.unknown_users, negatives.unknown_items), (0, 0));
    let own = |at: usize| negatives.by_user[test.user[at] as usize].contains(&test.item[at]);
    assert_eq!((0..test.len()).filter(|&at| own(at)).count(), 156, "as published");
}

/// Titles in Latin-1, as in the original file, are read like the copy in UTF-8, and this is reported.
#[test]
#[ignore = "needs COFIL_DATA"]
fn latin_1_is_read_and_said() {
    let columns = |user: &str, item: &str| ReadOptions {
        user: user.parse().ok(),
        item: item.parse().ok(),
        value: "none".parse().ok(),
        time: "none".parse().ok(),
        ..ReadOptions::default()
    };
    let latin = table("ml-1m/movies.dat", &columns("1", "2"));
    let copy = table("ml-1m/movies.csv", &columns("movie", "title"));
    assert_eq!(latin.interactions.items, copy.interactions.items);
    let notes = |table: &Table| table.report.notes.join("; ");
    assert!(notes(&latin).contains("Windows-1252"), "{}", notes(&latin));
    assert!(!notes(&copy).contains("Windows-1252"), "{}", notes(&copy));
}
