//! Column names of common data sets.

use std::sync::LazyLock;

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
    "viewer",
    "subscriber",
    "shopper",
    "consumer",
    "rater",
    "login",
    "nickname",
    "profile",
    // French, Spanish, Italian, German, Portuguese, Dutch, Russian, Japanese, Chinese.
    "utilisateur",
    "acheteur",
    "membre",
    "mitglied",
    "usuario",
    "cliente",
    "utente",
    "nutzer",
    "benutzer",
    "kunde",
    "kunden",
    "käufer",
    "utilizador",
    "usuário",
    "gebruiker",
    "klant",
    "пользователь",
    "покупатель",
    "клиент",
    "ユーザー",
    "ユーザ",
    "顧客",
    "会員",
    "用户",
    "用戶",
    "客户",
    "session",
    "sessionid",
    "package",
    "u",
];
const THINGS: &[&str] = &[
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
];
/// Less usual names of items, which a catalogue may also have beside its `id`.
pub(super) const MORE_THINGS: &[&str] = &[
    "podcast",
    "app",
    "episode",
    "listing",
    "repo",
    "repository",
    "restaurant",
    "hotel",
    "beer",
    "wine",
    "poi",
    "subreddit",
    "playlist",
    "album",
    "course",
    "paper",
    "content",
    "produit",
    "livre",
    "jeu",
    "chanson",
    "producto",
    "artículo",
    "película",
    "libro",
    "prodotto",
    "articolo",
    "artikel",
    "produkt",
    "film",
    "buch",
    "spiel",
    "titel",
    "produto",
    "artigo",
    "filme",
    "livro",
    "boek",
    "товар",
    "фильм",
    "книга",
    "продукт",
    "商品",
    "アイテム",
    "製品",
    "映画",
    "物品",
    "产品",
    "电影",
    "图书",
];
pub(super) static ITEM: LazyLock<Vec<&str>> =
    LazyLock::new(|| [THINGS, MORE_THINGS, &["title", "package", "i"]].concat());
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
    "note",
    "notation",
    "bewertung",
    "wertung",
    "sterne",
    "anzahl",
    "menge",
    "puntuación",
    "puntuacion",
    "calificación",
    "calificacion",
    "valoración",
    "valoracion",
    "nota",
    "voto",
    "valutazione",
    "punteggio",
    "quantité",
    "cantidad",
    "quantità",
    "avaliação",
    "pontuação",
    "beoordeling",
    "waardering",
    "aantal",
    "оценка",
    "рейтинг",
    "количество",
    "評価",
    "数量",
    "评分",
    "打分",
];
/// Names of values that may also be texts.
pub(super) const AMBIGUOUS: &[&str] = &["note", "nota"];
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
    "datum",
    "zeit",
    "zeitpunkt",
    "zeitstempel",
    "horodatage",
    "fecha",
    "tijd",
    "tijdstip",
    "дата",
    "время",
    "日付",
    "日時",
    "时间",
    "時間",
    "日期",
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
    "interactiontype",
    "behaviortype",
    "behaviourtype",
    "activitytype",
    "actiontype",
    "eventname",
    "activity",
];

