//! Comparison of several algorithms on one split. Each is optionally tuned, then trained, and evaluated with the same
//! protocol.
//!
//! ```
//! use cofil::contest::{self, Entrant, Plan};
//! use cofil::data::sample_set;
//! use cofil::data::split::{Share, Split};
//! use cofil::{Algorithm, Duplicates, Ease, Metric, Protocol, Ratings};
//!
//! let rows = sample_set()?;
//! let parts = Split::Random { test: Share::Fraction(0.1), seed: 1 }.apply(&rows)?;
//! let test = Ratings::new(&parts[0].test, Duplicates::Last)?;
//! let protocol = Protocol { metrics: vec![Metric::Ndcg(10)], ..Protocol::default() };
//! let plan = Plan::new(vec![Entrant::from(Algorithm::Ease(Ease::default()))], protocol);
//! let outcome = contest::run(&plan, &parts[0].train, &test)?;
//! assert_eq!(outcome.contestants[0].entry.name, "ease");
//! assert_eq!(outcome.contestants[1].entry.name, "popularity");
//! // The outcome can be read back from JSON.
//! let text = serde_json::to_string(&outcome).expect("plain data");
//! let again: contest::Outcome = serde_json::from_str(&text).expect("the same");
//! assert_eq!(again.contestants[0].entry.report.metrics, outcome.contestants[0].entry.report.metrics);
//! # Ok::<(), cofil::Error>(())
//! ```

mod conclusion;
mod entry;
mod hunt;
mod outcome;
mod plan;
mod run;
mod series;

pub use crate::evaluate::compare::Difference;
pub use conclusion::Conclusion;
pub use entry::{Entry, Seconds, behind, differences, enter, rank};
pub use outcome::{Contestant, Failure, Outcome};
pub use plan::{Entrant, Plan, Tuning};
pub use run::run;
pub use series::{Lead, Round, Series, Spread, Standing};
