//! Catalogues of items: all formats give the same result, guesses are reported, and model files keep catalogues.

use cofil::data::catalogue::{
    AttributeKind, AttributeValue, Catalogue, CatalogueOptions, CatalogueReport, Filter,
};
use cofil::data::read::Column;
use cofil::{Algorithm, Query, Ratings, Recommender, Result, Run, Who};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

fn read_with(
    content: impl AsRef<[u8]>,
    options: &CatalogueOptions,
) -> Result<(Catalogue, CatalogueReport)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("t");
    std::fs::write(&path, content).expect("a file in it");
    Catalogue::read(&path, options)
}

fn read(content: impl AsRef<[u8]>) -> (Catalogue, CatalogueReport) {
    read_with(content, &CatalogueOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn refused(content: impl AsRef<[u8]>) -> String {
    let error = read_with(content, &CatalogueOptions::default()).expect_err("refused");
    let text = error.to_string();
    text[text.find("/t:").map_or(0, |at| at + 1)..].to_owned()
}

/// The report without the path of the file.
fn told(report: &CatalogueReport) -> String {
    report.to_string()
}

/// All attributes of an item.
fn item(catalogue: &Catalogue, id: &str) -> Value {
    catalogue.item(id).map_or(Value::Null, Value::Object)
}

#[test]
fn columns_are_what_their_values_are() {
    let (films, report) = read(
        "movieId,title,year,genres,code,note\n\
         10,Heat (1995),1995,Action|Crime,007,\n\
         20,1984,1984,Drama,12,\\N\n\
         30,Léon,nan,,13,\n",
    );
    assert_eq!(
        told(&report),
        "read as: comma-separated, header, id=`movieId`, title=`title`\n3 items\n\
         numbers: `year` (1 missing)\n\
         text: `title`, `code`, `note` (3 missing)\n\
         lists: `genres` (1 missing)"
    );
    assert_eq!(films.len(), 3);
    assert_eq!((films.title("20"), films.title("99")), (Some("1984"), None));
    assert_eq!(
        item(&films, "10"),
        json!({"title": "Heat (1995)", "year": 1995, "genres": ["Action", "Crime"], "code": "007"})
    );
    assert_eq!(item(&films, "30"), json!({"title": "Léon", "code": "13"}));
    assert_eq!(films.value("10", "year"), Some(AttributeValue::Number(1995.0)));
    assert_eq!(films.value("20", "genres"), Some(AttributeValue::List(vec!["Drama"])));
    assert_eq!((films.value("30", "year"), films.value("10", "yaer")), (None, None));
}

#[test]
fn ids_and_titles_are_found() {
    for (content, id, title) in [
        ("item,artist\n1,Air\n2,Blur\n", "`item`", Some("`artist`")),
        ("ISBN;Book-Title;Book-Author\n1;A;X\n2;B;X\n", "`ISBN`", Some("`Book-Title`")),
        ("id,title,year\n1,A,1990\n2,B,1991\n", "`id`", Some("`title`")),
        ("title,year\nA,1990\nB,1991\n", "`title`", None),
        ("item,genre,year\n1,Drama,1990\n2,Drama,1991\n3,Drama,1992\n", "`item`", None),
        ("1|A|x\n2|B|x\n", "column 1", Some("column 2")),
        ("anime_shelf,name,type,rating\n7,A,TV,8.1\n8,B,TV,7.2\n", "`anime_shelf`", Some("`name`")),
    ] {
        let (_, report) = read(content);
        assert_eq!(report.id.to_string(), id, "{content}");
        assert_eq!(report.title.as_ref().map(ToString::to_string).as_deref(), title, "{content}");
    }
    let notes = |content: &str| read(content).1.notes.join("; ");
    assert_eq!(
        notes("item,artist\n1,Air\n2,Blur\n"),
        "no column has a known name for titles: took `artist`"
    );
    assert_eq!(
        notes("anime_shelf,name,type,rating\n7,A,TV,8.1\n8,B,TV,7.2\n"),
        "no column has a known name for ids: took `anime_shelf`"
    );
    assert_eq!(
        notes("item,genre\n1,X\n2,X\n3,X\n"),
        "no column has titles: items are shown by their ids"
    );

    let options = CatalogueOptions {
        id: Some(Column::Position(2)),
        title: Some(Column::Name("b".into())),
        ..CatalogueOptions::default()
    };
    let (catalogue, _) = read_with("a,id,b\n1,x,One\n2,y,Two\n", &options).expect("read");
    assert_eq!(catalogue.title("y"), Some("Two"));
    let wrong = CatalogueOptions { title: Some(Column::Name("titel".into())), ..options };
    let told = read_with("a,id,title\n1,x,One\n", &wrong).expect_err("unknown").to_string();
    assert!(told.contains("unknown column `titel`; did you mean `title`?"), "{told}");
}

#[test]
fn rows_that_are_no_item_are_counted() {
    let (catalogue, report) = read("id,title\n1,A\n,B\n2,C\n1,D\n2,E\n");
    assert_eq!(
        (catalogue.len(), catalogue.title("1"), catalogue.title("2")),
        (2, Some("A"), Some("C"))
    );
    assert_eq!((report.rows, report.items, report.unnamed, report.repeated), (5, 2, 1, 2));
    assert_eq!(
        told(&report),
        "read as: comma-separated, header, id=`id`, title=`title`\n2 items\ntext: `title`\n\
         skipped 1 of 5 rows (no id)\n\
         note: skipped 2 rows with a duplicate id, such as `1`: the first row of each id counts"
    );
}

#[test]
fn what_is_no_catalogue_is_refused() {
    for (content, message) in [
        (&b""[..], "t:1: the file is empty; give a table of items"),
        (b"id,title\n", "t: the file contains no items"),
        (
            b"id,title\n1,a,b\n",
            "t:2: 3 fields, but the header has 2; put quotes around fields that contain \",\"",
        ),
        (
            b"1::a\n2::b::c\n",
            "t:2: 3 fields, but the first line has 2; put quotes around fields that contain \"::\"",
        ),
        (b"id,title\n1,\"a\n2,b\n3,c\n", "t:2: a quote is opened in this row and never closed"),
        (b"id,title\n1,a\n2,\"b", "t:3: a quote is opened in this row and never closed"),
        (
            b"id,title\n1,n\xc3\xa9\n2,n\xe9\n",
            "t:3: \"n\\u{fffd}\" is not valid UTF-8 (byte 0xE9); save the file as UTF-8",
        ),
        (
            b"{\"id\": [1], \"title\": \"a\"}\n",
            "t: the id column holds lists; ids must be text or whole numbers",
        ),
        (b"{\"id\": 1}\n{\"id\": \n", "t:2: "),
        (b"PK\x03\x04", "t: is a zip archive"),
    ] {
        let told = refused(content);
        let message = message.replace("\\u{fffd}", "\u{fffd}");
        assert!(told.starts_with(&message), "{told}\n{message}");
    }
}

#[test]
fn columns_without_a_name_of_their_own_go_by_position() {
    let (films, _) = read("1::Toy Story::Animation|Comedy::1995\n2::Heat::Crime::1996\n");
    let names: Vec<&str> = films.columns().iter().map(|c| c.name()).collect();
    assert_eq!((films.id_name(), names), ("id", vec!["title", "3", "4"]));
    let (same, report) = read("id,title,tag,tag\n1,A,x,5\n2,B,y,6\n");
    assert_eq!(item(&same, "1"), json!({"title": "A", "tag": "x", "4": 5}));
    assert_eq!(
        report.notes,
        ["several columns are named `tag`: the later ones are named by their position"]
    );
}

#[test]
fn latin_1_is_read_and_said() {
    let (catalogue, report) = read(b"id,title\n1,Am\xe9lie\n");
    assert_eq!(catalogue.title("1"), Some("Amélie"));
    assert!(report.notes[0].contains("Windows-1252"), "{report}");
}

#[test]
fn json_lines_may_begin_columns_late_and_hold_lists() {
    let (catalogue, report) = read(
        "{\"asin\": \"b1\", \"title\": \"A\", \"price\": 4.0, \"tags\": [\"x|y\", \"z\"], \"new\": true}\n\
         {\"asin\": \"b2\", \"price\": 4.5, \"price\": 5.5, \"details\": {\"a\": 1}, \"tags\": \"x|y\"}\n\
         \n\
         {\"asin\": \"b3\", \"pages\": 12, \"tags\": []}\n",
    );
    assert_eq!(
        item(&catalogue, "b1"),
        json!({"title": "A", "price": 4, "tags": ["x|y", "z"], "new": "true"})
    );
    assert_eq!(item(&catalogue, "b2"), json!({"price": 5.5, "tags": ["x|y"]}));
    assert_eq!(item(&catalogue, "b3"), json!({"pages": 12}));
    assert_eq!(report.notes, ["`details` holds objects and is ignored"]);
}

#[cfg(feature = "arrow")]
#[test]
fn every_format_gives_the_same() {
    use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
    use cofil::data::Source;

    let text = "id,title,year,genres,price\n1,Alien,1979,Horror|Sci-Fi,4.5\n2,Brazil,1985,,\n3,Clue,,Comedy,5\n";
    let (expected, _) = read(text);
    let lines = [
        json!({"id": 1, "title": "Alien", "year": 1979, "genres": "Horror|Sci-Fi", "price": 4.5}),
        json!({"id": 2, "title": "Brazil", "year": 1985, "genres": null, "price": null}),
        json!({"id": 3, "title": "Clue", "year": null, "genres": "Comedy", "price": 5.0}),
    ];
    let order = ["id", "title", "year", "genres", "price"];
    let line = |line: &Value| {
        let pair = |key: &&str| format!("{key:?}: {}", line[key]);
        format!("{{{}}}\n", order.iter().map(pair).collect::<Vec<_>>().join(", "))
    };
    let (json, _) = read(lines.iter().map(line).collect::<String>());
    assert_eq!(json, expected);
    let (tabs, _) = read(text.replace(',', "\t"));
    assert_eq!(tabs, expected);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, text.as_bytes()).expect("memory");
    assert_eq!(read(packed.finish().expect("memory")).0, expected);

    let options = CatalogueOptions::default();
    let body = Source::reader("request", text.as_bytes());
    assert_eq!(Catalogue::read(body, &options).expect("read").0, expected);
    let columns: [(&str, ArrayRef); 5] = [
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("title", Arc::new(StringArray::from(vec!["Alien", "Brazil", "Clue"]))),
        ("year", Arc::new(Int64Array::from(vec![Some(1979), Some(1985), None]))),
        ("genres", Arc::new(StringArray::from(vec![Some("Horror|Sci-Fi"), None, Some("Comedy")]))),
        ("price", Arc::new(Float64Array::from(vec![Some(4.5), None, Some(5.0)]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let frame = |batches: Vec<RecordBatch>| {
        Catalogue::read(Source::batches("frame", batches.into_iter().map(Ok)), &options)
    };
    assert_eq!(frame(vec![batch.slice(0, 2), batch.slice(2, 1)]).expect("read").0, expected);
    let narrow = batch.project(&[0]).expect("a column");
    let told = frame(vec![batch, narrow]).expect_err("refused").to_string();
    assert!(told.contains("record batch 2 has other columns than the first"), "{told}");
    let told = frame(Vec::new()).expect_err("refused").to_string();
    assert!(told.contains("there are no record batches"), "{told}");
}

#[test]
fn lists_and_missing_values_are_as_told() {
    let options = CatalogueOptions {
        separator: ", ".into(),
        missing: vec!["Unknown".into()],
        ..CatalogueOptions::default()
    };
    let table = "id,title,genre,episodes\n1,A,\"Drama, School\",12\n2,B,Drama,Unknown\n";
    let (catalogue, report) = read_with(table, &options).expect("read");
    assert_eq!(
        item(&catalogue, "1"),
        json!({"title": "A", "genre": ["Drama", "School"], "episodes": 12})
    );
    assert_eq!(item(&catalogue, "2"), json!({"title": "B", "genre": ["Drama"]}));
    let kinds: Vec<AttributeKind> = report.columns.iter().map(|c| c.kind).collect();
    assert_eq!(kinds, [AttributeKind::Text, AttributeKind::List, AttributeKind::Number]);
}

fn trained() -> Recommender {
    let ratings = Ratings::from_triples([
        ("ann", "a", 1.0),
        ("ann", "b", 1.0),
        ("bob", "b", 1.0),
        ("bob", "c", 1.0),
        ("cat", "c", 1.0),
        ("cat", "d", 1.0),
    ])
    .expect("ratings");
    let popularity =
        Algorithm::from_settings("popularity", &serde_json::Map::new()).expect("known");
    Recommender::train(&popularity, &ratings, &Run::default()).expect("trained")
}

fn described() -> Catalogue {
    read("id,title,year,genres\nb,Brazil,1985,Comedy|Sci-Fi\nd,Dune,,\nc,Clue,1985,Comedy\nz,Zorro,1998,Action\n").0
}

#[test]
fn a_model_file_keeps_the_catalogue() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m");
    let plain = trained();
    plain.save(&path).expect("saved");
    let before = std::fs::read(&path).expect("read");
    assert!(Recommender::load(&path).expect("loaded").catalogue().is_none());
    let filter: Filter = "genres = 'Comedy'".parse().expect("a filter");
    let told = plain.matching(&filter).expect_err("nothing is known").to_string();
    assert!(told.contains("give a catalogue of items"), "{told}");

    let catalogue = Arc::new(described());
    let mut recommender = plain.with_catalogue(Some(catalogue.clone()));
    recommender.save(&path).expect("saved");
    let bytes = std::fs::read(&path).expect("read");
    let loaded = Recommender::load(&path).expect("loaded");
    assert_eq!(loaded.catalogue(), Some(&catalogue));
    // In the order of the model's indices: a, b, c, d.
    assert_eq!(loaded.matching(&filter).expect("suits"), [1, 2]);
    loaded.save(&path).expect("saved");
    assert_eq!(std::fs::read(&path).expect("read"), bytes, "the same, byte for byte");
    loaded.with_catalogue(None).save(&path).expect("saved");
    assert_eq!(std::fs::read(&path).expect("read"), before);

    recommender.forget(&["ann"]).expect("forgotten");
    assert_eq!(recommender.catalogue(), Some(&catalogue));
    recommender.forget_and_refit(&["bob"]).expect("forgotten");
    assert_eq!(recommender.catalogue(), Some(&catalogue));
    let best = recommender.recommend(&Who::user("cat"), &Query { seen: true, ..Query::default() });
    assert!(best.is_ok());
}

/// A file whose parts do not match although its checksum is correct.
#[test]
fn catalogues_that_do_not_fit_are_refused() {
    use cofil::store::{self, Tensor};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (sound, path) = (folder.path().join("sound"), folder.path().join("m"));
    trained().with_catalogue(Some(described().into())).save(&sound).expect("saved");
    let (f32s, u32s, sizes, texts) = (
        ["item_bias", "user_bias", "popular", "seen.values"],
        ["seen.columns", "catalogue.0.codes", "catalogue.2.codes"],
        [
            "users.ends",
            "items.ends",
            "seen.starts",
            "catalogue.ids.ends",
            "catalogue.0.ends",
            "catalogue.2.ends",
            "catalogue.2.starts",
        ],
        ["users.text", "items.text", "catalogue.ids.text", "catalogue.0.text", "catalogue.2.text"],
    );
    type Change<'a> = &'a dyn Fn(&mut Value, &mut Vec<f64>, &str, &mut Vec<u32>, &mut Vec<usize>);
    let load = |change: Change<'_>| {
        let archive = store::read(&sound, "model").expect("read");
        let mut header = archive.header.clone();
        let mut years = archive.f64_or_nan("catalogue.1.numbers").expect("years");
        change(&mut header, &mut years, "", &mut Vec::new(), &mut Vec::new());
        let f32s = f32s.map(|name| (name, archive.f32(name).expect(name)));
        let u32s = u32s.map(|name| {
            let mut data = archive.u32(name).expect(name);
            change(&mut json!({}), &mut Vec::new(), name, &mut data, &mut Vec::new());
            (name, data)
        });
        let sizes = sizes.map(|name| {
            let mut data = archive.sizes(name).expect(name);
            change(&mut json!({}), &mut Vec::new(), name, &mut Vec::new(), &mut data);
            (name, data)
        });
        let texts = texts.map(|name| (name, archive.text(name).expect(name)));
        let (users, items) =
            (archive.matrix("user_factors", None), archive.matrix("item_factors", None));
        let (users, items) = (users.expect("vectors"), items.expect("vectors"));
        let mut tensors = vec![
            Tensor::f64("catalogue.1.numbers", &years),
            Tensor::matrix("user_factors", &users),
            Tensor::matrix("item_factors", &items),
        ];
        tensors.extend(f32s.iter().map(|(name, data)| Tensor::f32(*name, data)));
        tensors.extend(u32s.iter().map(|(name, data)| Tensor::u32(*name, data)));
        tensors.extend(sizes.iter().map(|(name, data)| Tensor::sizes(*name, data)));
        tensors.extend(texts.iter().map(|(name, data)| Tensor::bytes(*name, data.as_bytes())));
        store::write(&path, "model", &header, &tensors).expect("written");
        Recommender::load(&path).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(load(&|_, _, _, _, _| {}), Ok(()));
    let changes: [(&str, Change<'_>); 12] = [
        ("too few numbers", &|_, years, _, _, _| years.truncate(2)),
        ("infinity", &|_, years, _, _, _| years.fill(f64::INFINITY)),
        ("a text that is not there", &|_, _, name, codes, _| {
            if name == "catalogue.0.codes" {
                codes[0] = 4
            }
        }),
        ("too many texts", &|_, _, name, codes, _| {
            if name == "catalogue.0.codes" {
                codes.push(0)
            }
        }),
        ("an entry that is not there", &|_, _, name, codes, _| {
            if name == "catalogue.2.codes" {
                codes[0] = u32::MAX
            }
        }),
        ("starts that fall", &|_, _, name, _, sizes| {
            if name == "catalogue.2.starts" {
                sizes[1] = 5
            }
        }),
        ("starts beyond the entries", &|_, _, name, _, sizes| {
            if name == "catalogue.2.starts" {
                *sizes.last_mut().unwrap() += 1
            }
        }),
        ("no starts", &|_, _, name, _, sizes| {
            if name == "catalogue.2.starts" {
                sizes.clear()
            }
        }),
        ("ids that end elsewhere", &|_, _, name, _, sizes| {
            if name == "catalogue.ids.ends" {
                sizes[0] = 9
            }
        }),
        ("titles that are numbers", &|header, _, _, _, _| {
            if let Some(title) = header.pointer_mut("/catalogue/title") {
                *title = 1.into()
            }
        }),
        ("a name twice", &|header, _, _, _, _| {
            if let Some(name) = header.pointer_mut("/catalogue/columns/1/name") {
                *name = "title".into()
            }
        }),
        ("another kind", &|header, _, _, _, _| {
            if let Some(kind) = header.pointer_mut("/catalogue/columns/2/kind") {
                *kind = "table".into()
            }
        }),
    ];
    for (what, change) in changes {
        let told = load(change).expect_err(what);
        assert!(told.contains("catalogue"), "{what}: {told}");
    }
    let told = load(&|header, _, _, _, _| {
        if let Some(columns) = header.pointer_mut("/catalogue/columns") {
            let column = |n: usize| json!({"name": format!("c{n}"), "kind": "number"});
            *columns = (0..=1 << 16).map(column).collect();
        }
    });
    let told = told.expect_err("more columns than any table");
    assert!(told.contains("the catalogue has more than 65536 columns"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        start in prop::sample::select(vec![&b""[..], b"id,title\n", b"{", b"{\"id\":1}\n", b"PAR1", b"ARROW1\0\0", b"1|a|b\n"]),
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"\n|,:\"{}[]1a".to_vec())], 0..300),
    ) {
        let content = [start, &bytes].concat();
        match read_with(&content, &CatalogueOptions::default()) {
            Ok((catalogue, report)) => {
                prop_assert_eq!(catalogue.len(), report.items);
                prop_assert!(!catalogue.is_empty());
                for id in catalogue.ids().names() {
                    prop_assert!(catalogue.item(id).is_some());
                }
            }
            Err(error) => prop_assert!(error.to_string().len() < 1000, "{}", error),
        }
    }
}

fn folder() -> std::path::PathBuf {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into();
    std::env::var_os("COFIL_DATA").map_or_else(beside, Into::into)
}

/// The MovieLens files as published, compared with copies in UTF-8 with column names.
#[test]
#[ignore = "needs COFIL_DATA"]
fn movielens_is_read_without_being_told_anything() {
    let read = |name: &str| {
        let path = folder().join(name);
        Catalogue::read(Path::new(&path), &CatalogueOptions::default())
            .unwrap_or_else(|e| panic!("{e}"))
    };
    let comedies = |catalogue: &Catalogue, column: &str| {
        let filter = format!("`{column}` = 'Comedy'").parse().expect("a filter");
        catalogue.matching(&filter, catalogue.ids()).expect("suits").len()
    };
    let (original, report) = read("ml-100k/u.item");
    let (copy, _) = read("ml-100k/movies.csv");
    assert_eq!((report.items, report.delimiter.as_deref()), (1_682, Some("|")));
    for id in original.ids().names() {
        assert_eq!(original.title(id), copy.title(id), "{id}");
        assert_eq!(original.value(id, "release_date"), copy.value(id, "release_date"), "{id}");
    }
    assert_eq!(comedies(&original, "genres"), 505);
    assert_eq!(comedies(&copy, "genres"), 505);

    let (original, report) = read("ml-1m/movies.dat");
    let (copy, _) = read("ml-1m/movies.csv");
    assert_eq!((report.items, report.delimiter.as_deref()), (3_883, Some("::")));
    for id in original.ids().names() {
        assert_eq!(original.title(id), copy.title(id), "{id}");
        assert_eq!(original.value(id, "3"), copy.value(id, "genres"), "{id}");
    }
    assert_eq!(comedies(&original, "3"), comedies(&copy, "genres"));
}
