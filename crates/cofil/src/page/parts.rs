//! The text and tables of the report.

use super::One;
use super::html::{Cell, Html, escape};
use crate::contest::Contestant;
use crate::data::Catalogue;
use crate::data::describe::{Spread, Top};
use crate::data::prose::{count, duration, number, percent, probability, range, value};
use crate::evaluate::compare::Difference;
use crate::evaluate::{Measure, Measures, Metric};
use crate::store;

/// Adds the title and the conclusion.
pub fn head(page: &mut Html, c: &One<'_>) {
    page.element("h1", &format!("Recommenders compared on {}", c.title));
    page.small(&format!("cofil {} · {}", env!("CARGO_PKG_VERSION"), c.split));
    let Some(best) = c.outcome.contestants.first() else { return };
    let conclusion = c.outcome.conclusion();
    let conclusion = conclusion.map(|it| it.say(|name| format!("<b>{}</b>", escape(name))));
    page.raw(&format!("<p class=\"lead\">{}</p>\n", conclusion.unwrap_or_default()));
    let report = &best.entry.report;
    let facts = [
        (number(report.users), "test users"),
        (number(report.interactions), "held-out interactions"),
        (number(report.items), "items"),
        (c.outcome.contestants.len().to_string(), "algorithms compared"),
    ];
    page.raw("<div class=\"facts\">");
    for (value, what) in facts {
        page.raw(&format!("<div class=\"fact\"><b>{value}</b><span>{what}</span></div>"));
    }
    page.raw("</div>\n");
}

fn bounds(measure: &Measure) -> Option<String> {
    Some(range(value(measure.low?), value(measure.high?)))
}

/// Adds the leaderboard: algorithms, best first, then other baselines, then algorithms that were skipped.
pub fn leaderboard(page: &mut Html, c: &One<'_>) {
    let first = c.first();
    page.element("h2", "Leaderboard");
    let metrics: Vec<Metric> = c.accuracy().collect();
    let mut heads = vec!["algorithm".to_owned()];
    heads.extend(metrics.iter().map(Metric::to_string));
    heads.extend([format!("95 % of {first}"), String::new()]);
    heads.extend(["vs. best", "effect", "p", "training", "memory", "model"].map(str::to_owned));
    let span = heads.len();
    let scale = Scale::of(c);
    let best_of = |metric: Metric| {
        let values = c.outcome.contestants.iter().filter_map(|x| x.entry.report.value(metric));
        let better = |a: f64, b: f64| if metric.higher_is_better() { a.max(b) } else { a.min(b) };
        values.filter(|v| !v.is_nan()).reduce(better)
    };
    let best: Vec<Option<f64>> = metrics.iter().map(|&metric| best_of(metric)).collect();
    let measured = |name: &str, note: Option<&str>, measures: &Measures| {
        let note = note.map(|note| format!(" <span class=\"small\">{}</span>", escape(note)));
        let html = format!("<b>{}</b>{}", escape(name), note.unwrap_or_default());
        let mut row = vec![Cell { html, ..Cell::default() }];
        for (&metric, &best) in metrics.iter().zip(&best) {
            let found = measures.get(metric).map(|m| m.value).filter(|v| !v.is_nan());
            let class = if found.is_some() && found == best { "best" } else { "" };
            let text = found.map_or("–".into(), value);
            row.push(Cell { class, ..Cell::number(&text) });
        }
        let measure = measures.get(first);
        row.push(Cell::number(&measure.and_then(bounds).unwrap_or_default()));
        row.push(Cell { html: scale.draw(measure), ..Cell::default() });
        row
    };
    let mut rows = Vec::new();
    let differences = std::iter::once(&None).chain(&c.outcome.differences);
    for (contestant, difference) in c.outcome.contestants.iter().zip(differences) {
        let entry = &contestant.entry;
        let mut row = measured(&entry.name, contestant.note.as_deref(), &entry.report.metrics);
        row.extend(apart(*difference).map(|text| Cell::number(&text)));
        let memory = entry.peak_memory_mb.map(|mb| format!("{mb:.0} MB"));
        row.extend([
            Cell::number(&duration(entry.seconds.fit)),
            Cell::number(&memory.unwrap_or_else(|| "–".into())),
            Cell::number(&format!("{:.1} MB", entry.model_bytes as f64 / 1e6)),
        ]);
        rows.push(row);
    }
    let baselines = c.outcome.contestants.iter().flat_map(|x| &x.entry.report.baselines.0);
    let mut shown: Vec<&str> = vec!["popularity"];
    for (name, measures) in baselines {
        if !shown.contains(&name.as_str()) {
            shown.push(name);
            let note = (*name == "random").then_some("expected value");
            let mut row = measured(name, note, measures);
            row.extend((0..6).map(|_| Cell::number("")));
            rows.push(row);
        }
    }
    for failure in &c.outcome.failures {
        let reason = format!("skipped: {}", failure.error);
        rows.push(vec![
            Cell { html: format!("<b>{}</b>", escape(&failure.algorithm)), ..Cell::default() },
            Cell { class: "reason", rest: true, ..Cell::text(&reason) },
        ]);
    }
    debug_assert!(rows.iter().all(|row| row.len() == span || row.len() == 2));
    page.table(&heads, &rows);
    page.small(
        "vs. best: mean difference per user to the best algorithm. Effect: that difference divided by its \
         standard deviation over users; about 0.2 is called small, 0.5 medium, 0.8 large. p: paired \
         randomisation test on the same users, after Holm's correction for the number of comparisons. \
         Intervals: bootstrap over users. Training: the final training alone, without the settings search. \
         Memory: peak, data included.",
    );
}

