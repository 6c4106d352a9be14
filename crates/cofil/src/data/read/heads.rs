//! First lines that are not the names of the columns, and lines that are a single field: what they may be.

use super::field::{number, quoted};
use super::known::is_known;

/// A row of raw fields.
type Row = Vec<Vec<u8>>;

/// Returns what is wrong with the first of `rows`: a title that is filled up with delimiters, or names of columns
/// without one for the names of the rows.
pub(super) fn problem(rows: &[Row]) -> Option<String> {
    let (first, below) = rows.split_first()?;
    let is_title = first.len() > 1 && filled(first) == 1 && !names_columns(first);
    if is_title && below.iter().find(|row| filled(row) > 1).is_some_and(names_columns) {
        return Some(title(&first.concat()));
    }
    let is_shorter = |row: &Row| row.len() == first.len() + 1;
    let is_text =
        |field: &Vec<u8>| !field.trim_ascii().is_empty() && number(field.trim_ascii()).is_none();
    let is_headed = first.len() > 1 && first.iter().all(is_text);
    let ends =
        || below.iter().any(|row| row.last().is_some_and(|last| !last.trim_ascii().is_empty()));
    let of_r = is_headed && below.len() > 1 && below.iter().all(is_shorter) && ends();
    (of_r && !names_columns(&below[0])).then(|| {
        "the first line has one field fewer than the others: if they begin with row names, as R writes them, name that \
         column too (`col.names = NA` in write.table, or write.csv); if fields contain the delimiter, put quotes around \
         them"
            .into()
    })
}

/// Returns the error for a `line` above the table that is a title.
pub(super) fn title(line: &[u8]) -> String {
    format!(
        "line 1, {}, is a title, not column names; delete the lines above the table",
        quoted(line)
    )
}

fn filled(row: &Row) -> usize {
    row.iter().filter(|field| !field.trim_ascii().is_empty()).count()
}

/// Returns whether a field of `row` is a known name of a column, and none is a number.
fn names_columns(row: &Row) -> bool {
    let is_name = |field: &Vec<u8>| std::str::from_utf8(field.trim_ascii()).is_ok_and(is_known);
    row.iter().any(is_name) && row.iter().all(|field| number(field.trim_ascii()).is_none())
}

/// Returns the remedy for `rows` of a single field, of which the first line is `line`.
pub(super) fn single(rows: &[Row], line: &[u8]) -> String {
    let texts: Vec<String> =
        rows.iter().map(|row| String::from_utf8_lossy(&row.concat()).into_owned()).collect();
    let line = line.trim_ascii();
    let is_enclosed = line.len() > 1 && line.starts_with(b"\"") && line.ends_with(b"\"");
    if is_enclosed && texts.iter().all(|text| text.contains([',', ';', '\t', '|'])) {
        return "remove the quotes, which enclose each line as a whole".into();
    }
    match likely(&texts) {
        Some(delimiter) if delimiter.contains(|c: char| c.is_ascii_control()) => {
            let codes: String = delimiter.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
            format!("give the delimiter, perhaps {codes} (`delimiter` = $'{codes}')")
        }
        Some(delimiter) => {
            format!("give the delimiter, perhaps {delimiter} (`delimiter` = '{delimiter}')")
        }
        None => "give the delimiter".into(),
    }
}

/// Returns the first mark that all of `texts` have equally often, with its repetitions.
fn likely(texts: &[String]) -> Option<String> {
    let first = texts.first().filter(|_| texts.len() > 1)?;
    let is_mark = |c: &char| !c.is_alphanumeric() && !".-_ \"'@".contains(*c);
    first.chars().filter(is_mark).find_map(|mark| {
        let start = first.find(mark)?;
        let run: String = first[start..].chars().take_while(|&c| c == mark).collect();
        let times = first.matches(&run).count();
        texts.iter().all(|text| text.matches(&run).count() == times).then_some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::super::messy::{refused, table};
    use super::super::{Column, ReadOptions};

    #[test]
    fn titles_that_are_filled_up_are_named() {
        for content in [
            "Sales report 2021,,,\nCustomer,Product,Qty,Date\nann,tea,5,2021-01-31\nbob,jam,4,2021-02-01\n",
            "Sales report 2021;;\n;;\nuser;item;rating\nann;tea;5\n",
        ] {
            let user = Some(Column::Name("Customer".into()));
            let told = refused(content);
            assert!(told.contains("\"Sales report 2021\", is a title"), "{told}");
            let told = table(content, &ReadOptions { user, ..ReadOptions::default() }).unwrap_err();
            assert!(
                told.contains("is a title") && told.contains("delete the lines above"),
                "{told}"
            );
        }
    }

    #[test]
    fn row_names_without_a_name_are_named() {
        for content in [
            "\"tea\" \"jam\" \"milk\"\n\"ann\" 5 3 NA\n\"bob\" 1 NA 2\n",
            "tea,jam,milk\nann,5,3,\nbob,1,,2\n",
            "\"user\" \"item\" \"rating\"\n\"a\" \"u1\" \"i1\" 3\n\"b\" \"u2\" \"i1\" 4\n",
        ] {
            let told = refused(content);
            assert!(told.contains("as R writes them") && told.contains("col.names = NA"), "{told}");
        }
    }

    #[test]
    fn likely_delimiters_are_proposed() {
        for (content, remedy) in [
            ("\"u6,i4,3\"\n\"u7,i5,4\"\n", "remove the quotes"),
            ("u6^i4^3\nu7^i5^4\n", "`delimiter` = '^'"),
            ("u6~i4~3\nu7~i5~4\n", "`delimiter` = '~'"),
            ("u6\u{1}i4\u{1}3\nu7\u{1}i5\u{1}4\n", "`delimiter` = $'\\x01'"),
            ("u6##i4##3\nu7##i5##4\n", "`delimiter` = '##'"),
            ("a\nb\n", "; give the delimiter"),
        ] {
            let told = refused(content);
            assert!(told.contains("is a single field") && told.contains(remedy), "{told}");
        }
    }
}
