//! The same comparison repeated on several folds or with several seeds.

use super::conclusion::CHANCE;
use super::{Contestant, Outcome, behind};
use crate::data::prose::value;
use crate::evaluate::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Several comparisons and their summary.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// The metrics; the first one orders the standings.
    pub metrics: Vec<Metric>,
    /// The algorithms: those that took part in every round, best mean first, then those that missed some.
    pub standings: Vec<Standing>,
    /// The single comparisons.
    pub rounds: Vec<Round>,
}

/// One of several comparisons.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Round {
    /// The held-out fold, from 1; none if there is only one split.
    pub fold: Option<u32>,
    /// Random seed of the training.
    pub seed: u64,
    /// How the data was split.
    pub split: String,
    /// The outcome of the comparison.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// One algorithm over all rounds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// Name of the algorithm in the comparison.
    pub name: String,
    /// One entry for each metric, in the same order.
    pub metrics: Vec<Spread>,
    /// Number of rounds in which it was the best; rounds that repeat an earlier one, as an algorithm without randomness
    /// does on the same split with another seed, count once.
    pub best_in: usize,
    /// Mean training time in seconds.
    pub fit_seconds: f64,
    /// The lead of the algorithm with the best mean over this one; none for the best itself, or if it cannot be tested.
    pub lead: Option<Lead>,
}

/// A metric over all rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The metric.
    pub metric: Metric,
    /// Mean of the values, of which repeated ones count once; none if there are no values.
    pub mean: Option<f64>,
    /// Standard deviation of the values (n − 1); none for fewer than two values.
    pub sd: Option<f64>,
    /// The value in each round; none if the algorithm was skipped.
    pub values: Vec<Option<f64>>,
}

/// How often one algorithm is better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lead {
    /// Number of rounds in which it is better.
    pub ahead: usize,
    /// Number of rounds in which it is significantly better (paired test over users, Holm's correction).
    pub beyond_chance: usize,
    /// Number of rounds in which the two can be compared.
    pub of: usize,
}

impl Series {
    /// Summarises `rounds`.
    pub fn new(rounds: Vec<Round>) -> Self {
        let metrics = rounds.first().map_or_else(Vec::new, |round| round.outcome.metrics.clone());
        let mut names: Vec<&str> = Vec::new();
        for contestant in rounds.iter().flat_map(|round| &round.outcome.contestants) {
            if !names.contains(&contestant.entry.name.as_str()) {
                names.push(&contestant.entry.name);
            }
        }
        let mut standings: Vec<Standing> =
            names.iter().map(|name| standing(name, &metrics, &rounds)).collect();
        standings.sort_by(|a, b| a.key().partial_cmp(&b.key()).expect("means are numbers"));
        lead(&mut standings, &rounds);
        Self { metrics, standings, rounds }
    }

    /// Returns the algorithm called `name` with the settings to use: those of the first round, or, if every round
    /// searched its own, of the round whose best trial has the best value on its validation set.
    pub fn chosen(&self, name: &str) -> Option<&Contestant> {
        let metric = *self.metrics.first()?;
        let value = |contestant: &Contestant| {
            let found = contestant.best_trial(metric)?.value?;
            Some(if metric.higher_is_better() { found } else { -found })
        };
        let mut chosen: Option<&Contestant> = None;
        for contestant in self.rounds.iter().filter_map(|round| round.named(name)) {
            if chosen.is_none_or(|chosen| value(contestant) > value(chosen)) {
                chosen = Some(contestant);
            }
        }
        chosen
    }

    /// Returns the number of rounds that do not repeat an earlier one in everything, as algorithms without randomness do
    /// on the same split with another seed.
    pub fn distinct(&self) -> usize {
        (0..self.rounds.len()).filter(|&at| !is_repeated(&self.rounds, at)).count()
    }

    /// Returns a few sentences about which algorithm is best and how certain that is.
    pub fn say(&self) -> String {
        let Some((best, others)) = self.standings.split_first() else { return String::new() };
        let Some(spread) = best.metrics.first() else { return String::new() };
        let rounds = self.distinct();
        let mut text = format!(
            "{} is best by the mean of {}: {spread}. It is the best in {} of {rounds} rounds.",
            best.name, spread.metric, best.best_in
        );
        // Whether anything was learned shows against popularity, wherever it stands.
        let (popularity, learned): (Vec<&Standing>, Vec<&Standing>) =
            others.iter().partition(|other| other.name == "popularity");
        for other in learned.into_iter().take(3).chain(popularity) {
            if let Some(Lead { ahead, beyond_chance, of }) = other.lead {
                text += &format!(
                    " It is ahead of {} in {ahead} of {of}, significantly in {beyond_chance}.",
                    other.name
                );
            }
        }
        text
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&match (self.mean, self.sd) {
            (Some(mean), Some(sd)) => format!("{} ± {}", value(mean), value(sd)),
            (Some(mean), None) => value(mean),
            _ => "–".into(),
        })
    }
}

