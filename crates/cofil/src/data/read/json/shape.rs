//! Objects that are no rows of a table: what they may be, and how to make rows of them.

use super::super::columns::WIDE;
use super::super::known;
use serde_json::{Map, Value};

const PANDAS: &str = "in pandas, write `df.to_json(path, orient=\"records\", lines=True)`";

/// Maximum size in bytes of a line that is examined: parsed JSON takes many times as much memory.
const LONGEST: usize = 1 << 20;

/// Returns whether `key` is a known name; `data` is rather the whole.
fn is_known(key: &str) -> bool {
    key != "data" && known::is_known(key)
}

/// Returns what an object without any text or number of its own seems to be, and the remedy; `None` if it may be a row.
pub(super) fn foreign(line: &[u8]) -> Option<String> {
    let line = Some(line).filter(|line| line.len() <= LONGEST)?;
    let map: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let given: Vec<(&String, &Value)> = map.iter().filter(|(_, value)| !value.is_null()).collect();
    let objects: Vec<&Map<String, Value>> =
        given.iter().filter_map(|(_, value)| value.as_object()).collect();
    let lists: Vec<&Vec<Value>> = given.iter().filter_map(|(_, value)| value.as_array()).collect();
    let known = || {
        given
            .iter()
            .filter(|(key, value)| is_known(key) && (value.is_string() || value.is_number()))
            .count()
    };
    // Hits of Elasticsearch.
    let source = map.get("_source").and_then(Value::as_object);
    if source.is_some() && map.contains_key("_index") {
        return Some(
            "the rows are within `_source`; write them one per line, as `jq -c '._source'` does"
                .into(),
        );
    }
    // A page of an interface: its number, and the rows.
    let is_row =
        |row: &Value| row.as_object().is_some_and(|row| row.keys().any(|key| is_known(key)));
    let pages = known() == 0 && lists.iter().any(|list| list.first().is_some_and(is_row));
    if given.is_empty() || (objects.len() + lists.len() < given.len() && !pages) {
        return None;
    }
    let has = |keys: &[&str]| keys.iter().all(|key| map.contains_key(*key));
    let is_number = |key: &String| key.parse::<u64>().is_ok();
    let names = || given.iter().any(|(key, _)| is_known(key));
    let inner = || objects.iter().flat_map(|object| object.iter());
    let whole = !objects.is_empty() && lists.is_empty() && inner().next().is_some();
    let (what, remedy) = if has(&["data", "columns"]) || has(&["data", "schema"]) {
        ("one object for the whole table, as pandas writes it", PANDAS.into())
    } else if has(&["input", "output"]) {
        let items = ".output.recommendedItems[]";
        let jq = format!("`jq -c '{{user: .input.userId, item: {items}}}'`");
        ("the output of Amazon Personalize", format!("make rows of it, as {jq} does"))
    } else if whole && inner().all(|(key, _)| is_number(key)) && names() {
        ("one object for each column, as pandas writes them", PANDAS.into())
    } else if whole && objects.len() > 1 && inner().any(|(key, _)| is_known(key)) && !names() {
        ("one object for the rows by their numbers, as pandas writes them", PANDAS.into())
    } else if whole && inner().all(|(_, value)| value.is_number()) && !names() {
        let jq = "jq -c 'to_entries[] | .key as $u | .value | to_entries[] | {user: $u, item: .key, value: .value}'";
        ("users, each with items and numbers", format!("write one row for each, as `{jq}` does"))
    } else if objects.is_empty() && !names() && lists.iter().all(|list| is_of_ids(list)) {
        let jq = "jq -c 'to_entries[] | {user: .key, item: .value[]}'";
        ("users, each with items", format!("write one row for each, as `{jq}` does"))
    } else {
        let is_rows = |(_, value): &&(&String, &Value)| {
            value.as_array().is_some_and(|list| list.first().is_some_and(Value::is_object))
        };
        let (key, rows) = given.iter().find(is_rows).filter(|_| !names())?;
        let first = rows.get(0).and_then(Value::as_object)?;
        let keys: Vec<String> = first.keys().map(|key| super::shown(key.as_bytes())).collect();
        let jq = format!("`jq -c '.{}[]'`", super::shown(key.as_bytes()));
        return Some(format!(
            "the rows are within `{}` (keys {}); write them one per line, as {jq} does",
            super::shown(key.as_bytes()),
            super::shortened(&keys)
        ));
    };
    Some(format!("this is {what}; {remedy}"))
}

