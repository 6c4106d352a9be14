//! What all models that rank have in common, whatever their shape.
//!
//! - Values are read as weights ([`Reading`]). A weight above 0 is a positive interaction. Any other weight is a
//!   negative one: the item is not recommended to the user again, and says nothing about other items.
//! - Items that no entry of the user's history supports, whose score is therefore 0, are ordered by popularity.

use crate::data::filler::{LEAST, NOBODY};
use crate::data::{Csr, Ratings, Reading, Row};
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::model::{Attribution, Change, Contributions, Forgetting, Model, Places, Products, User};
use crate::store::Tensor;
use std::borrow::Cow;
use std::sync::OnceLock;

/// The weight of `value` according to `reading`; above 0 for a positive interaction.
fn weight(reading: Option<Reading>, value: f32) -> f32 {
    reading.map_or(value, |reading| reading.weight(value))
}

/// By item, the number of users who like it: what the list for users about whom nothing is known is ordered by.
pub(crate) fn likes(reading: Option<Reading>, histories: &Csr) -> Vec<u32> {
    let mut likes = vec![0; histories.cols()];
    for (&item, &value) in histories.columns().iter().zip(histories.values()) {
        likes[item as usize] += u32::from(weight(reading, value) > 0.0);
    }
    likes
}

/// Whether there is a positive interaction in `history`.
pub(crate) fn any_liked(reading: Option<Reading>, history: Row<'_>) -> bool {
    history.values.iter().any(|&value| weight(reading, value) > 0.0)
}

/// Returns the interactions an algorithm that ranks learns from: the positive ones, with their weights.
///
/// # Errors
/// If there are none.
pub(crate) fn liked(reading: Option<Reading>, train: &Ratings) -> Result<Cow<'_, Ratings>> {
    let values = train.by_user.values();
    let is_liked = |value: f32| weight(reading, value) > 0.0;
    if reading.is_none() && values.iter().all(|&value| is_liked(value)) {
        return Ok(Cow::Borrowed(train));
    }
    if !values.iter().any(|&value| is_liked(value)) {
        let why = "no interaction has a weight above 0; to rank, give positive interactions higher values";
        return Err(Error::Unfit(why.into()));
    }
    let times = train.times.as_ref().map(|times| {
        let kept = values.iter().zip(times).filter(|(value, _)| is_liked(**value));
        kept.map(|(_, &time)| time).collect()
    });
    let (users, items) = (train.users.clone(), train.items.clone());
    Ok(Cow::Owned(Ratings { users, items, by_user: entries(reading, &train.by_user), times }))
}

/// The positive entries of `all` histories, with their weights.
pub(crate) fn entries(reading: Option<Reading>, all: &Csr) -> Csr {
    let liked = |row: Row<'_>| weighed(reading, row).collect::<Vec<_>>();
    Csr::from_rows(all.cols(), all.iter().map(liked))
}

/// The positive entries of a history, with their weights.
fn weighed(reading: Option<Reading>, history: Row<'_>) -> impl Iterator<Item = (u32, f32)> + '_ {
    let weighed = history.iter().map(move |(item, value)| (item, weight(reading, value)));
    weighed.filter(|&(_, weight)| weight > 0.0)
}

/// Returns the scores that stand for those of items which no entry of a history supports, from their popularity.
pub(crate) fn fillers(popular: &[f32]) -> Vec<f32> {
    let mut levels = popular.to_vec();
    levels.sort_unstable_by(f32::total_cmp);
    levels.dedup();
    let level = |score: &f32| levels.partition_point(|level| level.total_cmp(score).is_lt());
    let step = LEAST / levels.len() as f32;
    let filler = |score: &f32| match *score > 0.0 {
        true => step * (levels.len() - level(score)) as f32,
        false => NOBODY,
    };
    popular.iter().map(filler).collect()
}

/// A model that ranks.
pub(crate) struct Preference {
    model: Box<dyn Model>,
    reading: Option<Reading>,
    /// Whether popularity counts exactly the positive interactions of the training data.
    trained: bool,
    /// By item, the score if the history does not support it: higher for more popular items.
    fillers: OnceLock<Vec<f32>>,
}

impl Preference {
    /// Wraps `model`, which sees histories as `reading` reads them; `trained` if it was trained by this toolkit.
    pub fn new(model: Box<dyn Model>, reading: Option<Reading>, trained: bool) -> Self {
        Self { model, reading, trained, fillers: OnceLock::new() }
    }

    /// The positive entries of a history with their weights; `None` if these are the history itself.
    fn liked(&self, history: Row<'_>) -> Option<(Vec<u32>, Vec<f32>)> {
        // Without a history nothing is disliked: a known user stays one if the model file holds no histories.
        let as_it_is = history.is_empty()
            || self.reading.is_none() && history.values.iter().all(|&value| value > 0.0);
        (!as_it_is).then(|| weighed(self.reading, history).unzip())
    }

    /// The positive entries of all histories with their weights.
    fn all_liked<'a>(&self, histories: &'a Csr) -> Cow<'a, Csr> {
        match self.reading.is_none() && histories.values().iter().all(|&value| value > 0.0) {
            true => Cow::Borrowed(histories),
            false => Cow::Owned(entries(self.reading, histories)),
        }
    }

    fn fillers(&self) -> &[f32] {
        self.fillers.get_or_init(|| {
            let items: Vec<u32> = (0..self.model.items() as u32).collect();
            let mut popular = vec![0.0; items.len()];
            self.model.score(User::default(), &items, &mut popular);
            fillers(&popular)
        })
    }

    /// Replaces the scores of unsupported items by fillers, unless nothing is known of the user.
    fn fill(&self, user: User<'_>, items: impl Iterator<Item = usize>, scores: &mut [f32]) {
        if user.index.is_some() || !user.history.is_empty() {
            let filled = self.filled();
            scores.iter_mut().zip(items).for_each(|(score, item)| *score = filled(item, *score));
        }
    }

    /// The score of an item for a user about whom something is known.
    fn filled(&self) -> impl Fn(usize, f32) -> f32 + Sync + '_ {
        let fillers = self.fillers();
        // Training says nothing good about an item that no user likes, whatever its initial parameters were.
        let unliked = if self.trained { NOBODY } else { f32::NAN };
        move |item, score| {
            let filler = fillers[item];
            if score == 0.0 || filler == unliked { filler } else { score }
        }
    }
}

