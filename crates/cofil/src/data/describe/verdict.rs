//! What follows from a description: what kind of data it is, what to clean, what to train and what to
//! measure. Rules of thumb, each with its reason.

use super::{Description, Kind};
use crate::data::moment::duration;
use crate::data::prose::{count, number, percent};
use serde::{Deserialize, Serialize};

/// Conclusions in plain sentences.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What the data is.
    pub kind: String,
    /// What to look at or to clean before training; may be empty.
    pub warnings: Vec<String>,
    /// Recipes that fit, the first to try first.
    pub algorithms: Vec<Advice>,
    /// Measures that mean something here.
    pub metrics: Vec<Advice>,
    /// How to split for an honest test.
    pub split: Advice,
}

/// A choice and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// The choice.
    pub name: String,
    /// Why.
    pub why: String,
}

impl Advice {
    fn new(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), why: why.into() }
    }
}

const DAY: i64 = 86_400;

impl Verdict {
    pub(super) fn on(d: &Description) -> Self {
        Self {
            kind: kind(d),
            warnings: warnings(d),
            algorithms: algorithms(d),
            metrics: metrics(d),
            split: split(d),
        }
    }
}

fn kind(d: &Description) -> String {
    let v = &d.values;
    match v.kind {
        Kind::Events => format!(
            "Events: every value is {}, so the data says who met what, not how much they liked it. \
             What is missing is unknown, not disliked.",
            v.median
        ),
        Kind::Votes => format!("Votes: only {} and {} occur, against and for.", v.min, v.max),
        Kind::Ratings => {
            let steps =
                if v.whole { "whole numbers" } else { "steps of less than 1 or any number" };
            let (low, high) = scale(d);
            let sd = if v.suspects.is_empty() {
                format!(
                    " Predicting the mean for everybody has RMSE {:.3}: that is what a model of \
                     ratings has to beat.",
                    v.sd
                )
            } else {
                String::new()
            };
            format!(
                "Ratings from {low} to {high} ({steps}), half of them at least {}.{sd}",
                v.median
            )
        }
        Kind::Counts => format!(
            "Counts or amounts: half are at most {}, the largest is {}. They say how strong the \
             evidence is, not how much something was liked on a scale.",
            v.median, v.max
        ),
    }
}

/// Smallest and largest value that is not suspected to be a mark.
fn scale(d: &Description) -> (f64, f64) {
    let real = |value: f64| d.values.suspects.iter().all(|s| f64::from(s.value) != value);
    let bins = || d.values.histogram.iter().filter(|b| b.count > 0);
    let low = bins().map(|b| b.low).find(|&v| real(v));
    let high = bins().rev().map(|b| b.high).find(|&v| real(v));
    (low.unwrap_or_default(), high.unwrap_or_default())
}

fn warnings(d: &Description) -> Vec<String> {
    let mut told = Vec::new();
    for mark in &d.values.suspects {
        told.push(format!(
            "{} in {} ({}) looks like a mark for \"no rating\": {}. If it is, read the data with \
             --missing {}.",
            mark.value,
            count(mark.rows, "row"),
            percent(mark.share),
            mark.why,
            mark.value
        ));
    }
    if d.duplicates.rows > 0 {
        let how = match d.values.kind {
            Kind::Ratings | Kind::Votes => "--duplicates last (the default), first, mean or max",
            Kind::Events | Kind::Counts => "--duplicates sum to count them, or last",
        };
        told.push(format!(
            "{} more than once, {} with different values: choose {how}.",
            match d.duplicates.pairs {
                1 => "1 pair occurs".into(),
                n => format!("{} pairs occur", number(n)),
            },
            number(d.duplicates.conflicting)
        ));
    }
    for (who, spread, flag, lost) in [
        ("user", &d.per_user, "--min-user", "they cannot be tested and teach little"),
        ("item", &d.per_item, "--min-item", "a model can say little about them"),
    ] {
        let all = if who == "user" { d.users } else { d.items };
        let few = spread.under_five as f64 / all as f64;
        if few >= 0.05 {
            told.push(format!(
                "{} ({}) have fewer than 5 interactions, {} only one: {lost} ({flag} 5 drops them).",
                count(spread.under_five, who),
                percent(few),
                number(spread.with_one)
            ));
        }
        if spread.without > 0 {
            told.push(format!("{} without any interaction.", count(spread.without, who)));
        }
    }
    // An account with half of the catalogue is rarely one person.
    if let Some(busiest) = d.per_user.top.first() {
        let share = f64::from(busiest.interactions) / d.items as f64;
        if share > 0.5 && d.items > 200 {
            told.push(format!(
                "User `{}` has {} interactions with {} items in all: a robot, a shop account or a \
                 missing id?",
                busiest.name,
                number(busiest.interactions as usize),
                number(d.items)
            ));
        }
    }
    for (who, spread) in [("user", &d.per_user), ("item", &d.per_item)] {
        let nobody = ["", "null", "none", "nan", "na", "n/a", "unknown", "anonymous", "undefined"];
        for top in &spread.top {
            if nobody.contains(&top.name.to_ascii_lowercase().as_str()) {
                told.push(format!(
                    "The {who} called `{}` has {}: a missing id?",
                    top.name,
                    count(top.interactions as usize, "interaction")
                ));
            }
        }
    }
    told.extend(time_warnings(d));
    if d.pairs < 1_000 || d.users < 50 {
        told.push(
            "So few users or interactions that differences between models are mostly chance."
                .into(),
        );
    }
    told
}

