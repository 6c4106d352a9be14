//! Markdown tables with aligned columns, for the terminal and for the page.

use crate::contestant::Contestant;
use crate::experiment::{Experiment, Peer};
use crate::verdict::{self, Verdict};
use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table, presets};
use std::path::Path;

/// Returns the heading, table and notes of one experiment.
pub fn experiment(experiment: &Experiment, cofil: &Contestant, peers: &[Contestant]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let last = 7 + usize::from(experiment.work.is_some()) + experiment.quality.len();
    let mut header =
        ["", "version", "seconds", "time vs. cofil", "claimed", "peak MB", "memory vs. cofil"]
            .map(String::from)
            .to_vec();
    header.extend(experiment.work.iter().map(|work| format!("M {}/s", work.of)));
    header.extend(experiment.quality.iter().map(|q| q.metric.clone()));
    header.push("verdict".into());
    table.set_header(header);
    table.add_row(cofil_row(experiment, cofil));
    for (peer, contestant) in experiment.peers.iter().zip(peers) {
        table.add_row(peer_row(experiment, peer, cofil, contestant));
    }
    for column in 2..last {
        table.column_mut(column).expect("in the header").set_cell_alignment(CellAlignment::Right);
    }
    let mut text = format!("### {}\n\n{table}\n", experiment.title);
    let mut notes = vec![experiment.note.clone()];
    for (peer, contestant) in experiment.peers.iter().zip(peers) {
        if !peer.note.is_empty() {
            notes.push(format!("{}: {}.", peer.name, peer.note));
        }
        if let Err(reason) = contestant.answer.figures() {
            notes.push(format!("{}: {reason}.", peer.name));
        }
    }
    if let Err(reason) = cofil.answer.figures() {
        notes.push(format!("cofil: {reason}."));
    }
    notes.retain(|note| !note.is_empty());
    if !notes.is_empty() {
        text += &format!("\n{}\n", notes.join(" "));
    }
    text
}

fn cofil_row(experiment: &Experiment, cofil: &Contestant) -> Vec<String> {
    let mut row = start(cofil);
    row.extend(["", ""].map(String::from));
    row.extend([memory(cofil), String::new()]);
    row.extend(speed(experiment, cofil));
    row.extend(qualities(experiment, cofil));
    let goals = experiment.quality.iter().filter_map(|rule| {
        let verdict = verdict::goal(rule, value(cofil, &rule.metric))?;
        let sign = if verdict::less_is_better(&rule.metric) { '≤' } else { '≥' };
        Some(format!("{} {sign} {} {verdict}", rule.metric, rule.goal?))
    });
    row.push(goals.collect::<Vec<_>>().join("; "));
    row
}

fn peer_row(
    experiment: &Experiment,
    claim: &Peer,
    cofil: &Contestant,
    peer: &Contestant,
) -> Vec<String> {
    let at_most = claim.at_most;
    let mut row = start(peer);
    let (Ok(ours), Ok(theirs)) = (cofil.answer.figures(), peer.answer.figures()) else {
        let columns = 7 + usize::from(experiment.work.is_some()) + experiment.quality.len();
        row.resize(columns, String::new());
        let status = peer.answer.status.split(':').next().unwrap_or_default();
        row.push(if status == "ok" { String::new() } else { status.into() });
        return row;
    };
    let ratio = cofil.times.ratio(&peer.times);
    let memory_ratio = ours.peak_memory_mb / theirs.peak_memory_mb;
    // Ratios are cofil's over the peer's; the table shows the peer as a multiple of cofil.
    row.push(format!("{} ({})", multiple(1.0 / ratio.median), multiple(1.0 / ratio.least)));
    row.push(at_most.map(|bound| format!("≥ {}", claimed(bound))).unwrap_or_default());
    row.push(memory(peer));
    row.push(multiple(1.0 / memory_ratio));
    row.extend(speed(experiment, peer));
    row.extend(qualities(experiment, peer));
    row.push(
        at_most
            .map(|bound| {
                let mut claims = vec![("time".to_owned(), verdict::time(ratio, bound))];
                claims.push(("memory".into(), (memory_ratio <= claim.memory_at_most).into()));
                claims.extend(experiment.quality.iter().map(|rule| {
                    let metric = &rule.metric;
                    (
                        metric.clone(),
                        verdict::quality(rule, value(cofil, metric), value(peer, metric)),
                    )
                }));
                summary(&claims)
            })
            .unwrap_or_default(),
    );
    row
}

