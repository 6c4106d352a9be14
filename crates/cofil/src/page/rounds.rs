//! The summary of several rounds.

use super::html::{Cell, Html, escape};
use crate::contest::{Failure, Lead, Series, Standing};
use crate::data::prose::{count, duration, value};
use crate::evaluate::Metric;

/// Adds the title and the conclusion.
pub fn head(page: &mut Html, title: &str, series: &Series) {
    page.element("h1", &format!("Recommenders compared on {title}"));
    let rounds = count(series.distinct(), "round");
    page.small(&format!("cofil {} · {rounds}", env!("CARGO_PKG_VERSION")));
    page.raw(&format!("<p class=\"lead\">{}</p>\n", escape(&series.say())));
}

/// Adds mean and standard deviation of each metric, best algorithm first.
pub fn standings(page: &mut Html, series: &Series) {
    page.element("h2", "Mean ± standard deviation");
    let mut heads = vec!["algorithm".to_owned()];
    heads.extend(series.metrics.iter().map(Metric::to_string));
    heads.extend(["best in", "wins of best", "significant", "training"].map(str::to_owned));
    let row = |standing: &Standing| {
        let of = |n: fn(Lead) -> usize| {
            let lead = standing.lead.map(|lead| format!("{} of {}", n(lead), lead.of));
            Cell::number(&lead.unwrap_or_default())
        };
        let mut row = vec![Cell::text(&standing.name)];
        row.extend(standing.metrics.iter().map(|spread| Cell::number(&spread.to_string())));
        row.push(Cell::number(&format!("{} of {}", standing.best_in, series.distinct())));
        row.extend([of(|lead| lead.ahead), of(|lead| lead.beyond_chance)]);
        row.push(Cell::number(&duration(standing.fit_seconds)));
        row
    };
    page.table(&heads, &series.standings.iter().map(row).collect::<Vec<_>>());
    page.small(
        "Standard deviation over the rounds (n − 1). Wins of best: rounds in which the algorithm with the best \
         mean is better than this one. Significant: rounds in which it is significantly better (paired \
         randomisation test on the same users, Holm's correction). Training: mean over the rounds.",
    );
    let mut told: Vec<&Failure> = Vec::new();
    for failure in series.rounds.iter().flat_map(|round| &round.outcome.failures) {
        if !told.contains(&failure) {
            page.small(&format!("{}: skipped: {}", failure.algorithm, failure.error));
            told.push(failure);
        }
    }
}

/// Adds the first metric of each round.
pub fn values(page: &mut Html, series: &Series) {
    let Some(first) = series.metrics.first() else { return };
    page.element("h2", &format!("{first} of each round"));
    let mut heads = vec!["fold".to_owned(), "seed".to_owned()];
    heads.extend(series.standings.iter().map(|standing| standing.name.clone()));
    let rows = series.rounds.iter().enumerate().map(|(at, round)| {
        let fold = round.fold.map_or("–".into(), |fold| fold.to_string());
        let mut row = vec![Cell::text(&fold), Cell::number(&round.seed.to_string())];
        row.extend(series.standings.iter().map(|standing| {
            let found = standing.metrics.first().and_then(|spread| spread.values[at]);
            Cell::number(&found.map_or("–".into(), value))
        }));
        row
    });
    page.table(&heads, &rows.collect::<Vec<_>>());
}
