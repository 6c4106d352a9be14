//! Writes a canvas as SVG.

use super::canvas::{Anchor, Canvas, Color, Rect, Shape};
use std::fmt::{Display, Formatter, Write};

const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

impl Display for Color {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

pub fn render(canvas: &Canvas) -> String {
    let Canvas { width, height, shapes } = canvas;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FAMILY}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for shape in shapes {
        add(&mut svg, shape).expect("a String takes any text");
    }
    svg += "</svg>\n";
    svg
}

fn add(svg: &mut String, shape: &Shape) -> std::fmt::Result {
    match shape {
        Shape::Rect { rect: Rect { left, top, width, height }, fill } => writeln!(
            svg,
            "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"{fill}\"/>"
        ),
        Shape::Path { points, color, width } => {
            svg.push_str("<path d=\"");
            for (at, (x, y)) in points.iter().enumerate() {
                write!(svg, "{}{x:.2} {y:.2}", if at == 0 { 'M' } else { 'L' })?;
            }
            writeln!(
                svg,
                "\" stroke=\"{color}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" \
                 stroke-linecap=\"round\" fill=\"none\"/>"
            )
        }
        Shape::Dot { at: (x, y), color } => writeln!(
            svg,
            "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"3\" fill=\"{color}\" stroke=\"#fff\"/>"
        ),
        Shape::Text { at: (x, y), text, anchor, style } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            write!(svg, "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{}\"", style.size)?;
            write!(svg, " text-anchor=\"{anchor}\" fill=\"{}\"", style.color)?;
            if style.bold {
                svg.push_str(" font-weight=\"bold\"");
            }
            if style.upright {
                write!(svg, " transform=\"rotate(-90 {x:.2} {y:.2})\"")?;
            }
            writeln!(svg, ">{}</text>", escape(text))
        }
    }
}

/// Escapes text for XML and replaces control characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_markup() {
        assert_eq!(escape("a<b>&\u{7}ü"), "a&lt;b&gt;&amp;\u{fffd}ü");
    }
}
