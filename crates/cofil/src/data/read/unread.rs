//! Notes on columns that are not read, but may have been meant.

use super::columns::WIDE;
use super::field::shown;
use super::known::{
    is_address, is_beside_ids, is_no_user, is_numbered, means_feedback, means_value,
};
use super::looks::Looks;
use super::search::Search;
use super::words::{AMBIGUOUS, VALUE};

/// Names of columns that say what became of an interaction.
const STATUS: &[&str] = &["status", "state", "orderstatus", "cancelled", "canceled", "returned"];

/// How the note on columns that may hold values or times ends.
pub(super) const TO_USE: &str = "name a column of ratings, counts or times to use it";

/// Number of columns, or of keys in others, to name.
const FEW: usize = 5;

/// Returns a note on `nested` columns and the names within them; `remedy` says how to make columns of them.
pub(super) fn note_nested(
    nested: &[(impl AsRef<str>, Vec<String>)],
    remedy: &str,
) -> Option<String> {
    let nested = nested.iter().map(|(outer, inner)| (outer.as_ref(), inner));
    let (first, _) = nested.clone().find(|(_, inner)| !inner.is_empty())?;
    let paths = nested.flat_map(|(outer, inner)| {
        inner.iter().map(move |inner| format!("`{}`", shown(format!("{outer}.{inner}").as_bytes())))
    });
    let paths: Vec<String> = paths.collect();
    let more = if paths.len() > FEW { " …" } else { "" };
    let (others, one) = if paths.len() == 1 { ("another", "it") } else { ("others", "one") };
    Some(format!(
        "ignored: {}{more}, inside {others}; to use {one}, {}",
        paths[..paths.len().min(FEW)].join(", "),
        remedy.replace("KEY", &shown(first.as_bytes()))
    ))
}

/// Returns the first of `all`, and the number of the others.
pub(super) fn shortened(all: &[String]) -> String {
    let more = all.len().saturating_sub(FEW);
    let others = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{others}", all[..all.len() - more].join(", "))
}

impl Search {
    /// Notes unused columns that look like values or times, except the `known` ones: without values, all numbers, and
    /// else those that are no ids.
    pub(super) fn note_unread(
        &mut self,
        looks: impl Fn(usize) -> Looks,
        no_value: bool,
        known: &[usize],
    ) {
        let is_named_id =
            |c: usize| self.names.as_ref().is_some_and(|names| is_numbered(&names[c]));
        let is_id = |c: usize| !no_value && is_named_id(c);
        let like = |c: usize| match looks(c) {
            looks if looks.is_number() && self.means(c, VALUE, means_value) => Some("values"),
            looks if looks.is_number() && !is_id(c) => Some("numbers"),
            Looks::Date => Some("times"),
            Looks::Time | Looks::Long | Looks::Large if !is_named_id(c) => Some("times"),
            Looks::OtherDate => Some("times in a notation that needs `time_format`"),
            Looks::Truth => Some("yes or no, read as 1 and 0"),
            Looks::Amount => Some("amounts: write plain numbers such as 1234.5 to use them"),
            _ if self.is_called(c, STATUS) => Some("statuses"),
            _ => None,
        };
        let like = |c: usize| like(c).filter(|_| !known.contains(&c));
        let named = |c: usize| Some(format!("{} ({})", self.call(c), like(c)?));
        let unread: Vec<String> = self.free().take(WIDE).filter_map(named).collect();
        if !unread.is_empty() {
            let others = shortened(&unread);
            self.notes.push(format!("ignored: {others}; {TO_USE}"));
        }
    }

    fn means(&self, column: usize, names: &[&str], means: fn(&str) -> bool) -> bool {
        self.is_called(column, names)
            || self.names.as_ref().is_some_and(|names| means(&names[column]))
    }

    /// Notes unused columns of event types, and returns them.
    pub(super) fn note_types(
        &mut self,
        known: &[&str],
        looks: impl Fn(usize) -> Looks,
    ) -> Vec<usize> {
        let is_called = |c: usize| self.is_called(c, known) && looks(c) != Looks::Object;
        let (called, others): (Vec<usize>, Vec<usize>) = self
            .free()
            .take(WIDE)
            .filter(|&c| is_called(c) || looks(c) == Looks::Event)
            .partition(|&c| is_called(c));
        let columns = [called, others].concat();
        if columns.is_empty() {
            return columns;
        }
        let all: Vec<String> = columns.iter().map(|&c| self.call(c)).collect();
        let name = match columns[..] {
            [one] if is_called(one) => "",
            _ => "name the column of event types and ",
        };
        self.notes.push(format!(
            "ignored: {} (event types); to use them, {name}give `weights` such as view=1,buy=5",
            shortened(&all)
        ));
        columns
    }

