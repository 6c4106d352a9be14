//! What in the data deserves a second look before anything is trained.

use super::verdict::DAY;
use super::{Description, Kind};
use crate::data::moment::duration;
use crate::data::prose::{count, number, percent};

/// What to look at or to clean; may be empty.
pub(super) fn on(d: &Description) -> Vec<String> {
    let mut told = Vec::new();
    values(d, &mut told);
    spreads(d, &mut told);
    names(d, &mut told);
    times(d, &mut told);
    if d.pairs < 1_000 || d.users < 50 {
        told.push(
            "So few users or interactions that differences between models are mostly chance."
                .into(),
        );
    }
    told
}

fn values(d: &Description, told: &mut Vec<String>) {
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
}

fn spreads(d: &Description, told: &mut Vec<String>) {
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
        if (5..=100).contains(&spread.min) && d.pairs >= 1_000 {
            told.push(format!(
                "Every {who} has at least {} interactions: the data was filtered, and in use there \
                 will be {who}s with fewer.",
                spread.min
            ));
        }
        let full = spread.at_max as f64 / all as f64;
        let others = if who == "user" { d.items } else { d.users };
        if full > 0.2 && spread.max > 5 && (spread.max as usize) < others {
            told.push(format!(
                "{} of the {who}s have exactly {} interactions and none has more: the data was cut \
                 there.",
                percent(full),
                number(spread.max as usize)
            ));
        }
        if spread.without > 0 {
            told.push(format!("{} without any interaction.", count(spread.without, who)));
        }
    }
}

fn names(d: &Description, told: &mut Vec<String>) {
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
}

fn times(d: &Description, told: &mut Vec<String>) {
    let Some(times) = &d.times else { return };
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
}
