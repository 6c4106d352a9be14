//! The HTML report of a comparison, of one split or several, as one file to send to colleagues.
//!
//! The file contains everything: styles, and figures as SVG. It has no scripts and loads nothing from the network. Ids
//! of users and items and file names are untrusted, so all text is escaped.
//!
//! ```
//! use cofil::contest::{self, Entrant, Plan, Round, Series};
//! use cofil::data::split::{Share, Split};
//! use cofil::data::{Description, sample_set};
//! use cofil::page::{Comparison, comparison};
//! use cofil::{Algorithm, Duplicates, Ease, Metric, Protocol, Ratings};
//!
//! let rows = sample_set()?;
//! let parts = Split::UserRandom { test: Share::Fraction(0.2), seed: 1 }.apply(&rows)?;
//! let test = Ratings::new(&parts[0].test, Duplicates::Error)?;
//! let protocol = Protocol { metrics: vec![Metric::Ndcg(10)], ..Protocol::default() };
//! let plan = Plan::new(vec![Entrant::from(Algorithm::Ease(Ease::default()))], protocol);
//! let outcome = contest::run(&plan, &parts[0].train, &test)?;
//! let split = parts[0].report.description.clone();
//! let page = comparison(&Comparison {
//!     title: "Debian packages".into(),
//!     command: "cofil compare --algorithms ease".into(),
//!     series: &Series::new(vec![Round { fold: None, seed: 0, split, outcome }]),
//!     data: &Description::of(&rows)?,
//!     fingerprint: rows.fingerprint(),
//!     threads: cofil::math::threads(),
//!     catalogue: None,
//! });
//! assert!(page.starts_with("<!doctype html>"));
//! # Ok::<(), cofil::Error>(())
//! ```

mod figures;
mod html;
mod parts;
mod rounds;

use crate::contest::{Outcome, Series};
use crate::data::Catalogue;
use crate::data::describe::Description;
use crate::evaluate::Metric;
use html::{Html, escape};

/// The content of a report.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// Name of the data, such as the file name.
    pub title: String,
    /// The command that creates the report.
    pub command: String,
    /// The rounds of the comparison: one, or several folds or seeds.
    pub series: &'a Series,
    /// The data before it was split.
    pub data: &'a Description,
    /// [`Interactions::fingerprint`](crate::Interactions::fingerprint) of the data.
    pub fingerprint: String,
    /// Number of threads of the run.
    pub threads: usize,
    /// The catalogue of items, for their titles.
    pub catalogue: Option<&'a Catalogue>,
}

/// One round of a comparison.
struct One<'a> {
    title: &'a str,
    command: &'a str,
    split: &'a str,
    outcome: &'a Outcome,
    data: &'a Description,
    fingerprint: &'a str,
    threads: usize,
    catalogue: Option<&'a Catalogue>,
}

/// Returns the report as HTML. Several rounds are summarised as mean and standard deviation, with the values of each
/// round; one round is shown in all details.
pub fn comparison(comparison: &Comparison<'_>) -> String {
    let title = format!("cofil compare: {}", comparison.title);
    let mut page = Html::new();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    // Second line of defence: text that was not escaped could still load and run nothing.
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    page.raw("style-src 'unsafe-inline'\">\n");
    page.raw(&format!("<title>{}</title>\n<style>\n", escape(&title)));
    page.raw(include_str!("style.css"));
    page.raw("</style>\n</head>\n<body>\n<main>\n");
    match &comparison.series.rounds[..] {
        [] => {}
        [round] => one(&mut page, &comparison.one(&round.split, &round.outcome)),
        [first, ..] => {
            let rounds = comparison.series.rounds.len();
            let split = format!("{rounds} rounds; the first: {}", first.split);
            several(&mut page, comparison, &comparison.one(&split, &first.outcome));
        }
    }
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

fn one(page: &mut Html, one: &One<'_>) {
    parts::head(page, one);
    parts::leaderboard(page, one);
    figures::trade_offs(page, one);
    parts::lists(page, one);
    parts::activity(page, one);
    figures::curves(page, one);
    figures::searches(page, one);
    parts::data(page, one);
    parts::settings(page, &one.outcome.contestants.iter().collect::<Vec<_>>());
    parts::method(page, one);
}

fn several(page: &mut Html, comparison: &Comparison<'_>, first: &One<'_>) {
    let series = comparison.series;
    rounds::head(page, &comparison.title, series);
    rounds::standings(page, series);
    rounds::values(page, series);
    parts::data(page, first);
    let names = series.standings.iter().map(|standing| &*standing.name);
    parts::settings(page, &names.filter_map(|name| series.chosen(name)).collect::<Vec<_>>());
    parts::method(page, first);
}

impl<'a> Comparison<'a> {
    fn one(&'a self, split: &'a str, outcome: &'a Outcome) -> One<'a> {
        One {
            title: &self.title,
            command: &self.command,
            split,
            outcome,
            data: self.data,
            fingerprint: &self.fingerprint,
            threads: self.threads,
            catalogue: self.catalogue,
        }
    }
}

impl One<'_> {
    /// Returns the metric that orders the table.
    fn first(&self) -> Metric {
        self.outcome.metrics[0]
    }

    /// Returns the accuracy metrics, which are in the leaderboard; the others describe the lists.
    fn accuracy(&self) -> impl Iterator<Item = Metric> {
        self.outcome.metrics.iter().copied().filter(|metric| !metric.is_of_lists())
    }
}

#[cfg(test)]
mod tests;