    /// Notes unused columns that say in words what users think of items, by their name, or else those of a few
    /// different words.
    pub(super) fn note_words(&mut self, looks: impl Fn(usize) -> Looks) {
        let names = self.names.as_ref();
        let in_words = |c: usize| {
            looks(c).is_plain_text() || matches!(looks(c), Looks::Lists | Looks::SomeLists)
        };
        let is_feedback = |c: usize| names.is_some_and(|names| means_feedback(&names[c]));
        let means: [fn(&str) -> bool; 4] = [is_beside_ids, is_no_user, is_numbered, is_address];
        let is_beside =
            |c: usize| names.is_some_and(|names| means.iter().any(|means| means(&names[c])));
        let mut columns: Vec<usize> =
            self.free().take(WIDE).filter(|&c| is_feedback(c) && in_words(c)).collect();
        let (what, one) = match columns.is_empty() {
            true => ("words", "if one says what users think of items"),
            false => ("feedback in words", "to use it"),
        };
        if columns.is_empty() {
            columns.extend(self.free().take(WIDE).filter(|&c| {
                let may_be_words = self.is_called(c, AMBIGUOUS) || !is_beside(c);
                looks(c) == Looks::Words && may_be_words
            }));
        }
        let Some(&first) = columns.first() else { return };
        let all: Vec<String> = columns.iter().map(|&c| self.call(c)).collect();
        let column = self.choice(first);
        self.notes.push(format!(
            "ignored: {} ({what}); {one}, make it the column of event types (`kind` = {column}) and give `weights` such \
             as loved=1,hated=-1",
            shortened(&all)
        ));
    }