impl Standing {
    /// Sort key, lower is better: rounds without a value, then the mean.
    fn key(&self) -> (usize, f64) {
        let Some(spread) = self.metrics.first() else { return (0, 0.0) };
        let missing = spread.values.iter().filter(|value| value.is_none()).count();
        let mean = spread.mean.unwrap_or(f64::MAX);
        (
            missing,
            if spread.metric.higher_is_better() && spread.mean.is_some() { -mean } else { mean },
        )
    }
}

fn standing(name: &str, metrics: &[Metric], rounds: &[Round]) -> Standing {
    let found: Vec<Option<&Contestant>> = rounds.iter().map(|round| round.named(name)).collect();
    let repeats: Vec<bool> = (0..rounds.len()).map(|at| repeats(rounds, at, name)).collect();
    let spread = |&metric: &Metric| {
        let value = |x: &Option<&Contestant>| x.and_then(|x| x.entry.report.value(metric));
        let values = found.iter().map(|x| value(x).filter(|v| !v.is_nan()));
        Spread::new(metric, values.collect(), &repeats)
    };
    let seconds: Vec<f64> = found.iter().flatten().map(|x| x.entry.seconds.fit).collect();
    let is_best = |round: &&Round| {
        round.outcome.contestants.first().is_some_and(|first| first.entry.name == name)
    };
    let counted = (0..rounds.len()).filter(|&at| !is_repeated(rounds, at));
    Standing {
        name: name.into(),
        metrics: metrics.iter().map(spread).collect(),
        best_in: counted.map(|at| &rounds[at]).filter(is_best).count(),
        fit_seconds: seconds.iter().sum::<f64>() / seconds.len().max(1) as f64,
        lead: None,
    }
}

/// Whether the algorithm `name` repeats in round `at` what it did in an earlier one: on the same split, an algorithm
/// without randomness gives the same with every seed.
fn repeats(rounds: &[Round], at: usize, name: &str) -> bool {
    let Some(found) = rounds[at].named(name) else { return false };
    let same = |round: &Round| {
        let earlier = round.named(name);
        (round.fold, &round.split) == (rounds[at].fold, &rounds[at].split)
            && earlier.is_some_and(|one| one.entry.report.metrics == found.entry.report.metrics)
    };
    rounds[..at].iter().any(same)
}

/// Whether all algorithms repeat in round `at` what they did before.
fn is_repeated(rounds: &[Round], at: usize) -> bool {
    let contestants = &rounds[at].outcome.contestants;
    !contestants.is_empty() && contestants.iter().all(|one| repeats(rounds, at, &one.entry.name))
}

/// Compares the first of `standings` with the others, round by round.
fn lead(standings: &mut [Standing], rounds: &[Round]) {
    let Some((best, others)) = standings.split_first_mut() else { return };
    let Some(metric) = best.metrics.first().map(|spread| spread.metric) else { return };
    for (at, round) in rounds.iter().enumerate() {
        let best_repeats = repeats(rounds, at, &best.name);
        let Some(first) = round.named(&best.name) else { continue };
        let mut present: Vec<(&mut Standing, &Contestant)> = others
            .iter_mut()
            .filter_map(|other| round.named(&other.name).map(|found| (other, found)))
            .collect();
        let entries = std::iter::once(first).chain(present.iter().map(|(_, found)| *found));
        let differences = behind(entries.map(|found| &found.entry), metric);
        for ((other, _), difference) in present.iter_mut().zip(differences) {
            let Some(found) = difference else { continue };
            if best_repeats && repeats(rounds, at, &other.name) {
                continue;
            }
            let lead = other.lead.get_or_insert(Lead { ahead: 0, beyond_chance: 0, of: 0 });
            // The difference is the other's value minus that of the best.
            let ahead = match metric.higher_is_better() {
                true => found.value < 0.0,
                false => found.value > 0.0,
            };
            lead.of += 1;
            lead.ahead += usize::from(ahead);
            lead.beyond_chance += usize::from(ahead && found.p < CHANCE);
        }
    }
}

impl Round {
    fn named(&self, name: &str) -> Option<&Contestant> {
        self.outcome.contestants.iter().find(|contestant| contestant.entry.name == name)
    }
}

