//! Files as they occur in practice, and the rows or error messages expected for each.

use super::{Column, Quote, ReadOptions, Table, read};
use crate::data::Source;

pub(super) fn table(content: &str, options: &ReadOptions) -> Result<Table, String> {
    let source = Source::reader("t", std::io::Cursor::new(content.to_owned().into_bytes()));
    read(source, options).map_err(|error| error.to_string())
}

/// Returns rows as `user item value time`.
pub(super) fn rows_with(content: &str, options: &ReadOptions) -> Vec<String> {
    let table = table(content, options).unwrap_or_else(|told| panic!("{content:?}: {told}"));
    let data = &table.interactions;
    let row = |at: usize| {
        let time = data.time.as_ref().map(|t| format!(" {}", t[at])).unwrap_or_default();
        let (user, item) = (data.users.name(data.user[at]), data.items.name(data.item[at]));
        format!("{user} {item} {}{time}", data.value[at])
    };
    (0..data.len()).map(row).collect()
}

pub(super) fn rows(content: &str) -> Vec<String> {
    rows_with(content, &ReadOptions::default())
}

pub(super) fn refused(content: &str) -> String {
    match table(content, &ReadOptions::default()) {
        Ok(table) => panic!("{content:?}: {}", table.report),
        Err(told) => told,
    }
}

pub(super) fn notes(content: &str) -> String {
    table(content, &ReadOptions::default()).expect(content).report.notes.join("\n")
}

#[test]
fn quotes_that_swallow_rows_are_refused() {
    let open = "user\tartist\tplays\nu1\tblur\t3\nu2\t\"heroes\t30\nu3\tpulp\t9\nu4\tcosa\"\t2\n";
    let never = "user\tartist\tplays\nu1\tblur\t3\nu2\t\"heroes\t30\nu3\tpulp\t9\n";
    // The same in a column that is not used.
    let unread = "user,item,review\na,x,\"fine\nb,y,so so\nc,z,good\"\nd,x,bad\n";
    // The last row that is lost goes on behind the quote, or ends there.
    let ends = "user,item,rating,review\nu1,a,3,\"good\nu2,b,4,bad\"\nu4,d,5,x\n";
    let goes_on = "user,note,item,rating\nu1,\"good,a,3\nu2,bad\",b,4\nu4,x,d,5\n";
    let unknown = "user,item,rating,review\nu1,a,3,\"good\nu2,b,NA,bad\"\nu4,d,5,x\n";
    // A carriage return ends a line too.
    let returned = "user,item,rating\nu1,\"a,3\ru2,b\",4\n";
    for (content, line) in
        [(returned, 2), (open, 3), (never, 3), (unread, 2), (ends, 2), (goes_on, 2), (unknown, 2)]
    {
        let told = refused(content);
        assert!(told.contains(&format!("t:{line}:")) && told.contains("`quote` = none"), "{told}");
    }
    let none = ReadOptions { quote: Some(Quote::None), ..ReadOptions::default() };
    assert_eq!(rows_with(open, &none), ["u1 blur 3", "u2 \"heroes 30", "u3 pulp 9", "u4 cosa\" 2"]);
    assert_eq!(rows_with(never, &none).len(), 3);
    assert_eq!(rows_with(unread, &none).len(), 4);
    let double = ReadOptions { quote: Some(Quote::Double), ..ReadOptions::default() };
    assert_eq!(rows_with(unread, &double), ["a x 1", "d x 1"]);
}

#[test]
fn quotes_within_fields_stay_as_they_are_written() {
    assert_eq!(
        rows("u1\t\"big al\" jones\t1\nu2\tbig al\t2\n"),
        ["u1 \"big al\" jones 1", "u2 big al 2"]
    );
    assert_eq!(rows("user,item\na,5\" pipe\nb,\"5\"\" pipe\"\n"), ["a 5\" pipe 1", "b 5\" pipe 1"]);
    assert_eq!(rows("user,item\na,\"\"\"x\"\"\"\nb,\"x\"y\"\n"), ["a \"x\" 1", "b \"x\"y\" 1"]);
    // Quotes also work with a delimiter of several characters.
    assert_eq!(rows("a::\"x::y\"::3\nb::z::4\n"), ["a x::y 3", "b z 4"]);
    // Texts may span several lines in columns that are not used.
    let review = "user,item,text\r\na,x,\"good,\r\nvery good\"\r\nb,y,\"\"\r\n";
    assert_eq!(rows(review), ["a x 1", "b y 1"]);
    // Also with as many commas as a row has, if the words are no ratings.
    let prose = "user,item,rating,text\na,x,3,\"Good:\nsoft, light, quite warm, cheap\nat last\"\nb,y,4,\"\"\n";
    assert_eq!(rows(prose), ["a x 3", "b y 4"]);
}