/// Formats a multiple with at least two digits: 0.81×, 2.4×, 183×.
fn multiple(value: f64) -> String {
    let digits = match value {
        value if value < 1.0 => 2,
        value if value < 9.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$}×")
}

/// The multiple of cofil that a claim asks for, rounded: 0.333 is 3×.
fn claimed(at_most: f64) -> String {
    format!("{}×", (10.0 / at_most).round() / 10.0)
}

/// Returns "held", or the claims that are not held.
fn summary(claims: &[(String, Verdict)]) -> String {
    let open: Vec<_> = claims
        .iter()
        .filter(|(_, verdict)| *verdict != Verdict::Held)
        .map(|(name, verdict)| format!("{name} {verdict}"))
        .collect();
    if open.is_empty() { "held".into() } else { open.join("; ") }
}

fn start(contestant: &Contestant) -> Vec<String> {
    let Contestant { answer, times, .. } = contestant;
    let seconds = match times.medians.is_empty() {
        true => String::new(),
        false => format!("{:.3} ({:.3})", times.median(), times.least()),
    };
    vec![answer.peer.clone(), answer.version.clone().unwrap_or_default(), seconds]
}

fn memory(contestant: &Contestant) -> String {
    contestant.answer.figures().map(|f| format!("{:.0}", f.peak_memory_mb)).unwrap_or_default()
}

/// Work of the timed part in millions per second, from the median time.
fn speed(experiment: &Experiment, contestant: &Contestant) -> Option<String> {
    let work = experiment.work.as_ref()?;
    Some(format!("{:.3}", work.count / contestant.times.median() / 1e6))
}

fn value(contestant: &Contestant, metric: &str) -> Option<f64> {
    contestant.answer.figures().ok()?.quality.get(metric).copied()
}

fn qualities(experiment: &Experiment, contestant: &Contestant) -> Vec<String> {
    let shown = |value: f64| match value.fract() == 0.0 {
        true => format!("{value}"),
        false => format!("{value:.4}"),
    };
    let metrics = experiment.quality.iter().map(|rule| value(contestant, &rule.metric));
    metrics.map(|value| value.map(shown).unwrap_or_default()).collect()
}

fn markers(name: &str) -> (String, String) {
    (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"))
}

/// A page with tables, each between its two marker lines.
pub struct Page<'a> {
    path: &'a Path,
    text: String,
}

impl<'a> Page<'a> {
    /// Opens or creates the page; every experiment must have its marker lines in it.
    pub fn open(path: &'a Path, experiments: &[Experiment]) -> Result<Self> {
        let text = match path.exists() {
            true => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
            false => experiments
                .iter()
                .map(|e| markers(&e.name))
                .map(|(begin, end)| format!("{begin}\n{end}\n\n"))
                .collect(),
        };
        let page = Self { path, text };
        // Fail now, not after ten minutes of measuring.
        experiments.iter().try_for_each(|e| page.place(&e.name).map(drop))?;
        page.write()?;
        Ok(page)
    }

    /// Puts `table` between the markers of `name` and writes the page.
    pub fn put(&mut self, name: &str, table: &str) -> Result<()> {
        let place = self.place(name)?;
        self.text.replace_range(place, &format!("\n\n{}\n\n", table.trim()));
        self.write()
    }

