//! Which files of a folder are parts of one table, by their names and by their columns.

use super::found::Found;
use super::looks::Looks;
use super::quoted;
use super::source::Opened;
use super::{Format, Shape};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names of files about a table, without their endings, in lower case.
const ABOUT: &[&str] = &[
    "readme",
    "license",
    "licence",
    "copying",
    "notice",
    "changelog",
    "citation",
    "authors",
    "checksums",
    "md5sums",
    "sha256sums",
];
/// Endings of files about a table.
const ABOUT_ENDINGS: &[&str] =
    &["md", "rst", "html", "htm", "pdf", "md5", "sha256", "sh", "py", "pl", "ipynb", "bib", "png"];
/// Endings of files that editors and copies leave beside others.
const LEFT_ENDINGS: &[&str] = &["bak", "orig", "old", "tmp", "swp", "crdownload", "partial"];

/// Returns whether a file of this name is about a table, rather than part of one.
pub(super) fn is_about(name: &str) -> bool {
    let name = name.to_lowercase();
    let begins = |stem: &&str| {
        let rest = name.strip_prefix(*stem);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_left = name.ends_with('~') || LEFT_ENDINGS.contains(&ending);
    ABOUT.iter().any(begins) || ABOUT_ENDINGS.contains(&ending) || is_left
}

/// Returns the name of the file that one of this `name` is a copy of, as desktops name copies: `a (1).csv`.
fn original(name: &str) -> Option<String> {
    let (stem, ending) = name.split_at(name.find('.').unwrap_or(name.len()));
    let numbered = || {
        let (stem, number) = stem.strip_suffix(')')?.rsplit_once(" (")?;
        number.parse::<u32>().ok().map(|_| stem)
    };
    let copied = || {
        [" - Copy", " copy", "_copy", "-copy", " - Kopie"]
            .iter()
            .find_map(|end| stem.strip_suffix(end))
    };
    numbered().or_else(copied).map(|stem| format!("{stem}{ending}"))
}

/// Words in names of files, by the part of a split that they stand for. The first is for messages.
const SETS: [&[&str]; 3] = [
    &["training", "train", "base"],
    &["testing", "test", "probe", "qualifying"],
    &["validation", "valid", "val", "dev"],
];
/// Last words in names of files, by what their tables hold. The first is for messages.
const TABLES: [&[&str]; 4] = [
    &["users", "user", "customers", "customer", "members", "visitors", "reviewers"],
    &[
        "items", "item", "movies", "movie", "films", "products", "product", "books", "songs",
        "tracks", "artists", "articles", "games", "recipes", "titles", "metadata",
    ],
    &[
        "interactions",
        "ratings",
        "rating",
        "reviews",
        "events",
        "clicks",
        "views",
        "plays",
        "purchases",
        "transactions",
        "inter",
    ],
    &[
        "other things",
        "links",
        "tags",
        "genres",
        "genre",
        "categories",
        "category",
        "friends",
        "occupation",
        "occupations",
        "info",
    ],
];

/// Returns an error if the names of the files say that they are not one table: the sets of a split, or tables of
/// different things.
pub(super) fn check_names(folder: &Path, files: &[&PathBuf]) -> Result<()> {
    let names: Vec<String> = files
        .iter()
        .map(|file| file.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    let copy = names
        .iter()
        .find_map(|name| original(name).filter(|of| names.contains(of)).map(|of| (name, of)));
    if let Some((copy, of)) = copy {
        let message = format!("holds `{copy}`, which looks like a copy of `{of}`; remove it");
        return Err(Error::data(folder, None, message));
    }
    if let Some((first, second, [one, other])) = different(&names, &SETS, |words| words) {
        let message = format!(
            "holds the sets of a split, for {one} (`{first}`) and for {other} (`{second}`), which are not one table; \
             give one of the files"
        );
        return Err(Error::data(folder, None, message));
    }
    // Two names of one kind may be parts: `books.csv` and `movies.csv` may hold the ratings of both.
    if let Some((first, second, [one, other])) = different(&names, &TABLES, last) {
        let message = format!(
            "holds several tables, such as of {one} (`{first}`) and of {other} (`{second}`); give the file with the \
             interactions"
        );
        return Err(Error::data(folder, None, message));
    }
    Ok(())
}

/// Two names of files, and what they are called for.
type Two<'a> = (&'a str, &'a str, [&'static str; 2]);

