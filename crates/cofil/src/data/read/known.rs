//! Names of columns in common data sets.

/// Names of columns in common data sets, lower case and without `_`, `-`, `.` and spaces; the
/// first that a file has wins.
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

/// What titles of items are called, beside `title`, in tables about them.
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

/// `name` without what writers disagree about: case, `_`, and the `:token` of RecBole's files.
pub(super) fn plain(name: &str) -> String {
    let name = name.split(':').next().unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether `name` is one that a header would have.
pub(super) fn is_known(name: &str) -> bool {
    let name = plain(name);
    [USER, ITEM, VALUE, TIME, KIND].iter().any(|names| names.contains(&name.as_str()))
}

/// Whether `name` is one that the header of a table of items would have, though one of interactions has it not.
pub(crate) fn is_item_name(name: &str) -> bool {
    let name = plain(name);
    name == "id" || name == "genres" || TITLE.contains(&name.as_str())
}