#[test]
fn headers_are_told_from_rows() {
    for (content, expected) in [
        // An empty last column.
        ("user,item,\na,x,\nb,y,\n", vec!["a x 1", "b y 1"]),
        // Row numbers written by pandas.
        (",user_id,item_id,rating\n0,ann,tea,5\n1,bob,jam,3\n", vec!["ann tea 5", "bob jam 3"]),
        (
            "Unnamed: 0,kunde,artikel\n0,k1,a1\n1,k2,a2\n2,k3,a3\n",
            vec!["k1 a1 1", "k2 a2 1", "k3 a3 1"],
        ),
        // Users and items with names like those of columns.
        ("u,i,1\nu,j,2\n", vec!["u i 1", "u j 2"]),
        ("u,5,7\nv,3,2\n", vec!["u 5 7", "v 3 2"]),
        ("u,5,7\n", vec!["u 5 7"]),
        ("u,i\nu,j\nv,i\n", vec!["u i 1", "u j 1", "v i 1"]),
        ("user,item\nuser,jam\nbob,item\n", vec!["user jam 1", "bob item 1"]),
        ("u,i\nu,j\n", vec!["u i 1", "u j 1"]),
        ("u,i\nann,tea\n", vec!["ann tea 1"]),
        // Unknown column names, above values of some kind.
        (
            "\u{feff}Kunde;Artikel;Datum\nK1;A7;2021-01-31\nK2;A8;2021-02-01\n",
            vec!["K1 A7 1 1612051200", "K2 A8 1 1612137600"],
        ),
        ("wer,was\nw1,x1\nw2,x2\nw3,x3\n", vec!["w1 x1 1", "w2 x2 1", "w3 x3 1"]),
        ("ann,tea\nbob,jam\n", vec!["ann tea 1", "bob jam 1"]),
        // Of another kind, in words or with marks.
        ("ann,tea,true\nbob,jam,false\n", vec!["ann tea 1", "bob jam 1"]),
        ("uu,hey\nv,play\nw,watch\n", vec!["uu hey 1", "v play 1", "w watch 1"]),
        ("wer,was\na@x,tea\nb@x,jam\n", vec!["a@x tea 1", "b@x jam 1"]),
        ("wer,was\na,http://x\nb,https://y\n", vec!["a http://x 1", "b https://y 1"]),
    ] {
        assert_eq!(rows(content), expected, "{content:?}");
    }
    for [first, second] in [
        ["true", "false"],
        ["ja", "nein"],
        ["view", "buy"],
        ["5 EUR", "7 EUR"],
        ["5%", "7%"],
        ["$5.00", "$7.00"],
    ] {
        let text = format!("wer,was,gut\nann,tea,{first}\nbob,jam,{second}\n");
        assert_eq!(rows(&text), ["ann tea 1", "bob jam 1"], "{text}");
        assert!(notes(&text).contains("ignored: `gut` ("), "{}", notes(&text));
    }
    let german = "\u{feff}Kunde;Artikel;Datum;Betrag\nK1;A7;31.01.2021 07:01;15,87\nK2;A8;1.2.2021 08:30;3,5\n";
    assert_eq!(rows(german), ["K1 A7 1 1612076460", "K2 A8 1 1612168200"]);
    assert!(notes(german).contains("ignored: `Betrag` (numbers)"), "{}", notes(german));
    let value = Some(Column::Name("Betrag".into()));
    let amounts = ReadOptions { value, ..ReadOptions::default() };
    assert!(table(german, &amounts).unwrap_err().contains("`decimal` = ,"));
    let comma = ReadOptions { decimal: Some(','), ..amounts };
    assert_eq!(rows_with(german, &comma), ["K1 A7 15.87 1612076460", "K2 A8 3.5 1612168200"]);
    // A column given by name implies a header.
    let named = ReadOptions { user: Some(Column::Name("wer".into())), ..ReadOptions::default() };
    assert_eq!(rows_with("was,wer\ntea,ann\n", &named), ["ann tea 1"]);
}

