//! Recognition of columns by the words of their names.

use super::words::{
    ACCOUNTS, AMBIGUOUS_THINGS, BARE_NAMES, COUNTED, FEEDBACK, GLUED, ITEM, KIND, LATER,
    MORE_THINGS, NAME_PARTS, NOT_WHO, OF_IDS, OF_ITEMS, OF_NAMES, OF_REVIEWS, OF_TIMES, OF_VALUES,
    ORDERS, PEOPLE, PROPERTIES, QUANTITIES, RARE_THINGS, SESSIONS, TIME, TITLE, USER, VALUE,
    WEAK_THINGS,
};

/// Returns `name` without the type of RecBole files, such as `:token` or `:float_seq`.
fn untyped(name: &str) -> &str {
    let is_type = |kind: &str| kind.chars().all(|c| c.is_alphabetic() || c == '_');
    name.split_once(':').filter(|(_, kind)| is_type(kind)).map_or(name, |(name, _)| name)
}

/// Splits a name into words in lower case: `Book-Rating`, `bookRating` and `book_rating` have two.
pub(super) fn parts(name: &str) -> Vec<String> {
    let name = &untyped(name).replace('#', " number ");
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
    means_id(name, &ITEM) && !OF_REVIEWS.contains(&plain(name).as_str())
}

/// Returns whether `name` means names of users, which identify them if there are no ids.
pub(super) fn names_user(name: &str) -> bool {
    means_name(name, USER)
}

/// Returns whether `name` means names of items, which identify them if there are no ids.
pub(super) fn names_item(name: &str) -> bool {
    means_name(name, &ITEM) && !OF_REVIEWS.contains(&plain(name).as_str())
}

/// Returns whether `name` means something that is no id of a user or an item: a property, an event type, an order, or a
/// role that another column has.
pub(super) fn is_beside_ids(name: &str) -> bool {
    let is_property = parts(name).last().is_some_and(|part| PROPERTIES.contains(&part.as_str()));
    is_property
        || is_known(name)
        || (parts(name).len() > 2 && parts(name).iter().any(|part| ORDERS.contains(&part.as_str())))
        || ORDERS.contains(&plain(name).as_str())
        || means_id(name, ORDERS)
}

