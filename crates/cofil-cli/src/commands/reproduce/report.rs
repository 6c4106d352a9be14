//! What was published beside what came out.

use super::Experiment;
use crate::output;
use serde_json::{Map, Value as Json, json};
use std::path::PathBuf;

/// A number in a publication.
pub struct Published {
    /// The recipe it is of.
    pub recipe: &'static str,
    pub metric: &'static str,
    pub value: f64,
    pub wanted: Wanted,
    /// Who says so.
    pub source: &'static str,
}

/// How to compare with it.
#[derive(Clone, Copy)]
pub enum Wanted {
    AtLeast,
    AtMost,
    /// Within so much on either side.
    About(f64),
}

/// What came of one recipe with one seed.
pub struct Line {
    pub name: &'static str,
    /// Recipe and settings.
    pub settings: Json,
    /// By metric.
    pub values: Vec<(String, Value)>,
}

/// A number with its 95 % interval over the test users, where there is one.
#[derive(Clone, Copy)]
pub struct Value {
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self { value, low: None, high: None }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Reached,
    /// Not reached, but the published value lies in our interval.
    Within,
    Missed,
}

impl Verdict {
    fn new(published: &Published, ours: Value) -> Self {
        let Value { value, low, high } = ours;
        let reached = match published.wanted {
            Wanted::AtLeast => value >= published.value,
            Wanted::AtMost => value <= published.value,
            Wanted::About(tolerance) => (value - published.value).abs() <= tolerance,
        };
        let near = || {
            low.is_some_and(|l| l <= published.value) && high.is_some_and(|h| h >= published.value)
        };
        match reached {
            true => Self::Reached,
            false if near() => Self::Within,
            false => Self::Missed,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Within => "within the interval",
            Self::Missed => "not reached",
        }
    }
}

/// All seeds of one experiment.
pub struct Report<'a> {
    pub experiment: &'a Experiment,
    pub files: Vec<PathBuf>,
    pub seeds: Vec<u64>,
    /// One per seed; the same recipes and metrics in each.
    pub rounds: Vec<Vec<Line>>,
    pub quick: bool,
    pub seconds: f64,
}

/// A metric of a recipe over all seeds.
struct Row<'a> {
    line: &'a Line,
    metric: &'a str,
    by_seed: Vec<f64>,
    /// Means over the seeds, of value and interval.
    ours: Value,
    published: Option<&'a Published>,
}

impl Row<'_> {
    fn verdict(&self) -> Option<Verdict> {
        Some(Verdict::new(self.published?, self.ours))
    }
}

