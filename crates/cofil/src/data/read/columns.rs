//! Which column holds what: as told, else by name, else by position.

use super::field::{self, Rules, Stamp, shown};
use super::report::ColumnReport;
use super::{Column, ReadOptions};
use crate::error::Error;

/// Names of columns in common data sets, lower case and without `_`, `-`, `.` and spaces; the
/// first that a file has wins.
const USER: &[&str] = &[
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
const ITEM: &[&str] = &[
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
const VALUE: &[&str] = &[
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
const TIME: &[&str] = &[
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
const KIND: &[&str] = &[
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
const TITLE: &[&str] = &[
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

/// More columns than a table of interactions has.
const WIDE: usize = 30;

/// `name` without what writers disagree about: case, `_`, and the `:token` of RecBole's files.
fn plain(name: &str) -> String {
    let name = name.split(':').next().unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether `name` is one that a header would have.
pub(super) fn is_known(name: &str) -> bool {
    let name = plain(name);
    [USER, ITEM, VALUE, TIME, KIND].iter().any(|names| names.contains(&name.as_str()))
}

/// What the values of a column look like in the first rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// Nothing there.
    Empty,
    /// Dates or numbers as large as unix times.
    Time,
    /// Numbers, or what was meant as such.
    Number,
    /// Anything else.
    Text,
}

impl Looks {
    /// How most of `values` look.
    pub fn of<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let (mut all, mut times, mut numbers) = (0, 0, 0);
        for value in values.map(<[u8]>::trim_ascii).filter(|v| !v.is_empty()) {
            all += 1;
            // From 1973 on; smaller numbers are more likely counts.
            let time = match field::stamp(value) {
                Some(Stamp::Number(n)) => n >= 100_000_000,
                Some(Stamp::Seconds(_)) => true,
                _ => false,
            };
            let comma: Vec<u8> = value.iter().map(|&b| if b == b',' { b'.' } else { b }).collect();
            times += usize::from(time);
            numbers += usize::from(field::number(&comma).is_some());
        }
        match all {
            0 => Self::Empty,
            _ if 2 * times >= all => Self::Time,
            _ if 2 * numbers >= all => Self::Number,
            _ => Self::Text,
        }
    }
}

/// The columns of a file, by index from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub user: usize,
    pub item: usize,
    pub value: Option<usize>,
    pub time: Option<usize>,
    pub kind: Option<usize>,
    /// Names of all columns, where the file has them.
    pub names: Option<Vec<String>>,
    /// Columns that are not used, for the report.
    pub ignored: Vec<String>,
    /// Guesses, for the report.
    pub notes: Vec<String>,
}

impl<'a> Rules<'a> {
    /// The rules of `options`, with columns called by their names where there are any.
    pub fn new(options: &'a ReadOptions, columns: &Columns) -> Self {
        let name = |column: Option<usize>, role: &str| {
            column
                .and_then(|c| columns.names.as_ref().map(|n| shown(n[c].as_bytes())))
                .unwrap_or(role.into())
        };
        Self {
            value_name: name(columns.value, "value"),
            time_name: name(columns.time, "time"),
            kind_name: name(columns.kind, "type"),
            missing: options.missing,
            weights: &options.weights,
        }
    }
}

impl Columns {
    /// A column for the report.
    pub fn report(&self, index: usize) -> ColumnReport {
        let name = self.names.as_ref().map(|names| shown(names[index].as_bytes()));
        ColumnReport { position: index + 1, name }
    }

    /// Finds the columns among `count`, called `names` if they have names. The error is a message.
    pub fn resolve(
        names: Option<Vec<String>>,
        count: usize,
        looks: impl Fn(usize) -> Looks,
        options: &ReadOptions,
    ) -> Result<Self, String> {
        let mut search = Search { names, taken: vec![false; count], notes: Vec::new() };
        let mut user = search.told(&options.user)?;
        let mut item = search.told(&options.item)?;
        let mut value = search.told(&options.value)?;
        let mut time = search.told(&options.time)?;
        let mut kind = search.told(&options.kind)?;
        user = user.or_else(|| search.named(USER));
        item = item.or_else(|| search.named(ITEM));
        let (free_value, free_time) = (options.value.is_none(), options.time.is_none());
        if free_value {
            value = search.named(VALUE);
        }
        if free_time {
            time = search.named(TIME);
        }
        if options.kind.is_none() && !options.weights.is_empty() {
            kind = search.named(KIND);
            if kind.is_none() {
                return Err("there are weights for types of events, but no column is called \
                            `type` or `event`; name the column of types"
                    .into());
            }
        }
        // Values and times are taken by position only where names say nothing at all.
        let unnamed = user.is_none() && item.is_none();
        let nameless = unnamed || search.names.is_none();
        if unnamed && count > WIDE {
            search.notes.push(format!(
                "there are {count} columns, none with a known name: if each is an item, as in a matrix, \
                 write a row for each user and item instead"
            ));
        }
        let user = search.next(user, "users")?;
        let item = search.next(item, "items")?;
        if nameless && free_value && value.is_none() && kind.is_none() {
            let only_one = search.free().count() == 1;
            value = search.free().next().filter(|&c| match looks(c) {
                Looks::Number => true,
                Looks::Time => !only_one || !free_time,
                Looks::Text | Looks::Empty => false,
            });
            search.take(value, "values");
        }
        if nameless && free_time && time.is_none() {
            time = search.free().next().filter(|&c| looks(c) == Looks::Time);
            search.take(time, "times");
        }
        if let Some(column) = time.filter(|&c| free_time && looks(c) == Looks::Text) {
            search.notes.push(format!(
                "{} does not hold times (unix seconds or ISO 8601) and is left unread",
                search.call(column)
            ));
            time = None;
            search.taken[column] = false;
        }
        let ignored = search.free().map(|c| search.call(c)).collect();
        Ok(Self {
            user,
            item,
            value,
            time,
            kind,
            ignored,
            names: search.names,
            notes: search.notes,
        })
    }
}

/// Whether `name` is one that the header of a table of items would have, though one of interactions has it not.
pub(crate) fn is_item_name(name: &str) -> bool {
    let name = plain(name);
    name == "id" || name == "genres" || TITLE.contains(&name.as_str())
}

/// The columns of ids and titles in a table of items, among `count`. The error is a message.
pub(super) fn item_roles(
    names: Option<Vec<String>>,
    count: usize,
    id: &Option<Column>,
    title: &Option<Column>,
) -> Result<super::frame::Roles, String> {
    let mut search = Search { names, taken: vec![false; count], notes: Vec::new() };
    let mut found_id = search.told(id)?;
    let mut found_title = search.told(title)?;
    if title.is_none() {
        found_title = search.named(TITLE);
    }
    let ids: Vec<&str> =
        ITEM.iter().copied().filter(|name| *name != "title").chain(["id"]).collect();
    found_id = found_id.or_else(|| search.named(&ids));
    let id = match found_id {
        Some(id) => id,
        None if count == 0 => return Err("there is no column; give a table of items".into()),
        // Where nothing is called an id, titles may be what items are known by.
        None => {
            search.take(Some(0), "ids");
            0
        }
    };
    let title_guessed = found_title.is_none() && title.is_none();
    if title_guessed {
        found_title = search.free().next();
    }
    Ok(super::frame::Roles { id, title: found_title, title_guessed, notes: search.notes })
}

struct Search {
    names: Option<Vec<String>>,
    taken: Vec<bool>,
    notes: Vec<String>,
}

impl Search {
    /// Columns without a role, in order.
    fn free(&self) -> impl Iterator<Item = usize> {
        (0..self.taken.len()).filter(|&c| !self.taken[c])
    }

    fn call(&self, column: usize) -> String {
        match &self.names {
            Some(names) => format!("`{}`", shown(names[column].as_bytes())),
            None => format!("column {}", column + 1),
        }
    }

    /// Notes that a column was taken for its place although there are names.
    fn take(&mut self, column: Option<usize>, role: &str) {
        let Some(column) = column else { return };
        self.taken[column] = true;
        if self.names.is_some() {
            let note = format!("no column has a known name for {role}: took {}", self.call(column));
            self.notes.push(note);
        }
    }

    /// The column the user asked for.
    fn told(&mut self, column: &Option<Column>) -> Result<Option<usize>, String> {
        let index = match column {
            None | Some(Column::Absent) => return Ok(None),
            Some(Column::Position(position)) => {
                if *position == 0 || *position > self.taken.len() {
                    return Err(format!(
                        "there is no column {position}; the file has {}",
                        self.taken.len()
                    ));
                }
                position - 1
            }
            Some(Column::Name(name)) => {
                let Some(names) = &self.names else {
                    return Err(format!(
                        "there is no header to look for column `{name}` in; give its position, \
                         1 to {}",
                        self.taken.len()
                    ));
                };
                let exact = names.iter().position(|n| n == name);
                exact
                    .or_else(|| names.iter().position(|n| n.eq_ignore_ascii_case(name)))
                    .ok_or_else(|| {
                        let names = names.iter().map(|n| shown(n.as_bytes()));
                        Error::unknown("column", name, names).to_string()
                    })?
            }
        };
        if self.taken[index] {
            return Err(format!("{} cannot be two things at once", self.call(index)));
        }
        self.taken[index] = true;
        Ok(Some(index))
    }

    /// The column with the best of `known` names.
    fn named(&mut self, known: &[&str]) -> Option<usize> {
        let names: Vec<String> = self.names.as_ref()?.iter().map(|n| plain(n)).collect();
        let column = known.iter().find_map(|known| {
            names.iter().enumerate().position(|(c, name)| !self.taken[c] && name == known)
        })?;
        self.taken[column] = true;
        Some(column)
    }

    /// `found`, or else the first free column.
    fn next(&mut self, found: Option<usize>, role: &str) -> Result<usize, String> {
        let column = found.or_else(|| self.free().next()).ok_or_else(|| {
            format!(
                "there is no column left for {role}; a table needs one column of users and one of \
                 items (is the delimiter right?)"
            )
        })?;
        self.take(Some(column).filter(|_| found.is_none()), role);
        Ok(column)
    }
}
