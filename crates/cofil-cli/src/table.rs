//! Tables that fit the terminal: columns are dropped in a stated order and listed below the table.

use crate::output;
use cofil::visible;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, presets,
};
use std::io::{self, IsTerminal};

/// Width assumed if the terminal's is unknown.
const USUAL: u16 = 80;
/// Gap between two columns.
const GAP: u16 = 2;

/// A table under construction.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    best: Vec<usize>,
}

/// Heading and format of a column.
#[derive(Clone, Debug)]
pub struct Column {
    head: String,
    number: bool,
    spare: u8,
}

impl Column {
    /// Text, which may wrap.
    pub fn text(head: impl Into<String>) -> Self {
        Self { head: visible(&head.into()).into_owned(), number: false, spare: 0 }
    }

    /// Numbers, right-aligned, never wrapped.
    pub fn number(head: impl Into<String>) -> Self {
        Self { number: true, ..Self::text(head) }
    }

    /// If the table is too wide, columns are dropped by falling `rank`, the last of equals first; rank 0 always stays.
    pub fn spare(self, rank: u8) -> Self {
        Self { spare: rank, ..self }
    }
}

impl Table {
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), ..Self::default() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| visible(&cell).into_owned());
        self.rows.push(cells.collect());
    }

    /// Marks the next row as the best.
    pub fn best(&mut self) {
        self.best.push(self.rows.len());
    }

    /// Prints the table within the terminal's width.
    pub fn print(&self) {
        let (text, dropped) = self.fit(width(), is_colored());
        output::styled(&(text + "\n"));
        if !dropped.is_empty() {
            let dropped = dropped.join(", ");
            output::prose(&hidden(&dropped, width()));
        }
    }

    /// Formats the table within `width` characters, and returns the headings of dropped columns. Columns that may be
    /// dropped are also left out if they are empty.
    pub fn fit(&self, width: u16, colored: bool) -> (String, Vec<String>) {
        let mark = if self.best.is_empty() { 0 } else { 2 };
        let wide = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let cells = cells.chain([&self.columns[column].head]);
            cells.map(|text| letters(text)).max().unwrap_or(0) as u16 + GAP
        };
        let wide: Vec<u16> = (0..self.columns.len()).map(wide).collect();
        let holds = |column: usize| {
            let cell = |row: &Vec<String>| row.get(column).is_some_and(|cell| !cell.is_empty());
            self.columns[column].spare == 0 || self.rows.iter().any(cell)
        };
        let all: Vec<usize> = (0..self.columns.len()).filter(|&column| holds(column)).collect();
        let mut shown = all.clone();
        let total =
            |shown: &[usize]| mark + shown.iter().map(|&at| wide[at]).fold(0, u16::saturating_add);
        // The gap after the last column is not printed.
        while total(&shown) > width.saturating_add(GAP) {
            let last = shown.iter().copied().filter(|&at| self.columns[at].spare > 0);
            let Some(next) = last.max_by_key(|&at| self.columns[at].spare) else { break };
            shown.retain(|&at| at != next);
        }
        let dropped = all.into_iter().filter(|at| !shown.contains(at));
        let dropped = dropped.map(|at| self.columns[at].head.clone()).collect();
        (self.draw(&shown, width, mark > 0, colored), dropped)
    }

    fn draw(&self, shown: &[usize], width: u16, marked: bool, colored: bool) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_width(width);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        match colored {
            true => table.enforce_styling(),
            false => table.force_no_tty(),
        };
        let mark = |text: &str, first: bool, best: bool| match (marked && first, best) {
            (true, true) => format!("* {text}"),
            (true, false) => format!("  {text}"),
            (false, _) => text.to_owned(),
        };
        let head = shown.iter().map(|&at| mark(&self.columns[at].head, at == shown[0], false));
        table.set_header(head.map(|text| match colored {
            true => Cell::new(text).add_attribute(Attribute::Dim),
            false => Cell::new(text),
        }));
        for (number, row) in self.rows.iter().enumerate() {
            let best = self.best.contains(&number);
            table.add_row(shown.iter().map(|&at| {
                let text = row.get(at).map_or("", String::as_str);
                let cell = Cell::new(mark(text, at == shown[0], best));
                match best && colored {
                    true => cell.fg(Color::Green).add_attribute(Attribute::Bold),
                    false => cell,
                }
            }));
        }
        for (&at, column) in shown.iter().zip(table.column_iter_mut()) {
            column.set_padding((0, if Some(&at) == shown.last() { 0 } else { GAP }));
            if self.columns[at].number {
                column.set_cell_alignment(CellAlignment::Right);
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

/// Says which columns are not shown.
pub fn hidden(columns: &str, width: u16) -> String {
    format!("(Hidden at {width} columns: {columns}; widen the terminal or use --json)")
}

/// Display width of `text`.
fn letters(text: &str) -> usize {
    let mut one = comfy_table::Table::new();
    one.add_row([text]);
    one.column_max_content_widths().first().map_or(0, |&width| width.into())
}

/// Width of standard output: the terminal's, else COLUMNS, else 80.
pub fn width() -> u16 {
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    known(comfy_table::Table::new().width()).or_else(|| known(said())).unwrap_or(USUAL)
}

/// Returns the width if it is known: some terminals without a window say 0.
fn known(width: Option<u16>) -> Option<u16> {
    width.filter(|&width| width >= 20)
}

/// Whether to use colours: on a terminal, unless NO_COLOR is set (no-color.org).
pub fn is_colored() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    io::stdout().is_terminal()
        && set("NO_COLOR").is_none()
        && set("TERM").is_none_or(|t| t != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_too_narrow_to_be_one_has_no_width() {
        assert_eq!([Some(0), Some(19), None].map(known), [None; 3]);
        assert_eq!(known(Some(20)), Some(20));
    }

    fn table() -> Table {
        let mut table = Table::new([
            Column::text("algorithm"),
            Column::number("ndcg@10"),
            Column::number("interval").spare(1),
            Column::number("memory").spare(3),
            Column::number("model").spare(3),
        ]);
        table.row(["ials", "0.2", "0.1 – 0.3", "12", "1.5"].map(str::to_owned));
        table.best();
        table.row(["ease\u{1b}[2J", "0.25", "0.2 – 0.3", "120", "15"].map(str::to_owned));
        table
    }

    #[test]
    fn columns_are_left_out_in_their_order() {
        let table = table();
        let (text, dropped) = table.fit(80, false);
        assert!(dropped.is_empty(), "{dropped:?}");
        assert_eq!(text.lines().next(), Some("  algorithm      ndcg@10   interval  memory  model"));
        assert!(text.contains("\n* ease\\u{1b}[2J") && text.contains("\n  ials "), "{text}");
        let width = |text: &str| text.lines().map(|line| line.chars().count()).max();
        let wide = width(&text).unwrap() as u16;
        assert_eq!(table.fit(wide, false).0, text);
        assert_eq!(table.fit(wide - 1, false).1, ["model"]);
        assert_eq!(table.fit(38, false).1, ["memory", "model"]);
        let (text, dropped) = table.fit(20, false);
        assert_eq!(dropped, ["interval", "memory", "model"]);
        assert!(width(&text) <= Some(20), "{text}");
    }

    #[test]
    fn empty_columns_are_left_out() {
        let mut table = Table::new([
            Column::text("name"),
            Column::number("interval").spare(1),
            Column::number("users").spare(1),
        ]);
        table.row(["ease", "", "12"].map(str::to_owned));
        let (text, dropped) = table.fit(80, false);
        assert_eq!((text.as_str(), dropped.len()), ("name  users\nease     12", 0));
    }

    #[test]
    fn words_are_broken_where_nothing_can_be_left_out() {
        let mut table = Table::new([Column::text("name"), Column::text("what it does")]);
        table.row(["ease".to_owned(), "item-to-item weights in closed form ".repeat(5)]);
        let (text, _) = table.fit(40, false);
        assert!(
            text.lines().count() > 3 && text.lines().all(|l| l.chars().count() <= 40),
            "{text}"
        );
    }

    #[test]
    fn the_best_is_green_where_there_are_colours() {
        let (text, _) = table().fit(80, true);
        assert!(text.contains("\u{1b}["), "{text}");
        assert!(!table().fit(80, false).0.contains('\u{1b}'));
    }
}
