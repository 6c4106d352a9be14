//! Problems in the data to look at before training.

use super::{Description, Kind};
use crate::data::Finding;
use crate::data::moment::odd_times;
use crate::data::prose::{count, have, number, percent};
use crate::error::Remedy;

/// Returns the problems to look at or to clean; may be empty.
pub(super) fn on(d: &Description) -> Vec<Finding> {
    let mut told = Vec::new();
    values(d, &mut told);
    spreads(d, &mut told);
    names(d, &mut told);
    times(d, &mut told);
    if d.pairs < 1_000 || d.users < 50 {
        told.push(
            "With so few users or interactions, differences between models are mostly chance."
                .into(),
        );
    }
    told
}

fn values(d: &Description, told: &mut Vec<Finding>) {
    for mark in &d.values.suspects {
        let text = format!(
            "{} in {} ({}) probably means \"no rating\": {}.",
            mark.value,
            count(mark.rows, "row"),
            percent(mark.share),
            mark.why
        );
        told.push(Finding::from(text).with(Remedy::Missing(mark.value)));
    }
    if d.duplicates.rows > 0 {
        let rules: &[&str] = match d.values.kind {
            Kind::Ratings | Kind::Votes => &["last (the default)", "first", "mean", "max"],
            Kind::Events | Kind::Counts => &["sum (to count them)", "last"],
            Kind::Weights => &["sum (the default)", "max", "last"],
        };
        let rules = rules.iter().map(|&rule| rule.into()).collect();
        let text = format!(
            "{} more than once, {} with different values.",
            match d.duplicates.pairs {
                1 => "1 pair occurs".into(),
                n => format!("{} pairs occur", number(n)),
            },
            number(d.duplicates.conflicting)
        );
        told.push(Finding::from(text).with(Remedy::Duplicates(rules)));
    }
}

fn spreads(d: &Description, told: &mut Vec<Finding>) {
    let users =
        ("user", &d.per_user, Remedy::MinUser(5), "they add little to training and evaluation");
    let items = ("item", &d.per_item, Remedy::MinItem(5), "a model learns little about them");
    for (who, spread, remedy, lost) in [users, items] {
        let all = if who == "user" { d.users } else { d.items };
        let few = spread.under_five as f64 / all as f64;
        if few >= 0.05 {
            let one = match spread.with_one {
                0 => String::new(),
                n => format!(", {} of them only one", number(n)),
            };
            let text = format!(
                "{} ({}) {} fewer than 5 interactions{one}: {lost}.",
                count(spread.under_five, who),
                percent(few),
                have(spread.under_five)
            );
            told.push(Finding::from(text).with(remedy));
        }
        if (5..=100).contains(&spread.min) && d.pairs >= 1_000 {
            told.push(format!(
                "Every {who} has at least {} interactions: the data was filtered, and in production there \
                 will be {who}s with fewer.",
                spread.min
            ).into());
        }
        let full = spread.at_max as f64 / all as f64;
        let others = if who == "user" { d.items } else { d.users };
        if full > 0.2 && spread.max > 5 && (spread.max as usize) < others {
            told.push(format!(
                "{} of the {who}s have exactly {} interactions and none has more: the data was capped \
                 there.",
                percent(full),
                number(spread.max as usize)
            ).into());
        }
        if spread.without > 0 {
            told.push(format!("{} without any interaction.", count(spread.without, who)).into());
        }
    }
}

fn names(d: &Description, told: &mut Vec<Finding>) {
    // An account that has used half of the catalogue is rarely one person.
    if let Some(busiest) = d.per_user.top.first() {
        let share = f64::from(busiest.interactions) / d.items as f64;
        if share > 0.5 && d.items > 200 {
            told.push(format!(
                "User `{}` has {} interactions with {} items in all: a bot, a shop account or a \
                 missing id?",
                busiest.name,
                number(busiest.interactions as usize),
                number(d.items)
            ).into());
        }
    }
    for (who, spread) in [("user", &d.per_user), ("item", &d.per_item)] {
        let nobody = ["", "null", "none", "nan", "na", "n/a", "unknown", "anonymous", "undefined"];
        for top in &spread.top {
            if nobody.contains(&top.name.to_ascii_lowercase().as_str()) {
                told.push(
                    format!(
                        "The {who} `{}` has {}: a missing id?",
                        top.name,
                        count(top.interactions as usize, "interaction")
                    )
                    .into(),
                );
            }
        }
    }
}

fn times(d: &Description, told: &mut Vec<Finding>) {
    let Some(times) = &d.times else { return };
    if times.missing > 0 {
        let share = percent(times.missing as f64 / d.interactions as f64);
        let rows = count(times.missing, "row");
        told.push(
            format!("{rows} ({share}) {} no time; counted as oldest.", have(times.missing)).into(),
        );
    }
    told.extend(odd_times(times.odd, d.interactions - times.missing).map(Finding::from));
    told.extend(times.notes());
}