#[test]
fn matrices_are_refused() {
    for content in [
        "user_id,101,102,103\nu1,5,3,4\nu2,,2,1\n",
        ",101,102,103\nu1,5,3,4\nu2,,2,1\n",
        "user,tea,jam,milk\nann,5,,3\nbob,,1,\n",
    ] {
        let told = refused(content);
        assert!(
            told.contains("matrix with a column for each item")
                && told.contains("`shape` = matrix"),
            "{told}"
        );
    }
    for truths in [["True", "False"], ["yes", "no"]] {
        let [yes, no] = truths;
        let told =
            refused(&format!("user,tea,jam,egg\nann,{yes},{no},{yes}\nbob,{no},{yes},{yes}\n"));
        assert!(told.contains("(`tea` to `egg`): use `shape` = matrix"), "{told}");
    }
    assert_eq!(rows("user,tea,jam\nann,5,x\n").len(), 1);
}

#[test]
fn dates_are_neither_users_nor_items() {
    // Sessions of a shop: session, time, item, category.
    let yoochoose =
        "1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,214536500,0\n";
    let found = rows(yoochoose);
    assert_eq!(found[0], "1 214536502 1 1396867869");
    assert!(notes(yoochoose).contains("ignored: column 4 (numbers)"), "{}", notes(yoochoose));
    // User, item, category, event type, time: the value column cannot be guessed.
    let taobao = "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,pv,1511561733\n";
    assert_eq!(rows(taobao)[0], "1 2268318 1 1511544070");
    assert!(notes(taobao).contains("ignored: column 3 (numbers)"), "{}", notes(taobao));
}

#[test]
fn names_are_known_by_their_words() {
    let books = "\"User-ID\";\"ISBN\";\"Book-Rating\"\n\"276725\";\"034545104X\";\"0\"\n\"276726\";\"0155061224\";\"5\"\n";
    assert_eq!(rows(books), ["276725 034545104X 0", "276726 0155061224 5"]);
    let reviews = "customer_id,product_id,star_rating,review_date\n1,p,5,2015-08-31\n";
    assert_eq!(rows(reviews), ["1 p 5 1440979200"]);
    let bought = "t_dat,customer_id,article_id,price\n2018-09-20,c1,a1,0.05\n";
    assert_eq!(rows(bought), ["c1 a1 1 1537401600"]);
    assert!(notes(bought).contains("ignored: `price` (numbers)"), "{}", notes(bought));
    let watched = "user_id,video_id,play_duration,watch_ratio\n14,148,4381,1.27\n";
    assert_eq!(rows(watched), ["14 148 1.27"]);
}

#[test]
fn a_delimiter_within_a_field_does_not_win() {
    assert_eq!(rows("u0,i0,A|B|C|D\nu1,i1,A|B|C|E\n"), ["u0 i0 1", "u1 i1 1"]);
    assert_eq!(rows("u0,i0,x;y;z;w\nu1,i1,x;y;z;v\n"), ["u0 i0 1", "u1 i1 1"]);
    for (content, expected) in [
        ("u0,i0,A::B\nu1,i1,C::D\n", ["u0 i0 1", "u1 i1 1"]),
        ("1,10,red\tblue\n2,11,red\tgreen\n", ["1 10 1", "2 11 1"]),
        ("1;10;4;Lock, Stock\n2;11;3;Me, Myself\n", ["1 10 4", "2 11 3"]),
        ("u0;i0;Jan 31, 2021\nu1;i1;Feb 1, 2021\n", ["u0 i0 1 1612051200", "u1 i1 1 1612137600"]),
        ("Kunde;Artikel;Ort, Land\nu0;i0;Ulm, DE\nu1;i1;Bern, CH\n", ["u0 i0 1", "u1 i1 1"]),
        ("u0 i0 A|B|C\nu1 i1 A|B|D\n", ["u0 i0 1", "u1 i1 1"]),
        ("1;Monsters, Inc;5\n2;Lock, Stock;4\n", ["1 Monsters, Inc 5", "2 Lock, Stock 4"]),
        // The first field may hold other delimiters.
        ("Smith, John\ttea\t5\nLee, Ann\tjam\t4\n", ["Smith, John tea 5", "Lee, Ann jam 4"]),
        (
            "Smith, J\tLock, Stock\nLee, A\tMe, You\n",
            ["Smith, J Lock, Stock 1", "Lee, A Me, You 1"],
        ),
        ("Ann Lee|tea|5\nBob Kay|jam|4\n", ["Ann Lee tea 5", "Bob Kay jam 4"]),
        ("ann, tea, 5\nbob, jam, 4\n", ["ann tea 5", "bob jam 4"]),
        ("x y\ti1\t5\nz y\ti2\t4\n", ["x y i1 5", "z y i2 4"]),
    ] {
        assert_eq!(rows(content), expected, "{content:?}");
    }
    let blanks = "1 10 5,5\n2 11 4,5\n";
    assert!(refused(blanks).contains("decimal point"), "{}", refused(blanks));
    let both = notes("A|B|C|D,u0,i0\nA|B|C|E,u1,i1\n");
    assert!(
        both.contains("commas split all rows alike too; if they do, set `delimiter` = ,"),
        "{both}"
    );
    let decimal = "u0;i0;1,5\nu1;i1;2,5\n";
    assert!(refused(decimal).contains("decimal point"), "{}", refused(decimal));
}