/// Returns what an object with these `keys` is, and the remedy, if the value of each `is_list`: a table by columns.
pub(super) fn lists(keys: &[String], is_list: impl Fn(&str) -> bool) -> Option<String> {
    let mut first = keys.iter().take(WIDE);
    let are_lists = keys.len() > 1 && keys.iter().any(|key| is_known(key));
    (are_lists && first.all(|key| is_list(key))).then(|| {
        format!("this is one object with a list for each column, as pandas writes it with orient=\"list\"; {PANDAS}")
    })
}

fn is_of_ids(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|id| id.is_string() || id.is_number())
}

#[cfg(test)]
mod tests {
    use super::super::super::messy::{notes, refused, rows};

    #[test]
    fn objects_that_are_no_rows_are_named() {
        for (content, told) in [
            (
                r#"{"columns":["user","item"],"index":[0,1],"data":[["ann","tea"],["bob","jam"]]}"#,
                "orient=\"records\"",
            ),
            (
                r#"{"schema":{"fields":[]},"data":[{"user":"ann","item":"tea"}]}"#,
                "orient=\"records\"",
            ),
            (
                r#"{"user":{"0":"ann","1":"bob"},"item":{"0":"tea","1":"jam"}}"#,
                "one object for each column",
            ),
            (
                r#"{"user":["ann","bob"],"item":["tea","jam"],"rating":[5,4]}"#,
                "a list for each column, as pandas writes it with orient=\"list\"; in pandas, write",
            ),
            (
                "{\n \"user\": [\"ann\"],\n \"film\": [\"Heat\"],\n \"seen\": [[1]]\n}",
                "a list for each column",
            ),
            (
                r#"{"0":{"user":"ann","item":"tea"},"1":{"user":"bob","item":"jam"}}"#,
                "rows by their numbers",
            ),
            (r#"{"u1":{"i1":0.9,"i2":0.5},"u2":{"i1":0.7}}"#, "users, each with items and numbers"),
            (r#"{"u1":["i1","i2"],"u2":["i1"]}"#, "users, each with items;"),
            (r#"{"ratings":[{"user":1,"item":2}]}"#, "`jq -c '.ratings[]'`"),
            (
                r#"{"data":[{"id":1,"type":"r","attributes":{"user":1,"item":2}}]}"#,
                "`jq -c '.data[]'`",
            ),
            (
                r#"{"info":{"v":1},"playlists":[{"pid":0,"tracks":[{"track_uri":"x"}]}]}"#,
                "within `playlists` (keys pid, tracks)",
            ),
            (
                r#"{"input":{"userId":"1"},"output":{"recommendedItems":["2"]},"error":null}"#,
                "Amazon Personalize",
            ),
            (
                r#"{"event":"x","properties":{"distinct_id":"u","product_id":"p","time":5}}"#,
                "`properties.distinct_id`",
            ),
            (r#"{"count":1,"ratings":[{"user":1,"item":2}]}"#, "jq -c '. + .ratings[]'"),
            ("{'user': 'ann', 'item': \"tea\"}", "json.dumps"),
            (r#"{"user":{"$oid":"5"},"item":2}"#, "jq -c '.user = .user[]'"),
        ] {
            let said = refused(&format!("{content}\n"));
            assert!(said.contains(told) && !said.contains("delimiter"), "{content}: {said}");
        }
        let events = r#"{"event_name":"view","event_params":[{"key":"a"}],"user_pseudo_id":"1.2","items":[{"item_id":"9"}]}"#;
        assert!(notes(&format!("{events}\n")).contains("`items[].item_id`"));
        let said = notes("{\"user\":1,\"item\":2,\"ts\":{\"$date\":\"2021-01-31T00:00:00Z\"}}\n");
        assert!(said.contains("`ts.$date`") && said.contains("jq -c '.ts = .ts[]'"), "{said}");
        assert!(!said.contains("no recognised"), "{said}");
        assert_eq!(rows("{\"user\":1,\"item\":2,\"tags\":[{\"a\":1}]}\n"), ["1 2 1"]);
    }
}
