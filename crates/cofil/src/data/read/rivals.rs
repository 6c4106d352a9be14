//! Tables with several columns that may hold the users, items, values or times, and first lines with numbers.

use super::guesses::{notes, roles};
use super::messy::refused;

#[test]
fn names_beside_numbers_are_a_header() {
    for (content, expected) in [
        ("user_id,item_id,0\n17,205,3\n17,311,1\n42,205,2\n", "user_id item_id 0 -"),
        ("userId\tmovieId\t0.0\n17\t205\t3\n17\t311\t1\n", "userId movieId - -"),
        ("user,item,2019\nann,tea,3\nann,jam,1\n", "user item - -"),
        ("level_0,level_1,0\n17,205,3\n17,311,1\n42,205,2\n", "level_0 level_1 0 -"),
        ("0,1,2\nU1,A1,5\nU1,A2,3\nU2,A1,4\n", "0 1 2 -"),
        ("0,1\nann,tea\nann,jam\nbob,tea\n", "0 1 - -"),
        ("_c0,_c1,_c2\n1,12,5\n1,13,4\n2,12,3\n", "_c0 _c1 _c2 -"),
        ("V1;V2;V3;V4\n1;12;5;881250949\n1;13;4;881250950\n2;12;3;881250951\n", "V1 V2 V3 V4"),
        ("Column1,Column2\nu1,i1\nu1,i2\nu2,i1\n", "Column1 Column2 - -"),
        ("ind_1,code_2,day,amt\n1,12,2021-01-31,5\n1,13,2021-01-31,4\n", "ind_1 code_2 amt day"),
        // Rows.
        ("user,item,5\nuser,tea,4\nbob,item,3\n", "1 2 3 -"),
        ("u,i,1\nu,j,2\n", "1 2 3 -"),
        ("c1,c2,c3\nc4,c2,c5\n", "1 2 - -"),
        ("NULL,NULL,5\n17,12,4\n18,12,3\n", "1 2 3 -"),
    ] {
        assert_eq!(roles(content), expected, "{content:?}");
    }
    let told = notes("0,1,2\n0,5,3\n1,5,4\n");
    assert!(told.contains("`header` = true"), "{told}");
}

#[test]
fn other_columns_of_items_are_named() {
    for (content, item, other) in [
        (
            "user,job_title,perfume,rating\nann,nurse,Chanel,5\nann,nurse,Dior,4\n",
            "job_title",
            "perfume",
        ),
        ("user,place,dish,score\nann,Rome,pizza,5\nann,Rome,pasta,4\n", "place", "dish"),
        (
            "date_time,user_id,channel,hotel_cluster\n2014-08-11 07:46:59,12,9,1\n2014-08-11 07:47:00,12,8,1\n",
            "channel",
            "",
        ),
        (
            "user_id,merchant_id,offer_id,rating\n11,51,9,1\n11,52,8,3\n12,51,9,2\n",
            "merchant_id",
            "offer_id",
        ),
        (
            "user_id,course_id,lesson_id,rating\n11,51,9,1\n11,52,8,3\n12,51,9,2\n",
            "course_id",
            "lesson_id",
        ),
        (
            "user_id,business_id,dish_id,rating\n11,51,9,1\n11,52,8,3\n12,51,9,2\n",
            "business_id",
            "dish_id",
        ),
    ] {
        let told = notes(content);
        let expected = format!("`{item}` is taken for the items, but `{other}");
        assert!(told.contains(&expected) || other.is_empty(), "{content:?}: {told}");
    }
    for content in [
        "user_id,item_id,category_id,rating\n1,2,3,4\n1,3,3,5\n",
        "user_id,movie_id,genre,rating\n1,2,drama,4\n1,3,drama,5\n",
        "user,movie,comment,rating\n1,2,good,4\n1,3,bad,5\n",
        "user_id,hotel_id,country_id,order_id\n1,2,5,4\n1,3,5,5\n",
    ] {
        assert!(!notes(content).contains("may be, too"), "{content:?}: {}", notes(content));
    }
}