#[test]
fn rows_that_cannot_be_read_are_left_out_on_request() {
    let text = "user,item,rating\nann,tea,5\n,jam,3\nbob, ,4\ncat,tea,five\ndan,tea\neve,jam,1\n";
    assert!(refused(text).starts_with("t:3: user is empty"), "{}", refused(text));
    let skip = |skip_bad| ReadOptions { skip_bad, ..ReadOptions::default() };
    let json = "{\"user\":\"ann\",\"item\":\"tea\",\"rating\":5}\n{\"user\":\"\",\"item\":\"jam\",\"rating\":3}\n\
                {\"user\":\"bob\",\"item\":\" \"}\n{\"user\":\"x\"}\nnothing\n\
                {\"user\":\"eve\",\"item\":\"jam\",\"rating\":1}\n";
    let quoted = text.replace("ann,", "\"ann\",");
    for content in [text, json, &quoted] {
        assert_eq!(rows_with(content, &skip(4)), ["ann tea 5", "eve jam 1"], "{content}");
        let table = table(content, &skip(9)).unwrap();
        // Rows that are left out do not add ids.
        assert_eq!(table.interactions.users.names().collect::<Vec<_>>(), ["ann", "eve"]);
        assert_eq!((table.report.rows, table.report.bad), (6, 4), "{content}");
        assert_eq!(table.report.bad_first.len(), 4);
        let said = table.report.to_string();
        assert!(said.contains("skipped 4 of 6 rows (unreadable)\n  line "), "{said}");
        assert!(said.contains(": user is empty") && !said.contains("to leave out"), "{said}");
        let told = super::messy::table(content, &skip(3)).unwrap_err();
        assert!(
            told.contains("(3 bad rows before it were skipped; to skip more: `skip_bad` = 10)"),
            "{told}"
        );
    }
    let said = table(text, &skip(9)).unwrap().report.to_string();
    assert!(said.contains("line 3: user is empty") && said.contains("line 6: 2 fields"), "{said}");
}

#[test]
fn blanks_around_ids_are_none_of_them_unless_in_quotes() {
    let text = "user,item,rating\n ann ,tea\t,5\nann, tea,4\nbob,\" tea\",3\n \u{a0}x,tea,1\n";
    assert_eq!(rows(text), ["ann tea 5", "ann tea 4", "bob  tea 3", "\u{a0}x tea 1"]);
    let json = "{\"user\":\" ann\",\"item\":\"tea\"}\n";
    assert_eq!(rows(json), [" ann tea 1"]);
    for empty in [
        "user,item\n\u{a0}\u{3000},x\n",
        "user,item\n  ,x\n",
        "user,item\n\"  \",x\n",
        "{\"user\":\" \",\"item\":1}\n",
    ] {
        assert!(refused(empty).contains("user is empty"), "{}", refused(empty));
    }
}

#[test]
fn weights_find_the_only_column_of_event_types() {
    let weights = vec![("pv".to_owned(), 1.0), ("buy".to_owned(), 5.0)];
    let weighted = ReadOptions { weights, ..ReadOptions::default() };
    for (content, column) in [
        ("1,22,7,pv,1511544070\n1,23,7,buy,1511544071\n2,22,7,pv,1511544072\n", "column 4"),
        (
            "user,item,what,time\n1,22,pv,1511544070\n1,23,buy,1511544071\n2,22,pv,1511544072\n",
            "`what`",
        ),
    ] {
        let read = table(content, &weighted).unwrap();
        assert_eq!(read.interactions.value, [1.0, 5.0, 1.0]);
        let told = read.report.notes.join("\n");
        assert!(told.contains(&format!("{column} is taken for the event types")), "{told}");
    }
    let words = "1,22,seen\n1,23,had\n2,22,seen\n";
    let told = table(words, &weighted).unwrap_err();
    assert!(told.contains("perhaps column 3 (`kind` = 3)"), "{told}");
    let told = table("user,item\n1,22\n", &weighted).unwrap_err();
    assert!(told.contains("(`kind` = COLUMN)"), "{told}");
}