/// Returns whether `name` is that of a property of users, such as `age`.
pub(super) fn is_property(name: &str) -> bool {
    PROPERTIES.contains(&plain(name).as_str())
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

/// Returns whether `name` means an amount, which is no id: `price_in_usd`, `num_votes`, `year`.
pub(super) fn is_quantity(name: &str) -> bool {
    let parts = parts(name);
    let is_place = parts.len() > 1
        && parts.last().is_some_and(|part| ["order", "rank", "position"].contains(&part.as_str()));
    let is_counted =
        parts.len() > 1 && parts.first().is_some_and(|part| COUNTED.contains(&part.as_str()));
    is_place || is_counted || parts.iter().any(|part| QUANTITIES.contains(&part.as_str()))
}

/// Returns the kind of item that a column called `name` has ids or names of: `movie` for `movie_id` and `movieTitle`.
pub(super) fn thing(name: &str) -> Option<String> {
    let plain = plain(name);
    if WEAK_THINGS.contains(&plain.as_str()) {
        return None;
    }
    let stem_of = |word: &str| stem(word, &ITEM).to_owned();
    if ITEM.contains(&plain.as_str()) {
        return Some(stem_of(&plain));
    }
    let is_told = names_item(name);
    let mut parts = parts(name).into_iter().map(|part| stem_of(&part));
    parts.find(|part| is_told && ITEM.contains(&part.as_str()) && !is_word_of_ids(part))
}

/// Returns whether `thing` is less usual than others, so that further ids may be those of the items.
pub(super) fn is_rare(thing: &str) -> bool {
    MORE_THINGS.contains(&thing) || RARE_THINGS.contains(&thing)
}

/// Returns whether `name` is that of items, but may also be that of a property of users or items: `job_title`, `place`.
pub(super) fn is_weak_thing(name: &str) -> bool {
    let is_weak = |word: &String| {
        WEAK_THINGS.contains(&word.as_str()) || AMBIGUOUS_THINGS.contains(&word.as_str())
    };
    let ids = |word: &String| OF_IDS.contains(&word.as_str());
    let parts = parts(name);
    parts.iter().any(is_weak) && !parts.iter().any(ids)
}

/// Returns how well a column called `name` says who it was, if it does: 0 for people, 1 for accounts, 2 for sessions.
pub(super) fn person(name: &str) -> Option<usize> {
    let plain = plain(name);
    let of = |words: &[&str]| {
        words.contains(&plain.as_str()) || means_id(name, words) || means_name(name, words)
    };
    let is_address = || ["email", "mail", "emailaddress", "useremail"].contains(&plain.as_str());
    if of(SESSIONS) {
        return Some(2);
    }
    if of(ACCOUNTS) {
        return Some(1);
    }
    (of(USER) || is_address()).then_some(0)
}

/// Returns whether a word of `name` is one for people, and none is one for items: `author`, `cust_no`, `sold to`.
pub(super) fn is_person(name: &str) -> bool {
    let parts = parts(name);
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    has(PEOPLE) && !has(&ITEM) && !has(NOT_WHO)
}

/// Returns whether `name` means a part of the names of people: `first_name`, `kunde_vorname`.
pub(super) fn is_name_part(name: &str) -> bool {
    // Short words also end others.
    const LONG: usize = 7;
    let plain = plain(name);
    let is_end = |part: &str| part.len() >= LONG && plain.ends_with(part);
    NAME_PARTS.iter().any(|part| plain == **part || is_end(part))
}

/// Returns whether `name` means a name, of which a part may stand in another column.
pub(super) fn is_bare_name(name: &str) -> bool {
    BARE_NAMES.contains(&plain(name).as_str())
}

/// Returns whether `name` means a time after the interaction, or one of its plan: `ship_date`, `start_date`.
pub(super) fn is_later(name: &str) -> bool {
    parts(name).iter().any(|part| LATER.contains(&part.as_str()))
}

pub(super) fn means_value(name: &str) -> bool {
    ends_with(name, OF_VALUES)
}

/// Returns whether `name` means the value that the user gave, not that of others: `your rating`, `user_score`.
pub(super) fn means_own_value(name: &str) -> bool {
    let parts = parts(name);
    parts.len() > 1
        && parts
            .iter()
            .any(|part| ["my", "your", "own", "user", "personal"].contains(&part.as_str()))
        && ends_with(name, OF_VALUES)
}

/// Returns whether the numbers in a column of this name are probably those of ids: `genre_id`, `zip code`.
pub(super) fn is_numbered(name: &str) -> bool {
    let parts = parts(name);
    let plain = plain(name);
    parts.last().is_some_and(|last| OF_IDS.contains(&last.as_str()) || last == "parent")
        || [USER, &ITEM, ORDERS].iter().any(|names| names.contains(&plain.as_str()))
        || [USER, &ITEM, ORDERS].iter().any(|names| means_name(name, names))
}

/// Returns whether `word` alone says that a column holds ids or names, but not of what.
pub(super) fn is_word_of_ids(word: &str) -> bool {
    OF_IDS.contains(&word) || OF_NAMES.contains(&word)
}

/// Returns whether a word of `name` says that a column holds ids: `client_id`, `clientid`.
pub(super) fn has_word_of_ids(name: &str) -> bool {
    parts(name).iter().any(|part| OF_IDS.contains(&part.as_str()) || part.ends_with("id"))
}

/// Returns whether the values in a column of this name are addresses.
pub(super) fn is_address(name: &str) -> bool {
    parts(name).last().is_some_and(|last| ["url", "uri", "link"].contains(&last.as_str()))
}

/// Returns whether `name` means what users think of items, apart from values and types of events.
pub(super) fn means_feedback(name: &str) -> bool {
    let parts = parts(name);
    let ends = [parts.first(), parts.last()];
    let is_feedback = ends.into_iter().flatten().any(|part| FEEDBACK.contains(&part.as_str()));
    is_feedback && !is_address(name) && !KIND.contains(&plain(name).as_str())
}

pub(super) fn means_time(name: &str) -> bool {
    ends_with(name, OF_TIMES)
}

/// Returns whether `name` is that of a column of times.
pub(super) fn is_time_name(name: &str) -> bool {
    TIME.contains(&plain(name).as_str()) || means_time(name)
}

/// Normalises `name`: removes case, `_`, and the `:token` of RecBole files.
pub(super) fn plain(name: &str) -> String {
    // `Item #` is a number rather than an item.
    let name = &untyped(name).replace('#', "number");
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
        for (name, what) in [
            ("movie_id", "movie"),
            ("movieTitle", "movie"),
            ("trackname", "track"),
            ("Artist", "artist"),
            ("hotel_url", "hotel"),
        ] {
            assert_eq!(thing(name).as_deref(), Some(what), "{name}");
        }
        for name in ["title", "content", "genre_id", "user_id", "rating", "brand"] {
            assert_eq!(thing(name), None, "{name}");
        }
        for name in [
            "price_in_usd",
            "add_to_cart_order",
            "numVotes",
            "msPlayed",
            "review_votes",
            "Year",
            "avg_stars",
        ] {
            assert!(is_quantity(name), "{name}");
        }
        for name in ["item", "number", "userId", "n", "kunde", "artist"] {
            assert!(!is_quantity(name), "{name}");
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