impl Report<'_> {
    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        let Some(first) = self.rounds.first() else { return rows };
        for (l, line) in first.iter().enumerate() {
            for (m, (metric, _)) in line.values.iter().enumerate() {
                let values: Vec<Value> = self.rounds.iter().map(|r| r[l].values[m].1).collect();
                let mean = |of: fn(&Value) -> Option<f64>| {
                    let all: Option<Vec<f64>> = values.iter().map(of).collect();
                    all.map(|all| all.iter().sum::<f64>() / all.len() as f64)
                };
                let ours = Value {
                    value: mean(|v| Some(v.value)).unwrap_or(f64::NAN),
                    low: mean(|v| v.low),
                    high: mean(|v| v.high),
                };
                let mut published = self.experiment.published.iter();
                let published = published.find(|p| p.recipe == line.name && p.metric == metric);
                let by_seed = values.iter().map(|v| v.value).collect();
                rows.push(Row { line, metric, by_seed, ours, published });
            }
        }
        rows
    }

    /// The worst of all verdicts.
    fn verdict(&self, rows: &[Row<'_>]) -> &'static str {
        match rows.iter().filter_map(Row::verdict).max() {
            _ if self.quick => "none: --quick has too few epochs to compare",
            None => "none: nothing comparable was published",
            Some(worst) => worst.words(),
        }
    }

    pub fn text(&self) -> String {
        let rows = self.rows();
        let Experiment { name, title, method, .. } = self.experiment;
        let mut text = format!("{name}: {title}\n{method}\n\n");
        let mut sources: Vec<&str> = Vec::new();
        let lines = rows.iter().map(|row| {
            let (mut published, mut note) = (String::new(), String::new());
            if let Some(p) = row.published {
                let at = sources.iter().position(|source| *source == p.source);
                let at = at.unwrap_or_else(|| {
                    sources.push(p.source);
                    sources.len() - 1
                });
                published = wanted(p);
                note = format!("[{}]", at + 1);
            }
            let interval = match (row.ours.low, row.ours.high) {
                (Some(low), Some(high)) => format!("{low:.4} to {high:.4}"),
                _ => String::new(),
            };
            let seeds: Vec<String> = row.by_seed.iter().map(|v| format!("{v:.4}")).collect();
            let verdict = row.verdict().filter(|_| !self.quick).map(Verdict::words);
            vec![
                row.line.name.into(),
                row.metric.into(),
                published,
                note,
                format!("{:.4}", row.ours.value),
                interval,
                seeds.join(" "),
                verdict.unwrap_or_default().into(),
            ]
        });
        let lines: Vec<_> = lines.collect();
        let head = ["", "", "Published", "", "Ours", "95 % over users", "By seed", "Verdict"];
        text += &output::lines(&head, lines, &[2, 4]);
        text += "\n";
        for (at, source) in sources.iter().enumerate() {
            text += &format!("\n[{}] {source}", at + 1);
        }
        let took = output::duration(self.seconds);
        text + &format!("\n\nVerdict: {}. It took {took}.", self.verdict(&rows))
    }

    pub fn json(&self) -> Json {
        let rows = self.rows();
        let (mut published, mut ours, mut settings) = (Map::new(), Map::new(), Map::new());
        let mut seeds: Vec<Map<String, Json>> =
            self.seeds.iter().map(|s| Map::from_iter([("seed".into(), json!(s))])).collect();
        let put = |into: &mut Map<String, Json>, row: &Row<'_>, value: Json| {
            let recipe = into.entry(row.line.name).or_insert_with(|| json!({}));
            recipe[row.metric] = value;
        };
        for row in &rows {
            if let Some(p) = row.published {
                let value = json!({"value": p.value, "wanted": wanted(p), "source": p.source});
                put(&mut published, row, value);
            }
            let Value { value, low, high } = row.ours;
            let verdict = row.verdict().map(Verdict::words);
            put(
                &mut ours,
                row,
                json!({"mean": value, "low": low, "high": high, "verdict": verdict}),
            );
            settings.insert(row.line.name.into(), row.line.settings.clone());
            for (seed, value) in seeds.iter_mut().zip(&row.by_seed) {
                put(seed, row, json!(value));
            }
        }
        json!({
            "experiment": self.experiment.name,
            "title": self.experiment.title,
            "method": self.experiment.method,
            "files": self.files,
            "quick": self.quick,
            "published": published,
            "ours": ours,
            "seeds": seeds,
            "settings": settings,
            "verdict": self.verdict(&rows),
            "seconds": self.seconds,
        })
    }
}

/// ≥ .73, ≤ .83, .254 ± .003.
fn wanted(published: &Published) -> String {
    match published.wanted {
        Wanted::AtLeast => format!("≥ {}", published.value),
        Wanted::AtMost => format!("≤ {}", published.value),
        Wanted::About(tolerance) => format!("{} ± {tolerance}", published.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(wanted: Wanted) -> Published {
        Published { recipe: "x", metric: "m", value: 0.5, wanted, source: "somebody" }
    }

    #[test]
    fn verdicts_count_in_the_right_direction() {
        let of = |wanted, value| Verdict::new(&published(wanted), Value::from(value)).words();
        assert_eq!(of(Wanted::AtLeast, 0.5), "reached");
        assert_eq!(of(Wanted::AtLeast, 0.4), "not reached");
        assert_eq!(of(Wanted::AtMost, 0.4), "reached");
        assert_eq!(of(Wanted::AtMost, 0.6), "not reached");
        assert_eq!(of(Wanted::About(0.1), 0.45), "reached");
        assert_eq!(of(Wanted::About(0.1), 0.7), "not reached");
        assert_eq!(of(Wanted::AtLeast, f64::NAN), "not reached");
    }

    #[test]
    fn what_the_interval_holds_is_not_missed() {
        let near = Value { value: 0.48, low: Some(0.46), high: Some(0.51) };
        assert_eq!(Verdict::new(&published(Wanted::AtLeast), near).words(), "within the interval");
        let far = Value { high: Some(0.49), ..near };
        assert_eq!(Verdict::new(&published(Wanted::AtLeast), far).words(), "not reached");
    }
}