#[test]
fn counts_that_are_rounded_are_told() {
    for content in [
        "user,item,count\na,x,16777217\nb,y,16777218\nc,z,123456789012\n",
        "{\"user\":\"a\",\"item\":\"x\",\"count\":16777217}\n{\"user\":\"b\",\"item\":\"y\",\"count\":16777218}\n\
         {\"user\":\"c\",\"item\":\"z\",\"count\":\"123456789012\"}\n",
    ] {
        let told = notes(content);
        assert!(told.contains("2 values have more digits"), "{told}");
    }
    assert_eq!(notes("user,item,rating\na,x,0.1\nb,y,16777216\n"), "");
    let one = notes("user,item,count\na,x,16777217\n");
    assert!(one.contains("1 value has more digits") && one.contains("and is rounded"), "{one}");
    let weights = vec![("view".to_owned(), 3.0)];
    let weighted = ReadOptions { weights, ..ReadOptions::default() };
    for count in ["5592407", "16777217"] {
        let text = format!("user,item,count,event\na,x,{count},view\nb,y,5,view\n");
        let told = table(&text, &weighted).unwrap().report.notes.join("\n");
        assert!(told.contains("1 value has more digits"), "{told}");
    }
    let shape = Some(crate::data::read::Shape::Matrix);
    let matrix = ReadOptions { shape, ..ReadOptions::default() };
    for content in ["user,tea,jam\na,16777217,3\n", "{\"user\":\"a\",\"tea\":16777217,\"jam\":3}\n"]
    {
        let told = table(content, &matrix).unwrap().report;
        assert!(told.to_string().contains("1 value has more digits"), "{told}");
    }
}

#[test]
fn truths_are_values() {
    let text = "user,item,rating\na,x,true\nb,y,False\n";
    let json = "{\"user\":\"a\",\"item\":\"x\",\"rating\":true}\n{\"user\":\"b\",\"item\":\"y\",\"rating\":false}\n";
    for content in [text, json] {
        assert_eq!(rows(content), ["a x 1", "b y 0"]);
    }
}

#[test]
fn what_is_left_unread_is_told() {
    let events = "user,item,event\na,x,view\nb,y,buy\n";
    let told = notes(events);
    assert!(
        told.contains("ignored: `event` (event types)") && told.contains("`weights` such as"),
        "{told}"
    );
    // A key of any of the first objects is a column.
    let differ = "{\"user\":\"a\",\"item\":\"x\",\"color\":1}\n{\"user\":\"b\",\"item\":\"y\",\"rating\":4,\"size\":2}\n";
    let missing = ReadOptions { missing: Some(f32::NAN), ..ReadOptions::default() };
    let found = table(differ, &missing).unwrap().report;
    assert_eq!(found.value.unwrap().name.unwrap(), "rating");
    assert_eq!(found.ignored, ["`color`", "`size`"]);
    let told = notes(
        &differ
            .replace("\"size\":2", "\"size\":2,\"remark\":\"hi\"")
            .replace("1}", "1,\"rating\":3}"),
    );
    assert!(told.contains("ignored: `color` (numbers), `size` (numbers)"), "{told}");
    assert!(
        told.contains("ignored: keys that not all of the first lines have: `remark`"),
        "{told}"
    );
    let mut later = "{\"user\":\"a\",\"item\":\"x\"}\n".repeat(200);
    later += "{\"item\":\"x\",\"user\":\"a\",\"rating\":5}\n";
    let told = notes(&later);
    assert!(told.contains("keys missing in the first 100 lines: `rating`"), "{told}");
}

#[test]
fn thousands_are_no_decimals() {
    let told = refused("user,item,count\na,x,\"1,234\"\n");
    assert!(told.contains("remove the commas if they separate thousands"), "{told}");
    let comma = ReadOptions { decimal: Some(','), ..ReadOptions::default() };
    assert_eq!(rows_with("user;item;value\na;x;1,234\nb;y;2\n", &comma), ["a x 1.234", "b y 2"]);
    let both = table("user;item;value\na;x;1.234,5\n", &comma).unwrap_err();
    assert!(both.contains("remove the points if they separate thousands"), "{both}");
    let point = table("user;item;value\na;x;1.234\n", &comma).unwrap_err();
    assert!(point.contains("the decimal separator is a comma here"), "{point}");
}

