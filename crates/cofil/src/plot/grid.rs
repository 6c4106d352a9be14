//! Panels with a grid of numbers.

use super::Grid;
use super::canvas::{
    Anchor, Canvas, Color, GREY, INK, RED, RULE, Rect, Style, shorten, text_width,
};

const NAME: Style = Style { size: 11.0, bold: false, color: GREY, upright: false };
const LONGEST_NAME: f64 = 90.0;
/// The height of the plot area of other panels.
const HEIGHT: f64 = 240.0;

impl Grid {
    /// Returns the side of a square. A few squares fill the height of a panel; many are as wide as their text needs.
    fn side(&self) -> f64 {
        let widest = self.cells.iter().map(|c| text_width(&c.text, 12.0)).fold(0.0, f64::max);
        let most = self.rows.len().max(self.columns.len()).max(1) as f64;
        (HEIGHT / most).clamp((widest + 12.0).clamp(36.0, 72.0), 72.0)
    }

    fn longest(names: &[String]) -> f64 {
        names.iter().map(|n| text_width(n, NAME.size)).fold(0.0, f64::max).min(LONGEST_NAME)
    }

    /// Returns the height above the squares, for column names, which are upright if they are long.
    fn above(&self) -> f64 {
        let longest = Self::longest(&self.columns);
        if longest <= self.side() - 4.0 { 22.0 } else { longest + 12.0 }
    }

    /// Returns width and height, including names and margins.
    pub(super) fn size(&self) -> (f64, f64) {
        let left = Self::longest(&self.rows) + 10.0;
        let (columns, rows) = (self.columns.len() as f64, self.rows.len() as f64);
        (left + columns * self.side() + 30.0, self.above() + rows * self.side() + 8.0)
    }

    /// Draws the squares; returns the left edge.
    pub(super) fn draw(&self, canvas: &mut Canvas, space: Rect) -> f64 {
        let side = self.side();
        let left = space.left + Self::longest(&self.rows) + 10.0;
        let top = space.top + self.above();
        for (c, name) in self.columns.iter().enumerate() {
            let x = left + side * (c as f64 + 0.5);
            let name = shorten(name, NAME.size, LONGEST_NAME);
            if self.above() > 22.0 {
                canvas.text(x, top - 8.0, &name, Anchor::Start, &Style { upright: true, ..NAME });
            } else {
                canvas.text(x, top - 11.0, &name, Anchor::Middle, &NAME);
            }
        }
        for (r, name) in self.rows.iter().enumerate() {
            let y = top + side * (r as f64 + 0.5);
            let name = shorten(name, NAME.size, LONGEST_NAME);
            canvas.text(left - 8.0, y, &name, Anchor::End, &NAME);
        }
        for (at, cell) in self.cells.iter().enumerate() {
            let (r, c) = (at / self.columns.len(), at % self.columns.len());
            let (x, y) = (left + side * c as f64, top + side * r as f64);
            let square = Rect { left: x, top: y, width: side, height: side };
            canvas.rect(square, RULE);
            let inner = Rect { left: x + 0.5, top: y + 0.5, width: side - 1.0, height: side - 1.0 };
            canvas.rect(inner, fill(cell.shade));
            let color = if cell.red { RED } else { INK };
            let style = Style { size: 12.0, bold: cell.red, color, upright: false };
            let text = shorten(&cell.text, style.size, side);
            canvas.text(x + side / 2.0, y + side / 2.0, &text, Anchor::Middle, &style);
        }
        left
    }
}

/// Returns a colour from white to a blue on which black and red text can be read.
fn fill(shade: Option<f64>) -> Color {
    let shade = shade.unwrap_or(0.0).clamp(0.0, 1.0);
    let mix = |dark: f64| (255.0 + shade * (dark - 255.0)).round() as u8;
    Color(mix(183.0), mix(212.0), mix(240.0))
}
