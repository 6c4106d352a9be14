//! Panels with axes: bars, lines and dots.

use super::canvas::{
    Anchor, Canvas, Color, FAINT, GREY, INK, RULE, Rect, SERIES, Style, shorten, text_width,
};
use super::{Dots, Line};
use crate::math::real::{ln, log10, whole_power};

/// An axis.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// The label: quantity and unit.
    pub label: String,
    /// Whether the axis is logarithmic.
    pub log: bool,
}

impl Axis {
    /// Creates a linear axis.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), log: false }
    }

    /// Creates a logarithmic axis.
    pub fn log(label: impl Into<String>) -> Self {
        Self { label: label.into(), log: true }
    }
}

/// Maps values to positions between 0 and 1, and holds the ticks.
struct Scale {
    log: bool,
    low: f64,
    high: f64,
    /// Smallest and largest value.
    data: (f64, f64),
    ticks: Vec<(f64, String)>,
}

/// Numbers beyond are drawn as if they were this large.
const FAR: f64 = 1e150;
/// Numbers below are drawn as if they were this small, or zero.
const NEAR: f64 = 1e-150;

impl Scale {
    /// Creates a scale that covers all `values`; with `from_zero`, a linear scale starts at 0.
    fn new(log: bool, from_zero: bool, values: impl Iterator<Item = f64>) -> Self {
        let usable = values.filter(|v| v.is_finite() && (!log || *v > 0.0)).map(|v| {
            let size = if !log && v.abs() < NEAR { 0.0 } else { v.abs().clamp(NEAR, FAR) };
            size.copysign(v)
        });
        let (mut low, mut high) =
            usable.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            (low, high) = (if log { 1.0 } else { 0.0 }, if log { 10.0 } else { 1.0 });
        }
        if log {
            return Self::logarithmic(low, high);
        }
        if from_zero {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high - low < 1e-9 * high.abs().max(1e-9) {
            let room = if high == 0.0 { 1.0 } else { 0.1 * high.abs() };
            (low, high) = (low - room, high + room);
        }
        let step = nice_step((high - low) / 5.0);
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
        let decimals = (-log10(step).floor()).clamp(0.0, 12.0) as usize;
        let ticks = (first..=last).map(|t| {
            let value = t as f64 * step;
            (value, number(value, decimals))
        });
        Self {
            log,
            low: first as f64 * step,
            high: last as f64 * step,
            data: (low, high),
            ticks: ticks.collect(),
        }
    }

    /// Creates scales across and up with one unit: equally long, with the data in the middle and a margin around them.
    fn equal(x: impl Iterator<Item = f64>, y: impl Iterator<Item = f64>) -> (Self, Self) {
        let scales = (Self::new(false, false, x), Self::new(false, false, y));
        let half = 0.6 * (scales.0.data.1 - scales.0.data.0).max(scales.1.data.1 - scales.1.data.0);
        let around = |scale: Self| {
            let middle = 0.5 * (scale.data.0 + scale.data.1);
            let (low, high) = (middle - half, middle + half);
            let inside = |tick: &(f64, String)| (low..=high).contains(&tick.0);
            let ticks = Self::new(false, false, [low, high].into_iter()).ticks;
            Self { low, high, ticks: ticks.into_iter().filter(inside).collect(), ..scale }
        };
        (around(scales.0), around(scales.1))
    }

    fn logarithmic(low: f64, high: f64) -> Self {
        // Ticks at powers of ten if there are several, else at 1, 2 and 5.
        let decades = log10(high / low);
        let factors: &[f64] = if decades > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let every = (decades / 6.0).ceil().max(1.0) as i32;
        let exponents = log10(low).floor() as i32 - 1..=log10(high).ceil() as i32 + 1;
        let all: Vec<f64> = exponents
            .filter(|e| factors.len() > 1 || e.rem_euclid(every) == 0)
            .flat_map(|e| factors.iter().map(move |f| f * whole_power(10.0, e)))
            .collect();
        let near = 1.0 + 1e-9;
        let first = all.iter().rposition(|&t| t <= low * near).unwrap_or(0);
        let last = all.iter().position(|&t| t * near >= high).unwrap_or(all.len() - 1);
        let last = last.max(first + 1).min(all.len() - 1);
        let ticks: Vec<(f64, String)> = all[first..=last].iter().map(|&t| (t, power(t))).collect();
        Self { log: true, low: all[first], high: all[last], data: (low, high), ticks }
    }

