//! Reading recommended lists from any recommender: one row per user and item.

use super::known::{is_known, parts, plain};
use super::nested_lists::{self, Place};
use super::rows::Start;
use super::source::Opened;
use super::unread::TO_USE;
use super::{Column, Format, ReadOptions, ReadReport, Shape, json, neighbours, read_opened, sniff};
use crate::data::{IdMap, Interactions};
use crate::error::{Error, Result, shown};
use std::path::Path;

/// Lists of items, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Lists {
    /// Numbers of items, indexed by the number of the user. Unknown items are numbered after the known ones.
    pub by_user: Vec<Vec<u32>>,
    /// Unknown users in the file; their lists are left out.
    pub unknown_users: usize,
    /// Report on how the file was read and how the lists are sorted.
    pub report: ReadReport,
}

/// Names of columns of ranks and of scores, best first: a rank has no ties, and `rating`, `value` and `weight` may be
/// those of the test set.
const RANKS: &[&str] = &["rank", "ranking", "position", "pos", "place"];
const SCORES: &[&str] = &[
    "score",
    "prediction",
    "predicted",
    "predictedrating",
    "pred",
    "est",
    "estimate",
    "ruihat",
    "relevance",
    "probability",
    "proba",
    "prob",
    "likelihood",
    "confidence",
    "similarity",
    "sim",
    "cosine",
    "affinity",
    "strength",
    "utility",
    "logit",
    "yhat",
];
const FAR: &[&str] = &["order", "distance", "dist"];
const WEAK: &[&str] = &["rating", "value", "weight"];

/// Names of users and items in runs of search engines.
const QUERIES: &[&str] = &["qid", "queryid", "query", "topic", "topicid"];
const DOCUMENTS: &[&str] = &["docid", "documentid", "document", "docno", "doc"];

/// Sort order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Descending values.
    Score,
    /// Ascending values.
    Rank,
}

impl Order {
    /// Returns the order that a column with this `name` implies.
    fn of(name: &str) -> Option<Self> {
        let means = |known: &[&str]| means(name, known);
        match () {
            () if means(RANKS) || means(FAR) => Some(Self::Rank),
            () if means(SCORES) || means(WEAK) => Some(Self::Score),
            () => None,
        }
    }
}

/// Returns whether `name` is one of `known`, or ends with one of these words, also in the plural or before "by":
/// `list_rank`, `scores`, `rank_by_score`.
fn means(name: &str, known: &[&str]) -> bool {
    let parts = parts(name);
    let end = parts.iter().skip(1).position(|part| part == "by").map_or(parts.len(), |at| at + 1);
    let is = |word: &str| {
        known.contains(&word) || word.strip_suffix('s').is_some_and(|one| known.contains(&one))
    };
    is(&plain(name)) || parts[..end].last().is_some_and(|word| is(word))
}

