//! The shapes that figures consist of, and text measurement.

use super::font;
use crate::math::real::square;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

pub const INK: Color = Color(0x1f, 0x29, 0x33);
pub const GREY: Color = Color(0x61, 0x6e, 0x7c);
pub const RULE: Color = Color(0xe4, 0xe7, 0xeb);
pub const FAINT: Color = Color(0xb8, 0xc1, 0xcb);
pub const RED: Color = Color(0xc8, 0x1e, 0x1e);
/// Colours that colour-blind readers can tell apart (after Okabe and Ito).
pub const SERIES: [Color; 5] = [
    Color(0x0b, 0x6b, 0xb5),
    Color(0xd9, 0x77, 0x06),
    Color(0x00, 0x7f, 0x5f),
    Color(0xa8, 0x32, 0x7d),
    Color(0x52, 0x60, 0x6d),
];

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// The part of a text that is at its coordinates.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// The style of a text.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub size: f64,
    pub bold: bool,
    pub color: Color,
    /// Whether the text runs upwards.
    pub upright: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { size: 11.0, bold: false, color: INK, upright: false }
    }
}

/// A shape to draw. Coordinates are pixels from the upper left corner.
#[derive(Clone, Debug)]
pub enum Shape {
    Rect {
        rect: Rect,
        fill: Color,
    },
    Path {
        points: Vec<(f64, f64)>,
        color: Color,
        width: f64,
    },
    Dot {
        at: (f64, f64),
        color: Color,
    },
    /// `at` is on the baseline.
    Text {
        at: (f64, f64),
        text: String,
        anchor: Anchor,
        style: Style,
    },
}

/// A figure under construction.
#[derive(Clone, Debug)]
pub struct Canvas {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Self { width: width.ceil(), height: height.ceil(), shapes: Vec::new() }
    }

    pub fn rect(&mut self, rect: Rect, fill: Color) {
        self.shapes.push(Shape::Rect { rect, fill });
    }

    /// Draws a thin line, aligned to pixel centres so that it is sharp.
    pub fn rule(&mut self, from: (f64, f64), to: (f64, f64), color: Color) {
        let sharp = |(x, y): (f64, f64)| (x.floor() + 0.5, y.floor() + 0.5);
        self.shapes.push(Shape::Path { points: vec![sharp(from), sharp(to)], color, width: 1.0 });
    }

    /// Draws a thin line with a head at its end.
    pub fn arrow(&mut self, from: (f64, f64), to: (f64, f64), color: Color) {
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        let length = (square(x) + square(y)).sqrt().max(1.0);
        let (x, y) = (5.0 * x / length, 5.0 * y / length);
        let side = |turn: f64| (to.0 - x - 0.6 * turn * y, to.1 - y + 0.6 * turn * x);
        self.shapes.push(Shape::Path { points: vec![from, to], color, width: 1.0 });
        let points = vec![side(1.0), to, side(-1.0)];
        self.shapes.push(Shape::Path { points, color, width: 1.0 });
    }

    pub fn curve(&mut self, points: Vec<(f64, f64)>, color: Color) {
        self.shapes.push(Shape::Path { points, color, width: 2.0 });
    }

    pub fn dot(&mut self, at: (f64, f64), color: Color) {
        self.shapes.push(Shape::Dot { at, color });
    }

    /// Writes `text`, vertically centred at `y` (or horizontally at `x` if it is upright).
    pub fn text(&mut self, x: f64, y: f64, text: &str, anchor: Anchor, style: &Style) {
        // Capitals and digits are 0.73 of the font size high.
        let down = 0.365 * style.size;
        let at = if style.upright { (x + down, y) } else { (x, y + down) };
        self.shapes.push(Shape::Text { at, text: text.to_owned(), anchor, style: *style });
    }
}

/// Returns the width of `text` in the plain font.
pub fn text_width(text: &str, size: f64) -> f64 {
    font::width(&font::load(false), text, size)
}

/// Cuts `text` to `width`, with an ellipsis.
pub fn shorten(text: &str, size: f64, width: f64) -> String {
    // Very long text is cut before it is measured.
    let mut letters: Vec<char> = text.chars().take(200).collect();
    let whole = text.chars().nth(200).is_none();
    if whole && text_width(text, size) <= width {
        return text.to_owned();
    }
    loop {
        letters.pop();
        let cut: String = letters.iter().copied().chain(['…']).collect();
        if letters.is_empty() || text_width(&cut, size) <= width {
            return cut;
        }
    }
}