fn time_warnings(d: &Description) -> Vec<String> {
    let Some(times) = &d.times else { return Vec::new() };
    let mut told = Vec::new();
    if times.missing > 0 {
        let share = percent(times.missing as f64 / d.interactions as f64);
        let rows = count(times.missing, "row");
        told.push(format!("{rows} ({share}) have no time; they count as oldest."));
    }
    // 1980 to 2100: what else could seconds since 1970 mean?
    if times.first < 315_532_800 || times.last > 4_102_444_800 {
        told.push("Some times lie before 1980 or after 2100: are they really seconds?".into());
    }
    if d.per_user.median > 1 && times.median_user_span < DAY {
        told.push(format!(
            "Half of the users did everything within {}: the order of a user's interactions says \
             little about how tastes change.",
            duration(times.median_user_span)
        ));
    }
    if times.tied > 0.5 {
        told.push(format!(
            "{} of the interactions share their second with another of the same user: which is \
             latest is then decided by the place in the file.",
            percent(times.tied)
        ));
    }
    told
}

fn algorithms(d: &Description) -> Vec<Advice> {
    let liked = d.values.liked();
    let mut list = Vec::new();
    if matches!(d.values.kind, Kind::Ratings) {
        list.push(Advice::new(
            "biased-mf",
            "predicts the rating itself from the levels and tastes of user and item",
        ));
    }
    if matches!(d.values.kind, Kind::Votes) {
        list.push(Advice::new(
            "biased-mf",
            "with link = sigmoid: predicts how likely a vote for is",
        ));
    }
    let as_events = match (d.values.kind, liked) {
        (Kind::Ratings, Some(liked)) => format!(" (with --implicit, or --threshold {liked})"),
        (Kind::Votes, _) => format!(" (with --threshold {})", d.values.max),
        (Kind::Counts, _) => " (also try --implicit: the long tail can drown the rest)".into(),
        _ => String::new(),
    };
    let weights = d.items as f64 * d.items as f64 * 4.0;
    let size = if weights < 1e9 {
        format!("{:.0} MB", (weights / 1e6).max(1.0))
    } else {
        format!("{:.1} GB", weights / 1e9)
    };
    if d.items <= 20_000 {
        list.push(Advice::new(
            "ease",
            format!("to rank{as_events}: exact, one inverse of {} × {} ({size})", d.items, d.items),
        ));
    }
    let counted = match d.values.kind {
        Kind::Counts => "; the count is its confidence",
        _ => "",
    };
    list.push(Advice::new(
        "ials",
        format!("to rank{as_events}: grows with the interactions, not with items²{counted}"),
    ));
    let why = if d.items > 20_000 {
        format!("to rank: sparse neighbours, where ease would need {size} for its weights")
    } else {
        "to rank: neighbours that explain themselves".into()
    };
    list.push(Advice::new("item-knn", why));
    list.push(Advice::new("popularity", "what every model has to beat"));
    list
}

fn metrics(d: &Description) -> Vec<Advice> {
    let k = if d.items < 200 { 5 } else { 20 };
    let short = match d.items < 200 {
        true => format!("; lists stay short, as there are only {} items", d.items),
        false => String::new(),
    };
    let ranking = Advice::new(
        format!("ndcg@{k}, recall@{k}"),
        format!("whether what comes next stands high on the list{short}"),
    );
    let spread = Advice::new(
        "coverage, novelty",
        format!(
            "{} of the interactions go to the most popular 1 % of the items (Gini {:.2}): accuracy \
             alone rewards showing everybody the same",
            percent(d.per_item.top_percent),
            d.per_item.gini
        ),
    );
    let mut list = Vec::new();
    match d.values.kind {
        Kind::Ratings => {
            list.push(Advice::new("rmse, mae", "how far predicted ratings are off"));
            list.push(ranking);
        }
        Kind::Votes => {
            list.push(Advice::new("auc", "whether votes for score above votes against"));
            list.push(ranking);
        }
        Kind::Events | Kind::Counts => {
            list.push(Advice { why: ranking.why + "; not rmse, as there is no rating", ..ranking });
        }
    }
    if d.per_item.gini > 0.5 {
        list.push(spread);
    }
    list
}