/// Reads rows of user, item and a score or a rank. The items of a user are sorted by descending score, or by
/// ascending rank; equal values, and lists without values, keep the order of the file. The column is found by its
/// name (`rank`, `position`, `score`, `prediction`, `est`, `probability` …); without a header, the third column is a
/// rank if it counts from 1 (or 0) for each user. TREC run files (`user Q0 item rank score tag`), lines of a user and
/// items (`u1 i3 i5 i2`), JSON lines with one list per user, as [`ListWriter`](crate::data::ListWriter) writes them or
/// with ids only, and a JSON object with a list for each user are supported. Rows without a score are left out and
/// counted.
///
/// # Errors
/// See [`read`](super::read).
pub fn read_lists(
    path: &Path,
    options: &ReadOptions,
    users: &IdMap,
    items: &IdMap,
) -> Result<Lists> {
    options.check()?;
    let options = ReadOptions {
        time: Some(Column::Absent),
        missing: options.missing.or(Some(f32::NAN)),
        ..options.clone()
    };
    let opened = Opened::open(path, options.format)?;
    let options = opened.separated(&options);
    let start = Start::Names(users, items);
    let is_free = options.value.is_none();
    let place = match opened.format {
        Format::JsonLines => Place::find(opened.head()),
        _ => None,
    };
    let found = match (opened.format, &place) {
        (_, Some(place)) => nested_lists::read(path, opened, &options, start, place)?,
        (Format::Text, _) if is_free && is_trec(opened.head()) => {
            read_opened(path, opened, &trec(&options), start)?
        }
        _ => {
            let names = if is_free { names(path, &opened, &options)? } else { None };
            let is_header = |names: &Vec<String>| names.iter().any(|name| is_known(name));
            let by_line = !names.as_ref().is_some_and(is_header)
                && opened.format == Format::Text
                && has_no_columns(&options)
                && neighbours::are_rankings(opened.head());
            let shape = if by_line { Some(Shape::Lists) } else { options.shape };
            let options = ReadOptions { shape, ..options };
            let names = names.filter(|_| !by_line);
            let names = names.as_deref().unwrap_or_default();
            let of_run = |given: &Option<Column>, known: &[&str]| {
                let named = || names.iter().find(|name| known.contains(&plain(name).as_str()));
                given.clone().or_else(|| named().cloned().map(Column::Name))
            };
            let options = ReadOptions {
                user: of_run(&options.user, QUERIES),
                item: of_run(&options.item, DOCUMENTS),
                value: best(names).map(Column::Name).or_else(|| options.value.clone()),
                ..options
            };
            read_opened(path, opened, &options, start)?
        }
    };
    let mut table = found.table(path, users, items)?;
    let value = table.report.value.as_ref();
    let order = match value {
        None => None,
        Some(column) => {
            let told = column.name.as_deref().and_then(Order::of);
            let counts = || if counts(&table.interactions) { Order::Rank } else { Order::Score };
            Some(told.unwrap_or_else(counts))
        }
    };
    // Nothing else is missing from a list that is sorted by a column.
    if order.is_some() {
        table.report.notes.retain(|note| !note.ends_with(TO_USE));
    }
    let note = match (order, value) {
        (Some(Order::Rank), Some(column)) => format!("lists are sorted by {column}, lowest first"),
        (Some(Order::Score), Some(column)) => {
            format!("lists are sorted by {column}, highest first")
        }
        _ => "no score or rank column found: lists are in the order of the file".into(),
    };
    table.report.notes.push(note);
    let sign = if order == Some(Order::Rank) { 1.0 } else { -1.0 };
    let rows = table.interactions;
    let mut entries: Vec<Vec<(f32, u32)>> = vec![Vec::new(); rows.users.len()];
    for ((&user, &item), &value) in rows.user.iter().zip(&rows.item).zip(&rows.value) {
        entries[user as usize].push((sign * value, item));
    }
    if let Some(user) = entries.iter().position(|list| repeats(list)) {
        let message = format!(
            "user `{}` has an item twice: these may be the lists of several models; give the lists of one",
            shown(rows.users.name(user as u32).as_bytes())
        );
        return Err(Error::data(path, None, message));
    }
    let unknown_users = entries.split_off(users.len()).len();
    let list = |mut list: Vec<(f32, u32)>| {
        // A stable sort: equal values keep their order.
        list.sort_by(|a, b| a.0.total_cmp(&b.0));
        list.into_iter().map(|(_, item)| item).collect()
    };
    let by_user = entries.into_iter().map(list).collect();
    Ok(Lists { by_user, unknown_users, report: table.report })
}

/// Returns whether an item stands twice in a list, with other values.
fn repeats(list: &[(f32, u32)]) -> bool {
    let mut sorted: Vec<(u32, u32)> =
        list.iter().map(|&(value, item)| (item, value.to_bits())).collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|two| two[0].0 == two[1].0 && two[0].1 != two[1].1)
}

/// Returns whether `name` means scores or ranks.
pub(super) fn means_order(name: &str) -> bool {
    Order::of(name).is_some()
}

/// Returns the column to sort by: an exact name rather than one with a known last word, but any score rather than a
/// value that may be that of the test set.
pub(super) fn best(names: &[String]) -> Option<String> {
    let exact = |known: &[&str]| {
        known.iter().find_map(|known| names.iter().find(|name| plain(name) == **known))
    };
    let ending = |known: &[&str]| names.iter().find(|name| means(name, known));
    let found = exact(RANKS).or_else(|| exact(SCORES)).or_else(|| ending(SCORES));
    let found = found.or_else(|| ending(RANKS)).or_else(|| ending(FAR));
    found.or_else(|| exact(WEAK)).or_else(|| ending(WEAK)).cloned()
}