impl Model for Preference {
    fn items(&self) -> usize {
        self.model.items()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        let liked = self.liked(user.history);
        let user = with(user, liked.as_ref());
        self.model.score(user, items, scores);
        self.fill(user, items.iter().map(|&item| item as usize), scores);
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let liked: Vec<_> = users.iter().map(|user| self.liked(user.history)).collect();
        let users = users.iter().zip(&liked);
        let users: Vec<_> = users.map(|(user, liked)| with(*user, liked.as_ref())).collect();
        self.model.score_block(&users, scores);
        for (r, &user) in users.iter().enumerate() {
            self.fill(user, 0..self.model.items(), scores.row_mut(r));
        }
    }

    fn block_size(&self) -> usize {
        self.model.block_size()
    }

    fn needs_history(&self) -> bool {
        self.model.needs_history()
    }

    /// Entries that are not liked contribute nothing, and nothing contributes to an item that no user likes.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let mut scores = vec![0.0; items.len()];
        self.score(User::new_user(history), items, &mut scores);
        let liked = self.liked(history);
        let seen = with(User::new_user(history), liked.as_ref()).history;
        let found = match seen.is_empty() {
            true => Vec::new(),
            false => self.model.contributions(seen, items),
        };
        let mut found = found.into_iter();
        let of_item = |&score: &f32| match found.next() {
            Some(found) if score != NOBODY => {
                let mut liked = found.parts.into_iter();
                let part = |&value: &f32| match weight(self.reading, value) > 0.0 {
                    true => liked.next().unwrap_or(0.0),
                    false => 0.0,
                };
                Contributions { parts: history.values.iter().map(part).collect(), ..found }
            }
            _ => Contributions {
                base: score,
                parts: vec![0.0; history.len()],
                method: Attribution::Exact,
            },
        };
        scores.iter().map(of_item).collect()
    }

    fn reading(&self) -> Option<Reading> {
        self.reading
    }

    fn liked<'a>(&self, histories: &'a Csr) -> Cow<'a, Csr> {
        self.all_liked(histories)
    }

    fn similarities(&self, item: u32, scores: &mut [f32]) {
        self.model.similarities(item, scores);
    }

    fn item_vectors(&self) -> Option<&Matrix> {
        self.model.item_vectors()
    }

    fn user_vectors(&self) -> Option<&Matrix> {
        self.model.user_vectors()
    }

    fn places(&self) -> Option<Places> {
        self.model.places()
    }

    fn products(&self) -> Option<Products<'_>> {
        let Products { items, bias, of_user, score, floor } = self.model.products()?;
        let of_liked = move |user: User<'_>| {
            let liked = self.liked(user.history);
            of_user(with(user, liked.as_ref()))
        };
        let filled = self.filled();
        Some(Products {
            items,
            bias,
            of_user: Box::new(of_liked),
            score: Box::new(move |item, x| filled(item, score(item, x))),
            // No filler is above 0, and fillers for other scores than 0 are this one.
            floor: floor.max(NOBODY),
        })
    }

    fn updated(&self, change: &Change<'_>) -> Option<Box<dyn Model>> {
        let change = Change { by_user: &self.all_liked(change.by_user), ..*change };
        Some(Box::new(Self::new(self.model.updated(&change)?, self.reading, self.trained)))
    }

    fn without_users(&self, users: &[u32], liked: &Csr) -> Option<Forgetting> {
        let Forgetting { model, remains } = self.model.without_users(users, liked)?;
        Some(Forgetting { model: Box::new(Self::new(model, self.reading, self.trained)), remains })
    }

    fn users(&self) -> Option<usize> {
        self.model.users()
    }

    fn check(&self) -> Result<()> {
        self.model.check()
    }

    fn kind(&self) -> &'static str {
        self.model.kind()
    }

    fn settings(&self) -> serde_json::Value {
        self.model.settings()
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        self.model.tensors()
    }
}