/// First or last words of the names of columns that say what users think of items, often in words.
const FEEDBACK: &[&str] = &[
    "like",
    "likes",
    "liked",
    "dislike",
    "disliked",
    "love",
    "loved",
    "hated",
    "enjoyed",
    "favorite",
    "favourite",
    "thumb",
    "thumbs",
    "vote",
    "voted",
    "opinion",
    "feedback",
    "reaction",
    "sentiment",
    "verdict",
    "satisfaction",
    "interest",
    "interested",
    "recommended",
    "recommends",
    "click",
    "clicked",
    "watched",
    "played",
    "listened",
    "skipped",
    "bought",
    "purchased",
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

/// Values of columns of event types, in lower case and without `_`, `-` and blanks.
pub(super) const EVENTS: &[&str] = &[
    "pv",
    "view",
    "views",
    "detailview",
    "pageview",
    "impression",
    "click",
    "clicks",
    "buy",
    "purchase",
    "purchased",
    "order",
    "sale",
    "transaction",
    "checkout",
    "cart",
    "addtocart",
    "removefromcart",
    "add",
    "remove",
    "fav",
    "favorite",
    "favourite",
    "wishlist",
    "bookmark",
    "follow",
    "like",
    "liked",
    "dislike",
    "love",
    "share",
    "comment",
    "play",
    "played",
    "pause",
    "skip",
    "skipped",
    "watch",
    "watched",
    "listen",
    "download",
    "install",
    "search",
    "rate",
    "read",
    "open",
];
/// Words for properties of users, items and events, which identify none of them.
const PROPERTIES: &[&str] = &[
    "country",
    "city",
    "state",
    "region",
    "address",
    "zip",
    "postcode",
    "latitude",
    "longitude",
    "lat",
    "lon",
    "lng",
    "ip",
    "locale",
    "language",
    "timezone",
    "age",
    "gender",
    "sex",
    "occupation",
    "email",
    "mail",
    "phone",
    "platform",
    "device",
    "browser",
    "agent",
    "os",
    "status",
    "currency",
    "price",
    "category",
    "genre",
    "genres",
    "tags",
    "brand",
    "color",
    "size",
    "segment",
    "mode",
    "comment",
    "comments",
    "text",
    "review",
    "description",
    "summary",
    "land",
    "stadt",
    "alter",
    "geschlecht",
    "preis",
    "kategorie",
    "pays",
    "ville",
    "prix",
    "pais",
    "país",
    "ciudad",
    "precio",
    "paese",
    "città",
    "prezzo",
    "cidade",
    "preço",
];
/// Words for what holds several interactions of a user.
const ORDERS: &[&str] = &[
    "order",
    "invoice",
    "transaction",
    "basket",
    "receipt",
    "bestellung",
    "bestellnummer",
    "bestell",
    "rechnung",
    "rechnungsnummer",
    "auftrag",
    "auftragsnummer",
    "commande",
    "pedido",
    "ordine",
    "factura",
    "fattura",
    "bestelling",
    "заказ",
    "注文",
    "订单",
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
    "uri",
    "review",
    "master",
    "metadata",
    "spotify",
];
/// Words for names, which identify users and items less well than ids.
const OF_NAMES: &[&str] =
    &["name", "title", "login", "nickname", "nick", "handle", "fullname", "email"];
/// Ends of words for ids and names that are written without a separator, such as `profilename`.
const GLUED: &[&str] =
    &["id", "ids", "nr", "no", "nummer", "name", "番号", "コード", "名", "编号", "编码", "名称"];
/// Last words of value and time columns, besides the names above.
const OF_VALUES: &[&str] = &[
    "rating", "ratings", "score", "stars", "ratio", "plays", "quantity", "qty", "weight", "overall",
];
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

/// Returns `name` without the type of RecBole files, such as `:token` or `:float_seq`.
fn untyped(name: &str) -> &str {
    let is_type = |kind: &str| kind.chars().all(|c| c.is_alphabetic() || c == '_');
    name.split_once(':').filter(|(_, kind)| is_type(kind)).map_or(name, |(name, _)| name)
}

/// Splits a name into words in lower case: `Book-Rating`, `bookRating` and `book_rating` have two.
pub(super) fn parts(name: &str) -> Vec<String> {
    let name = untyped(name);
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
    is_told_by(name, known, &[OF_IDS])
}

/// Returns whether `name` means an id or a name of the things named in `known`, such as `user_login`.
fn means_name(name: &str, known: &[&str]) -> bool {
    is_told_by(name, known, &[OF_IDS, OF_NAMES])
}

/// Returns whether, besides words in `beside`, all words of `name` are one of `known`, as in `beer_beerid`.
fn is_told_by(name: &str, known: &[&str], beside: &[&[&str]]) -> bool {
    let parts = parts(name);
    let is_beside = |part: &&String| beside.iter().any(|words| words.contains(&part.as_str()));
    let mut telling = parts.iter().filter(|part| !is_beside(part)).map(|part| stem(part, known));
    let Some(first) = telling.next() else { return false };
    let alone = parts.len() == 1 && parts[0] == first;
    !alone && known.contains(&first) && telling.all(|part| part == first)
}

/// Returns `word` without the end that makes it an id or a name of something `known`.
fn stem<'a>(word: &'a str, known: &[&str]) -> &'a str {
    let stems = GLUED.iter().filter_map(|end| word.strip_suffix(end));
    stems.into_iter().find(|stem| known.contains(stem)).unwrap_or(word)
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
    means_id(name, &ITEM)
}