#[test]
fn json_is_read_by_lines_as_an_array_or_over_lines() {
    let rows_of = ["ann tea 5", "bob jam 3"];
    for content in [
        "{\"user\":\"ann\",\"item\":\"tea\",\"rating\":5}\n{\"user\":\"bob\",\"item\":\"jam\",\"rating\":3}\n",
        "\u{feff}[{\"user\":\"ann\",\"item\":\"tea\",\"rating\":5},{\"user\":\"bob\",\"item\":\"jam\",\"rating\":3}]",
        "[\n  {\n    \"user\": \"ann\",\n    \"item\": \"tea\",\n    \"rating\": 5\n  },\n  \
         {\n    \"user\": \"bob\",\n    \"item\": \"jam\",\n    \"rating\": 3\n  }\n]\n",
        "{\n  \"user\": \"ann\",\n  \"item\": \"tea\",\n  \"rating\": 5\n}\n\
         {\n  \"user\": \"bob\",\n  \"item\": \"jam\",\n  \"rating\": 3\n}\n",
    ] {
        assert_eq!(rows(content), rows_of, "{content}");
    }
    let told = refused("[{\"user\":\"ann\",\"item\":\"tea\"},\n");
    assert!(told.contains("cut short"), "{told}");
}

#[test]
fn what_is_no_table_is_named() {
    let tar = format!("{:257}ustar", "ratings.csv");
    for (content, name) in [
        ("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 5\n", "Matrix Market"),
        ("SQLite format 3\0", "SQLite"),
        (tar.as_str(), "tar archive"),
        ("PK\u{3}\u{4}", "zip"),
        ("RDX3\n", "an R data file"),
    ] {
        assert!(refused(content).contains(name), "{}", refused(content));
    }
}

#[test]
fn blanks_around_quotes_are_not_part_of_the_id() {
    let text = "\"user_id\", \"artistname\",rating\n\"a\" ,\"x\",3\nb, \"x, y\" ,4\n";
    assert_eq!(rows(text), ["a x 3", "b x, y 4"]);
    assert!(!notes(text).contains("quotes"), "{}", notes(text));
}

#[test]
fn ids_that_keep_quotes_are_told() {
    let escaped = "user,item\na,\"say \\\"hi\\\"\"\nb,y\n";
    let told = notes(escaped);
    assert!(told.contains("1 item id keeps its quotes, such as `\"say"), "{told}");
    let single = "user,item\n'a','x'\n'b','y'\n";
    let told = notes(single);
    assert!(told.contains("2 user ids keep their quotes, such as `'a'`"), "{told}");
    let none = ReadOptions { quote: Some(Quote::None), ..ReadOptions::default() };
    let told = table("user,item\n\"a\",x\nb,y\n", &none).unwrap().report.to_string();
    assert!(told.contains("`quote` = double"), "{told}");
    assert_eq!(notes("user,item\n\"weird al\" y,5\"\n'n sync,x\n"), "");
}

#[test]
fn ids_that_mark_a_missing_one_are_told() {
    for mark in ["NULL", "null", "NA", "N/A", "\\N", "None", "NaN", "nan", "#N/A", "<NA>", "-"] {
        let text = format!("user,item,rating\n{mark},x,5\n{mark},y,4\na,{mark},3\n");
        let told = notes(&text);
        assert!(told.contains(&format!("2 rows have the user `{mark}`, which often")), "{told}");
        assert!(told.contains(&format!("1 row has the item `{mark}`")), "{told}");
        assert_eq!(rows(&text).len(), 3);
    }
    assert_eq!(notes("user,item,rating\nNat,x-ray,5\nb,-1,4\n"), "");
}

#[test]
fn marks_among_values_are_missing_on_request() {
    let text = "user,item,rating\na,x,5\nb,y,NA\nc,z,\nd,x,\\N\n";
    assert!(refused(text).contains("`missing` = nan"), "{}", refused(text));
    let missing = ReadOptions::parse_missing("NA").ok();
    let options = ReadOptions { missing, ..ReadOptions::default() };
    assert_eq!(rows_with(text, &options), ["a x 5"]);
    assert_eq!(table(text, &options).unwrap().report.missing, 3);
    assert_eq!(ReadOptions::parse_missing("-1").unwrap(), -1.0);
    assert!(ReadOptions::parse_missing("no").unwrap_err().to_string().contains("`skip_bad` = 100"));
    // Whoever reads an empty id learns how to leave the row out.
    assert!(refused("user,item\n,x\n").contains("`skip_bad` = 100"));
}