/// Formats difference, effect and p-value.
fn apart(difference: Option<Difference>) -> [String; 3] {
    let Some(d) = difference else { return [const { String::new() }; 3] };
    let signed = |text: String| text.replace('-', "−");
    [signed(format!("{:+.4}", d.value)), signed(format!("{:+.2}", d.effect)), probability(d.p)]
}

/// The common scale of the small drawings of intervals.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    const WIDTH: f64 = 150.0;

    fn of(c: &One<'_>) -> Self {
        let ends = |x: &Contestant| {
            let m = x.entry.report.metrics.get(c.first());
            m.map(|m| [m.low.unwrap_or(m.value), m.high.unwrap_or(m.value)])
        };
        let all = c.outcome.contestants.iter().filter_map(ends).flatten().filter(|v| v.is_finite());
        let (low, high) = all.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        Self { low, high }
    }

    fn draw(&self, measure: Option<&Measure>) -> String {
        let Some(measure) = measure.filter(|m| m.value.is_finite() && self.high > self.low) else {
            return String::new();
        };
        let at = |v: f64| 6.0 + (Self::WIDTH - 12.0) * (v - self.low) / (self.high - self.low);
        // Random guessing may be far outside the scale.
        if measure.value < self.low {
            return String::new();
        }
        let (low, high) =
            (measure.low.unwrap_or(measure.value), measure.high.unwrap_or(measure.value));
        format!(
            "<svg class=\"interval\" width=\"{w}\" height=\"14\" viewBox=\"0 0 {w} 14\">\
             <path d=\"M0 7H{w}\" stroke=\"#e4e7eb\"/>\
             <path d=\"M{:.1} 7H{:.1}\" stroke=\"#0b6bb5\" stroke-width=\"3\" stroke-linecap=\"round\"/>\
             <circle cx=\"{:.1}\" cy=\"7\" r=\"4\" fill=\"#0b6bb5\"/></svg>",
            at(low.max(self.low)),
            at(high.min(self.high)),
            at(measure.value),
            w = Self::WIDTH,
        )
    }
}