/// Returns two files whose names have words of different `groups`, with what the groups stand for. `pick` returns the
/// words that count.
fn different<'a>(
    names: &'a [String],
    groups: &[&[&'static str]],
    pick: impl Fn(&[String]) -> &[String],
) -> Option<Two<'a>> {
    let mut found: BTreeMap<usize, &str> = BTreeMap::new();
    for name in names {
        let words = words(name);
        let group = pick(&words)
            .iter()
            .find_map(|word| groups.iter().position(|group| group.contains(&word.as_str())));
        if let Some(group) = group {
            found.entry(group).or_insert(name);
        }
    }
    let mut found = found.into_iter();
    let ((one, first), (other, second)) = (found.next()?, found.next()?);
    Some((first, second, [groups[one][0], groups[other][0]]))
}

/// Endings that say nothing but the format.
const FORMATS: &[&str] = &[
    "csv", "tsv", "txt", "dat", "data", "json", "jsonl", "ndjson", "parquet", "pq", "arrow",
    "feather", "ipc", "gz", "zst", "zstd", "snappy", "part", "of",
];

/// Returns the words of a name in lower case, without numbers and the endings of formats.
fn words(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.filter(|word| !FORMATS.contains(word)).map(Into::into).collect()
}

fn last(words: &[String]) -> &[String] {
    &words[words.len().saturating_sub(1)..]
}

/// Number of rows of a file from which on the kind of its ids is told.
const TOLD: usize = 5;

/// What the ids of users and of items look like in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds([Kind; 2]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Text,
    Time,
    Unknown,
}

impl Kinds {
    /// Returns the kinds of the ids of text that is read like the `first` file.
    pub fn of(source: &Opened<'_>, first: &Found) -> Self {
        let unknown = Self([Kind::Unknown; 2]);
        let (Some(delimiter), Shape::Rows) = (&first.delimiter, first.shape) else {
            return unknown;
        };
        let columns = &first.columns;
        let ids = [columns.user, columns.item];
        let mut values: [Vec<&[u8]>; 2] = [Vec::new(), Vec::new()];
        let (mut rest, mut fields) = (source.head(), Vec::new());
        for row in 0..=100 {
            let Some(length) = quoted::cut(rest, delimiter.as_bytes(), &mut fields) else { break };
            // The first line may be a header, which has no kind.
            if row > 0 && fields.len() > ids[0].max(ids[1]) {
                let value = |id: usize| fields[id].of(rest).trim_ascii();
                ids.iter().zip(&mut values).for_each(|(&id, values)| values.push(value(id)));
            }
            rest = &rest[length..];
            if rest.is_empty() {
                break;
            }
        }
        Self(values.map(|values| Kind::of(&values)))
    }

    /// Returns whether one of the columns holds ids of one kind here, and of another there.
    pub fn differ(self, other: Self) -> bool {
        let unlike =
            |(one, other): (&Kind, &Kind)| one != other && ![*one, *other].contains(&Kind::Unknown);
        self.0.iter().zip(&other.0).any(unlike)
    }
}

impl Kind {
    fn of(values: &[&[u8]]) -> Self {
        let is_whole = |value: &&[u8]| !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let whole = values.iter().filter(|value| is_whole(value)).count();
        match Looks::of(values.iter().copied()) {
            _ if values.len() < TOLD => Self::Unknown,
            Looks::Date | Looks::OtherDate => Self::Time,
            _ if whole == values.len() => Self::Whole,
            looks if looks.is_plain_text() && whole == 0 => Self::Text,
            _ => Self::Unknown,
        }
    }
}

/// Returns an error if the columns of `file` are not those of the `first` file: another number, or ids of another kind.
pub(super) fn check_columns(
    file: &Path,
    widths: [Option<usize>; 2],
    kinds: Option<[Kinds; 2]>,
) -> Result<()> {
    let remedy = "the files are not parts of one table; give the file with the interactions";
    let message = match (widths, kinds) {
        ([Some(first), Some(own)], _) if own != first => {
            format!("has {own} columns, but the first file of the folder {first}; {remedy}")
        }
        (_, Some([first, own])) if first.differ(own) => {
            format!(
                "has ids of another kind than the first file of the folder (numbers, texts or times); {remedy}"
            )
        }
        _ => return Ok(()),
    };
    Err(Error::data(file, None, message))
}