    fn at(&self, value: f64) -> f64 {
        let value = value.clamp(-FAR, FAR);
        match self.log {
            true => ln(value.max(NEAR) / self.low) / ln(self.high / self.low),
            false => (value - self.low) / (self.high - self.low),
        }
    }

    /// Room to the left and to the right of the data, if this is the vertical axis.
    fn beside(&self) -> f64 {
        let widths = self.ticks.iter().map(|(_, text)| text_width(text, TICK.size));
        widths.fold(0.0, f64::max) + 30.0 + RIGHT
    }

    fn shows(&self, value: f64) -> bool {
        value.is_finite() && (!self.log || value > 0.0)
    }
}

/// Returns whether the smallest of the positive values is so low that the axis should start at 0.
fn near_zero(values: impl Iterator<Item = f64>) -> bool {
    let usable = values.filter(|v| v.is_finite());
    let (low, high) = usable.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
    low >= 0.0 && low < 0.5 * high
}

/// Returns the smallest 1, 2 or 5 × 10ⁿ that is at least `step`.
fn nice_step(step: f64) -> f64 {
    let power = whole_power(10.0, log10(step).floor() as i32);
    [1.0, 2.0, 5.0, 10.0]
        .map(|f| f * power)
        .into_iter()
        .find(|&s| s >= step * 0.999)
        .unwrap_or(step)
}

/// Formats 1234567.0 as 1,234,567.
fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').map_or((&*text, None), |(w, r)| (w, Some(r)));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign =
        if value < 0.0 && text.chars().any(|c| ('1'..='9').contains(&c)) { "−" } else { "" };
    match rest {
        Some(rest) => format!("{sign}{grouped}.{rest}"),
        None => format!("{sign}{grouped}"),
    }
}

/// Formats a tick of a logarithmic axis: plain if short, else as a power of ten.
fn power(value: f64) -> String {
    if (1e-3..1e6).contains(&value) {
        return number(value, (-log10(value).floor()).max(0.0) as usize);
    }
    let exponent = (log10(value) + 1e-9).floor() as i32;
    let digit = (value / whole_power(10.0, exponent)).round() as i32;
    let superscript: String = exponent
        .to_string()
        .chars()
        .map(|c| match c.to_digit(10) {
            Some(d) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][d as usize],
            None => '⁻',
        })
        .collect();
    match digit {
        1 => format!("10{superscript}"),
        _ => format!("{digit}·10{superscript}"),
    }
}

/// Room above the data.
const ABOVE: f64 = 8.0;
/// Room below the data for numbers and the name of the axis.
const BELOW: f64 = 44.0;
/// Room to the right of the data.
const RIGHT: f64 = 24.0;
const TICK: Style = Style { size: 11.0, bold: false, color: GREY, upright: false };

/// Draws the axis labels and the ticks and rules of the vertical axis; returns the space left for the data.
fn frame(canvas: &mut Canvas, space: Rect, x: &Axis, y: &Axis, scale: &Scale, below: f64) -> Rect {
    let beside = scale.beside();
    let left = space.left + beside - RIGHT;
    let plot = Rect {
        left,
        top: space.top + ABOVE,
        width: space.width - beside,
        height: space.height - ABOVE - below,
    };
    for (value, text) in &scale.ticks {
        let at = plot.bottom() - plot.height * scale.at(*value);
        canvas.rule((plot.left, at), (plot.right(), at), RULE);
        canvas.text(plot.left - 8.0, at, text, Anchor::End, &TICK);
    }
    canvas.rule((plot.left, plot.bottom()), (plot.right(), plot.bottom()), GREY);
    let middle = plot.top + plot.height / 2.0;
    let turned = Style { color: INK, upright: true, ..TICK };
    canvas.text(space.left + 7.0, middle, &y.label, Anchor::Middle, &turned);
    let label = Style { color: INK, ..TICK };
    let center = plot.left + plot.width / 2.0;
    canvas.text(center, space.bottom() - 8.0, &x.label, Anchor::Middle, &label);
    plot
}

