//! Tables whose columns have to be guessed, and the columns or error messages expected for each.

use super::ReadOptions;
use super::messy::{refused, rows, table};

/// Returns user, item, value, time and type, by name or position; `-` if there is none.
pub(super) fn roles(content: &str) -> String {
    let report = table(content, &ReadOptions::default())
        .unwrap_or_else(|told| panic!("{content:?}: {told}"))
        .report;
    let call = |column: Option<super::ColumnReport>| match column {
        Some(column) => column.name.unwrap_or_else(|| column.position.to_string()),
        None => "-".into(),
    };
    [Some(report.user), Some(report.item), report.value, report.time].map(call).join(" ")
}

pub(super) fn notes(content: &str) -> String {
    table(content, &ReadOptions::default()).expect(content).report.notes.join("\n")
}

#[test]
fn times_are_no_ids_and_no_values() {
    for (content, expected) in [
        ("1112486027,1,2,3.5\n1112486029,1,3,4\n", "2 3 4 1"),
        ("1600000000,1,10\n1600000100,2,11\n", "2 3 - 1"),
        ("1,1112486027,2,3.5\n2,1112486029,2,4\n", "1 3 4 2"),
        ("1,2,1112486027,5\n1,3,1112486029,4\n", "1 2 4 3"),
        ("1,2,1112486027,3.5\n1,3,1112486029,4\n", "1 2 4 3"),
        ("20210131,u1,a\n20210201,u2,b\n", "2 3 - 1"),
        ("1,20210131,55,3\n2,20210201,56,4\n", "1 3 - 2"),
        ("1,2,20210131\n2,2,20210201\n", "1 2 - 3"),
        ("u1\t31/01/2021\ta\t5\nu2\t01/02/2021\tb\t4\n", "1 3 - -"),
        ("u1\t2021/01/31 07:01\ta\t5\nu2\t2021/02/01 07:01\tb\t4\n", "1 3 - 2"),
        ("u1\tJan 31 2021\ta\t5\nu2\tFeb 01 2021\tb\t4\n", "1 3 - 2"),
        ("u1\t07:01:05\ta\t5\nu2\t23:01:05\tb\t4\n", "1 3 - -"),
        ("Tue Apr 03 18:00:06 +0000 2012,u1,a\nTue Apr 03 18:00:07 +0000 2012,u2,b\n", "2 3 - 1"),
        ("Tue Apr 03 18:00:06 CEST 2012,u1,a\nTue Apr 03 18:00:07 CEST 2012,u2,b\n", "2 3 - -"),
        ("u1,20140407105109,i1\nu2,20140407105110,i2\n", "1 3 - 2"),
        ("u1,201404071051,i1\nu2,201404071052,i2\n", "1 3 - 2"),
        ("u1,1396867869277000123,i1\nu2,1396867869277000124,i2\n", "1 3 - 2"),
        ("u1,2014-12-08 18,i1\nu2,2014-12-08 19,i2\n", "1 3 - 2"),
        ("u1,2021-01-31T07,i1\nu2,2021-01-31T08,i2\n", "1 3 - 2"),
        ("a,b,c\nu1,20140407105109,i1\nu2,20140407105110,i2\n", "a c - b"),
        ("a,b,c\nu1,1396867869277000123,i1\nu2,1396867869277000124,i2\n", "a c - b"),
        // Ids may be as long as nanoseconds.
        ("a,post_id,c\nu1,1396867869277000123,i1\nu2,1396867869277000124,i2\n", "a post_id - -"),
        ("u1,1396867869277000123,5\nu2,1396867869277000124,4\n", "1 2 3 -"),
        // A text between them: not the usual order.
        ("u1,a,DE,30\nu2,b,FR,40\n", "1 2 - -"),
        // Two columns of ids, whatever they look like.
        ("1112486027,5\n1112486029,6\n", "1 2 - -"),
        ("1112486027,1600000000\n1112486029,1600000100\n", "1 2 - -"),
        ("1112486027,5,3.5\n1112486029,6,4\n", "1 2 3 -"),
        ("5,1000000001,4,1600000000\n6,1000000002,3,1600000100\n", "1 2 3 4"),
        // One number among them is no time.
        ("1112486027,5,3\n7,6,4\n", "1 2 3 -"),
    ] {
        assert_eq!(roles(content), expected, "{content:?}");
    }
    for time in [
        "31/01/2021 7:01:00 a.m.",
        "31-JAN-21 07.01.00 AM",
        "2021-01-31 07:01:00 Europe/Berlin",
        "3. März 2012",
        "Apr-2014",
        "2019-W05",
        "2021年1月31日",
        "/Date(1396867869277)/",
    ] {
        let content = format!("u1,{time},i1\nu2,{time},i2\n");
        assert_eq!(roles(&content), "1 3 - -", "{content}");
        let told = notes(&content);
        assert!(told.contains("column 2 (times in a notation that needs `time_format`)"), "{told}");
    }
    let days = refused("u1,i1,43586.5\nu2,i2,43587.25\n");
    assert!(days.contains("column 3 may hold values or days of a spreadsheet"), "{days}");
    assert!(days.contains("`value` = 3") && days.contains("`time_format` = excel"), "{days}");
    let long = notes("u1,1396867869277000123,5\nu2,1396867869277000124,4\n");
    assert!(
        long.contains("column 2 is taken for ids, though it may hold unix times in nano"),
        "{long}"
    );
    let first = notes("1600000000,1,10\n1600000100,2,11\n");
    assert!(first.contains("column 1 looks like times; if it holds ids, name the user"), "{first}");
    let ids = notes("1112486027,5\n1112486029,6\n");
    assert!(ids.contains("column 1 is taken for ids, though it looks like times"), "{ids}");
    let dates = notes("u1\t31/01/2021\ta\t5\nu2\t01/02/2021\tb\t4\n");
    assert!(dates.contains("column 2 (times in a notation that needs `time_format`)"), "{dates}");
    let time_format = Some("%d/%m/%Y".to_owned());
    let told = ReadOptions { time_format, ..ReadOptions::default() };
    let found = super::messy::rows_with("u1\t31/01/2021\ta\t5\nu2\t01/02/2021\tb\t4\n", &told);
    assert_eq!(found, ["u1 a 1 1612051200", "u2 b 1 1612137600"]);
}

