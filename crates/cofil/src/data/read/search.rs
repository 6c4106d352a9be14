//! Assigning roles to columns: as given in the options, else by name, else by position.

use super::Column;
use super::columns::WIDE;
use super::field::shown;
use super::known::{
    has_word_of_ids, is_bare_name, is_beside_ids, is_known, is_later, is_name_part, is_no_user,
    is_numbered, is_person, is_property, is_quantity, is_rare, is_time_name, is_weak_thing,
    means_own_value, means_time, means_user, parts, person, plain, thing,
};
use super::looks::{Looks, Seen};
use super::unread::shortened;
use super::words::{AMBIGUOUS_TIMES, FINE_TIME, ITEM, TIME, USER};
use crate::error::Error;

/// Name of the index of a pandas table in Parquet.
pub(super) const INDEX: &str = "__index_level_0__";

/// Number of different ids among the first rows that no scale of ratings has.
const MANY: usize = 20;

/// How the note on a column begins that was guessed although there are names.
pub(super) const GUESSED: &str = "no column has a known name for";

/// A search for the columns of a table. Each column can have one role.
pub(super) struct Search {
    pub names: Option<Vec<String>>,
    pub taken: Vec<bool>,
    pub notes: Vec<String>,
}

impl Search {
    /// Returns the columns without a role, in order.
    pub fn free(&self) -> impl Iterator<Item = usize> {
        (0..self.taken.len()).filter(|&c| !self.taken[c])
    }

    pub fn call(&self, column: usize) -> String {
        match self.names.as_ref().map(|names| &names[column]) {
            Some(name) if !name.is_empty() => format!("`{}`", shown(name.as_bytes())),
            _ => format!("column {}", column + 1),
        }
    }

    /// Returns the name or the position by which a column is chosen in the settings.
    pub fn choice(&self, column: usize) -> String {
        match &self.names {
            Some(names) => shown(names[column].as_bytes()),
            None => (column + 1).to_string(),
        }
    }

    /// Takes a column, and adds a note if it was guessed by position although there are names.
    pub fn take(&mut self, column: Option<usize>, role: &str) {
        let Some(column) = column else { return };
        self.taken[column] = true;
        if self.names.is_some() && !self.is_plural(column, role) {
            let note = format!("{GUESSED} {role}: took {}", self.call(column));
            self.notes.push(note);
        }
    }

    /// Returns whether a column has the plural of a known name of users or items, which is a name of theirs too.
    fn is_plural(&self, column: usize, role: &str) -> bool {
        let name = self.names.as_ref().map(|names| plain(&names[column]));
        let one =
            name.as_deref().and_then(|name| name.strip_suffix('s')).filter(|one| one.len() > 1);
        one.is_some_and(|one| match role {
            "users" => USER.contains(&one),
            "items" => ITEM.contains(&one),
            _ => false,
        })
    }