/// Returns `user` with only the liked part of the history. For a user who likes nothing, that is a user about whom
/// nothing is known.
fn with<'a>(user: User<'a>, liked: Option<&'a (Vec<u32>, Vec<f32>)>) -> User<'a> {
    match liked {
        Some((columns, _)) if columns.is_empty() => User::default(),
        Some((columns, values)) => User { history: Row { columns, values }, ..user },
        None => user,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::data::ReadValues;
    use crate::data::filler::is_filler;
    use crate::recipes::Target;
    use crate::train::Run;

    /// Three users like `a` and `b`, one of whom dislikes `c`; all others who have `c` or `d` like it.
    fn ratings(dislikes: &[(&str, &str, f32)]) -> Ratings {
        let likes = [
            "u1 a", "u1 b", "u2 a", "u2 b", "u3 a", "u3 b", "u4 c", "u4 d", "u5 c", "u5 d", "u5 a",
        ];
        let likes = likes.iter().map(|pair| {
            let (user, item) = pair.split_once(' ').expect("two names");
            (user, item, 1.0)
        });
        Ratings::from_triples(likes.chain(dislikes.iter().copied())).unwrap()
    }

    /// All algorithms that rank.
    fn ranking() -> impl Iterator<Item = Algorithm> {
        let small = |algorithm: Algorithm| {
            let algorithm = algorithm.to_rank();
            let settings = crate::store::plain(&algorithm).expect("plain data");
            let mut settings = settings.as_object().expect("an object").clone();
            for (setting, most) in [("factors", 2), ("negatives", 1), ("epochs", 100)] {
                if let Some(value) = settings.get_mut(setting) {
                    *value = most.into();
                }
            }
            serde_json::from_value::<Algorithm>(settings.into()).expect("valid settings")
        };
        let all = Algorithm::all().into_iter().map(small);
        all.filter(|algorithm| algorithm.target() == Target::Preference)
    }

    fn scores(model: &dyn Model, user: User<'_>) -> Vec<f32> {
        let items: Vec<u32> = (0..model.items() as u32).collect();
        let mut scores = vec![0.0; items.len()];
        model.score(user, &items, &mut scores);
        let mut block = Matrix::zeros(1, items.len());
        model.score_block(&[user], &mut block);
        assert!(
            block.row(0).iter().zip(&scores).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()))
        );
        scores
    }

    /// All algorithms that rank make the same model with dislikes as without them, and the same scores.
    #[test]
    fn dislikes_raise_nothing() {
        let without = ratings(&[]);
        let with = ratings(&[("u1", "c", -1.0), ("u2", "d", 0.0)]);
        let weights = Run { values: ReadValues::AsWeights, ..Run::default() };
        let mut ranked = 0;
        for algorithm in ranking() {
            let fit = |train: &Ratings| algorithm.fit(train, &weights);
            let name = algorithm.name();
            let plain = fit(&without).unwrap_or_else(|e| panic!("{name}: {e}")).model;
            let model = fit(&with).unwrap_or_else(|e| panic!("{name}: {e}")).model;
            for u in 0..5 {
                let expected = scores(&*plain, User::of(&without, u));
                assert_eq!(scores(&*model, User::of(&with, u)), expected, "{name}: user {u}");
            }
            ranked += 1;
        }
        assert!(ranked > 10, "{ranked}");
    }

    #[test]
    fn what_is_disliked_adds_nothing() {
        let ease = Algorithm::from_settings("ease", &serde_json::Map::new()).unwrap();
        let model = ease.fit(&ratings(&[("u1", "c", -1.0)]), &Run::default()).unwrap().model;
        let (columns, values) = ([0, 2], [1.0, -1.0]);
        let mixed =
            model.contributions(Row { columns: &columns, values: &values }, &[1])[0].clone();
        let alone = model.contributions(Row { columns: &[0], values: &[1.0] }, &[1])[0].clone();
        assert_eq!(mixed.parts, [alone.parts[0], 0.0]);
        let nothing = model.contributions(Row { columns: &[2], values: &[-1.0] }, &[1])[0].clone();
        let popular = scores(&*model, User::default())[1];
        assert_eq!((nothing.base, nothing.parts), (popular, vec![0.0]));
    }

    /// `c` and `d` never occur together with `a` and `b`: for a user with `a` alone, only popularity speaks for them.
    #[test]
    fn lists_are_filled_by_popularity() {
        let train =
            ratings(&[("u6", "d", 1.0), ("u7", "d", 1.0), ("u8", "e", 1.0), ("u9", "d", 1.0)]);
        for name in ["item-knn", "user-knn", "slim", "rp3beta", "ease", "ials", "graph-filter"] {
            let knn = Algorithm::from_settings(name, &serde_json::Map::new()).unwrap();
            let model = knn.fit(&train, &Run::default()).unwrap().model;
            // u8 has only `e`, which no other user has.
            let found = scores(&*model, User::of(&train, 7));
            let order: Vec<u32> =
                crate::rank::top_k(&found, 4, &[4]).iter().map(|best| best.0).collect();
            assert_eq!(order, [3, 0, 1, 2], "{name}: d has 5 users, a 4, b 3 and c 2; {found:?}");
            assert!(found[..4].iter().all(|&score| is_filler(score)), "{name}: {found:?}");
            let nobody = scores(&*model, User::default());
            assert!(nobody.iter().all(|&score| !is_filler(score)), "{name}");
        }
    }

    /// Ratings: an item that all users rate lowest comes last, and users who rated it lowest do not get it again.
    #[test]
    fn what_everybody_rates_lowest_does_not_come_first() {
        let raters = ["u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"];
        let bad = raters.iter().map(|&user| (user, "bad", 1.0));
        let good = [("u1", "x"), ("u2", "x"), ("u3", "x"), ("u1", "y"), ("u2", "y"), ("u4", "z")];
        let middling = [("u5", "x", 3.0), ("u6", "z", 4.0)];
        let good = good.iter().map(|&(user, item)| (user, item, 5.0));
        let train = Ratings::from_triples(bad.chain(good).chain(middling)).unwrap();
        let mut ranked = 0;
        for algorithm in ranking() {
            let name = algorithm.name();
            let model = algorithm
                .fit(&train, &Run::default())
                .unwrap_or_else(|e| panic!("{name}: {e}"))
                .model;
            for user in [User::default(), User::new_user(Row { columns: &[1], values: &[5.0] })] {
                let found = scores(&*model, user);
                let best = crate::rank::top_k(&found, 1, &[1])[0].0;
                assert_ne!(best, 0, "{name}: {found:?}");
            }
            let own = crate::rank::top_k_all(&*model, &[User::of(&train, 0)], 9, true);
            assert!(own[0].iter().all(|&(item, _)| item != 0), "{name}");
            ranked += 1;
        }
        assert!(ranked > 10, "{ranked}");
    }

    /// As from a model file without histories.
    #[test]
    fn known_users_stay_known_without_a_history() {
        let rated =
            [("a", "x", 5.0), ("a", "y", 1.0), ("b", "y", 4.0), ("b", "z", 2.0), ("c", "z", 5.0)];
        let train = Ratings::from_triples(rated).unwrap();
        let run = Run { values: ReadValues::As(Reading::Above(2.0)), ..Run::default() };
        let ials = Algorithm::from_settings("ials", &serde_json::Map::new()).unwrap();
        let model = ials.fit(&train, &run).unwrap().model;
        let bare = User { index: Some(0), history: Row::default() };
        assert_eq!(scores(&*model, bare), scores(&*model, User::of(&train, 0)));
        assert_ne!(scores(&*model, bare), scores(&*model, User::default()));
    }

    #[test]
    fn who_likes_nothing_is_shown_what_is_popular() {
        let train = ratings(&[("u6", "b", -1.0)]);
        let ials = Algorithm::from_settings("ials", &serde_json::Map::new()).unwrap();
        let model = ials.fit(&train, &Run::default()).unwrap().model;
        assert_eq!(scores(&*model, User::of(&train, 5)), scores(&*model, User::default()));
        let nobody = Ratings::from_triples([("u", "i", -1.0), ("v", "i", -1.0)]).unwrap();
        let Err(told) = ials.fit(&nobody, &Run::default()) else { panic!("learned from nothing") };
        let told = told.to_string();
        assert!(told.starts_with("no interaction has a weight above 0"), "{told}");
    }
}