#[test]
fn people_go_before_sessions_and_accounts() {
    for (content, expected) in [
        ("session_id,email,sku\n1,a@x.de,A1\n1,a@x.de,A2\n2,a@x.de,A3\n", "email sku - -"),
        ("user_hash,session_id,sku\na,1,A1\na,1,A2\nb,2,A3\n", "user_hash sku - -"),
        ("session_id,customer_no,sku\n1,71,A1\n1,71,A2\n2,71,A3\n", "customer_no sku - -"),
        ("session_id,fullVisitorId,productSKU\n1,99,A1\n2,99,A2\n", "fullVisitorId productSKU - -"),
        ("client,user_email,product\nios,a@x.de,A1\nweb,a@x.de,A2\n", "user_email product - -"),
        ("client_id,email,product\n7,a@x.de,A1\n8,b@x.de,A2\n", "client_id product - -"),
        ("session_id,item_id\n1,5\n1,6\n", "session_id item_id - -"),
    ] {
        assert_eq!(roles(content), expected, "{content:?}");
    }
    for (content, user, other) in [
        (
            "order_id,customer_id,customer_unique_id,product_id\no1,c1,u1,p1\no2,c2,u1,p2\n",
            "customer_id",
            "customer_unique_id",
        ),
        ("account_id,profile_id,title_id,stars\n1,7,A1,3\n1,8,A2,4\n", "account_id", "profile_id"),
        ("client_id,email,product\n7,a@x.de,A1\n8,b@x.de,A2\n", "client_id", "email"),
    ] {
        let expected = format!("`{user}` is taken for the users, but `{other}` may be, too");
        assert!(notes(content).contains(&expected), "{content:?}: {}", notes(content));
    }
    for content in
        ["user_id,session_id,item_id\n1,5,6\n1,5,7\n", "user_id,user_name,item_id\n1,a,6\n1,a,7\n"]
    {
        assert!(!notes(content).contains("may be, too"), "{content:?}: {}", notes(content));
    }
}

#[test]
fn values_and_times_of_the_user_go_before_others() {
    for (content, expected) in [
        (
            "user,movie,imdb_rating,my_stars\nann,Heat,8.2,3\nann,Up,8.3,5\n",
            "user movie my_stars -",
        ),
        (
            "user,movie,IMDb Rating,Your Rating\nann,Heat,8.2,3\nann,Up,8.3,5\n",
            "user movie Your Rating -",
        ),
        ("user,movie,critic_score,score\nann,Heat,8.2,3\nann,Up,8.3,5\n", "user movie score -"),
        (
            "user,product,product_rating,user_rating\nann,Heat,8.2,3\nann,Up,8.3,5\n",
            "user product user_rating -",
        ),
        (
            "user,item,qty,ship_date,order_date\nann,a,1,2021-02-01,2021-01-31\n",
            "user item qty order_date",
        ),
        ("user,item,start_date\nann,a,2021-02-01\n", "user item - start_date"),
        ("user_id,song_id,listen_count\nann,a,3\nann,b,4\n", "user_id song_id listen_count -"),
        ("user,repo,starred_at\nann,a,2021-02-01T07:01:00Z\n", "user repo - starred_at"),
        ("user,item,freight_value,rating\nann,a,5.5,3\nann,b,7.1,4\n", "user item rating -"),
        ("user,item,freight_value\nann,a,5.5\nann,b,7.1\n", "user item - -"),
        ("user,item,data\nann,a,5\nann,b,7\n", "user item - -"),
    ] {
        assert_eq!(roles(content), expected, "{content:?}");
    }
}

