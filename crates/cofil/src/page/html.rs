//! Building HTML with escaped text.

/// A page under construction.
#[derive(Debug, Default)]
pub struct Html {
    text: String,
}

/// One cell of a table.
#[derive(Debug, Default)]
pub struct Cell {
    /// The content, already escaped.
    pub html: String,
    /// Whether it is a number.
    pub number: bool,
    /// CSS class; may be empty.
    pub class: &'static str,
    /// Additional CSS declarations; may be empty.
    pub style: String,
    /// Whether it spans the rest of its row.
    pub rest: bool,
}

impl Html {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn finish(self) -> String {
        self.text
    }

    /// Adds markup.
    pub fn raw(&mut self, markup: &str) {
        self.text += markup;
    }

    /// Adds an element with text inside.
    pub fn element(&mut self, name: &str, text: &str) {
        self.text += &format!("<{name}>{}</{name}>\n", escape(text));
    }

    /// Adds a paragraph in small grey letters.
    pub fn small(&mut self, text: &str) {
        self.text += &format!("<p class=\"small\">{}</p>\n", escape(text));
    }

    /// Adds a table; heads are escaped here, cells are already.
    pub fn table(&mut self, heads: &[String], rows: &[Vec<Cell>]) {
        self.raw("<div class=\"wide\"><table>\n<thead><tr>");
        for (at, head) in heads.iter().enumerate() {
            // The first row tells whether a column holds numbers.
            let number = rows.first().and_then(|row| row.get(at)).is_some_and(|cell| cell.number);
            let class = if number { " class=\"number\"" } else { "" };
            self.text += &format!("<th{class}>{}</th>", escape(head));
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for (at, Cell { html, number, class, style, rest }) in row.iter().enumerate() {
                let class = format!("{}{class}", if *number { "number " } else { "" });
                let style = match style.is_empty() {
                    true => String::new(),
                    false => format!(" style=\"{style}\""),
                };
                let span = match rest {
                    true => format!(" colspan=\"{}\"", heads.len() - at),
                    false => String::new(),
                };
                let class = class.trim_end();
                self.text += &format!("<td class=\"{class}\"{span}{style}>{html}</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table></div>\n");
    }
}

impl Cell {
    pub fn text(text: &str) -> Self {
        Self { html: escape(text), ..Self::default() }
    }

    pub fn number(text: &str) -> Self {
        Self { html: escape(text), number: true, ..Self::default() }
    }
}

/// Escapes text for HTML elements and attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\n' | '\t' => escaped.push(c),
            // Invisible characters that change the text direction can make text misleading.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
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
        assert_eq!(escape("<b>\"&'\u{1}\u{202e}ü"), "&lt;b&gt;&quot;&amp;&#39;\u{fffd}\u{fffd}ü");
    }
}