fn split(d: &Description) -> Advice {
    let random = match d.values.kind {
        Kind::Ratings => "random",
        _ => "user-random",
    };
    match &d.times {
        None => Advice::new(
            random,
            "without times nothing says what came later; remember that the test is easier than use",
        ),
        Some(times) if times.missing * 2 > d.interactions => {
            Advice::new(random, "too few rows have a time to split by it")
        }
        Some(times) if times.last - times.first < DAY => {
            Advice::new(random, "everything happened within a day")
        }
        Some(_) => Advice::new(
            "time",
            "the model then knows only what came before, as in use; `last` tests every user but lets \
             training see what others did later",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Description, IdMap, Interactions, NO_TIME};
    use std::sync::Arc;

    /// 60 users × 40 items, every pair with `value(user, item)` and `time(user, item)`.
    fn described(
        value: impl Fn(u32, u32) -> f32,
        time: Option<&dyn Fn(u32, u32) -> i64>,
    ) -> Description {
        let names = |n: u32| Arc::new((0..n).map(|i| i.to_string()).collect::<IdMap>());
        let pairs: Vec<(u32, u32)> = (0..60).flat_map(|u| (0..40).map(move |i| (u, i))).collect();
        let data = Interactions {
            users: names(60),
            items: names(40),
            user: pairs.iter().map(|p| p.0).collect(),
            item: pairs.iter().map(|p| p.1).collect(),
            value: pairs.iter().map(|p| value(p.0, p.1)).collect(),
            time: time.map(|time| pairs.iter().map(|p| time(p.0, p.1)).collect()),
        };
        Description::of(&data).unwrap()
    }

    fn names(d: &Description) -> Vec<&str> {
        d.verdict.algorithms.iter().map(|a| a.name.as_str()).collect()
    }

    #[test]
    fn each_kind_gets_its_advice() {
        let stars = described(|u, i| ((u + i) % 5 + 1) as f32, None).verdict;
        assert!(stars.kind.starts_with("Ratings from 1 to 5 (whole numbers)"), "{}", stars.kind);
        assert!(stars.kind.contains("RMSE 1.414"), "{}", stars.kind);
        assert_eq!(
            (stars.algorithms[0].name.as_str(), stars.metrics[0].name.as_str()),
            ("biased-mf", "rmse, mae")
        );
        let events = described(|_, _| 1.0, None);
        assert!(events.verdict.kind.starts_with("Events: every value is 1,"));
        assert_eq!(names(&events), ["ease", "ials", "item-knn", "popularity"]);
        assert_eq!(events.verdict.metrics[0].name, "ndcg@5, recall@5", "40 items");
        assert!(events.verdict.warnings.is_empty(), "{:?}", events.verdict.warnings);
        let votes = described(|u, i| ((u + i) % 2) as f32, None).verdict;
        assert!(votes.kind.starts_with("Votes: only 0 and 1 occur"), "{}", votes.kind);
        let counts = described(|u, i| 1.3f32.powi((u * i % 41) as i32).ceil(), None).verdict;
        assert!(counts.kind.starts_with("Counts or amounts"), "{}", counts.kind);
    }

    #[test]
    fn marks_are_told_and_left_out_of_the_scale() {
        let d = described(|u, i| if (u + i) % 7 == 0 { -1.0 } else { (i % 10 + 1) as f32 }, None);
        assert!(d.verdict.kind.starts_with("Ratings from 1 to 10"), "{}", d.verdict.kind);
        assert!(d.verdict.warnings[0].contains("--missing -1"), "{:?}", d.verdict.warnings);
    }

    #[test]
    fn times_decide_the_split() {
        let split = |time: Option<&dyn Fn(u32, u32) -> i64>| described(|_, _| 1.0, time).verdict;
        assert_eq!(split(None).split.name, "user-random");
        let years = |u: u32, i: u32| 1_000_000_000 + i64::from(u * 40 + i) * 100_000;
        assert_eq!(split(Some(&years)).split.name, "time");
        let sparse = |u: u32, i: u32| if i < 30 { NO_TIME } else { years(u, i) };
        let verdict = split(Some(&sparse));
        assert_eq!(verdict.split.name, "user-random");
        assert!(verdict.warnings[0].starts_with("1,800 rows (75 %) have no time"));
        let sitting = |u: u32, _: u32| years(u, 0);
        let told = split(Some(&sitting)).warnings;
        assert!(
            told[0].starts_with("Half of the users did everything within 0 seconds"),
            "{told:?}"
        );
        assert!(told[1].starts_with("100 % of the interactions share their second"), "{told:?}");
        let milliseconds = |u: u32, i: u32| years(u, i) * 1_000;
        assert!(split(Some(&milliseconds)).warnings[0].contains("are they really seconds?"));
    }
}