#[test]
fn small_scales_and_flags_are_no_guessed_ids() {
    for (content, expected) in [
        (
            "drug,patient_id,effectiveness\na,17,5\nb,17,3\na,18,4\n",
            "patient_id drug effectiveness -",
        ),
        ("Film;Betyg;Användare\nHeat;5;ann\nUp;3;ann\nHeat;4;bob\n", "Användare Film Betyg -"),
        (
            "Ocena;Data;Użytkownik;Produkt\n5;2021-01-31;ann;tea\n3;2021-01-31;ann;jam\n4;2021-02-01;bob;tea\n",
            "Użytkownik Produkt Ocena Data",
        ),
        (
            "felt,who,thing\n5,ann,tea\n3,ann,jam\n5,bob,tea\n1,bob,jam\n3,cat,tea\n1,cat,rye\n",
            "who thing felt -",
        ),
        (
            "order_id,product_id,reordered\n1,33120,1\n1,28985,0\n2,33120,1\n2,7,1\n",
            "order_id product_id - -",
        ),
        (
            "customer_type,email,product,rating\nnew,a@x.de,tea,5\nnew,b@x.de,jam,4\n",
            "email product rating -",
        ),
        // Small numbers in order may be users.
        ("who,what,stars\n1,7,5\n1,8,3\n2,7,4\n2,9,3\n3,7,3\n3,8,1\n", "who what stars -"),
    ] {
        assert_eq!(roles(content), expected, "{content:?}");
    }
    // Each user has several rows: no matrix.
    let rows = "user_id,section,headline,clicks\n11,51,9,1\n11,52,8,3\n12,51,9,2\n";
    assert_eq!(roles(rows), "user_id section - -");
}

#[test]
fn ratings_before_ids_are_no_users() {
    let table = |row: &dyn Fn(usize) -> String| (0..400).map(row).collect::<String>();
    let rating = |n: usize| 1 + n * 7 % 11 % 5;
    let first = table(&|n| format!("{},{},{}\n", rating(n), 1 + n % 80, 1000 + n * 13 % 201));
    assert_eq!(roles(&first), "2 3 1 -");
    let told = notes(&first);
    assert!(told.contains("column 1 holds a few small") && told.contains("`user` = 1"), "{told}");
    let timed = table(&|n| {
        format!("{}\t{}\t{}\t{}\n", rating(n), 1 + n % 80, 1000 + n * 13 % 201, 881_250_949 + n)
    });
    assert_eq!(roles(&timed), "2 3 1 4");
    // Numbers that may be counts stay values, with a note.
    let counts = table(&|n| format!("{},{},{}\n", rating(n), 1 + n % 80, 1 + n * 13 % 201));
    assert_eq!(roles(&counts), "1 2 3 -");
    let told = notes(&counts);
    assert!(told.contains("`value` = 1, `user` = 2 and `item` = 3"), "{told}");
    let middle = table(&|n| format!("{},{},{}\n", 1 + n % 80, rating(n), 1000 + n * 13 % 201));
    assert_eq!(roles(&middle), "1 2 3 -");
    let told = notes(&middle);
    assert!(told.contains("`value` = 2, `user` = 1 and `item` = 3"), "{told}");
    // Few users in order, and ratings behind the ids.
    let few = table(&|n| format!("{},{},{}\n", 1 + n / 80, 1 + n % 80, 1000 + n * 13 % 201));
    assert_eq!(roles(&few), "1 2 3 -");
    let usual = table(&|n| format!("{},{},{}\n", rating(n), 1 + n % 80, 1 + n % 5));
    assert_eq!(roles(&usual), "1 2 3 -");
    for content in [few, usual] {
        assert!(!notes(&content).contains("small numbers"), "{}", notes(&content));
    }
}

#[test]
fn parts_of_the_names_of_people_are_told() {
    for (content, user, other) in [
        (
            "first_name,last_name,film,rating\nAnn,Lee,Heat,5\nAnn,Ray,Heat,3\n",
            "first_name",
            "`last_name`",
        ),
        ("Vorname;Nachname;Film\nAnn;Lee;Heat\nAnn;Ray;Heat\n", "Vorname", "`Nachname`"),
        ("prenom,nom,film\nAnn,Lee,Heat\nAnn,Ray,Up\n", "prenom", "`nom`"),
        ("given,family,film\nAnn,Lee,Heat\nAnn,Ray,Up\n", "given", "`family`"),
        (
            "Last Name,First Name,what,felt\nLee,Ann,Heat,5\nRay,Ann,Up,3\n",
            "Last Name",
            "`First Name`",
        ),
    ] {
        let told = notes(content);
        let expected = format!(
            "`{user}` is taken for the users, but {other} holds a part of their names, too"
        );
        assert!(told.contains(&expected) && told.contains("(`user` = COLUMN)"), "{told}");
    }
    // The other part is no item, and an address says more.
    let what = "Last Name,First Name,what,felt\nLee,Ann,Heat,5\nRay,Ann,Up,3\n";
    assert!(roles(what).starts_with("Last Name what"), "{}", roles(what));
    assert!(
        roles("first_name,email,film\nAnn,a@x.de,Up\nAnn,b@x.de,Up\n").starts_with("email film")
    );
    let told = notes("user_id,first_name,last_name,film\n1,Ann,Lee,Heat\n2,Ann,Ray,Up\n");
    assert!(!told.contains("part of their names"), "{told}");
}

