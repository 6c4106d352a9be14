//! Writes a canvas as PNG, with the embedded font.

use super::canvas::{Anchor, Canvas, Color, Shape};
use super::font;
use crate::error::{Error, Result};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

/// Pixels per unit, enough for high-density screens and print.
const SCALE: f32 = 2.0;

pub fn render(canvas: &Canvas) -> Result<Vec<u8>> {
    let bad = |message: String| Error::Unsupported(format!("cannot draw the figure: {message}"));
    let size = |length: f64| (length as f32 * SCALE) as u32;
    let (width, height) = (size(canvas.width), size(canvas.height));
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| bad(format!("{width} × {height} pixels")))?;
    pixels.fill(tiny_skia::Color::WHITE);
    for shape in &canvas.shapes {
        draw(&mut pixels, shape);
    }
    pixels.encode_png().map_err(|e| bad(e.to_string()))
}

fn draw(pixels: &mut Pixmap, shape: &Shape) {
    let scale = Transform::from_scale(SCALE, SCALE);
    match shape {
        Shape::Rect { rect, fill } => {
            let sides = [rect.left, rect.top, rect.width, rect.height].map(|x| x as f32);
            if let Some(rect) = Rect::from_xywh(sides[0], sides[1], sides[2], sides[3]) {
                pixels.fill_rect(rect, &paint(*fill), scale, None);
            }
        }
        Shape::Path { points, color, width } => {
            let mut path = PathBuilder::new();
            for (at, &(x, y)) in points.iter().enumerate() {
                match at {
                    0 => path.move_to(x as f32, y as f32),
                    _ => path.line_to(x as f32, y as f32),
                }
            }
            let stroke = Stroke {
                width: *width as f32,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            if let Some(path) = path.finish() {
                pixels.stroke_path(&path, &paint(*color), &stroke, scale, None);
            }
        }
        Shape::Dot { at: (x, y), color } => {
            let circle = |radius| PathBuilder::from_circle(*x as f32, *y as f32, radius);
            fill(pixels, circle(3.5), Color(255, 255, 255), scale);
            fill(pixels, circle(2.5), *color, scale);
        }
        Shape::Text { at: (x, y), text, anchor, style } => {
            let font = font::load(style.bold);
            let width = font::width(&font, text, style.size);
            let back = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => 0.5 * width,
                Anchor::End => width,
            };
            let turn = if style.upright { -90.0 } else { 0.0 };
            let place = Transform::from_translate(-back as f32, 0.0)
                .post_rotate(turn)
                .post_translate(*x as f32, *y as f32)
                .post_concat(scale);
            fill(pixels, font::outline(&font, text, style.size), style.color, place);
        }
    }
}

fn fill(pixels: &mut Pixmap, path: Option<Path>, color: Color, place: Transform) {
    if let Some(path) = path {
        pixels.fill_path(&path, &paint(color), FillRule::Winding, place, None);
    }
}

fn paint(Color(red, green, blue): Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}