#[test]
fn values_that_mark_missing_ones_are_told() {
    let text = |values: &[i32]| {
        let row = |(at, value): (usize, &i32)| format!("u{},i{},{value}\n", at % 5, at % 7);
        format!("user,item,rating\n{}", values.iter().enumerate().map(row).collect::<String>())
    };
    let books = [vec![0; 60], vec![5; 5], vec![8; 30], vec![10; 5]].concat();
    let told = notes(&text(&books));
    assert!(told.contains("60 % of the values are 0") && told.contains("`missing` = 0"), "{told}");
    let anime = [vec![-1; 19], vec![6; 31], vec![8; 40], vec![10; 10]].concat();
    assert!(notes(&text(&anime)).contains("`missing` = -1"), "{}", notes(&text(&anime)));
    let missing = ReadOptions { missing: Some(-1.0), ..ReadOptions::default() };
    assert!(table(&text(&anime), &missing).unwrap().report.notes.is_empty());
    assert_eq!(notes(&text(&[1, 2, 3, 4, 5, 5, 4, 3])), "");
    // A few rows are no scale.
    assert_eq!(notes("user,item,value\na,x,5\nb,x,0.5\na,y,-3\nb,y,5\n"), "");
}

#[test]
fn tables_of_items_or_users_are_told() {
    let members = "login,name\nann,Ann A\nbob,Bob B\ncat,Cat C\ndan,Dan D\neve,Eve E\n";
    let told = notes(members);
    assert!(told.contains("every user and every item occurs only once (5 rows)"), "{told}");
    let users = "1::F::1::10::48067\n2::M::56::16::70072\n3::M::25::15::55117\n4::M::45::7::02460\n5::M::25::20::55455\n";
    assert!(notes(users).contains("every user occurs only once"), "{}", notes(users));
    let books = "Book Id,Author\n1,x\n2,x\n3,y\n4,y\n5,z\n";
    assert!(notes(books).contains("every item occurs only once"), "{}", notes(books));
    let interactions = "user,item\na,x\na,y\nb,x\nc,x\nd,x\n";
    assert_eq!(notes(interactions), "");
    // One user may have one row for each item.
    assert_eq!(notes("user,item\na,v\na,w\na,x\na,y\na,z\n"), "");
}

#[test]
fn ids_that_programs_have_changed_are_told() {
    for (text, says) in [
        (
            "user,item\nu1,4.01E+12\nu2,4.01E+12\n",
            "1 item id, such as `4.01E+12`, may have been shortened",
        ),
        ("user,item\nu1\u{a0},a\nu1,b\n", "1 user id, such as `u1\\u{a0}`, with blanks"),
        ("user,item\nu1,\u{200b}a\nu1,b\n", "1 item id, such as `\\u{200b}a`, with blanks"),
        ("user,item\nu1,#REF!\nu1,b\n", "1 row has the item `#REF!`"),
        ("user,item\nu1,a\nuser,item\nu2,b\n", "1 row repeats the names of the columns"),
    ] {
        assert!(notes(text).contains(says), "{}", notes(text));
    }
    assert_eq!(notes("user,item\nE+1,1E+5\nuser,b\n"), "");
    // No header, whatever is in it.
    let told = refused("u1\t{\"item\":\"a\"}\nu2\t{\"item\":\"b\"}\n");
    assert!(told.contains("column 2 holds several items"), "{told}");
}

#[test]
fn ids_that_programs_changed_are_told() {
    for short in ["1e+05", "1E+05", "9E+12", "1e5", "4.01E+12", "4,01E+12", "4.01e+12"] {
        let content = format!("user;item\n99999;a\n{short};a\n100001;b\n");
        let told = notes(&content);
        assert!(told.contains(&format!("1 user id, such as `{short}`, may have been")), "{told}");
    }
    // Hexadecimal ids.
    assert_eq!(notes("user,item\n1e5,a\na3f,a\n12c,b\n7d2,b\n7d2,a\n"), "");
    for text in ["\"=\"\"007\"\"\"", "=\"007\"", "'007"] {
        let told = notes(&format!("user,item\n{text},a\nbob,b\nbob,a\n"));
        assert!(
            told.contains("1 user id, such as `") && told.contains("write 007 instead"),
            "{told}"
        );
    }
    assert_eq!(notes("user,item\n'n sync,a\n=,b\n=,a\n"), "");
}

