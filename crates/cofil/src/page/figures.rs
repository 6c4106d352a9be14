//! The figures of the report.

use super::One;
use super::html::Html;
use crate::contest::Contestant;
use crate::evaluate::Metric;
use crate::plot::{Axis, Content, Dots, Figure, Line, Mark, Panel};

/// Adds accuracy against training time, and against the popularity of the recommended items.
pub fn trade_offs(page: &mut Html, c: &One<'_>) {
    let metric = c.first();
    page.element("h2", "Trade-offs");
    page.raw("<div class=\"figures large\">\n");
    let time = |x: &Contestant| Some(x.entry.seconds.fit.max(1e-3));
    let axis = Axis::log("training, seconds");
    add(page, scatter(c, metric, "Accuracy and training time", axis, &time, true));
    let popularity = c.outcome.metrics.iter().copied().find(|m| matches!(m, Metric::Popularity(_)));
    if let Some(popularity) = popularity {
        let value = |x: &Contestant| x.entry.report.value(popularity);
        let axis = Axis::log("mean training interactions of a recommended item");
        add(page, scatter(c, metric, "Accuracy and popularity bias", axis, &value, false));
    }
    page.raw("</div>\n");
    page.small(
        "The curve joins the algorithms that no other algorithm beats in both accuracy and training time. \
         Farther right in the second figure, lists hold more of the most popular items.",
    );
}

/// Draws one metric against another; `front` adds the curve through the points that no point to their left beats.
fn scatter(
    c: &One<'_>,
    metric: Metric,
    title: &str,
    x: Axis,
    across: &dyn Fn(&Contestant) -> Option<f64>,
    front: bool,
) -> Panel {
    let mark = |contestant: &Contestant| {
        let value = contestant.entry.report.value(metric).filter(|v| v.is_finite())?;
        let at = (across(contestant).filter(|x| x.is_finite())?, value);
        Some(Mark { at, label: contestant.entry.name.clone(), ..Mark::default() })
    };
    let marks: Vec<Mark> = c.outcome.contestants.iter().filter_map(mark).collect();
    let mut curve: Vec<(f64, f64)> = Vec::new();
    if front {
        let mut order: Vec<(f64, f64)> = marks.iter().map(|mark| mark.at).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        for point in order {
            let better = |last: &(f64, f64)| match metric.higher_is_better() {
                true => point.1 > last.1,
                false => point.1 < last.1,
            };
            if curve.last().is_none_or(better) {
                curve.push(point);
            }
        }
    }
    Panel {
        title: title.into(),
        x,
        y: Axis::new(metric.to_string()),
        content: Content::Dots(Dots { marks, curve, ..Dots::default() }),
    }
}

/// Adds the learning curves of algorithms that train in epochs.
pub fn curves(page: &mut Html, c: &One<'_>) {
    let mut learned = c.outcome.contestants.iter().filter(|x| x.entry.epochs.len() > 1).peekable();
    if learned.peek().is_none() {
        return;
    }
    let metric = c.first();
    page.element("h2", "Learning curves");
    page.small(&format!(
        "The training loss after each epoch, without the penalty. Algorithms without a curve are trained in one \
         step. If settings were searched, also {metric} of the best trial on its validation set; the final \
         training runs for the number of epochs that gave its best value."
    ));
    page.raw("<div class=\"figures\">\n");
    for contestant in learned {
        let entry = &contestant.entry;
        let losses: Vec<(f64, f64)> =
            entry.epochs.iter().map(|epoch| (epoch.number as f64, epoch.loss.data)).collect();
        let values = || losses.iter().map(|p| p.1);
        let log = values().fold(0.0, f64::max) > 30.0 * values().fold(f64::MAX, f64::min).max(0.0);
        let curve = |title: String, y: Axis, points: Vec<(f64, f64)>| Panel {
            title,
            x: Axis::new("epoch"),
            content: Content::Lines(vec![Line { name: y.label.clone(), points }]),
            y,
        };
        add(page, curve(entry.name.clone(), Axis { label: "loss".into(), log }, losses));
        if let Some(best) = contestant.best_trial(metric).filter(|trial| trial.curve.len() > 1) {
            let values = best.curve.iter().map(|&(epoch, value)| (epoch as f64, value)).collect();
            let title = format!("{}, validation", entry.name);
            add(page, curve(title, Axis::new(metric.to_string()), values));
        }
    }
    page.raw("</div>\n");
}

/// Adds the trials of the settings searches.
pub fn searches(page: &mut Html, c: &One<'_>) {
    let searched: Vec<&Contestant> = c
        .outcome
        .contestants
        .iter()
        .filter(|x| x.trials.as_ref().is_some_and(|trials| trials.len() > 1))
        .collect();
    if searched.is_empty() {
        return;
    }
    let metric = c.first();
    page.element("h2", "Settings search");
    page.small(
        "Dots are trials, evaluated on part of the training data. Grey trials were stopped early because others were \
         better at the same epoch. The first trial has the default settings. The curve is the best so far.",
    );
    page.raw("<div class=\"figures\">\n");
    for contestant in searched {
        let Some(trials) = &contestant.trials else { continue };
        add(page, crate::tune::progress(trials, &contestant.entry.name, metric));
    }
    page.raw("</div>\n");
}

fn add(page: &mut Html, panel: Panel) {
    page.raw("<div>");
    page.raw(&Figure::new(&[panel]).svg());
    page.raw("</div>\n");
}