#[test]
fn decimals_are_no_ids() {
    let gowalla = "0\t2010-10-19T23:55:27Z\t30.2359\t-97.795\t22847\n\
                   0\t2010-10-18T22:17:43Z\t30.2691\t-97.749\t420315\n";
    assert_eq!(roles(gowalla), "1 5 - 2");
    let told = refused("0.12 -0.5 0.33 1.2\n0.5 0.25 0.1 0.75\n");
    assert!(told.contains("no user column found") && told.contains("set `user`"), "{told}");
    // Whole numbers may be written with decimals.
    assert_eq!(rows("1.0,2.0,3.5\n2.0,3.0,4.0\n"), ["1.0 2.0 3.5", "2.0 3.0 4"]);
}

#[test]
fn names_of_other_languages_are_known() {
    for (header, expected) in [
        ("produit,utilisateur,note", "utilisateur produit note -"),
        ("producto,usuario,puntuación", "usuario producto puntuación -"),
        ("id_producto,id_usuario,nota", "id_usuario id_producto nota -"),
        ("prodotto,utente,voto", "utente prodotto voto -"),
        ("Artikel,Nutzer,Bewertung", "Nutzer Artikel Bewertung -"),
        ("Film,Benutzer,Bewertung", "Benutzer Film Bewertung -"),
        ("Artikelnummer,Kundennummer,Menge", "Kundennummer Artikelnummer Menge -"),
        ("produto,usuário,avaliação", "usuário produto avaliação -"),
        ("artikel,gebruiker,beoordeling", "gebruiker artikel beoordeling -"),
        ("товар,пользователь,оценка", "пользователь товар оценка -"),
        ("商品,ユーザー,評価", "ユーザー 商品 評価 -"),
        ("商品ID,ユーザーID,評価", "ユーザーID 商品ID 評価 -"),
        ("商品,用户,评分", "用户 商品 评分 -"),
    ] {
        assert_eq!(roles(&format!("{header}\nx1,y1,5\nx2,y2,3\n")), expected);
    }
    // An order is no user.
    let orders = "Bestellnummer;Kunde;Artikel\nb1;k1;a1\nb2;k2;a2\n";
    assert_eq!(roles(orders), "Kunde Artikel - -");
    assert_eq!(roles("Bestellnummer;Wer;Artikel\nb1;k1;a1\nb2;k2;a2\n"), "Wer Artikel - -");
    // A note may also be a text.
    assert_eq!(roles("user,item,note\nu1,a,good\nu2,b,bad\n"), "user item - -");
    // One of the two is enough.
    let half = "was,Benutzer,Bewertung\nx1,y1,5\nx2,y2,3\n";
    assert_eq!(roles(half), "Benutzer was Bewertung -");
    assert!(notes(half).contains("no column has a known name for items: took `was`"));
}

