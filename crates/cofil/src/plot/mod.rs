//! Figures: loss curves, histograms, completed matrices, maps of vectors and diagrams of networks, as SVG or PNG.
//!
//! A [`Figure`] is a grid of [`Panel`]s, drawn as a list of shapes. SVG writes the list as text. PNG paints it with the
//! font in `assets/`, so that figures look the same on machines without fonts.
//!
//! ```
//! use cofil::plot::{Axis, Content, Figure, Panel};
//!
//! let bars = [("1", 6.0), ("2", 11.0), ("3", 27.0)].map(|(name, n)| (name.to_owned(), n));
//! let panel = Panel {
//!     title: "Ratings".into(),
//!     x: Axis::new("rating"),
//!     y: Axis::new("ratings"),
//!     content: Content::Bars(bars.to_vec()),
//! };
//! assert!(Figure::new(&[panel]).svg().starts_with("<svg"));
//! ```

mod axes;
mod canvas;
mod describe;
mod figures;
mod font;
mod grid;
mod map;
mod network;
mod png;
mod svg;

pub use axes::Axis;
pub use describe::describe;
pub use figures::{Predicted, completion, curve, unknown};
pub use map::map;
pub use network::{Network, Part, network};

use crate::error::{Error, Result};
use crate::store;
use canvas::{Anchor, Canvas, Rect, Style};
use std::path::Path;

const PANEL_HEIGHT: f64 = 300.0;
/// Height of a panel whose axes have the same unit, and its width with room for the labels of the axis.
const SQUARE: (f64, f64) = (560.0, 590.0);
const MARGIN: f64 = 20.0;
const TITLE: f64 = 30.0;

/// One part of a figure.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Title above the panel; may be empty.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// The content of the panel.
    pub content: Content,
}

/// What a panel shows.
#[derive(Clone, Debug)]
pub enum Content {
    /// A bar for each (name, height).
    Bars(Vec<(String, f64)>),
    /// Curves, with a legend at the top if there is more than one.
    Lines(Vec<Line>),
    /// Dots, and a curve.
    Dots(Dots),
    /// Numbers in squares; the axes are not used.
    Grid(Grid),
    /// Boxes and arrows; the axes are not used.
    Network(Network),
}

/// A curve.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name in the legend.
    pub name: String,
    /// Points (x, y) with ascending x. Points that cannot be shown, such as 0 on a logarithmic axis, are left out.
    pub points: Vec<(f64, f64)>,
}

/// Dots with a curve.
#[derive(Clone, Debug, Default)]
pub struct Dots {
    /// The dots.
    pub marks: Vec<Mark>,
    /// Points of the curve with ascending x; may be empty.
    pub curve: Vec<(f64, f64)>,
    /// Names of the groups of dots, in the legend if there is more than one.
    pub groups: Vec<String>,
    /// Whether both axes have the same unit: the panel is square, and distances on it mean something.
    pub equal: bool,
}

/// A dot.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// Position (x, y), in units of the axes.
    pub at: (f64, f64),
    /// Label of the dot; may be empty.
    pub label: String,
    /// Whether the dot is grey, for less important data.
    pub faint: bool,
    /// Number of its group, from 0, which has its own colour.
    pub group: usize,
}

/// Numbers in squares.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Names of the rows.
    pub rows: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The cells in row-major order.
    pub cells: Vec<Cell>,
}

/// One square of a [`Grid`].
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The text in the cell.
    pub text: String,
    /// Darkness of the background, from 0 to 1; white if `None`.
    pub shade: Option<f64>,
    /// Whether the text is red, for unknown or predicted values.
    pub red: bool,
}

/// A finished figure.
#[derive(Clone, Debug)]
pub struct Figure {
    canvas: Canvas,
}

impl Figure {
    /// Draws `panels` side by side, at most three in a row, aligned in columns.
    pub fn new(panels: &[Panel]) -> Self {
        let columns = if panels.len() == 4 { 2 } else { panels.len().clamp(1, 3) };
        let rows: Vec<&[Panel]> = panels.chunks(columns).collect();
        let height = |row: &[Panel]| row.iter().map(Panel::height).fold(0.0, f64::max);
        let width = |column: usize| {
            let here = rows.iter().filter_map(|row| row.get(column));
            here.map(Panel::width).fold(0.0, f64::max)
        };
        let widths: Vec<f64> = (0..columns).map(width).collect();
        let total: f64 = rows.iter().map(|row| height(row) + MARGIN).sum();
        let mut canvas = Canvas::new(widths.iter().sum::<f64>() + 2.0 * MARGIN, total + MARGIN);
        let mut top = MARGIN;
        for row in rows {
            let (mut left, height) = (MARGIN, height(row));
            for (panel, &width) in row.iter().zip(&widths) {
                panel.draw(&mut canvas, Rect { left, top, width, height });
                left += width;
            }
            top += height + MARGIN;
        }
        Self { canvas }
    }

    /// Returns the figure as SVG.
    pub fn svg(&self) -> String {
        svg::render(&self.canvas)
    }

    /// Returns the figure as PNG, with two pixels per unit of the SVG.
    ///
    /// # Errors
    /// If the image is too large for memory.
    pub fn png(&self) -> Result<Vec<u8>> {
        png::render(&self.canvas)
    }

    /// Writes the figure to `path`, as SVG or PNG according to the extension `.svg` or `.png`.
    ///
    /// # Errors
    /// If the extension is any other, or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        match format_of(path)? {
            Format::Svg => store::write_atomically(path, self.svg().as_bytes()),
            Format::Png => store::write_atomically(path, &self.png()?),
        }
    }
}