#[test]
fn points_that_may_separate_thousands_are_told() {
    let told = |values: &[&str]| {
        let rows =
            values.iter().enumerate().map(|(n, value)| format!("u{};i{};{value}\n", n % 3, n % 2));
        notes(&format!("user;item;plays\n{}", rows.collect::<String>()))
    };
    assert!(
        told(&["7", "840", "1.234", "17.250"]).contains("2 values have a point and three digits")
    );
    assert!(
        told(&["7", "840", "1.500", "2.000", "17.250"])
            .contains("if the points separate thousands")
    );
    for values in [
        &["7", "840", "1.234", "17.25"][..],
        &["1.234", "2.345"],
        &["7", "1.234"],
        &["0.125", "1.125", "1"],
    ] {
        assert!(!told(values).contains("thousands"), "{values:?}");
    }
    let numbers: String = [7, 840].iter().map(|n| format!("1,2,{n}\n")).collect();
    assert!(
        notes(&format!("user,item,plays\n{numbers}1,3,1.234\n2,2,17.250\n")).contains("thousands")
    );
}

#[test]
fn votes_are_no_marks() {
    let rows = |values: &[&str]| {
        let rows = (0..20).map(|n| format!("u{},i{},{}\n", n % 4, n / 4, values[n % values.len()]));
        notes(&format!("user,item,vote_score\n{}", rows.collect::<String>()))
    };
    assert_eq!(rows(&["1", "0", "-1", "1", "1"]), "");
    assert_eq!(rows(&["1", "-1", "1"]), "");
    assert!(rows(&["1", "2", "3", "4", "5", "-1"]).contains("`missing` = -1"));
}

#[test]
fn values_that_are_no_numbers_have_a_remedy() {
    for (value, remedy) in [
        ("4/5", "write the number alone: 4"),
        ("4 stars", "write the number alone: 4"),
        ("★★★★", "write the number of stars"),
        ("1.2K", "write it out: 1200"),
        ("good", "(`kind` = rating) and give each a weight (`weights` = good=1)"),
        ("Strongly agree", "(`weights` = \"Strongly agree=1\")"),
        ("Unrated", "`missing` = nan"),
        ("'2'", "leave out the quotes"),
        ("=\"2\"", "leave out the quotes"),
        ("€12.50", "write plain numbers"),
    ] {
        let told = refused(&format!("user,item,rating\nann,tea,5\nbob,jam,{value}\n"));
        assert!(told.contains("is not a number") && told.contains(remedy), "{value}: {told}");
    }
    let told = refused("user\titem\trating\nann\ttea\t5,\n");
    assert!(told.contains("remove the delimiter behind it"), "{told}");
    let told = refused("user,item,rating\nann,\"12\\\" vinyl, used\",5\n");
    assert!(told.contains("not after a backslash"), "{told}");
}

#[test]
fn names_of_columns_may_have_that_of_their_table() {
    let content = "train.user_id,train.item_id,train.rating\nann,tea,5\nbob,jam,4\n";
    assert_eq!(rows(content), ["ann tea 5", "bob jam 4"]);
    let value = Some(Column::Name("train.item_id".into()));
    let told = ReadOptions { user: value, ..ReadOptions::default() };
    assert_eq!(table(content, &told).unwrap().report.user.to_string(), "`item_id`");
}

#[test]
fn numbers_named_as_ids_are_no_times() {
    for name in ["category_id", "sessionId", "product_parent", "tweet_id"] {
        let told = notes(&format!(
            "user,item,{name}\nann,tea,1600000000\nbob,jam,1600000001\nann,jam,1600000002\n"
        ));
        assert!(!told.contains("(times)"), "{told}");
    }
    let pseudo =
        "user_pseudo_id,item_id,n\n1026454.4271112504,1,12.0\n2139463462.1633110411,2,3.0\n";
    assert!(rows(pseudo)[0].starts_with("1026454.4271112504 1"));
    let named = "visitor,thing\n1026454.4271112504,a\n2139463462.1633110411,b\n";
    assert_eq!(rows(&named.replace("visitor", "who")).len(), 2);
    let told = notes("user,item,action_type,behavior_type\nann,tea,1,2\nbob,jam,2,1\n");
    assert!(told.contains("`action_type`, `behavior_type` (event types)"), "{told}");
    assert!(!told.contains("numbers"), "{told}");
}

#[test]
fn matrices_are_read_without_their_sums() {
    let options = ReadOptions { shape: Some(super::Shape::Matrix), ..ReadOptions::default() };
    let content =
        "user,age,tea,jam,mean,Total\nann,30,5,,5,5\nbob,40,3,2,2.5,5\nTotal,70,8,2,,10\n";
    assert_eq!(rows_with(content, &options), ["ann tea 5", "bob tea 3", "bob jam 2"]);
    let told = table(content, &options).unwrap().report.notes.join("\n");
    assert!(told.contains("left out, as no items: `age`, `mean`, `Total`"), "{told}");
    assert!(told.contains("left out: 1 row of sums over users"), "{told}");
}