    /// Returns the column given by the user.
    pub fn told(&mut self, column: &Option<Column>) -> Result<Option<usize>, String> {
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
                        "there is no header, so column `{name}` cannot be found; give its position, \
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
            return Err(format!("{} cannot have two roles", self.call(index)));
        }
        self.taken[index] = true;
        Ok(Some(index))
    }

    /// Returns the column with the best of the `known` names, or else the first for which `means` returns true.
    pub fn named(&mut self, known: &[&str], means: impl Fn(&str) -> bool) -> Option<usize> {
        let names = self.names.as_ref()?;
        let free: Vec<(usize, String)> = self.free().map(|c| (c, plain(&names[c]))).collect();
        let called = |known: &&str| free.iter().find(|(_, name)| name == known);
        let by_parts = || free.iter().find(|&&(c, _)| means(&names[c]));
        let column = known.iter().find_map(called).or_else(by_parts)?.0;
        self.taken[column] = true;
        Some(column)
    }

    /// Takes a column of numbers called 0 for the values: pandas calls a column so that has no name.
    pub fn unnamed_value(&mut self, looks: impl Fn(usize) -> Looks) -> Option<usize> {
        let names = self.names.as_ref()?;
        let column = self.free().find(|&c| names[c] == "0" && looks(c).is_number())?;
        self.take(Some(column), "values");
        Some(column)
    }

    /// Takes the only column of event types, whatever its name.
    pub fn events(&mut self, looks: impl Fn(usize) -> Looks) -> Result<usize, String> {
        let with = |wanted: &[Looks]| -> Vec<usize> {
            self.free().take(WIDE).filter(|&c| wanted.contains(&looks(c))).collect()
        };
        let events = with(&[Looks::Event]);
        if let [column] = events[..] {
            self.taken[column] = true;
            let note = format!("{} is taken for the event types", self.call(column));
            self.notes.push(note);
            return Ok(column);
        }
        let remedy = match with(&[Looks::Event, Looks::Words]).first() {
            Some(&column) => {
                let (call, choice) = (self.call(column), self.choice(column));
                format!("name the column of event types, perhaps {call} (`kind` = {choice})")
            }
            None => "name the column of event types (`kind` = COLUMN)".into(),
        };
        Err(format!(
            "there are weights for event types, but no column is named `type` or `event`; {remedy}"
        ))
    }

    /// Notes other columns of items than the one that was taken by its name: `track` beside `artist`.
    pub fn note_things(&mut self, item: usize, looks: impl Fn(usize) -> Looks) {
        let Some(names) = &self.names else { return };
        let own = thing(&names[item]);
        let is_weak = is_weak_thing(&names[item]);
        let is_other = |&c: &usize| {
            let (name, own) = (&names[c], own.as_deref());
            let is_thing = thing(name)
                .is_some_and(|other| own.is_some_and(|own| own != other && own != "item"));
            // A name that also stands for a property gives way to any ids, a less usual one to further ids.
            let may_be_ids = !is_beside_ids(name)
                && !is_quantity(name)
                && !parts(name).iter().any(|part| is_property(part))
                && person(name).is_none()
                && !is_person(name);
            let is_rival = match is_weak {
                true => may_be_ids && (looks(c).is_plain_text() || is_numbered(name)),
                false => own.is_some_and(is_rare) && may_be_ids && is_numbered(name),
            };
            (is_thing && thing(name).as_deref() != Some("item")) || is_rival
        };
        let others: Vec<usize> = self.free().take(WIDE).filter(is_other).collect();
        self.note_others(item, "item", &others);
    }

    /// Notes other columns of users than the one that was taken by its name: `email` beside `session_id`.
    pub fn note_persons(&mut self, user: usize) {
        let Some(names) = &self.names else { return };
        let Some(own) = person(&names[user]) else { return };
        let is_id = |name: &str| means_user(name) || own > 0;
        let is_other =
            |&c: &usize| person(&names[c]).is_some_and(|other| other <= own) && is_id(&names[c]);
        let others: Vec<usize> = self.free().take(WIDE).filter(is_other).collect();
        self.note_others(user, "user", &others);
    }

    /// Notes other columns with parts of the names of users: all who share the one part are one user.
    pub fn note_name_parts(&mut self, user: usize) {
        let Some(names) = &self.names else { return };
        let (own, has_part) = (&names[user], is_name_part(&names[user]));
        let is_other =
            |&c: &usize| is_name_part(&names[c]) || (has_part && is_bare_name(&names[c]));
        if !has_part && !is_bare_name(own) {
            return;
        }
        let others: Vec<String> =
            self.free().take(WIDE).filter(is_other).map(|c| self.call(c)).collect();
        let holds = if others.len() == 1 { "holds" } else { "hold" };
        if !others.is_empty() {
            let call = self.call(user);
            self.notes.push(format!(
                "{call} is taken for the users, but {} {holds} a part of their names, too: all with the same {call} are \
                 one user; join these columns, and choose one that identifies users (`user` = COLUMN)",
                shortened(&others)
            ));
        }
    }

    /// Notes the columns `others`, which may have the role of the column that was `taken` for it.
    fn note_others(&mut self, taken: usize, role: &str, others: &[usize]) {
        let (Some(names), [first, ..]) = (&self.names, others) else { return };
        let calls: Vec<String> = others.iter().map(|&c| self.call(c)).collect();
        self.notes.push(format!(
            "{} is taken for the {role}s, but {} may be, too: to use {}, set `{role}` = {}",
            self.call(taken),
            shortened(&calls),
            if others.len() == 1 { "it" } else { "another" },
            shown(names[*first].as_bytes())
        ));
    }

    /// Returns `user`, or a column that rather says who it was: a session is no person. The ids of accounts are kept.
    pub fn person(&mut self, user: usize) -> usize {
        let Some(names) = &self.names else { return user };
        let is_kept = |own: usize| own == 0 || (own == 1 && has_word_of_ids(&names[user]));
        let Some(own) = person(&names[user]).filter(|&own| !is_kept(own)) else { return user };
        let better = self
            .free()
            .take(WIDE)
            .filter_map(|c| Some((person(&names[c]).filter(|&other| other < own)?, c)))
            .min();
        let Some((_, better)) = better else { return user };
        self.taken[user] = false;
        self.taken[better] = true;
        better
    }

    /// Takes the column of times by its name: rather one of seconds than one of days, and rather one that is read than
    /// one of times of day.
    pub fn time(&mut self, looks: impl Fn(usize) -> Looks) -> Option<usize> {
        let is_stamp = |name: &str| means_time(name) && plain(name).ends_with("timestamp");
        let first = self.named(FINE_TIME, is_stamp).or_else(|| self.named(TIME, means_time))?;
        let is_ambiguous = self.is_called(first, AMBIGUOUS_TIMES);
        if is_ambiguous && !looks(first).is_time() && looks(first) != Looks::OtherDate {
            self.taken[first] = false;
            return None;
        }
        let name = |c: usize| self.names.as_ref().map_or("", |names| &names[c]);
        let is_time = |&c: &usize| is_time_name(name(c)) && looks(c).is_time();
        let other = match () {
            () if looks(first) == Looks::OtherDate => self.free().find(is_time),
            // An order is older than its delivery.
            () if is_later(name(first)) => {
                self.free().filter(is_time).find(|&c| !is_later(name(c)))
            }
            () => None,
        };
        let Some(other) = other else { return Some(first) };
        self.taken[first] = false;
        self.taken[other] = true;
        Some(other)
    }

    /// Returns whether a column with a name such as `dwell_time` holds numbers that are no times.
    pub fn is_span(&self, column: usize, looks: Looks) -> bool {
        let is_time = self.names.as_ref().is_some_and(|names| {
            self.is_called(column, TIME)
                || parts(&names[column]).last().is_none_or(|last| last != "time")
        });
        !is_time && matches!(looks, Looks::Number | Looks::Decimal | Looks::Bits)
    }

    /// Returns an error if another column has the name of `column`, unless it was `told` by its position.
    pub fn check_name(
        &self,
        column: Option<usize>,
        told: &Option<Column>,
        role: &str,
    ) -> Result<(), String> {
        let (Some(names), Some(column)) = (&self.names, column) else { return Ok(()) };
        let is_same = |c: &usize| *c != column && names[*c].eq_ignore_ascii_case(&names[column]);
        let other = (0..names.len()).find(is_same);
        match (other, told) {
            (None, _) | (_, Some(Column::Position(_))) => Ok(()),
            (Some(other), _) => {
                let [first, second] = [column.min(other) + 1, column.max(other) + 1];
                Err(format!(
                    "columns {first} and {second} are both named {}; choose one by its position (`{role}` = {first} or \
                     {second})",
                    self.call(column)
                ))
            }
        }
    }

    pub fn is_called(&self, column: usize, known: &[&str]) -> bool {
        let names = self.names.as_ref();
        names.is_some_and(|names| known.contains(&plain(&names[column]).as_str()))
    }

    /// Skips columns without a name; returns those that are not row numbers as pandas writes them, in front, nor empty.
    pub fn pass_over_index(&mut self, looks: impl Fn(usize) -> Looks) -> Vec<usize> {
        let Some(names) = &self.names else { return Vec::new() };
        let is_nameless = |name: &String| name.is_empty() || name.starts_with("Unnamed:");
        let in_front = names.iter().take_while(|name| is_nameless(name)).count();
        let nameless = (0..names.len()).filter(|&c| is_nameless(&names[c]) && !self.taken[c]);
        let mut passed: Vec<usize> = nameless.collect();
        passed.iter().for_each(|&c| self.taken[c] = true);
        let is_index =
            |c: usize| looks(c) == Looks::Empty || (c < in_front && looks(c).is_number());
        passed.retain(|&c| c < WIDE && !is_index(c));
        passed
    }

    /// Returns an error for the answers of a form, with a question for each item.
    pub fn refuse_form(&self) -> Result<(), String> {
        let Some(names) = &self.names else { return Ok(()) };
        // Questions of a form: `How do you rate [Tea]`, `How do you rate [Jam]`.
        let question = |c: usize| {
            let name = names[c].strip_suffix(']').filter(|_| !self.taken[c])?;
            name.split_once('[')
                .map(|(question, _)| question)
                .filter(|question| !question.is_empty())
        };
        let mut asked = (0..names.len().min(WIDE)).filter(|&c| question(c).is_some());
        if let (Some(first), Some(second)) = (asked.next(), asked.next())
            && question(first) == question(second)
        {
            return Err(format!(
                "this looks like the answers of a form, with a column for each item ({}, {}): keep the column of users \
                 and these, and use `shape` = matrix",
                self.call(first),
                self.call(second)
            ));
        }
        Ok(())
    }

    /// Returns an error for what one person has exported, which has no users: `Your Rating` of IMDb, `My Rating` of
    /// Goodreads, the diary of Letterboxd.
    pub fn refuse_one_person(&self) -> Result<(), String> {
        let names = self.names.iter().flatten().take(WIDE);
        let mut own = names.filter(|name| {
            let parts = parts(name);
            let is_own =
                ["my", "your"].iter().any(|word| parts.first().is_some_and(|part| part == word));
            plain(name) == "letterboxduri" || (is_own && means_own_value(name))
        });
        own.next().map_or(Ok(()), |name| {
            Err(format!(
                "`{}` says that this is what one person exported, without a column of users: add one (and name it, \
                 `user` = COLUMN), and join the exports of several people",
                shown(name.as_bytes())
            ))
        })
    }

    /// Returns an error for a matrix: a column of users or items, and a numeric column for each of the others.
    pub fn refuse_matrix(
        &self,
        user: Option<usize>,
        item: Option<usize>,
        seen: impl Fn(usize) -> Seen,
    ) -> Result<(), String> {
        let Some(names) = &self.names else { return Ok(()) };
        let looks = |column| seen(column).looks;
        let is_item = |c| looks(c) == Looks::Bits && !self.taken[c];
        let count = names.len();
        if user.is_none()
            && item.is_none()
            && (3..=WIDE).contains(&count)
            && (0..count).all(is_item)
        {
            return Err(format!(
                "this looks like a matrix of 0 and 1 with a column for each item ({} to {}), but without users: put a \
                 column of users in front and use `shape` = matrix, or name the user and item columns",
                self.call(0),
                self.call(count - 1)
            ));
        }
        let index = names.iter().position(|name| name == INDEX);
        let ids = match (user, item) {
            (Some(_), Some(_)) => return Ok(()),
            (None, None) => index.unwrap_or(0),
            (user, item) => user.or(item).expect("one of them is known"),
        };
        let is_other = |&c: &usize| c != ids && Some(c) != index && !names[c].is_empty();
        let others: Vec<usize> = (0..names.len()).filter(is_other).collect();
        // Few items are called so: the numbers are ids, or measures of something.
        let is_measure = |&c: &usize| {
            is_numbered(&names[c])
                || is_known(&names[c])
                || is_beside_ids(&names[c])
                || is_quantity(&names[c])
        };
        let judged = others.len().min(WIDE);
        let measures = others.iter().take(WIDE).filter(|c| is_measure(c)).count();
        // And each user has one row.
        if (judged > 0 && 3 * measures >= judged) || seen(ids).repeats {
            return Ok(());
        }
        let numbered = others.iter().all(|&c| names[c].parse::<u64>().is_ok());
        // This many columns are enough to tell.
        let mut first = others.iter().take(WIDE);
        let of_numbers =
            first.all(|&c| looks(c).is_number() || matches!(looks(c), Looks::Truth | Looks::Empty));
        let none_known = others.iter().all(|&c| !self.taken[c]);
        if others.len() < (if numbered { 2 } else { 3 }) || !of_numbers || !none_known {
            return Ok(());
        }
        let (first, last) = (self.call(others[0]), self.call(others[others.len() - 1]));
        let (of, remedy) = match item {
            Some(_) => ("user", "transpose it and use `shape` = matrix"),
            None => ("item", "use `shape` = matrix"),
        };
        Err(format!(
            "this looks like a matrix with a column for each {of} ({first} to {last}): {remedy}, write one row \
             per user and item (`melt` in pandas, `unpivot` in polars and SQL), or name the user and item \
             columns"
        ))
    }

    /// Notes numbers like times that were taken for ids, or passed over for ids behind them. `ids` says of each column
    /// whether it was given.
    pub fn note_large(&mut self, ids: [(usize, bool); 2], looks: impl Fn(usize) -> Looks) {
        let guessed = ids.iter().filter(|(_, is_told)| !is_told).map(|&(column, _)| column);
        let Some(last) = guessed.max().filter(|_| self.names.is_none()) else { return };
        let is_large = |&column: &usize| matches!(looks(column), Looks::Time | Looks::Long);
        for column in (0..=last).filter(is_large) {
            let name = self.call(column);
            match ids.iter().find(|(id, _)| *id == column) {
                Some((_, true)) => {}
                Some((_, false)) if looks(column) == Looks::Long => self.notes.push(format!(
                    "{name} is taken for ids, though it may hold unix times in nanoseconds; if it does, name the \
                     columns (such as `time` = {})",
                    column + 1
                )),
                Some((_, false)) => {
                    self.notes.push(format!("{name} is taken for ids, though it looks like times"));
                }
                None => self.notes.push(format!(
                    "{name} looks like times; if it holds ids, name the user and item columns"
                )),
            }
        }
    }

    /// Returns an error if each item is a list of several; only notes it if some are, or if the column `is_named`, since
    /// ids may have any form.
    pub fn check_single(
        &mut self,
        item: usize,
        is_named: bool,
        looks: impl Fn(usize) -> Looks,
    ) -> Result<(), String> {
        let column = self.call(item);
        if let Some(next) = self.free().find(|&c| self.are_counted(item, c)) {
            return Err(format!(
                "{column} and {} hold an item each; write one row per user and item (`melt` in pandas, `unpivot` in \
                 polars and SQL), or use `shape` = lists with `header` = true",
                self.call(next)
            ));
        }
        match looks(item) {
            Looks::Lists if !is_named => Err(format!(
                "{column} holds several items in each row; write one row per user and item (`explode` in pandas \
                 and polars), or name the item column if each is a single id"
            )),
            Looks::Lists | Looks::SomeLists => {
                self.notes.push(format!(
                    "ids in {column} look like lists of items; each is read as one item: if it is several, write one \
                     row per user and item (`explode` in pandas and polars)"
                ));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Returns whether two columns have the same name up to a number at the end: `item_1` and `item_2`.
    fn are_counted(&self, one: usize, other: usize) -> bool {
        let Some(names) = &self.names else { return false };
        let stem = |column: usize| names[column].trim_end_matches(|c: char| c.is_ascii_digit());
        !stem(one).is_empty()
            && stem(one) == stem(other)
            && [one, other].iter().all(|&column| stem(column) != names[column])
    }

    /// Returns which of the first two columns without names holds a few small numbers, as ratings do, while the third
    /// holds many numbers, as ids do; and whether these are so large, behind a first column of that kind, that they are
    /// no ratings or counts.
    fn scale_before_ids(&self, seen: impl Fn(usize) -> Seen) -> Option<(usize, bool)> {
        let count = self.taken.len();
        let is_usual = self.names.is_none()
            && (count == 3 || (count == 4 && seen(3).looks.is_time()))
            && self.taken[..3].iter().all(|is_taken| !is_taken);
        let third = Some(2).filter(|_| is_usual).map(&seen)?;
        let are_ids = third.looks == Looks::Number && !third.is_scale && third.different >= MANY;
        let scale = match [0, 1].map(|c| seen(c).is_scale) {
            [true, false] => 0,
            [false, true] => 1,
            _ => return None,
        };
        are_ids.then_some((scale, scale == 0 && third.is_large))
    }

    /// Returns the user and item columns: as found, or else the first free columns that may hold ids.
    pub fn ids(
        &mut self,
        user: Option<usize>,
        item: Option<usize>,
        seen: impl Fn(usize) -> Seen,
    ) -> Result<(usize, usize), String> {
        let looks = |column| seen(column).looks;
        let wanted = usize::from(user.is_none()) + usize::from(item.is_none());
        let is_scale = |c: usize| {
            let names = self.names.as_ref();
            names.is_some_and(|names| seen(c).is_scale && !is_numbered(&names[c]))
        };
        let before_ids = self.scale_before_ids(&seen).filter(|_| wanted == 2);
        let is_value = |c: usize| before_ids == Some((c, true));
        let is_likely =
            |&c: &usize| self.may_be_ids(c, looks) == Some(true) && !is_scale(c) && !is_value(c);
        // With an item column, what else describes items is no user: the table is one of items.
        let describes = |c: usize| {
            let names = self.names.as_ref().filter(|_| user.is_none() && item.is_some());
            names.is_some_and(|names| is_no_user(&names[c]))
        };
        let is_possible = |&c: &usize| self.may_be_ids(c, looks).is_some() && !describes(c);
        // Ids are not far behind, and looking at a column of JSON reads whole lines.
        let first = || self.free().take(WIDE);
        // A word for people says more than the order.
        let is_person = |&c: &usize| {
            let names = self.names.as_ref().filter(|_| user.is_none());
            names.is_some_and(|names| is_person(&names[c]))
        };
        let is_part = |&c: &usize| self.names.as_ref().is_some_and(|names| is_name_part(&names[c]));
        // A part of a name is one of a person, and no item.
        let possible = || first().filter(is_possible);
        let part = || possible().find(is_part).filter(|_| user.is_none());
        let person = possible().find(|c| is_person(c) && !is_part(c)).or_else(part);
        let likely = first().filter(is_likely).filter(|c| Some(*c) != person && !is_part(c));
        let mut found: Vec<usize> = person.into_iter().chain(likely).take(wanted).collect();
        if found.len() < wanted {
            found = first().filter(is_possible).take(wanted).collect();
        }
        match before_ids {
            Some((_, true)) => self.notes.push(
                "column 1 holds a few small numbers, as ratings do, and is not taken for ids; if it holds users, set \
                 `user` = 1 and `item` = 2"
                    .into(),
            ),
            Some((scale, false)) if found.contains(&scale) => self.notes.push(format!(
                "column {} is taken for the {}, but holds a few small numbers, as ratings do; if these are values, set \
                 `value` = {0}, `user` = {} and `item` = 3",
                scale + 1,
                ["users", "items"][scale],
                2 - scale
            )),
            _ => {}
        }
        let mut found = found.into_iter();
        let mut next = |known: Option<usize>, role: &str| {
            let column = known.or_else(|| found.next()).ok_or_else(|| {
                let role = role.trim_end_matches('s');
                let delimiter = if self.names.is_none() { ", or check the delimiter" } else { "" };
                let all: Vec<String> = (0..self.taken.len()).map(|c| self.call(c)).collect();
                format!(
                    "no {role} column found among {} (dates, decimal numbers and properties are not ids); set \
                     `{role}`{delimiter}",
                    shortened(&all)
                )
            })?;
            self.take(Some(column).filter(|_| known.is_none()), role);
            Ok::<usize, String>(column)
        };
        Ok((next(user, "users")?, next(item, "items")?))
    }

    /// Returns whether a column is likely to hold ids; `None` if it does not.
    fn may_be_ids(&self, column: usize, looks: impl Fn(usize) -> Looks) -> Option<bool> {
        let is_beside = || {
            let name = self.names.as_ref().map(|names| &names[column]);
            name.is_some_and(|name| name == INDEX || is_beside_ids(name))
        };
        // With the usual columns, ids may be as large as times.
        let is_usual = || {
            self.names.is_none()
                && self.taken.len() == 4
                && looks(2).is_number()
                && looks(3).is_time()
        };
        if self.names.as_ref().is_some_and(|names| is_quantity(&names[column])) {
            return None;
        }
        match looks(column) {
            Looks::Date | Looks::OtherDate | Looks::Decimal | Looks::SheetDays | Looks::Object => {
                None
            }
            Looks::Time if column < 2 && is_usual() => Some(true),
            // Texts behind long numbers are rather the ids, unless a name says otherwise.
            Looks::Long => {
                let is_id = self.names.as_ref().is_some_and(|names| is_numbered(&names[column]));
                Some(is_id || !self.free().any(|c| c > column && looks(c).is_plain_text()))
            }
            Looks::Time | Looks::Event | Looks::Empty => Some(false),
            Looks::Truth | Looks::Amount if self.names.is_some() => Some(false),
            _ => Some(!is_beside()),
        }
    }
}