#[test]
fn tables_of_something_else_are_named() {
    let counted = "8 2 3 5 7 11 13 17 19\n3 3 7 11\n5 2 5 13 17 23\n2 7 19\n4 2 3 5 17\n";
    let told = refused(counted);
    assert!(told.contains("as in CiteULike") && told.contains("awk"), "{told}");
    assert!(refused(&counted.replace("4 2", "2 2 3\n4 2")).contains("as in CiteULike"));
    let films: String = (1..9)
        .map(|n| {
            format!("{n}|Film {n} (1995)|01-Jan-1995||http://x.y/{n}|0|0|0|1|1|0|0|0|{}\n", n % 2)
        })
        .collect();
    assert!(refused(&films).contains("table of items or users"), "{}", refused(&films));
    for content in [
        "Date,Name,Year,Letterboxd URI,Rating\n2021-01-31,Heat,1995,https://boxd.it/1,4\n",
        "Const,Your Rating,Date Rated,Title\ntt1,8,2021-01-31,Heat\n",
        "Book Id,Title,Author,My Rating,Average Rating\n1,Emma,Austen,5,4.1\n",
    ] {
        let told = refused(content);
        assert!(told.contains("what one person exported") && told.contains("`user`"), "{told}");
    }
    for (content, remedy) in [
        (
            r#"{"page":1,"total":3,"items":[{"user":"a","item":"x","rating":3},{"user":"b","item":"y","rating":4}]}"#,
            "jq -c '.items[]'",
        ),
        (r#"{"_index":"r","_id":"1","_source":{"user":"a","item":"x"}}"#, "jq -c '._source'"),
        (r#"{"user":{"id":"a","n":1},"item":"x","rating":3}"#, "jq -c '.user = .user.id'"),
    ] {
        let told = refused(&format!("{content}\n"));
        assert!(told.contains(remedy), "{told}");
    }
}

#[test]
fn rows_of_types_are_named_and_ids_for_all_are_told() {
    for below in ["string,string,int", "user,item,rating"] {
        let told = refused(&format!("user_id,item_id,rating\n{below}\na,b,3\nc,b,4\n"));
        assert!(
            told.contains("names or types of columns") && told.contains("`skip_bad`"),
            "{told}"
        );
    }
    let words = refused("user,item,rating\nann,tea,5\nbob,jam,3\ncat,jam,good\n");
    assert!(
        words.contains("if only a few rows have words there") && words.contains("`skip_bad`"),
        "{words}"
    );
    for user in ["guest", "-1", "(not set)", "[deleted]"] {
        let told = notes(&format!("user,item\n{user},1\n7,2\n{user},3\n8,1\n"));
        let expected = format!("50 % of the rows have the user `{user}`");
        assert!(told.contains(&expected), "{told}");
    }
    // A dozen is no mark.
    let rows: String =
        (0..40).map(|n| format!("u{n},i{},{}\n", n % 7, [1, 2, 3, 6, 12][n % 5])).collect();
    assert!(!notes(&format!("customer,product,quantity\n{rows}")).contains("no rating"));
}

#[test]
fn what_a_program_has_changed_is_told() {
    for (content, told) in [
        (
            "user;item;plays\nann;a;1.437\nann;b;12.200\nbob;a;3.004\n",
            "all values have a point and three digits",
        ),
        (
            "user,item,timestamp\nann,tea,1.39E+09\nann,jam,1.39E+09\nbob,tea,1.40E+09\n",
            "3 times in scientific notation (such as 1.39E+09) lost digits",
        ),
        (
            "user_id,item_id,rating\n7,1,5\n7.0,2,4\n8,1,3\n",
            "1 user id is there with and without decimals",
        ),
    ] {
        assert!(notes(content).contains(told), "{content:?}: {}", notes(content));
    }
}