#[test]
fn names_of_several_words_are_known() {
    for (content, expected) in [
        ("product_name,customer_name,rating\np,c,5\n", "customer_name product_name rating -"),
        ("customer name,product name\nc d,p q\n", "customer name product name - -"),
        ("movie_title,user_login\nm,l\n", "user_login movie_title - -"),
        ("repo_id,user_login\n7,l\n", "user_login repo_id - -"),
        ("movie_title,reviewer_nickname\nm,n\n", "reviewer_nickname movie_title - -"),
        (
            "brewery_id,brewery_name,review_time,review_overall,review_aroma,review_profilename,beer_style,beer_name,beer_beerid\n\
             10325,Vecchio,1234817823,1.5,2,stcules,Hefe,Sausa,47986\n",
            "review_profilename beer_beerid review_overall review_time",
        ),
        (
            "Row ID,Order ID,Order Date,Ship Mode,Customer ID,Customer Name,Country,Product ID,Category,Product Name,Quantity\n\
             1,CA-1,2016-11-08,Second,CG-1,Claire,US,FUR-1,Chairs,Bush,2\n",
            "Customer ID Product ID Quantity Order Date",
        ),
        (
            "timestamp,eventType,contentId,authorPersonId,personId,sessionId,userAgent\n\
             1459193988,VIEW,-3499,434,-8845,126,x\n",
            "personId contentId - timestamp",
        ),
        (
            "ts,username,platform,ms_played,conn_country,master_metadata_track_name,spotify_track_uri\n\
             2021-01-31T07:01:05Z,u,ios,1000,DE,Song,spotify:track:1\n",
            "username spotify_track_uri - ts",
        ),
        (
            "ts,username,platform,ms_played,conn_country,master_metadata_track_name\n\
             2021-01-31T07:01:05Z,u,ios,1000,DE,Song\n",
            "username master_metadata_track_name - ts",
        ),
        (
            "listing_id,id,date,reviewer_id,reviewer_name,comments\n\
             2818,1191,2009-03-30,10952,Lam,fine\n",
            "reviewer_id listing_id - date",
        ),
        ("user_id,country,podcast\nu,DE,p\n", "user_id podcast - -"),
        ("user_id,country,programme\nu,DE,p\n", "user_id programme - -"),
        ("user_id,interaction_type,programme\nu,x,p\n", "user_id programme - -"),
        ("user_id,behavior_type,thing\nu,x,p\n", "user_id thing - -"),
        ("user_id,what,thing\nu1,pv,p\nu2,buy,q\n", "user_id thing - -"),
        ("customer_email,what\nu@x,p\n", "customer_email what - -"),
        // Only if no other column is left.
        ("user_id,country\nu,DE\n", "user_id country - -"),
    ] {
        assert_eq!(roles(content), expected, "{content:?}");
    }
}

#[test]
fn a_table_of_items_is_refused() {
    let told = refused("movieId,title,genres\n1,Toy Story (1995),Adventure|Animation\n");
    assert!(told.contains("no user column found"), "{told}");
    // An order may stand for its user.
    assert_eq!(roles("order_id,product_id\no,p\n"), "order_id product_id - -");
}