/// Adds the metrics of the recommended lists: coverage, novelty, popularity.
pub fn lists(page: &mut Html, c: &One<'_>) {
    let metrics: Vec<Metric> =
        c.outcome.metrics.iter().copied().filter(Metric::is_of_lists).collect();
    if metrics.is_empty() {
        return;
    }
    page.element("h3", "Coverage and popularity of the lists");
    let heads: Vec<String> = std::iter::once("algorithm".to_owned())
        .chain(metrics.iter().map(Metric::to_string))
        .collect();
    let row =
        |x: &Contestant| {
            let mut row = vec![Cell::text(&x.entry.name)];
            row.extend(metrics.iter().map(|&metric| {
                Cell::number(&x.entry.report.value(metric).map_or("–".into(), value))
            }));
            row
        };
    page.table(&heads, &c.outcome.contestants.iter().map(row).collect::<Vec<_>>());
    page.small(
        "Coverage: share of all items that are in any user's list. Novelty: how rare the recommended items are, \
         in bits. Gini: how unevenly lists are spread over all items; 0 is even. Popularity: mean number of \
         training interactions of a recommended item.",
    );
}

/// Adds accuracy by number of training interactions of the users.
pub fn activity(page: &mut Html, c: &One<'_>) {
    let Some(best) = c.outcome.contestants.first().filter(|x| !x.entry.report.activity.is_empty())
    else {
        return;
    };
    let metric = c.first();
    page.element("h2", &format!("{metric} by number of training interactions"));
    page.small("Columns are groups of users by number of training interactions. Darker is better within a column.");
    let groups = &best.entry.report.activity;
    let mut heads = vec!["algorithm".to_owned()];
    heads.extend(
        groups.iter().map(|g| format!("{} ({})", range(g.from, g.to), count(g.users, "user"))),
    );
    let of = |x: &Contestant, at: usize| {
        let group = x.entry.report.activity.get(at);
        group.and_then(|g| g.metrics.get(metric)).map(|m| m.value).filter(|v| v.is_finite())
    };
    let ends: Vec<(f64, f64)> = (0..groups.len())
        .map(|at| {
            let values = c.outcome.contestants.iter().filter_map(|x| of(x, at));
            values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)))
        })
        .collect();
    let cell = |x: &Contestant, at: usize| {
        let (low, high) = ends[at];
        let Some(found) = of(x, at) else { return Cell::number("–") };
        let share = if high > low { (found - low) / (high - low) } else { 0.0 };
        let share = if metric.higher_is_better() { share } else { 1.0 - share };
        let style = format!("background: rgba(11, 107, 181, {:.2})", 0.45 * share);
        Cell { class: "shade", style, ..Cell::number(&value(found)) }
    };
    let row = |x: &Contestant| {
        let cells = (0..groups.len()).map(|at| cell(x, at));
        std::iter::once(Cell::text(&x.entry.name)).chain(cells).collect()
    };
    page.table(&heads, &c.outcome.contestants.iter().map(row).collect::<Vec<_>>());
}