    fn place(&self, name: &str) -> Result<std::ops::Range<usize>> {
        let (begin, end) = markers(name);
        let from = self.text.find(&begin).map(|at| at + begin.len());
        let to = from.and_then(|from| Some(from + self.text[from..].find(&end)?));
        match (from, to) {
            (Some(from), Some(to)) => Ok(from..to),
            _ => bail!(
                "{}: add the lines `{begin}` and `{end}` where the table should go",
                self.path.display()
            ),
        }
    }

    fn write(&self) -> Result<()> {
        std::fs::write(self.path, &self.text).with_context(|| self.path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Figures;
    use crate::verdict::Times;
    use serde_json::Value;

    fn contestant(peer: &str, seconds: f64, memory: f64, ndcg: f64) -> Contestant {
        let figures = Figures {
            repeat: 1,
            seconds: [("fit".to_owned(), seconds)].into(),
            seconds_min: [("fit".to_owned(), seconds)].into(),
            peak_memory_mb: memory,
            start_memory_mb: 1.0,
            quality: [("ndcg@20".to_owned(), ndcg)].into(),
            reported: Default::default(),
            settings: Value::Null,
        };
        let times = Times { medians: vec![seconds], minima: vec![seconds] };
        Contestant::known(peer, figures, times)
    }

    fn example() -> Experiment {
        let text = r#"
            title = "EASE"
            job = "ease"
            data = "ml-1m-90-10"
            peers = [{ name = "fast", at_most = 0.5 }, { name = "absent" }]
            quality = [{ metric = "ndcg@20", tolerance = 0.002, goal = 0.335 }]
            "#;
        Experiment::parse("ease", text).unwrap()
    }

    #[test]
    fn rows_tell_ratio_memory_quality_and_verdict() {
        let cofil = contestant("cofil", 1.0, 50.0, 0.3374);
        let mut absent = contestant("absent", 1.0, 1.0, 0.0);
        absent.answer.status = "not installed".into();
        absent.answer.reason = Some("needs torch".into());
        absent.times = Times::default();
        let text = experiment(&example(), &cofil, &[contestant("fast", 4.0, 40.0, 0.3401), absent]);
        let cells = |line: usize| -> Vec<String> {
            let line = text.lines().nth(line).unwrap().trim_matches('|');
            line.split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        assert_eq!(cells(2)[0..3], ["", "version", "seconds"]);
        assert_eq!(cells(4)[8], "ndcg@20 ≥ 0.335 held");
        let fast = cells(5);
        assert_eq!(fast[2..4], ["4.000 (4.000)", "4.0× (4.0×)"]);
        assert_eq!(fast[4..8], ["≥ 2×", "40", "0.80×", "0.3401"]);
        assert_eq!(fast[8], "memory not held; ndcg@20 not held");
        assert_eq!(cells(6)[8], "not installed");
        assert!(text.ends_with("\nabsent: not installed: needs torch.\n"), "{text}");
    }

    #[test]
    fn multiples_have_at_least_two_digits() {
        assert_eq!([0.806, 9.94, 9.96, 182.8].map(multiple), ["0.81×", "9.9×", "10×", "183×"]);
        assert_eq!([0.5, 0.333, 0.1667, 1.0].map(claimed), ["2×", "3×", "6×", "1×"]);
    }

    #[test]
    fn a_page_keeps_what_is_between_the_tables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        std::fs::write(&path, "# A\n<!-- begin ease -->old<!-- end ease -->\nB\n").unwrap();
        let mut page = Page::open(&path, &[example()]).unwrap();
        page.put("ease", "new\n").unwrap();
        page.put("ease", "newer\n").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# A\n<!-- begin ease -->\n\nnewer\n\n<!-- end ease -->\nB\n");
        let other = Experiment { name: "other".into(), ..example() };
        let error = Page::open(&path, &[other]).err().unwrap().to_string();
        assert!(error.contains("add the lines `<!-- begin other -->`"), "{error}");
    }
}