#[test]
fn what_is_left_unread_is_told() {
    let events = notes("1,2268318,2520377,pv,1511544070\n1,2333346,2520771,buy,1511561733\n");
    assert!(events.contains("ignored: column 4 (event types)"), "{events}");
    let numbers = notes("u1,a,5,7\nu1,b,3,8\n");
    assert!(numbers.contains("ignored: column 4 (numbers)"), "{numbers}");
    let dates = notes("u1,a,5,31/01/2021\nu2,b,3,01/02/2021\n");
    assert!(dates.contains("ignored: column 4 (times in a notation that needs"), "{dates}");
    let status = notes("user,item,status\na,x,sent\nb,y,returned\n");
    assert!(status.contains("ignored: `status` (statuses)"), "{status}");
    // Also beside a value and a time that were found.
    for (unread, values, what) in [
        ("votes", ["7", "9"], "numbers"),
        ("price", ["1.5", "2"], "numbers"),
        ("liked", ["yes", "no"], "yes or no, read as 1 and 0"),
        ("ordered", ["2021-01-31", "2021-02-01"], "times"),
    ] {
        let [one, two] = values;
        let told = notes(&format!(
            "user,item,rating,time,{unread}\na,x,5,1500000000,{one}\nb,y,3,1500000001,{two}\n"
        ));
        assert!(told.contains(&format!("ignored: `{unread}` ({what})")), "{told}");
    }
    assert_eq!(notes("user,item,rating,genre_id,title\na,x,5,7,T\nb,y,3,8,U\n"), "");
    let two = notes("user,item,event,action\na,x,view,click\nb,y,buy,open\n");
    assert!(two.contains("ignored: `event`, `action` (event types)"), "{two}");
    let many = notes("user,item,rating,a,b,c,d,e,f,g\nu,x,5,1,2,3,4,5,6,7\nv,y,3,1,2,3,4,5,6,7\n");
    assert!(many.contains("`e` (numbers) and 2 more; name"), "{many}");
    let dated = notes("user,item,when\na,x,31/01/2021\nb,y,01/02/2021\n");
    assert!(dated.contains("ignored: `when` (times in a notation"), "{dated}");
}

#[test]
fn relevance_judgements_are_recognised() {
    assert_eq!(rows("q1 0 d1 2\nq1 0 d2 0\nq2 0 d1 1\n"), ["q1 d1 2", "q1 d2 0", "q2 d1 1"]);
    assert_eq!(rows("301\t0\t8812\t1\n301\t0\t9913\t0\n"), ["301 8812 1", "301 9913 0"]);
    let said = notes("q1 0 d1 2\nq1 0 d2 0\n");
    assert!(said.contains("read as TREC relevance judgements"), "{said}");
    // Ratings of an item called 0.
    assert_eq!(rows("7 0 5 1\n8 0 4 1\n")[0], "7 0 5");
    assert_eq!(rows("7 0 5 978300760\n8 0 4 978300761\n")[0], "7 0 5 978300760");
}

#[test]
fn lines_of_a_user_and_items_are_told() {
    for lists in ["0 11 13 12\n1 16 15 14\n", "u1 a b c\nu2 b c d\n", "u1,a,b,c,d\nu2,e,f,g,h\n"] {
        let told = notes(lists);
        assert!(
            told.contains("if each line is a user and its items, use `shape` = lists"),
            "{told}"
        );
    }
    assert_eq!(notes("u0,i0,A|B|C\nu1,i1,A|B|C\n"), "");
    assert_eq!(rows("0 11 12 13\n"), ["0 11 1", "0 12 1", "0 13 1"]);
    assert_eq!(notes("0 11 12 13\n1 14 15 16\n"), "");
    let told = refused("user,item_1,item_2\nu1,a,b\nu2,b,c\n");
    assert!(
        told.contains("`item_1` and `item_2` hold an item each")
            && told.contains("`shape` = lists"),
        "{told}"
    );
}

#[test]
fn several_items_in_a_field_are_refused() {
    for content in [
        "0\t11 12 13\n1\t12 14\n",
        "u1,\"['a', 'b']\"\nu2,\"['c']\"\n",
        "u1,\"a,b,c\"\nu2,\"b,c\"\n",
        "u1,a|b|c\nu2,b|c\n",
        "user,items\nu1,a|b|c\nu2,b|c\n",
        "user;items\nu1;tea, jam, milk\nu2;jam, tea\nu3;milk, rye\n",
        "u1;tea, jam, milk\nu2;jam, tea\nu3;milk, rye\n",
    ] {
        let told = refused(content);
        assert!(told.contains("holds several items in each row; write one row per"), "{told}");
    }
    let some = notes("u1,a|b|c\nu2,b\nu3,c|d\n");
    assert!(some.contains("ids in column 2 look like lists of items"), "{some}");
    let rare = "user;items\nu1;tea, jam\nu2;jam, tea\nu3;milk, rye\nu4;rye\nu5;jam\n";
    assert!(notes(rare).contains("ids in `items` look like lists of items"), "{}", notes(rare));
    assert!(!notes(rare).contains("known name"), "{}", notes(rare));
    // In a column with a known name, ids may have any form.
    let named = notes("user,item\nu1,a|b\nu2,b|c\n");
    assert!(named.contains("ids in `item` look like lists of items"), "{named}");
    // The only row may be a title.
    assert_eq!(rows("user,item\nu1,\"Monsters,Inc\"\n"), ["u1 Monsters,Inc 1"]);
}

