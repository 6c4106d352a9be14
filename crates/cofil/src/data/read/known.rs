//! Column names of common data sets.

/// Column names of common data sets, in lower case and without `_`, `-`, `.` and spaces. The first one found in a
/// file is used.
pub(super) const USER: &[&str] = &[
    "user",
    "userid",
    "uid",
    "username",
    "useridx",
    "userno",
    "customer",
    "customerid",
    "client",
    "clientid",
    "member",
    "memberid",
    "visitor",
    "visitorid",
    "account",
    "accountid",
    "reviewer",
    "reviewerid",
    "buyer",
    "person",
    "personid",
    "listener",
    "reader",
    "player",
    "playerid",
    "session",
    "sessionid",
    "package",
    "u",
];
pub(super) const ITEM: &[&str] = &[
    "item",
    "itemid",
    "iid",
    "itemidx",
    "movie",
    "movieid",
    "product",
    "productid",
    "artist",
    "artistid",
    "dependency",
    "parentasin",
    "asin",
    "book",
    "bookid",
    "isbn",
    "song",
    "songid",
    "track",
    "trackid",
    "anime",
    "animeid",
    "joke",
    "jokeid",
    "business",
    "businessid",
    "article",
    "articleid",
    "video",
    "videoid",
    "game",
    "gameid",
    "recipe",
    "recipeid",
    "location",
    "locationid",
    "venue",
    "venueid",
    "sku",
    "stockcode",
    "title",
    "package",
    "i",
];
pub(super) const VALUE: &[&str] = &[
    "rating",
    "value",
    "weight",
    "score",
    "count",
    "plays",
    "playcount",
    "stars",
    "overall",
    "preference",
    "listens",
    "quantity",
    "frequency",
    "hours",
];
pub(super) const TIME: &[&str] = &[
    "time",
    "timestamp",
    "date",
    "ts",
    "datetime",
    "unixtime",
    "unixreviewtime",
    "eventtime",
    "createdat",
    "created",
    "ratedat",
];
pub(super) const KIND: &[&str] = &[
    "type",
    "event",
    "eventtype",
    "action",
    "behavior",
    "behaviour",
    "kind",
    "interaction",
    "feedback",
    "feedbacktype",
];

/// Names of title columns in tables of items, besides `title`.
pub(super) const TITLE: &[&str] = &[
    "title",
    "name",
    "itemtitle",
    "itemname",
    "movietitle",
    "moviename",
    "booktitle",
    "bookname",
    "producttitle",
    "productname",
    "tracktitle",
    "trackname",
    "songtitle",
    "songname",
    "artistname",
    "gametitle",
    "gamename",
    "animename",
];

/// Words that do not say whose id it is.
const OF_IDS: &[&str] = &[
    "id",
    "ids",
    "no",
    "nr",
    "num",
    "number",
    "key",
    "code",
    "idx",
    "index",
    "hash",
    "sha1",
    "uuid",
    "guid",
    "unique",
    "original",
    "encoded",
    "anonymous",
    "anonymized",
    "external",
    "internal",
];
/// Last words of value and time columns, besides the names above.
const OF_VALUES: &[&str] =
    &["rating", "ratings", "score", "stars", "ratio", "plays", "quantity", "qty", "weight"];
const OF_TIMES: &[&str] = &["time", "timestamp", "date", "datetime", "dat", "datum"];
/// Words for values and times of an item, which are not interactions of a user.
const OF_ITEMS: &[&str] = &[
    "average",
    "avg",
    "mean",
    "median",
    "total",
    "max",
    "min",
    "predicted",
    "release",
    "released",
    "publication",
    "published",
    "birth",
    "premiere",
];

/// Splits a name into words in lower case: `Book-Rating`, `bookRating` and `book_rating` have two.
pub(super) fn parts(name: &str) -> Vec<String> {
    let name = name.split(':').next().unwrap_or(name);
    let mut parts = vec![String::new()];
    let mut after_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_small) {
            parts.push(String::new());
        }
        after_small = c.is_lowercase();
        if c.is_alphanumeric() {
            parts.last_mut().expect("there is one").extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Returns whether `name` means an id of the things named in `known`, such as `unique_user_id`.
fn means_id(name: &str, known: &[&str]) -> bool {
    let parts = parts(name);
    let mut telling = parts.iter().filter(|part| !OF_IDS.contains(&part.as_str()));
    let (first, more) = (telling.next(), telling.next());
    parts.len() > 1 && more.is_none() && first.is_some_and(|part| known.contains(&part.as_str()))
}

/// Returns whether `name` has several words, the last is one of `last`, and none is a property of items.
fn ends_with(name: &str, last: &[&str]) -> bool {
    let parts = parts(name);
    parts.len() > 1
        && parts.last().is_some_and(|part| last.contains(&part.as_str()))
        && !parts.iter().any(|part| OF_ITEMS.contains(&part.as_str()))
}

pub(super) fn means_user(name: &str) -> bool {
    means_id(name, USER)
}

pub(super) fn means_item(name: &str) -> bool {
    means_id(name, ITEM)
}

pub(super) fn means_value(name: &str) -> bool {
    ends_with(name, OF_VALUES)
}

pub(super) fn means_time(name: &str) -> bool {
    ends_with(name, OF_TIMES)
}

/// Normalises `name`: removes case, `_`, and the `:token` of RecBole files.
pub(super) fn plain(name: &str) -> String {
    let name = name.split(':').next().unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns whether `name` is a known column name of a header.
pub(super) fn is_known(name: &str) -> bool {
    let plain = plain(name);
    [USER, ITEM, VALUE, TIME, KIND].iter().any(|names| names.contains(&plain.as_str()))
        || [means_user, means_item, means_value, means_time].iter().any(|means| means(name))
}

/// Returns whether `name` is a known column name of item tables, but not of interaction tables.
pub(crate) fn is_item_name(name: &str) -> bool {
    let name = plain(name);
    name == "id" || name == "genres" || TITLE.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_their_words() {
        for name in ["User-ID", "unique_user_id", "customerKey", "USER_SHA1", "visitor no."] {
            assert!(means_user(name) || USER.contains(&plain(name).as_str()), "{name}");
        }
        for name in ["original_movie_id", "article-nr", "bookCode", "product_unique_id:token"] {
            assert!(means_item(name), "{name}");
        }
        for name in ["Book-Rating", "star_rating", "watch_ratio", "userScore"] {
            assert!(means_value(name), "{name}");
        }
        for name in ["review_date", "t_dat", "eventTime", "last_modified_timestamp"] {
            assert!(means_time(name), "{name}");
        }
        for name in ["product_category_id", "user_agent", "movie_length", "item"] {
            assert!(!means_user(name) && !means_item(name), "{name}");
        }
        for name in ["average_rating", "release_date", "rating", "birth date", "avg_score"] {
            assert!(!means_value(name) && !means_time(name), "{name}");
        }
    }
}
