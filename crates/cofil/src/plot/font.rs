//! The embedded font: widths and outlines of text.

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve};
use tiny_skia::{Path, PathBuilder};

const PLAIN: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/DejaVuSans-Bold.ttf");

pub fn load(bold: bool) -> FontRef<'static> {
    FontRef::try_from_slice(if bold { BOLD } else { PLAIN }).expect("the embedded font is sound")
}

fn units(font: &FontRef<'_>) -> f64 {
    f64::from(font.units_per_em().unwrap_or(2048.0))
}

/// Returns the glyphs of `text` with their positions in font units, and the width.
fn lay_out(font: &FontRef<'_>, text: &str) -> (Vec<(GlyphId, f64)>, f64) {
    let (mut at, mut last) = (0.0, None);
    let mut glyphs = Vec::new();
    for letter in text.chars() {
        let glyph = font.glyph_id(letter);
        if let Some(last) = last {
            at += f64::from(font.kern_unscaled(last, glyph));
        }
        glyphs.push((glyph, at));
        at += f64::from(font.h_advance_unscaled(glyph));
        last = Some(glyph);
    }
    (glyphs, at)
}

pub fn width(font: &FontRef<'_>, text: &str, size: f64) -> f64 {
    lay_out(font, text).1 * size / units(font)
}

/// Returns the outline of `text` at `size`, starting at the origin on the baseline; `None` if it has no visible glyphs.
pub fn outline(font: &FontRef<'_>, text: &str, size: f64) -> Option<Path> {
    let scale = size / units(font);
    let mut path = PathBuilder::new();
    for (glyph, at) in lay_out(font, text).0 {
        // The y axis points up in font units and down on the canvas.
        let place = |p: ab_glyph::Point| {
            (((f64::from(p.x) + at) * scale) as f32, (-f64::from(p.y) * scale) as f32)
        };
        let mut pen = None;
        for curve in font.outline(glyph).map(|o| o.curves).unwrap_or_default() {
            let (from, to) = match curve {
                OutlineCurve::Line(from, to) => (from, to),
                OutlineCurve::Quad(from, _, to) => (from, to),
                OutlineCurve::Cubic(from, _, _, to) => (from, to),
            };
            if pen != Some((from.x, from.y)) {
                if pen.is_some() {
                    path.close();
                }
                let (x, y) = place(from);
                path.move_to(x, y);
            }
            pen = Some((to.x, to.y));
            let (x, y) = place(to);
            match curve {
                OutlineCurve::Line(..) => path.line_to(x, y),
                OutlineCurve::Quad(_, c, _) => {
                    let (cx, cy) = place(c);
                    path.quad_to(cx, cy, x, y);
                }
                OutlineCurve::Cubic(_, c, d, _) => {
                    let ((cx, cy), (dx, dy)) = (place(c), place(d));
                    path.cubic_to(cx, cy, dx, dy, x, y);
                }
            }
        }
        if pen.is_some() {
            path.close();
        }
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_wide_as_its_outline() {
        for bold in [false, true] {
            let font = load(bold);
            let bounds = outline(&font, "HnH", 100.0).unwrap().bounds();
            let width = width(&font, "HnH", 100.0) as f32;
            assert!((0.8 * width..width).contains(&bounds.width()), "{bounds:?} {width}");
            assert!((bounds.height() - 72.9).abs() < 1.0, "{bounds:?}: capitals stand on the line");
        }
        assert!(outline(&load(false), " ", 10.0).is_none());
    }
}
