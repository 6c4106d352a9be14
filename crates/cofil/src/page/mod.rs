//! The HTML report of a comparison, as one file to send to colleagues.
//!
//! The file contains everything: styles, and figures as SVG. It has no scripts and loads nothing from the network. Ids
//! of users and items and file names are untrusted, so all text is escaped.
//!
//! ```
//! use cofil::contest::{self, Entrant, Plan};
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
//! let page = comparison(&Comparison {
//!     title: "Debian packages".into(),
//!     command: "cofil compare --algorithms ease".into(),
//!     split: parts[0].report.description.clone(),
//!     outcome: &contest::run(&plan, &parts[0].train, &test)?,
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

use crate::contest::Outcome;
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
    /// How the data was split.
    pub split: String,
    /// The outcome of the comparison.
    pub outcome: &'a Outcome,
    /// The data before it was split.
    pub data: &'a Description,
    /// [`Interactions::fingerprint`](crate::Interactions::fingerprint) of the data.
    pub fingerprint: String,
    /// Number of threads of the run.
    pub threads: usize,
    /// The catalogue of items, for their titles.
    pub catalogue: Option<&'a Catalogue>,
}

/// Returns the report as HTML.
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
    parts::head(&mut page, comparison);
    parts::leaderboard(&mut page, comparison);
    figures::trade_offs(&mut page, comparison);
    parts::lists(&mut page, comparison);
    parts::activity(&mut page, comparison);
    figures::curves(&mut page, comparison);
    figures::searches(&mut page, comparison);
    parts::data(&mut page, comparison);
    parts::settings(&mut page, comparison);
    parts::method(&mut page, comparison);
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

impl Comparison<'_> {
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