/// Returns the number of columns of text with a row per interaction.
pub(super) fn width(found: &Found) -> Option<usize> {
    let columns = &found.columns;
    if found.format != Format::Text || found.shape != Shape::Rows {
        return None;
    }
    let roles = [columns.value, columns.time, columns.kind];
    let used = 2 + roles.iter().flatten().count();
    Some(columns.names.as_ref().map_or(used + columns.ignored.len(), Vec::len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told() {
        for (name, of) in
            [("a (1).csv", "a.csv"), ("a - Copy.csv", "a.csv"), ("a_copy.csv.gz", "a.csv.gz")]
        {
            assert_eq!(original(name).as_deref(), Some(of), "{name}");
        }
        for name in ["a.csv", "part (x).csv", "copy.csv", "a-1.csv"] {
            assert_eq!(original(name), None, "{name}");
        }
        assert!(is_about("a.csv.bak") && is_about("a.csv~") && !is_about("a.csv"));
    }

    #[test]
    fn names_of_different_tables_are_told() {
        let told = |names: &[&str]| {
            let files: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            let files: Vec<&PathBuf> = files.iter().collect();
            check_names(Path::new("f"), &files).err().map(|error| error.to_string())
        };
        for (names, says) in [
            (&["movies.dat", "ratings.dat", "users.dat"][..], "several tables"),
            (&["ml.inter", "ml.item"], "several tables"),
            (&["ratings.csv", "tags.csv"], "several tables"),
            (&["train.csv", "test.csv"], "(`train.csv`) and for testing (`test.csv`)"),
            (&["u1.base", "u1.test"], "sets of a split"),
            (&["x_valid.parquet", "x_train.parquet"], "sets of a split"),
            (&["train-00000-of-00002.parquet", "test-00000-of-00001.parquet"], "sets of a split"),
        ] {
            let told = told(names).unwrap_or_else(|| panic!("{names:?}"));
            assert!(told.contains(says), "{told}");
        }
        for names in [
            &["part-00000.csv", "part-00001.csv"][..],
            &["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"],
            &["ratings-2020.csv", "ratings-2021.csv", "reviews.csv"],
            &["Books.csv", "Movies_and_TV.csv"],
            &["user_a.csv", "user_b.csv", "items_c.csv"],
            &["a.csv", "test.csv"],
        ] {
            assert_eq!(told(names), None, "{names:?}");
        }
        for name in ["README", "readme.txt", "LICENSE-MIT", "NOTES.md", "md5sums.txt", "mku.sh"] {
            assert!(is_about(name), "{name}");
        }
        for name in ["part-0.csv", "notices.csv", "readmes", "licensed.tsv", "u.data"] {
            assert!(!is_about(name), "{name}");
        }
    }

    #[test]
    fn files_of_other_columns_are_refused() {
        use crate::data::read::{ReadOptions, read};
        let read = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            read(folder.path(), &ReadOptions::default()).map_err(|error| error.to_string())
        };
        let rows = "1::10::5\n1::11::4\n2::10::3\n2::11::1\n3::10::2\n3::12::1\n";
        let more = "1::10::5::978300760\n2::11::3::978300761\n";
        let told = read(&[("a.dat", rows), ("b.dat", more)]).unwrap_err();
        assert!(
            told.contains("b.dat: has 4 columns, but the first file of the folder 3"),
            "{told}"
        );
        let named = "1::x::5\n1::y::4\n2::x::3\n2::z::1\n3::x::2\n3::y::2\n";
        let told = read(&[("a.dat", rows), ("b.dat", named)]).unwrap_err();
        assert!(told.contains("b.dat: has ids of another kind"), "{told}");
        let told = read(&[("a.csv", "user,item\n1,2\n"), ("b.csv", "user,item,rating\n1,3,5\n")]);
        assert!(told.unwrap_err().contains("b.csv: has 3 columns"));
        // A few ids tell no kind, and what is about the table is no part of it.
        let few = "x::y::5\n";
        let parts = [("a.dat", rows), ("b.dat", few), ("README", "hello\n"), ("x.md", "# Hello\n")];
        let table = read(&parts).unwrap();
        assert_eq!(table.interactions.len(), 7);
        assert!(table.report.notes[0].starts_with("2 files"), "{}", table.report);
        let told = read(&[("ratings.dat", more), ("users.dat", "1::F::1\n")]).unwrap_err();
        assert!(told.contains("holds several tables"), "{told}");
    }
}