/// Maximum width of a bar: a few bars do not fill their panel.
const WIDEST: f64 = 64.0;

/// Draws bars; returns the left edge of the data.
pub fn bars(canvas: &mut Canvas, space: Rect, x: &Axis, y: &Axis, bars: &[(String, f64)]) -> f64 {
    let scale = Scale::new(y.log, true, bars.iter().map(|b| b.1));
    let longest = bars.iter().map(|b| text_width(&b.0, TICK.size)).fold(0.0, f64::max);
    let slot = (space.width - 90.0) / bars.len().max(1) as f64;
    // Names are upright if they do not fit side by side; of numbers, some are left out instead.
    let number = |name: &str| name.trim_start_matches('−').replace(',', "").parse::<f64>().is_ok();
    let numeric = bars.iter().all(|b| number(&b.0));
    let upright = !numeric && longest > slot;
    let every = if numeric { ((longest + 6.0) / slot).ceil().max(1.0) as usize } else { 1 };
    let below = if upright { 32.0 + longest.min(90.0) } else { BELOW };
    let plot = frame(canvas, space, x, y, &scale, below);
    let slot = plot.width / bars.len().max(1) as f64;
    for (at, (name, height)) in bars.iter().enumerate() {
        let left = plot.left + slot * at as f64;
        if scale.shows(*height) {
            let height = plot.height * scale.at(*height);
            let width = (slot - 2.0 * (0.15 * slot).min(8.0)).min(WIDEST);
            let (left, top) = (left + (slot - width) / 2.0, plot.bottom() - height);
            canvas.rect(Rect { left, top, width, height }, SERIES[0]);
        }
        let (center, under) = (left + slot / 2.0, plot.bottom() + 12.0);
        if upright {
            let style = Style { upright: true, ..TICK };
            let name = shorten(name, TICK.size, 90.0);
            canvas.text(center, under - 4.0, &name, Anchor::End, &style);
        } else if at % every == 0 {
            canvas.text(center, under + 2.0, name, Anchor::Middle, &TICK);
        }
    }
    plot.left
}

/// Draws curves; returns the left edge of the data.
pub fn lines(canvas: &mut Canvas, space: Rect, x: &Axis, y: &Axis, lines: &[Line]) -> f64 {
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let across = Scale::new(x.log, false, points().map(|p| p.0));
    let up = Scale::new(y.log, near_zero(points().map(|p| p.1)), points().map(|p| p.1));
    let legend = if lines.len() > 1 { 20.0 } else { 0.0 };
    let inner = Rect { top: space.top + legend, height: space.height - legend, ..space };
    let plot = frame(canvas, inner, x, y, &up, BELOW);
    across_ticks(canvas, plot, &across);
    if legend > 0.0 {
        let names = lines.iter().map(|line| &*line.name);
        self::legend(canvas, (plot.left, space.top + 8.0), names, |canvas, (x, y), color| {
            canvas.curve(vec![(x, y), (x + 16.0, y)], color);
        });
    }
    for (at, line) in lines.iter().enumerate() {
        let color = series(at);
        let shown = line.points.iter().filter(|p| across.shows(p.0) && up.shows(p.1));
        let place = |p: &(f64, f64)| {
            let (x, y) = (across.at(p.0), up.at(p.1));
            (plot.left + plot.width * x, plot.bottom() - plot.height * y)
        };
        let places: Vec<(f64, f64)> = shown.map(place).collect();
        if places.len() > 1 {
            canvas.curve(places.clone(), color);
        }
        if places.len() <= 20 {
            places.iter().for_each(|&p| canvas.dot(p, color));
        }
    }
    plot.left
}