/// Returns whether `name` means names of users, which identify them if there are no ids.
pub(super) fn names_user(name: &str) -> bool {
    means_name(name, USER)
}

/// Returns whether `name` means names of items, which identify them if there are no ids.
pub(super) fn names_item(name: &str) -> bool {
    means_name(name, &ITEM)
}

/// Returns whether `name` means something that is no id of a user or an item: a property, an event type, an order, or a
/// role that another column has.
pub(super) fn is_beside_ids(name: &str) -> bool {
    let is_property = parts(name).last().is_some_and(|part| PROPERTIES.contains(&part.as_str()));
    is_property
        || is_known(name)
        || ORDERS.contains(&plain(name).as_str())
        || means_id(name, ORDERS)
}

/// Returns whether `name` describes items, or users without identifying them, so that it cannot be that of the users.
pub(super) fn is_no_user(name: &str) -> bool {
    let (parts, plain) = (parts(name), plain(name));
    let last = parts.last().map_or("", String::as_str);
    let is_property = PROPERTIES.contains(&last) && !["email", "mail"].contains(&last);
    is_property
        || TITLE.contains(&plain.as_str())
        || ITEM.contains(&plain.as_str())
        || names_item(name)
}

pub(super) fn means_value(name: &str) -> bool {
    ends_with(name, OF_VALUES)
}

/// Returns whether `name` means what users think of items, apart from values and types of events.
pub(super) fn means_feedback(name: &str) -> bool {
    let parts = parts(name);
    let ends = [parts.first(), parts.last()];
    let is_feedback = ends.into_iter().flatten().any(|part| FEEDBACK.contains(&part.as_str()));
    is_feedback && !KIND.contains(&plain(name).as_str())
}

pub(super) fn means_time(name: &str) -> bool {
    ends_with(name, OF_TIMES)
}

/// Normalises `name`: removes case, `_`, and the `:token` of RecBole files.
pub(super) fn plain(name: &str) -> String {
    let name = untyped(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns whether `name` is a known column name of a header.
pub(super) fn is_known(name: &str) -> bool {
    let plain = plain(name);
    [USER, &ITEM, VALUE, TIME, KIND].iter().any(|names| names.contains(&plain.as_str()))
        || [names_user, names_item, means_value, means_time].iter().any(|means| means(name))
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
        for name in
            ["customer name", "user_login", "review_profilename", "reviewer_nickname", "id_utente"]
        {
            assert!(names_user(name), "{name}");
        }
        for name in
            ["product_name", "movie_title", "beer_beerid", "spotify_track_uri", "商品ID", "repo_id"]
        {
            assert!(names_item(name), "{name}");
        }
        for name in ["authorPersonId", "brewery_name", "beer_style", "original_title", "movie_year"]
        {
            assert!(!names_user(name) && !names_item(name), "{name}");
        }
        for name in ["Order ID", "user_country", "Bestellnummer", "event_type", "conn_country"] {
            assert!(is_beside_ids(name), "{name}");
        }
        for name in ["review_date", "t_dat", "eventTime", "last_modified_timestamp"] {
            assert!(means_time(name), "{name}");
        }
        for name in ["product_category_id", "user_agent", "movie_length", "item"] {
            assert!(!means_user(name) && !means_item(name), "{name}");
        }
        // Data with a colon are no name with a type.
        for name in ["{\"item\":\"a\",\"rating\":4}", "CreateTime:1612076462000", "- {user: 1"] {
            assert!(!is_known(name), "{name}");
        }
        for name in ["average_rating", "release_date", "rating", "birth date", "avg_score"] {
            assert!(!means_value(name) && !means_time(name), "{name}");
        }
    }
}