#[test]
fn a_header_without_the_row_names_of_r_is_read() {
    let r = "\"user\" \"item\" \"rating\"\n\"1\" \"u1\" \"a\" 3\n\"2\" \"u2\" \"b\" 4\n";
    assert_eq!(rows(r), ["u1 a 3", "u2 b 4"]);
    assert_eq!(rows("user,item,rating\nu1,a,3,\nu2,b,4,\n"), ["u1 a 3", "u2 b 4"]);
    // A title with a comma.
    assert!(refused("user,item,rating\nu1,Monsters, Inc,3\n").contains("4 fields"));
    assert!(refused("user,item,rating\nu1,a,3\nu2,b,4,5\n").contains("4 fields"));
}

#[test]
fn lines_that_end_with_a_carriage_return_are_read() {
    assert_eq!(rows("user,item,rating\ru1,a,3\ru2,b,4\r"), ["u1 a 3", "u2 b 4"]);
    assert_eq!(rows("1\t2\t3\r1\t3\t4"), ["1 2 3", "1 3 4"]);
}

#[test]
fn a_matrix_is_told_wherever_its_ids_are() {
    for content in ["a,b,c,user_id\n5,3,4,u1\n", "a,b,c,__index_level_0__\n5,3.5,,u1\n"] {
        let told = refused(content);
        assert!(
            told.contains("a column for each item (`a` to `c`): use `shape` = matrix"),
            "{told}"
        );
    }
    // One item may be called like a time, another like a count.
    for content in [
        "user,The Day After,Alien,Brazil,Casablanca,Dune,Eraser,Fargo\nann,5,3,,4,1,,2\nbob,,4,2,,,5,3\n",
        "name,Alien,24 Hours,Brazil,The Count,Dune,Eraser,Fargo\nann,5,3,,4,1,,2\nbob,,4,2,,,5,3\n",
    ] {
        let told = refused(content);
        assert!(told.contains("this looks like a matrix with a column for each item"), "{told}");
    }
    let told = refused("movie,u1,u2,u3\nm1,5,3,4\nm2,,2,1\n");
    assert!(told.contains("a column for each user (`u1` to `u3`): transpose it"), "{told}");
}

#[test]
fn a_matrix_without_names_is_numbered_or_asked_about() {
    let with = |header| ReadOptions {
        shape: Some(super::Shape::Matrix),
        header,
        ..ReadOptions::default()
    };
    let read = |content: &str, header| super::messy::rows_with(content, &with(header));
    let all = ["1 1 5", "1 2 3", "2 1 4", "2 2 0"];
    assert_eq!(read("5,3\n4,0\n", None), all);
    assert_eq!(read("5,3\n4,0\n", Some(false)), all);
    assert_eq!(read("ann,5,3\nbob,4,\n", Some(false)), ["ann 1 5", "ann 2 3", "bob 1 4"]);
    assert_eq!(read("user,101,102\nann,5,3\n", None), ["ann 101 5", "ann 102 3"]);
    let first = ReadOptions { user: Some(super::Column::Position(1)), ..with(None) };
    assert_eq!(super::messy::rows_with("1,5,3\n2,4,\n", &first), ["1 1 5", "1 2 3", "2 1 4"]);
    assert!(table("who,101,102\nann,5,3\n", &first).unwrap_err().contains("`header` = true"));
    // A row that cannot be read is left out as a whole.
    let skip = ReadOptions { skip_bad: 1, ..with(Some(true)) };
    let bad = "user,tea,jam\nann,5,3\nbob,x,y\ncat,4,\n";
    assert_eq!(super::messy::rows_with(bad, &skip), ["ann tea 5", "ann jam 3", "cat tea 4"]);
    let report = table(bad, &skip).unwrap().report;
    assert_eq!((report.rows, report.bad, report.bad_first.len()), (3, 1, 1));
    let missing = ReadOptions { missing: Some(0.0), ..with(None) };
    let said = table("5,3\n4,0\n", &missing).unwrap().report.to_string();
    assert!(said.contains("skipped 1 cell (value marked as missing)"), "{said}");
    let items = table("movieId,1,2,3\n7,5,,4\n8,1,3,2\n", &with(None)).unwrap_err();
    assert!(items.contains("a column for each user: transpose the matrix"), "{items}");
    let said = table("5,3\n4,0\n", &with(None)).unwrap().report.to_string();
    assert!(said.contains("users and items are numbered from 1"), "{said}");
    for (content, remedy) in [
        ("ann,5,3\nbob,4,0\n", "set `header` = true or `header` = false"),
        ("1,5,3\n2,4,0\n", "name the user column (`user` = 1)"),
        ("user,tea,tea\nann,5,3\n", "two columns \"tea\""),
    ] {
        let told = table(content, &with(None)).unwrap_err();
        assert!(told.contains(remedy), "{told}");
    }
}