enum Format {
    Svg,
    Png,
}

fn format_of(path: &Path) -> Result<Format> {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        _ => Err(Error::format(path, "a figure is written to a file that ends in .svg or .png")),
    }
}

/// Checks, before the work is done, that [`Figure::save`] can write to this path.
///
/// # Errors
/// If the extension is neither `.svg` nor `.png`.
pub fn check_path(path: &Path) -> Result<()> {
    format_of(path).map(|_| ())
}

impl Panel {
    fn width(&self) -> f64 {
        match &self.content {
            Content::Grid(grid) => grid.size().0,
            // The bold title of a narrow diagram is wider than its boxes.
            Content::Network(network) => {
                network.size().0.max(1.2 * canvas::text_width(&self.title, 13.0))
            }
            Content::Bars(bars) => (24.0 * bars.len() as f64 + 90.0).clamp(400.0, 800.0),
            Content::Dots(dots) if dots.equal => SQUARE.1,
            Content::Dots(dots) if dots.marks.iter().any(|mark| !mark.label.is_empty()) => 620.0,
            Content::Lines(_) | Content::Dots(_) => 400.0,
        }
    }

    fn height(&self) -> f64 {
        TITLE
            + match &self.content {
                Content::Grid(grid) => grid.size().1,
                Content::Network(network) => network.size().1,
                Content::Dots(dots) if dots.equal => SQUARE.0,
                _ => PANEL_HEIGHT,
            }
    }

    fn draw(&self, canvas: &mut Canvas, space: Rect) {
        let inside = Rect { top: space.top + TITLE, height: space.height - TITLE, ..space };
        let left = match &self.content {
            Content::Grid(grid) => grid.draw(canvas, inside),
            Content::Network(network) => network.draw(canvas, inside),
            Content::Bars(bars) => axes::bars(canvas, inside, &self.x, &self.y, bars),
            Content::Dots(dots) => axes::dots(canvas, inside, &self.x, &self.y, dots),
            Content::Lines(lines) => axes::lines(canvas, inside, &self.x, &self.y, lines),
        };
        let style = Style { size: 13.0, bold: true, ..Style::default() };
        canvas.text(left, space.top + 12.0, &self.title, Anchor::Start, &style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(content: Content) -> Panel {
        Panel { title: "A < B & \"C\"".into(), x: Axis::new("x"), y: Axis::new("y"), content }
    }

    #[test]
    fn every_panel_becomes_valid_svg_and_png() {
        let line = |points: &[(f64, f64)]| Line { name: "l".into(), points: points.to_vec() };
        let cell = Cell { text: "\u{1}<5>".into(), shade: Some(7.0), red: true };
        let grid =
            Grid { rows: vec!["r".into()], columns: vec!["c".repeat(50)], cells: vec![cell] };
        for content in [
            Content::Bars(vec![("a<".into(), 3.0), ("b".into(), f64::NAN)]),
            Content::Bars(Vec::new()),
            Content::Lines(Vec::new()),
            Content::Lines(vec![line(&[(1.0, f64::INFINITY), (2.0, 1.0)]), line(&[])]),
            Content::Lines(vec![line(&[(0.0, 0.0)])]),
            Content::Dots(Dots::default()),
            Content::Dots(Dots {
                marks: vec![
                    Mark { at: (1.0, f64::NAN), ..Mark::default() },
                    Mark { at: (1.0, 2.0), label: "<".repeat(99), faint: true, group: 0 },
                    Mark { at: (1.0, 2.0), label: "b".into(), faint: false, group: 9 },
                ],
                curve: vec![(0.0, 1.0), (2.0, f64::INFINITY)],
                ..Dots::default()
            }),
            Content::Dots(Dots { equal: true, groups: vec!["a".into(); 2], ..Dots::default() }),
            Content::Dots(Dots {
                marks: vec![
                    Mark { at: (-f64::MAX, 1.0), ..Mark::default() },
                    Mark { at: (f64::MAX, f64::NAN), ..Mark::default() },
                    Mark { at: (1.0, 1e-300), ..Mark::default() },
                ],
                equal: true,
                ..Dots::default()
            }),
            Content::Grid(grid),
            Content::Grid(Grid { rows: vec![], columns: vec![], cells: vec![] }),
            Content::Network(Network::default()),
            Content::Network(Network {
                parts: vec![Part { name: "<".repeat(99), inputs: vec![0, 9], ..Part::default() }],
            }),
        ] {
            let mut logarithmic = panel(content.clone());
            logarithmic.y.log = true;
            logarithmic.x.log = true;
            let figure = Figure::new(&[panel(content), logarithmic]);
            assert!(figure.png().unwrap().starts_with(b"\x89PNG"), "{}", figure.svg());
            assert!(!figure.svg().contains("NaN") && !figure.svg().contains("inf"));
        }
    }

    #[test]
    fn the_ending_says_the_format() {
        let folder = tempfile::tempdir().unwrap();
        let figure = Figure::new(&[panel(Content::Bars(vec![("a".into(), 1.0)]))]);
        figure.save(&folder.path().join("f.svg")).unwrap();
        figure.save(&folder.path().join("f.PNG")).unwrap();
        assert!(figure.save(&folder.path().join("f.jpg")).is_err());
        assert!(check_path(Path::new("figure")).is_err());
    }
}
