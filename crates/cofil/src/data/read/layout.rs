//! How delimited text is cut into fields, and which of them mean what.

use super::Quote;
use super::columns::Columns;

/// How to cut delimited text.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub delimiter: Vec<u8>,
    pub quote: Option<Quote>,
    pub header: bool,
    /// Fields of every row.
    pub width: usize,
    pub columns: Columns,
}
