//! Files in other shapes than rows, and the expected result for each.

use super::messy::{refused, rows, rows_with, table};
use super::{ReadOptions, Shape};

#[test]
fn lines_of_a_user_and_items_are_interactions() {
    let lists = "0 11 12 13 \r\n1 12\n2\n\n3 7 11\n";
    let expected = ["0 11 1", "0 12 1", "0 13 1", "1 12 1", "3 7 1", "3 11 1"];
    assert_eq!(rows(lists), expected);
    let report = table(lists, &ReadOptions::default()).unwrap().report;
    assert_eq!(report.shape, Shape::Lists);
    let said = report.to_string();
    assert!(said.starts_with("read as: space-separated, no header, a line for each user, user=column 1, items from column 2 on"), "{said}");
    assert!(said.contains("skipped 1 line with a user and no item"), "{said}");
    // With the shape given, they may hold anything.
    let told = ReadOptions { shape: Some(Shape::Lists), ..ReadOptions::default() };
    assert_eq!(
        rows_with("ann,tea,\"green tea\"\nbob,jam\n", &told),
        ["ann tea 1", "ann green tea 1", "bob jam 1"]
    );
    let rows_told = ReadOptions { shape: Some(Shape::Rows), ..ReadOptions::default() };
    assert!(table(lists, &rows_told).unwrap_err().contains("`shape` = lists"));
}

#[test]
fn a_table_that_is_damaged_is_no_list() {
    let told = refused("1 10 5\n2 11 4\n3 10\n");
    assert!(told.starts_with("t:3: 2 fields, but the first line has 3"), "{told}");
}

#[test]
fn blocks_of_an_item_are_interactions() {
    let netflix = "17:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n4:\n822109,4,2005-10-19\n";
    assert_eq!(
        rows(netflix),
        ["1488844 17 3 1125964800", "822109 17 5 1115942400", "822109 4 4 1129680000"]
    );
    let said = table(netflix, &ReadOptions::default()).unwrap().report.to_string();
    assert!(
        said.starts_with(
            "read as: comma-separated, no header, blocks of an item each, user=column 1, item=the line above, \
             value=column 2, time=column 3 (ISO 8601)"
        ),
        "{said}"
    );
    assert_eq!(rows("1:\n30878\n2647871\n10:\n1952305\n").len(), 3);
    assert_eq!(rows("1:\n30878,2005-09-06\n"), ["30878 1 1 1125964800"]);
    let told = refused("17:\n1488844,3,2005-09-06\n822109,five,2005-05-13\n");
    assert!(told.starts_with("t:3: value \"five\" is not a number"), "{told}");
}

#[test]
fn a_matrix_is_read_on_request() {
    let told = ReadOptions { shape: Some(Shape::Matrix), ..ReadOptions::default() };
    for content in [
        "user,tea,jam,milk\nann,5,,3\nbob,nan,1,NaN\n",
        ",tea,jam,milk\nann,5,,3\nbob, ,1,\n",
        "tea;who;jam;milk\n5;ann;;3\n;bob;1;\n",
        "{\"user\":\"ann\",\"tea\":5,\"jam\":null,\"milk\":3}\n{\"user\":\"bob\",\"jam\":1}\n",
    ] {
        let told = match content.contains("who") {
            true => ReadOptions { user: Some(super::Column::Name("who".into())), ..told.clone() },
            false => told.clone(),
        };
        assert_eq!(
            rows_with(content, &told),
            ["ann tea 5", "ann milk 3", "bob jam 1"],
            "{content}"
        );
    }
    let said = table("user,tea,jam\nann,5,\n", &told).unwrap().report.to_string();
    assert!(said.contains("header, a matrix, user=`user`, item=all other columns"), "{said}");
    assert!(refused("user,tea,jam,milk\nann,5,,3\nbob,,1,\n").contains("`shape` = matrix"));
    let bad = table("user,tea,jam\nann,5,\nbob,x,1\n", &told).unwrap_err();
    assert!(bad.contains("row 2: tea \"x\" is not a number"), "{bad}");
    let missing = ReadOptions { missing: Some(99.0), ..told };
    assert_eq!(rows_with("user,tea,jam\nann,99,2\n", &missing), ["ann jam 2"]);
}

#[test]
fn a_line_that_tells_the_delimiter_is_no_row() {
    assert_eq!(rows("sep=;\r\nuser;item;rating\r\nann;tea, green;5\r\n"), ["ann tea, green 5"]);
    assert_eq!(rows("\"sep=|\"\na|b|1\n"), ["a b 1"]);
    let told = refused("sep=;\nuser;item;rating\nann;tea;five\n");
    assert!(told.starts_with("t:3: rating"), "{told}");
}

#[test]
fn blocks_may_be_empty_and_have_any_id() {
    assert_eq!(rows("1:\n2:\n7,3\n8,4\n"), ["7 2 3", "8 2 4"]);
    assert_eq!(rows("B001:\nu1,5\nu2,3\nB002:\nu1,4\n"), ["u1 B001 5", "u2 B001 3", "u1 B002 4"]);
}

#[test]
fn files_of_blanks_are_empty() {
    for content in ["  \n  \n", "\t\n\t\n", "\n\n", " "] {
        assert!(refused(content).contains("the file is empty"), "{}", refused(content));
    }
}

#[test]
fn a_matrix_without_users_is_refused() {
    let told = refused("tea,coffee,jam\n1,0,1\n0,1,1\n1,1,0\n");
    assert!(told.contains("`tea` to `jam`") && told.contains("without users"), "{told}");
    assert_eq!(rows("user,item,bought\n1,0,1\n0,1,1\n").len(), 2);
    assert_eq!(rows("1,0,1\n0,1,1\n"), ["1 0 1", "0 1 1"]);
}
