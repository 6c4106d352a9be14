//! The figure of a search: values of the trials in order and by each setting.

use super::{Found, Space, Trial, Values};
use crate::evaluate::Metric;
use crate::plot::{Axis, Content, Dots, Figure, Mark, Panel};
use serde_json::Value;

/// Draws the values of the trials in the order they were run, with the best so far, and one panel for each setting that
/// was drawn. Trials that were stopped early are grey.
pub fn figure(found: &Found, space: &Space, metric: Metric) -> Figure {
    Figure::new(&panels(found, space, metric))
}

/// Draws the values of the trials in the order they were run, with the best so far.
pub fn progress(trials: &[Trial], title: &str, metric: Metric) -> Panel {
    let mut best: Option<f64> = None;
    let mut curve = Vec::new();
    for trial in trials {
        let Some(value) = trial.value else { continue };
        let better =
            |best: f64| if metric.higher_is_better() { value > best } else { value < best };
        if best.is_none_or(better) {
            best = Some(value);
        }
        curve.extend(best.map(|best| (trial.number as f64 + 1.0, best)));
    }
    Panel {
        title: title.to_owned(),
        x: Axis::new("trial"),
        y: Axis::new(metric.to_string()),
        content: Content::Dots(Dots {
            marks: marks(trials, &|t| Some(t.number as f64 + 1.0)),
            curve,
            ..Dots::default()
        }),
    }
}

fn marks(trials: &[Trial], across: &dyn Fn(&Trial) -> Option<f64>) -> Vec<Mark> {
    let mark = |trial: &Trial| {
        let at = (across(trial)?, trial.value?);
        Some(Mark { at, label: String::new(), faint: trial.cut, ..Mark::default() })
    };
    trials.iter().filter_map(mark).collect()
}

fn panels(found: &Found, space: &Space, metric: Metric) -> Vec<Panel> {
    let mut panels =
        vec![progress(&found.trials, &format!("{}: best so far", space.name()), metric)];
    for range in space.ranges() {
        let setting = &range.setting;
        let log = match &range.values {
            Values::Real { log, .. } | Values::Whole { log, .. } => *log,
            Values::Choice(choices) => {
                panels.push(best_of_each(found, setting, choices, metric));
                continue;
            }
        };
        let drawn = |trial: &Trial| trial.settings.get(setting.as_str()).and_then(Value::as_f64);
        panels.push(Panel {
            title: setting.clone(),
            x: Axis { label: setting.clone(), log },
            y: Axis::new(metric.to_string()),
            content: Content::Dots(Dots { marks: marks(&found.trials, &drawn), ..Dots::default() }),
        });
    }
    panels
}

/// Draws the best value with each choice.
fn best_of_each(found: &Found, setting: &str, choices: &[Value], metric: Metric) -> Panel {
    let best = |choice: &Value| {
        let with = found.trials.iter().filter(|t| t.settings.get(setting) == Some(choice));
        let values = with.filter_map(|trial| trial.value);
        values.reduce(|a, b| if metric.higher_is_better() { a.max(b) } else { a.min(b) })
    };
    let bar = |choice: &Value| {
        let name = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
        (name, best(choice).unwrap_or(f64::NAN))
    };
    Panel {
        title: setting.to_owned(),
        x: Axis::new(setting),
        y: Axis::new(format!("best {metric}")),
        content: Content::Bars(choices.iter().map(bar).collect()),
    }
}