/// Returns whether neither columns nor the shape are given.
fn has_no_columns(options: &ReadOptions) -> bool {
    let columns = [&options.user, &options.item, &options.value];
    columns.iter().all(|column| column.is_none()) && options.shape.is_none()
}

/// Returns the column names, if the file has them.
fn names(path: &Path, opened: &Opened<'_>, options: &ReadOptions) -> Result<Option<Vec<String>>> {
    Ok(match opened.format {
        Format::Text => sniff::table(opened.head(), options).ok().and_then(|grid| grid.names()),
        Format::JsonLines => json::keys(opened.head()),
        #[cfg(feature = "arrow")]
        Format::Parquet | Format::Arrow => super::arrow::names(path, options.format)?,
        #[cfg(not(feature = "arrow"))]
        Format::Parquet | Format::Arrow => return Err(super::no_arrow(path)),
    })
}

/// Returns whether the values of each user are 1, 2, 3 … (or 0, 1, 2 …), and some user has more than one.
fn counts(rows: &Interactions) -> bool {
    let mut by_user: Vec<Vec<f32>> = vec![Vec::new(); rows.users.len()];
    for (&user, &value) in rows.user.iter().zip(&rows.value) {
        by_user[user as usize].push(value);
    }
    let count = |values: &mut Vec<f32>| {
        values.sort_by(f32::total_cmp);
        let first = values.first().copied().unwrap_or(1.0);
        (first == 0.0 || first == 1.0)
            && values.iter().enumerate().all(|(at, &value)| value == first + at as f32)
    };
    by_user.iter().any(|values| values.len() > 1) && by_user.iter_mut().all(count)
}

/// Returns whether text begins like a TREC run: `user Q0 item rank score tag`. Some programs write 0 for `Q0`.
fn is_trec(head: &[u8]) -> bool {
    let lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let is_run = |line: &[u8]| {
        let text = std::str::from_utf8(line).unwrap_or_default();
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [_, q0, _, rank, score, _] = fields[..] else { return false };
        (q0.eq_ignore_ascii_case("q0") || q0 == "0")
            && rank.parse::<u64>().is_ok()
            && score.parse::<f32>().is_ok()
    };
    // The last line may be cut.
    let mut first = lines.take(20).peekable();
    let mut any = false;
    while let Some(line) = first.next() {
        if !is_run(line) {
            return any && first.peek().is_none();
        }
        any = true;
    }
    any
}