/// Adds the summary of the data.
pub fn data(page: &mut Html, c: &One<'_>) {
    let d = c.data;
    page.element("h2", "Data");
    let duplicates = match d.duplicates.rows {
        0 => String::new(),
        rows => format!(" {} repeat a user–item pair.", number(rows)),
    };
    page.element(
        "p",
        &format!(
            "{}, {}, {}; density {}.{duplicates} {}",
            count(d.users, "user"),
            count(d.items, "item"),
            count(d.interactions, "interaction"),
            percent(d.density),
            d.verdict.kind
        ),
    );
    page.raw("<div class=\"figures\">");
    page.raw(&crate::plot::describe(d).svg());
    page.raw("</div>\n");
    let heads = ["", "median", "mean", "max", "under 5", "Gini", "top 3"].map(str::to_owned);
    let row = |what: &str, s: &Spread, titles: Option<&Catalogue>| {
        let one = |t: &Top| {
            let title = titles.and_then(|titles| titles.title(&t.name));
            format!("{} ({})", short(title.unwrap_or(&t.name)), t.interactions)
        };
        let top = s.top.iter().take(3).map(one);
        vec![
            Cell::text(what),
            Cell::number(&number(s.median as usize)),
            Cell::number(&format!("{:.1}", s.mean)),
            Cell::number(&number(s.max as usize)),
            Cell::number(&number(s.under_five)),
            Cell::number(&format!("{:.2}", s.gini)),
            Cell { class: "reason", ..Cell::text(&top.collect::<Vec<_>>().join(", ")) },
        ]
    };
    let rows = [
        row("interactions per user", &d.per_user, None),
        row("interactions per item", &d.per_item, c.catalogue),
    ];
    page.table(&heads, &rows);
    if !d.verdict.warnings.is_empty() {
        page.element("h3", "Warnings");
        page.raw("<ul>\n");
        let warnings = d.verdict.warnings.iter();
        warnings.for_each(|warning| page.element("li", &warning.to_string()));
        page.raw("</ul>\n");
    }
}

/// Cuts a name to forty characters.
fn short(name: &str) -> String {
    match name.chars().nth(40) {
        Some(_) => name.chars().take(39).chain(['…']).collect(),
        None => name.to_owned(),
    }
}

/// Adds all settings of the algorithms.
pub fn settings(page: &mut Html, contestants: &[&Contestant]) {
    page.element("h2", "Settings");
    for contestant in contestants {
        let entry = &contestant.entry;
        let settings = store::plain(&entry.algorithm).expect("settings are plain data");
        let pairs =
            settings.as_object().into_iter().flatten().filter(|(name, _)| *name != "algorithm");
        let line = |(name, value): (&String, &serde_json::Value)| format!("{name} = {value}");
        let text = pairs.map(line).collect::<Vec<_>>().join("\n");
        let text = if text.is_empty() { "no settings".to_owned() } else { text };
        page.raw(&format!(
            "<details><summary>{}</summary><pre>{}</pre></details>\n",
            escape(&entry.name),
            escape(&text)
        ));
    }
}

/// Adds the evaluation settings and the command to repeat the comparison.
pub fn method(page: &mut Html, c: &One<'_>) {
    page.element("h2", "Method");
    let Some(best) = c.outcome.contestants.first() else { return };
    let convention = &best.entry.report.conditions;
    let ties = store::plain(&convention.ties).expect("plain data");
    page.raw("<ul>\n");
    page.element("li", &format!("Split: {}.", c.split));
    page.element(
        "li",
        &format!("Ranked: {}; ties: {}.", convention.candidates, ties.as_str().unwrap_or_default()),
    );
    if let Some(rerank) = convention.rerank {
        page.element("li", &format!("Reordered: {rerank}."));
    }
    if let Some(from) = convention.relevant_from {
        page.element("li", &format!("Relevant: test interactions with a value of {from} or more."));
    }
    page.element(
        "li",
        &format!(
            "Intervals: {} bootstrap samples of the users, seed {}.",
            convention.resamples, convention.seed
        ),
    );
    if c.outcome.contestants.iter().any(|x| x.trials.is_some()) {
        page.element("li", "Settings were searched on part of the training data. The test set was used once, for the best settings.");
    }
    page.element(
        "li",
        &format!("Threads: {}. Results do not depend on their number; times do.", c.threads),
    );
    page.element("li", &format!("Fingerprint of the data: {}.", c.fingerprint));
    page.raw("</ul>\n");
    let mut warned: Vec<&str> = Vec::new();
    for warning in c.outcome.contestants.iter().flat_map(|x| &x.entry.report.warnings) {
        if !warned.contains(&&**warning) {
            warned.push(warning);
        }
    }
    warned.iter().for_each(|warning| page.element("p", &format!("Note: {warning}.")));
    page.element("p", "The command that made this report:");
    page.element("pre", c.command);
}