    /// Notes columns without a name.
    pub(super) fn note_nameless(&mut self, columns: &[usize]) {
        let Some(first) = columns.first() else { return };
        let called: Vec<String> = columns.iter().map(|&c| self.call(c)).collect();
        let have = if columns.len() == 1 { "has" } else { "have" };
        self.notes.push(format!(
            "ignored: {}, which {have} no name; name it in the header, or choose it by its position, such as `value` = \
             {}",
            called.join(", "),
            first + 1
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::data::read::messy::{rows_with, table};
    use crate::data::read::{Column, ReadOptions};

    fn notes(content: &str) -> String {
        table(content, &ReadOptions::default()).expect(content).report.notes.join("\n")
    }

    fn with_value(column: Column) -> ReadOptions {
        ReadOptions { value: Some(column), ..ReadOptions::default() }
    }

    #[test]
    fn feedback_in_words_is_named() {
        for (name, yes, no) in [
            ("liked", "true", "false"),
            ("clicked", "True", "False"),
            ("watched", "yes", "no"),
            ("whatever", "Yes", "NO"),
        ] {
            let content = format!("user,item,{name}\nann,tea,{yes}\nbob,jam,{no}\n");
            let told = notes(&content);
            assert!(told.contains(&format!("ignored: `{name}` (yes or no, read as 1")), "{told}");
            let rows = rows_with(&content, &with_value(Column::Name(name.into())));
            assert_eq!(rows, ["ann tea 1", "bob jam 0"]);
        }
        for (name, yes, no) in [("thumbs", "up", "down"), ("user_opinion", "loved", "hated")] {
            let content = format!("user,item,{name}\nann,tea,{yes}\nbob,jam,{no}\n");
            let told = notes(&content);
            assert!(told.contains(&format!("`{name}` (feedback in words)")), "{told}");
            assert!(told.contains(&format!("`kind` = {name}")), "{told}");
            let rated = content.replace("user,", "rating,user,").replace("ann", "5,ann");
            assert!(!notes(&rated.replace("bob", "4,bob")).contains("words"));
        }
        for (content, column) in [
            ("ann,tea,high\nbob,jam,low\nbob,tea,high\n", "column 3"),
            ("ann,tea,A\nbob,jam,B+\nbob,tea,C\n", "column 3"),
            ("ann,tea,👍\nbob,jam,👎\n", "column 3"),
            ("ann,tea,★★\nbob,jam,★\n", "column 3"),
            ("ann,tea,4/5\nbob,jam,3/5\n", "column 3"),
            ("ann,tea,Like\nbob,jam,Unlike\n", "column 3"),
            ("user,item,grade\nann,tea,A\nbob,jam,B+\n", "`grade`"),
            ("user,item,grade\nann,tea,4/5\nbob,jam,3/5\n", "`grade`"),
            ("user,item,country,grade\nann,tea,DE,good\nbob,jam,FR,bad\n", "`grade`"),
            ("{\"user\":1,\"item\":2,\"mood\":\"good\"}\n", "`mood`"),
        ] {
            let told = notes(content);
            let kind = match column {
                "column 3" => "3",
                named => named.trim_matches('`'),
            };
            assert!(told.contains(&format!("ignored: {column} (words)")), "{content}: {told}");
            assert!(
                told.contains(&format!("(`kind` = {kind}) and give `weights` such as")),
                "{told}"
            );
        }
        // Texts that differ, and names of properties and titles.
        let texts: Vec<String> = (0..20).map(|n| format!("u{n},i{n},text {n}\n")).collect();
        assert!(!notes(&texts.concat()).contains("words"));
        for name in ["country", "genre", "title", "item_name", "brand", "user_agent", "ClickURL"] {
            let told = notes(&format!("user,item,{name}\nann,tea,x\nbob,jam,y\nann,jam,x\n"));
            assert!(!told.contains("words"), "{told}");
        }
        assert_eq!(
            rows_with("user,ok,thing\nann,yes,tea\n", &ReadOptions::default()),
            ["ann tea 1"]
        );
        let told = notes("ann,tea,true\nbob,jam,false\n");
        assert!(told.contains("column 3 (yes or no"), "{told}");
    }

    #[test]
    fn amounts_in_text_are_named() {
        for amount in ["$12.50", "\"1.234,50\"", "12 EUR"] {
            let told = notes(&format!("user,item,paid\nann,tea,{amount}\nbob,jam,{amount}\n"));
            assert!(told.contains("`paid` (amounts: write plain numbers"), "{told}");
        }
        let value = with_value(Column::Name("paid".into()));
        let told = table("user,item,paid\nann,tea,$12.50\n", &value).unwrap_err();
        assert!(told.contains("write plain numbers"), "{told}");
    }

    #[test]
    fn columns_without_a_name_are_named_if_they_hold_something() {
        let told = notes("user,item,\nann,tea,5\n");
        assert!(told.contains("ignored: column 3, which has no name"), "{told}");
        let told = notes("user;item;;\na;x;5;1500000000\n");
        assert!(told.contains("ignored: column 3, column 4, which have no name"), "{told}");
        let told = notes("user,item,Unnamed: 2\nann,tea,5\n");
        assert!(told.contains("ignored: `Unnamed: 2`, which has no name"), "{told}");
        for silent in [",user,item\n0,ann,tea\n", "user,item,\nann,tea,\n"] {
            assert_eq!(notes(silent), "");
        }
        let third = with_value(Column::Position(3));
        assert_eq!(rows_with("user,item,\nann,tea,5\n", &third), ["ann tea 5"]);
        let report = table("user,item,\nann,tea,5\n", &third).unwrap().report;
        assert!(report.to_string().contains("value=column 3"), "{report}");
    }

    #[test]
    fn keys_inside_others_are_named() {
        let told = notes("{\"user_id\":1,\"item_id\":2,\"meta\":{\"rating\":5}}\n");
        assert!(told.contains("ignored: `meta.rating`, inside another; to use it, move"), "{told}");
        assert!(told.contains("`jq -c '. + .meta'`"), "{told}");
        let told = notes("{\"user_id\":1,\"item_id\":2,\"feedback\":{\"stars\":4}}\n");
        assert!(told.contains("`feedback.stars`") && !told.contains("event types"), "{told}");
        let inside = "{\"user\":{\"id\":1},\"item\":2}\n";
        let told = table(inside, &ReadOptions::default()).unwrap_err();
        assert!(told.contains("`user` is an object") && told.contains("jq"), "{told}");
    }
}