/// Returns the options to read a TREC run.
fn trec(options: &ReadOptions) -> ReadOptions {
    let column =
        |told: &Option<Column>, usual: usize| told.clone().or(Some(Column::Position(usual)));
    ReadOptions {
        user: column(&options.user, 1),
        item: column(&options.item, 3),
        value: column(&options.value, 5),
        header: options.header.or(Some(false)),
        ..options.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn lists_are_ordered_by_score_rank_or_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.csv");
        let users: IdMap = ["a", "b", "c"].iter().map(ToString::to_string).collect();
        let items: IdMap = ["x", "y", "z"].iter().map(ToString::to_string).collect();
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_lists(&path, &ReadOptions::default(), &users, &items).unwrap()
        };
        // A rank tells the order of equal scores, too.
        let lists = read("user,item,rank,score\na,x,2,.1\na,y,1,.5\nb,z,2,7\nb,x,1,7\nd,x,1,1\n");
        assert_eq!(lists.by_user, [vec![1, 0], vec![0, 2], vec![]]);
        assert_eq!(lists.unknown_users, 1);
        assert!(!lists.report.to_string().contains("ignored"), "{}", lists.report);
        let lists = read("user,item,rank\na,x,2\na,new,3\na,y,1\nc,z,1\n");
        assert_eq!(lists.by_user, [vec![1, 0, 3], vec![], vec![2]]);
        let lists = read("user,item\nc,z\na,x\nc,y\n");
        assert_eq!(lists.by_user, [vec![0], vec![], vec![2, 1]]);
        assert!(lists.report.to_string().contains("lists are in the order of the file"));
    }

    #[test]
    fn lists_of_any_program_are_sorted_by_what_they_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists");
        let users: IdMap = ["a", "b"].iter().collect();
        let items: IdMap = ["x", "y", "z"].iter().collect();
        let xyz = [vec![2, 1, 0], vec![0, 2]];
        for text in [
            // As written by `predict`, with a pair that the model does not know.
            "user,item,prediction\na,x,1.5\na,y,2\na,z,3.5\nb,z,1\nb,x,4\nb,y,\n",
            "uid,iid,r_ui,est,details\na,x,5,1.5,d\na,y,1,2,d\na,z,1,3.5,d\nb,z,5,1,d\nb,x,1,4,d\n",
            "user\titem\tprobability\na\tx\t.1\na\ty\t.2\na\tz\t.3\nb\tx\t.9\nb\tz\t.8\n",
            "user,item,item_relevance\na,x,1\na,y,2\na,z,3\nb,z,1\nb,x,4\n",
            "user,item,position\na,x,3\na,y,2\na,z,1\nb,z,2\nb,x,1\n",
            "user,item,list_rank\na,x,3\na,y,2\na,z,1\nb,z,2\nb,x,1\n",
            "user,item,rank_by_score\na,x,3\na,y,2\na,z,1\nb,z,2\nb,x,1\n",
            // The rating and the weight are those of the test set.
            "user,item,rating,rank\na,x,5,3\na,y,4,2\na,z,3,1\nb,z,5,2\nb,x,1,1\n",
            "user,item,weight,sim\na,x,1,.1\na,y,1,.2\na,z,1,.3\nb,z,1,.1\nb,x,1,.2\n",
            "user,item,scores\na,x,.1\na,y,.2\na,z,.3\nb,z,.1\nb,x,.2\n",
            "user,item,r_ui_hat\na,x,1\na,y,2\na,z,3\nb,z,1\nb,x,2\n",
            "q_id,iter,doc_id,rank,score,tag\na,0,x,3,.1,r\na,0,y,2,.2,r\na,0,z,1,.3,r\nb,0,z,2,.1,r\nb,0,x,1,.2,r\n",
            // Without a header, values that count up for each user are ranks.
            "a,x,3\na,y,2\na,z,1\nb,z,2\nb,x,1\n",
            "a,x,3\na,y,4\na,z,5\nb,z,2\nb,x,3\n",
            "a Q0 x 3 .1 run\na Q0 y 2 .2 run\na Q0 z 1 .3 run\nb Q0 z 2 -4 run\nb Q0 x 1 -3 run\n",
            "a 0 x 3 .1 run\na 0 y 2 .2 run\na 0 z 1 .3 run\nb 0 z 2 -4 run\nb 0 x 1 -3 run\n",
            "a\tQ0\tx\t3\t.1\trun\na\tQ0\ty\t2\t.2\trun\na\tQ0\tz\t1\t.3\trun\nb\tQ0\tz\t2\t4\trun\nb\tQ0\tx\t1\t5\trun\n",
            "{\"user\":\"a\",\"item\":\"x\",\"rank\":3}\n{\"user\":\"a\",\"item\":\"y\",\"rank\":2}\n{\"user\":\"a\",\"item\":\"z\",\"rank\":1}\n\
             {\"user\":\"b\",\"item\":\"z\",\"rank\":2}\n{\"user\":\"b\",\"item\":\"x\",\"rank\":1}\n",
            "{\"user\":\"a\",\"items\":[{\"item\":\"z\",\"score\":3.0},{\"item\":\"y\",\"score\":2},{\"item\":\"x\",\"score\":1}]}\n\
             {\"user\":\"b\",\"items\":[{\"item\":\"x\",\"score\":3.0,\"title\":\"X\"},{\"item\":\"z\",\"score\":2}]}\n",
            "{\"user\":\"a\",\"items\":[{\"item_id\":\"x\",\"rank\":3},{\"item_id\":\"y\",\"rank\":2},{\"item_id\":\"z\",\"rank\":1}]}\n\
             {\"user\":\"b\",\"items\":[{\"item_id\":\"z\",\"rank\":2},{\"item_id\":\"x\",\"rank\":1}]}\n",
            "{\"a\":{\"x\":1,\"z\":3.0,\"y\":2},\"b\":{\"z\":2,\"x\":3.5}}",
            "{\"user\":\"a\",\"items\":[\"x\",\"y\",\"z\"],\"scores\":[1,2,3]}\n{\"scores\":[1,2],\"items\":[\"z\",\"x\"],\"user\":\"b\"}\n",
            "{\"a\":[{\"id\":\"x\",\"est\":1},{\"id\":\"y\",\"est\":2},{\"id\":\"z\",\"est\":3}],\"b\":[{\"id\":\"z\",\"est\":1},{\"id\":\"x\",\"est\":2}]}",
        ] {
            std::fs::write(&path, text).unwrap();
            let lists = read_lists(&path, &ReadOptions::default(), &users, &items).unwrap();
            assert_eq!(lists.by_user, xyz, "{text}{}", lists.report);
            assert!(lists.report.to_string().contains("lists are sorted by"), "{}", lists.report);
        }
    }

    #[test]
    fn lists_of_ids_are_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists");
        let users: IdMap = ["a", "7"].iter().collect();
        let items: IdMap = ["5", "y", "z"].iter().collect();
        for text in [
            "{\"user\":\"a\",\"items\":[\"z\",\"y\",5]}\n{\"user\":7,\"items\":[5,\"z\"]}\n",
            "{\"user_id\": 7, \"top\": [5, \"z\"]}\n{\"user_id\": \"a\", \"top\": [\"z\", \"y\", \"5\"]}\n",
            "[{\"items\": [5, \"z\"], \"user\": \"7\"},\n {\"user\": \"a\", \"items\": [\"z\", \"y\", 5]}]\n",
            "{\"a\":[\"z\",\"y\",\"5\"],\"7\":[\"5\",\"z\"]}",
            "{\n  \"a\": [\n    \"z\", \"y\", 5\n  ],\n  \"7\": [5, \"z\"]\n}\n",
            "a z y 5\n7 5 z new\n",
            "a,z,y,5,new\n7,5,z,new,newer\n",
            "{\"a\":[[\"z\",3],[\"5\",1],[\"y\",2]],\"7\":[{\"item\":\"5\",\"score\":1},{\"item\":\"z\",\"score\":0.5}]}",
        ] {
            std::fs::write(&path, text).unwrap();
            let lists = read_lists(&path, &ReadOptions::default(), &users, &items).unwrap();
            let known = |list: &Vec<u32>| list.iter().copied().filter(|&item| item < 3).collect();
            let known: Vec<Vec<u32>> = lists.by_user.iter().map(known).collect();
            assert_eq!(known, [vec![2, 1, 0], vec![0, 2]], "{text}{}", lists.report);
        }
        for (text, says) in [
            ("{\"user\":\"a\",\"items\":[\"z\"]}\n{\"user\":\"a\"}\n", "lists:2: "),
            ("{\"user\":\"a\",\"items\":[\"z\",[1,2,3]]}\n", "text or whole numbers"),
            ("{\"a\":[\"z\"],\"7\":5}", "`a` is a list"),
            ("{\"user\":\"a\",\"items\":[\"z\"],\"scores\":[]}\n", "1 item but 0 scores"),
            ("{\"user\":\"a\",\"items\":[{\"rank\":1}]}\n", "an item has no `item`"),
            (
                "{\"user\":\"a\",\"items\":[{\"item\":\"z\",\"score\":\"high\"}]}\n",
                "scores must be numbers",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let told = read_lists(&path, &ReadOptions::default(), &users, &items).unwrap_err();
            assert!(told.to_string().contains(says), "{text}: {told}");
        }
    }

    #[test]
    fn what_is_written_here_is_read_here() {
        let folder = tempfile::tempdir().unwrap();
        let users: Arc<IdMap> = Arc::new(["7", "b"].iter().collect());
        let items: Arc<IdMap> = Arc::new(["1", "y", "z"].iter().collect());
        let lists = [vec![(2, 3.0), (0, 2.0)], vec![(1, 0.5), (2, 0.25), (0, -1.0)]];
        for ending in ["csv", "jsonl", "parquet"] {
            let path = folder.path().join("lists").with_extension(ending);
            if crate::data::ListWriter::check_path(&path).is_err() {
                continue;
            }
            let mut writer = crate::data::ListWriter::create(&path, &users, &items, None).unwrap();
            writer.write(&[0, 1], &lists).unwrap();
            writer.finish().unwrap();
            let read = read_lists(&path, &ReadOptions::default(), &users, &items).unwrap();
            let expected: Vec<Vec<u32>> =
                lists.iter().map(|list| list.iter().map(|entry| entry.0).collect()).collect();
            assert_eq!(read.by_user, expected, "{ending}");
        }
    }
}
