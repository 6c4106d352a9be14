//! The value of an update: a model left unchanged, updated, and retrained.

use super::interview::{mean, ndcg};
use crate::experiment::{Experiment, Trial, recipe};
use crate::files::{Folder, Need};
use crate::report::{Line, Value};
use cofil::data::NO_TIME;
use cofil::{Algorithm, Duplicates, IdMap, Interactions, Query, Ratings, Recommender, Run, Who};
use cofil::{Error, Result};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Length of the evaluated lists.
const LIST: usize = 20;

pub const EXPERIMENT: Experiment = Experiment {
    name: "update",
    title: "A stale, an updated and a retrained model of MovieLens-100K",
    method: "Split by time: trained on the first 80 % of the interactions, updated with the next 10 %, evaluated on \
             the last 10 % for users who appear earlier; items a user already has are not recommended. `stale` uses the \
             old model, where new users get the most popular items; `folded in` passes the current histories to the old \
             model; `refit` is trained on 90 %.",
    needs: &[Need { what: "the ratings", names: &["u.data"], folders: &["ml-100k"] }],
    home: "u.data of MovieLens 100K (https://grouplens.org/datasets/movielens/100k/)",
    published: &[],
    start,
};

const RECIPES: [(&str, [&str; 4]); 3] = [
    ("ials", ["ials stale", "ials folded in", "ials updated", "ials refit"]),
    ("ease", ["ease stale", "ease folded in", "ease updated", "ease refit"]),
    ("item-knn", ["item-knn stale", "item-knn folded in", "item-knn updated", "item-knn refit"]),
];

fn start(folder: &Folder<'_>, quick: bool) -> Result<Trial> {
    let all = folder.table("the ratings")?;
    let Some(times) = all.time.as_ref().filter(|times| !times.contains(&NO_TIME)) else {
        return Err(Error::Unfit(
            "every row of the ratings needs a time for the split by time".into(),
        ));
    };
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&at| times[at]);
    let tenth = |n: usize| all.len() * n / 10;
    let part = |from: usize, to: usize| compact(&all, &order[tenth(from)..tenth(to)]);
    let parts =
        Parts { old: part(0, 8)?, events: part(8, 9)?, before: part(0, 9)?, test: part(9, 10)? };
    let ials = json!({
        "factors": if quick { 8 } else { 64 }, "epochs": if quick { 2 } else { 16 }, "reg": 0.01,
        "unobserved_weight": 0.7,
    });
    let algorithms =
        [recipe("ials", ials)?, recipe("ease", json!({}))?, recipe("item-knn", json!({}))?];
    Ok(Box::new(move |seed| {
        let mut lines = Vec::new();
        for ((_, names), algorithm) in RECIPES.iter().zip(&algorithms) {
            lines.extend(parts.lines(names, algorithm, seed)?);
        }
        Ok(lines)
    }))
}

/// Returns the rows at `places` as interactions without values, with their own id maps.
fn compact(all: &Interactions, places: &[usize]) -> Result<Interactions> {
    let (mut users, mut items) = (IdMap::new(), IdMap::new());
    let mut part = Interactions { value: vec![1.0; places.len()], ..Interactions::default() };
    for &at in places {
        part.user.push(users.insert(all.users.name(all.user[at]))?);
        part.item.push(items.insert(all.items.name(all.item[at]))?);
    }
    (part.users, part.items) = (users.into(), items.into());
    Ok(part)
}

struct Parts {
    old: Interactions,
    events: Interactions,
    before: Interactions,
    test: Interactions,
}

/// The items of each user, by name.
type Histories<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn histories(table: &Interactions) -> Histories<'_> {
    let mut histories = Histories::new();
    for (&u, &i) in table.user.iter().zip(&table.item) {
        histories.entry(table.users.name(u)).or_default().insert(table.items.name(i));
    }
    histories
}

impl Parts {
    fn lines(
        &self,
        names: &[&'static str; 4],
        algorithm: &Algorithm,
        seed: u64,
    ) -> Result<Vec<Line>> {
        let train = |table: &Interactions| -> Result<(Recommender, f64)> {
            let ratings = Ratings::new(table, Duplicates::Last)?;
            let start = Instant::now();
            let run = &Run { seed, ..Run::default() };
            Ok((Recommender::train(algorithm, &ratings, run)?, start.elapsed().as_secs_f64()))
        };
        let (before, test) = (histories(&self.before), histories(&self.test));
        let old = histories(&self.old);
        let judge =
            |model: &Recommender, fold_in: bool| judge(model, &old, &before, &test, fold_in);
        let (mut model, _) = train(&self.old)?;
        let stale = judge(&model, false)?;
        let folded = judge(&model, true)?;
        let start = Instant::now();
        model.update(&self.events, Duplicates::Last)?;
        let took = start.elapsed().as_secs_f64();
        let updated = judge(&model, false)?;
        let (model, refit_took) = train(&self.before)?;
        let refit = judge(&model, false)?;
        let settings = Some(algorithm.clone());
        let found =
            [(stale, None), (folded, None), (updated, Some(took)), (refit, Some(refit_took))];
        let line = |(&name, (found, seconds)): (&&'static str, ([Value; 2], Option<f64>))| {
            let [all, new] = found;
            let mut values =
                vec![(format!("ndcg@{LIST}"), all), (format!("ndcg@{LIST} of new users"), new)];
            values.extend(seconds.map(|seconds| ("seconds".to_owned(), seconds.into())));
            Line { name, settings: settings.clone(), values }
        };
        Ok(names.iter().zip(found).map(line).collect())
    }
}

/// Returns the mean NDCG over the users of `test` who are in `before`, and over those of them who are not in `old`.
fn judge(
    model: &Recommender,
    old: &Histories<'_>,
    before: &Histories<'_>,
    test: &Histories<'_>,
    fold_in: bool,
) -> Result<[Value; 2]> {
    let (mut found, mut new) = (Vec::new(), Vec::new());
    for (user, items) in test {
        let Some(history) = before.get(user) else { continue };
        let relevant: Vec<&str> = items.difference(history).copied().collect();
        if relevant.is_empty() {
            continue;
        }
        let known: Vec<&str> =
            history.iter().copied().filter(|item| model.items().get(item).is_some()).collect();
        let exclude = known.iter().map(|&item| item.to_owned()).collect();
        let query = Query { n: LIST, exclude, ..Query::default() };
        let who = match (fold_in, model.users().get(user)) {
            (true, _) => Who::new_user(known.iter().map(|&item| (item, 1.0))),
            (false, Some(_)) => Who::user(*user),
            (false, None) => Who::anybody(),
        };
        let list = model.recommend(&who, &query)?.items;
        let hit = |s: &cofil::Recommended| relevant.contains(&s.item.as_str());
        // Places of the list first, then the relevant items that it does not show.
        let mut hits: Vec<bool> = list.iter().map(hit).collect();
        let shown = hits.iter().filter(|&&hit| hit).count();
        let places: Vec<(u32, f32)> = (0..hits.len() as u32).map(|at| (at, 0.0)).collect();
        hits.resize(hits.len() + relevant.len() - shown, true);
        let value = ndcg(&places, &hits);
        found.push(value);
        if !old.contains_key(user) {
            new.push(value);
        }
    }
    Ok([mean(&found), mean(&new)])
}
