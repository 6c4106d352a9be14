//! The figure of a data report.

use super::{Axis, Content, Figure, Line, Panel};
use crate::data::describe::{Bin, Description, Kind, Spread};
use crate::data::prose::number;

/// Draws the distribution of values (if they differ), interactions per user and per item in bins of doubling width,
/// and the Lorenz curve of item popularity.
pub fn describe(description: &Description) -> Figure {
    let mut panels = Vec::new();
    if description.values.kind != Kind::Events {
        panels.push(Panel {
            title: "Values".into(),
            x: Axis::new("value"),
            y: Axis::new("interactions"),
            content: Content::Bars(description.values.histogram.iter().map(bar).collect()),
        });
    }
    panels.push(activity("Interactions per user", "users", &description.per_user));
    panels.push(activity("Interactions per item", "items", &description.per_item));
    panels.push(popularity(&description.per_item));
    Figure::new(&panels)
}

/// Formats the edge of a bin, with digits grouped as on the axes.
fn edge(value: f64) -> String {
    match value {
        whole if whole.fract() == 0.0 && whole >= 0.0 => number(whole as usize),
        whole if whole.fract() == 0.0 => whole.to_string(),
        other => format!("{other:.1}"),
    }
}

fn bar(bin: &Bin) -> (String, f64) {
    let low = edge(bin.low);
    // The lower edge is enough as a label.
    (low.replace('-', "−"), bin.count as f64)
}

fn activity(title: &str, who: &str, spread: &Spread) -> Panel {
    let name = |bin: &Bin| match bin.low == bin.high {
        true => edge(bin.low),
        false => format!("{}–{}", edge(bin.low), edge(bin.high)),
    };
    // Bins below the least active user or item are empty.
    let bins = || spread.histogram.iter().skip_while(|bin| bin.count == 0);
    Panel {
        title: title.into(),
        x: Axis::new("interactions"),
        y: Axis::new(who),
        content: Content::Bars(bins().map(|bin| (name(bin), bin.count as f64)).collect()),
    }
}

fn popularity(items: &Spread) -> Panel {
    let percent = |i: usize| 2.0 * i as f64;
    let held = items.lorenz.iter().enumerate().map(|(i, share)| (percent(i), 100.0 * share));
    Panel {
        title: format!("Popularity (Gini {:.2})", items.gini),
        x: Axis::new("least popular items, %"),
        y: Axis::new("their share of interactions, %"),
        content: Content::Lines(vec![
            Line { name: "this data".into(), points: held.collect() },
            Line { name: "equal".into(), points: vec![(0.0, 0.0), (100.0, 100.0)] },
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample_set::sample_set;

    #[test]
    fn every_part_is_drawn() {
        let mut data = sample_set().expect("it is built in");
        let svg = |data: &_| describe(&Description::of(data).expect("it has data")).svg();
        let events = svg(&data);
        for title in ["Interactions per user", "Interactions per item", "Popularity (Gini 0.7"] {
            assert!(events.contains(title), "{title}");
        }
        assert!(!events.contains(">Values<"), "all are 1");
        data.value.iter_mut().step_by(2).for_each(|v| *v = -2.5);
        data.value[0] = 5.0;
        assert!(svg(&data).contains(">Values<") && svg(&data).contains(">−2.5<"));
    }
}