impl Spread {
    /// Summarises `values`, of which those that `repeats` an earlier one are not counted again.
    fn new(metric: Metric, values: Vec<Option<f64>>, repeats: &[bool]) -> Self {
        let counted = values.iter().zip(repeats).filter(|(_, repeats)| !**repeats);
        let known: Vec<f64> = counted.filter_map(|(value, _)| *value).collect();
        let n = known.len() as f64;
        let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / n);
        let squares = |mean: f64| known.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let sd = mean.filter(|_| known.len() > 1).map(|mean| (squares(mean) / (n - 1.0)).sqrt());
        Self { metric, mean, sd, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::contest::{Entrant, Plan, run};
    use crate::data::split::Split;
    use crate::data::{Duplicates, Interactions, Ratings};
    use crate::evaluate::Protocol;
    use crate::recipes::Ease;
    use std::sync::Arc;

    #[test]
    fn mean_and_deviation_by_hand() {
        let spread = Spread::new(
            Metric::Auc,
            vec![Some(1.0), None, Some(2.0), Some(2.0), Some(3.0)],
            &[false, false, false, true, false],
        );
        assert_eq!((spread.mean, spread.sd), (Some(2.0), Some(1.0)));
        assert_eq!(spread.to_string(), "2.0000 ± 1.0000");
        let one = Spread::new(Metric::Auc, vec![Some(0.5)], &[false]);
        assert_eq!((one.to_string(), one.sd), ("0.5000".into(), None));
        assert_eq!(Spread::new(Metric::Auc, vec![None], &[false]).to_string(), "–");
    }

    #[test]
    fn rounds_are_put_together_by_name() {
        let mut rows = Interactions {
            users: Arc::new((0..40).map(|u| format!("u{u}")).collect()),
            items: Arc::new((0..20).map(|i| format!("i{i}")).collect()),
            ..Interactions::default()
        };
        // Two groups of users with different tastes; `ease` can tell them apart, popularity cannot.
        for (u, i) in (0..40u32).flat_map(|u| (0..20u32).map(move |i| (u, i))) {
            if i % 2 == u % 2 && (i + u) % 3 != 0 {
                rows.user.push(u);
                rows.item.push(i);
                rows.value.push(1.0);
            }
        }
        let protocol = Protocol::plain(vec![Metric::Ndcg(5), Metric::Auc]);
        let ease = Algorithm::Ease(Ease { reg: 1.0, ..Ease::default() });
        let twice = vec![
            Entrant::from(ease.clone()),
            Entrant { name: "ease:reg=9".into(), ..Entrant::from(ease) },
        ];
        let plan = Plan::new(twice, protocol);
        let split = Split::Kfold { folds: 3, seed: 1 };
        let round = |parts: crate::data::split::Parts| {
            let test = Ratings::new(&parts.test, Duplicates::Error).unwrap();
            let outcome = run(&plan, &parts.train, &test).unwrap();
            let (fold, split) = (parts.report.fold, parts.report.description);
            Round { fold, seed: 0, split, outcome }
        };
        let rounds: Vec<Round> = split.apply(&rows).unwrap().into_iter().map(round).collect();
        let series = Series::new(rounds);
        let names: Vec<&str> = series.standings.iter().map(|x| x.name.as_str()).collect();
        assert_eq!(names, ["ease", "ease:reg=9", "popularity"]);
        let [first, second, last] = &series.standings[..] else { panic!("three") };
        assert_eq!(
            first.metrics[0],
            Spread { metric: Metric::Ndcg(5), ..second.metrics[0].clone() }
        );
        let values: Vec<f64> = first.metrics[0].values.iter().flatten().copied().collect();
        let mean = values.iter().sum::<f64>() / 3.0;
        assert!((first.metrics[0].mean.unwrap() - mean).abs() < 1e-12 && values.len() == 3);
        assert_eq!((first.best_in, first.lead), (3, None));
        assert_eq!(second.lead, Some(Lead { ahead: 0, beyond_chance: 0, of: 3 }));
        assert_eq!(last.lead, Some(Lead { ahead: 3, beyond_chance: 3, of: 3 }));
        let said = series.say();
        assert!(said.starts_with("ease is best by the mean of ndcg@5: "), "{said}");
        assert!(
            said.contains("the best in 3 of 3 rounds. It is ahead of ease:reg=9 in 0 of 3")
                && said.ends_with("It is ahead of popularity in 3 of 3, significantly in 3."),
            "{said}"
        );
        let again = vec![plan.entrants[0].clone(), plan.entrants[0].clone()];
        let twice = Plan { entrants: again, ..plan };
        let told = run(&twice, &rows, &Ratings::new(&rows, Duplicates::Error).unwrap());
        assert!(told.unwrap_err().to_string().contains("is listed twice"));
    }
}