/// The colour of a line or a group of dots.
fn series(at: usize) -> Color {
    SERIES[at % SERIES.len()]
}

/// Writes the names of a legend side by side, each after its sign, which is 16 wide.
fn legend<'a>(
    canvas: &mut Canvas,
    (mut left, y): (f64, f64),
    names: impl Iterator<Item = &'a str>,
    sign: impl Fn(&mut Canvas, (f64, f64), Color),
) {
    for (at, name) in names.enumerate() {
        sign(canvas, (left, y), series(at));
        canvas.text(left + 22.0, y, name, Anchor::Start, &Style::default());
        left += 22.0 + text_width(name, 11.0) + 18.0;
    }
}

/// Draws dots and their curve; returns the left edge of the data.
pub fn dots(canvas: &mut Canvas, space: Rect, x: &Axis, y: &Axis, dots: &Dots) -> f64 {
    let points = || dots.marks.iter().map(|mark| mark.at).chain(dots.curve.iter().copied());
    let (across, up) = match dots.equal {
        true => Scale::equal(points().map(|p| p.0), points().map(|p| p.1)),
        false => (
            Scale::new(x.log, false, points().map(|p| p.0)),
            Scale::new(y.log, near_zero(points().map(|p| p.1)), points().map(|p| p.1)),
        ),
    };
    let legend = if dots.groups.len() > 1 { 20.0 } else { 0.0 };
    let mut inner = Rect { top: space.top + legend, height: space.height - legend, ..space };
    if dots.equal {
        inner.width = up.beside() + inner.height - ABOVE - BELOW;
    }
    let plot = frame(canvas, inner, x, y, &up, BELOW);
    across_ticks(canvas, plot, &across);
    if legend > 0.0 {
        let names = dots.groups.iter().map(String::as_str);
        self::legend(canvas, (plot.left, space.top + 8.0), names, |canvas, (x, y), color| {
            canvas.dot((x + 12.0, y), color);
        });
    }
    let place = |p: (f64, f64)| {
        let shown = across.shows(p.0) && up.shows(p.1);
        let (x, y) = (across.at(p.0), up.at(p.1));
        shown.then_some((plot.left + plot.width * x, plot.bottom() - plot.height * y))
    };
    let curve: Vec<(f64, f64)> = dots.curve.iter().filter_map(|&p| place(p)).collect();
    if curve.len() > 1 {
        canvas.curve(curve, SERIES[1]);
    }
    // Labels avoid dots and each other if possible.
    let size = TICK.size;
    let mut taken: Vec<Rect> = (dots.marks.iter().filter_map(|mark| place(mark.at)))
        .map(|(x, y)| Rect { left: x - 4.0, top: y - 4.0, width: 8.0, height: 8.0 })
        .collect();
    for mark in &dots.marks {
        let Some((x, y)) = place(mark.at) else { continue };
        let color = if mark.faint { FAINT } else { series(mark.group) };
        canvas.dot((x, y), color);
        if mark.label.is_empty() {
            continue;
        }
        let label = shorten(&mark.label, size, 160.0);
        let width = text_width(&label, size);
        let beside = |right: bool, down: f64| {
            let left = if right { x + 8.0 } else { x - 8.0 - width };
            Rect { left, top: y + down - 6.0, width, height: 12.0 }
        };
        let free = |rect: &Rect| {
            let apart = |other: &Rect| {
                rect.left > other.right()
                    || other.left > rect.right()
                    || rect.top > other.bottom()
                    || other.top > rect.bottom()
            };
            let inside = rect.left > plot.left && rect.right() < plot.right() + 20.0;
            inside && taken.iter().all(apart)
        };
        let places = [0.0, -11.0, 11.0, -20.0, 20.0, -32.0, 32.0];
        let tried = places.iter().flat_map(|&d| [beside(true, d), beside(false, d)]);
        let rect =
            tried.clone().find(free).unwrap_or(beside(x < plot.left + plot.width / 2.0, 0.0));
        taken.push(rect);
        let style = Style { color: if mark.faint { GREY } else { INK }, ..TICK };
        canvas.text(rect.left, rect.top + 6.0, &label, Anchor::Start, &style);
    }
    plot.left
}