#[test]
fn two_columns_of_a_name_are_asked_about() {
    let with =
        |item: &str| ReadOptions { item: Some(item.parse().unwrap()), ..ReadOptions::default() };
    for content in ["user,item,item,rating\nu1,a,b,3\n", "user,item,ITEM,rating\nu1,a,b,3\n"] {
        let told = refused(content);
        assert!(
            told.contains("columns 2 and 3 are both named `item`")
                && told.contains("(`item` = 2 or 3)"),
            "{told}"
        );
        assert!(table(content, &with("item")).unwrap_err().contains("are both named"));
        assert_eq!(super::messy::rows_with(content, &with("3")), ["u1 b 3"]);
    }
    // Columns that are not read may have any name.
    assert_eq!(rows("user,item,x,x\nu1,a,1,2\n"), ["u1 a 1"]);
    let twice = refused("{\"user\":1,\"item\":2,\"item\":3}\n");
    assert!(twice.contains("the key `item` occurs twice"), "{twice}");
}

#[test]
fn amounts_and_answers_are_no_ids() {
    assert_eq!(
        roles("order_id,product_id,add_to_cart_order\n1,7,1\n1,8,2\n2,7,1\n"),
        "order_id product_id - -"
    );
    let told = refused("tconst,averageRating,numVotes\ntt1,5.5,12\ntt2,6.5,14\n");
    assert!(told.contains("no item column found"), "{told}");
    let form = "Timestamp,Email Address,How do you rate [Tea],How do you rate [Jam]\n2021/01/18 10:00:00 AM GMT+1,a@x.y,5,3\n";
    assert!(refused(form).contains("the answers of a form"), "{}", refused(form));
    // Ids of things go before texts about them, and other things are told.
    assert_eq!(
        roles("podcast_id,title,content,rating,author_id\np1,A,good,5,a\np2,B,bad,3,b\n"),
        "author_id podcast_id rating -"
    );
    assert_eq!(
        roles("user_id,location,hotel_id,rating\n1,Rome,7,5\n2,Oslo,8,4\n"),
        "user_id hotel_id rating -"
    );
    let told = notes("user,artist,album,track,plays\nu1,a,b,c,3\nu2,a,b,d,4\n");
    let expected = "`artist` is taken for the items, but `album`, `track` may be, too: to use another, set `item` = album";
    assert!(told.contains(expected), "{told}");
    assert_eq!(
        roles("user_id,tagID,day,month,year\n1,7,3,4,2011\n1,8,5,4,2012\n"),
        "user_id tagID - -"
    );
    assert_eq!(
        roles(
            "event_date,event_timestamp,user_id,item_id\n20210131,1611937000000000,a,b\n20210131,1611937000000001,c,d\n"
        ),
        "user_id item_id - event_timestamp"
    );
}

#[test]
fn values_behind_empty_columns_are_read() {
    let jester: String = (0..9).map(|n| format!("{n}\t\t{}\t\t0.{n}\n", n + 3)).collect();
    assert_eq!(roles(&jester), "1 3 5 -");
}

#[test]
fn sums_and_single_items_are_told() {
    for (content, told) in [
        ("user,item,n\nann,tea,2\nann,Total,2\nbob,tea,1\n", "the item `Total`"),
        ("user,item,n\nAll,All,10\nann,tea,2\nbob,tea,1\n", "the user `All`"),
        ("user,item,n\nann,tea,2\nTotal ann,tea,2\nbob,tea,1\n", "the user `Total ann`"),
        ("user,item,n\nann,tea,2\nbob,tea,1\nGesamtergebnis,x,3\n", "may be a footer"),
    ] {
        assert!(notes(content).contains(told), "{content}: {}", notes(content));
    }
    let shop: String = (0..9).map(|n| format!("u{n},shop1,i{n}\n")).collect();
    assert!(notes(&shop).contains("all rows have the same item, `shop1`"), "{}", notes(&shop));
}