fn across_ticks(canvas: &mut Canvas, plot: Rect, scale: &Scale) {
    for (value, text) in &scale.ticks {
        let at = plot.left + plot.width * scale.at(*value);
        canvas.rule((at, plot.bottom()), (at, plot.bottom() + 4.0), GREY);
        canvas.text(at, plot.bottom() + 14.0, text, Anchor::Middle, &TICK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(log: bool, low: f64, high: f64) -> Vec<String> {
        Scale::new(log, false, [low, high].into_iter()).ticks.into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(ticks(false, 0.0, 9.3), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(ticks(false, -0.1, 0.1), ["−0.10", "−0.05", "0.00", "0.05", "0.10"]);
        assert_eq!(ticks(false, 0.0, 1.2e6).last().unwrap(), "1,500,000");
        assert_eq!(ticks(true, 0.5, 3.0), ["0.5", "1", "2", "5"]);
        assert_eq!(ticks(true, 1.0, 1e8), ["1", "100", "10,000", "10⁶", "10⁸"]);
        assert_eq!(ticks(true, 2e-5, 9e-5), ["2·10⁻⁵", "5·10⁻⁵", "10⁻⁴"]);
        assert_eq!(ticks(false, 4.0, 4.0).len(), 5);
    }

    #[test]
    fn equal_axes_have_one_unit() {
        let (x, y) = Scale::equal([0.0, 10.0].into_iter(), [-1.0, 0.0, 1.0].into_iter());
        assert!((x.high - x.low - 12.0).abs() < 1e-9 && (y.high - y.low - 12.0).abs() < 1e-9);
        assert!((x.at(5.0) - 0.5).abs() < 1e-9 && (y.at(0.0) - 0.5).abs() < 1e-9);
        let names = |scale: &Scale| scale.ticks.iter().map(|t| t.1.clone()).collect::<Vec<_>>();
        assert_eq!(names(&x), ["0", "5", "10"]);
        assert_eq!(names(&y), ["−5", "0", "5"]);
        let (x, y) = Scale::equal([3.0].into_iter(), [].into_iter());
        assert!(x.at(3.0).is_finite() && y.at(0.0).is_finite());
    }

    #[test]
    fn numbers_of_any_size_have_a_few_ticks() {
        let tiny = f64::from_bits(1);
        for (low, high) in [(-tiny, tiny), (0.0, tiny), (f64::MIN, f64::MAX), (-1e-310, 1e308)] {
            let scale = Scale::new(false, false, [low, high].into_iter());
            assert!((2..20).contains(&scale.ticks.len()), "{low} to {high}");
            assert!(scale.at(low).is_finite() && scale.at(high).is_finite(), "{low} to {high}");
        }
        for (low, high) in [(tiny, f64::MAX), (tiny, tiny), (f64::MAX, f64::MAX)] {
            let scale = Scale::new(true, false, [low, high].into_iter());
            assert!((2..20).contains(&scale.ticks.len()), "{low} to {high}");
            assert!(scale.at(low).is_finite() && scale.at(high).is_finite(), "{low} to {high}");
        }
    }

    #[test]
    fn ends_of_a_scale_are_its_edges() {
        for (log, low, high) in [(false, 3.0, 17.0), (true, 0.02, 700.0)] {
            let scale = Scale::new(log, false, [low, high].into_iter());
            assert!(
                scale.at(scale.low).abs() < 1e-12 && (scale.at(scale.high) - 1.0).abs() < 1e-12
            );
            assert!(scale.at(low) >= 0.0 && scale.at(high) <= 1.0 + 1e-12);
        }
    }
}
