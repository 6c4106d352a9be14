//! Layout of delimited text: how to split it into fields, and the meaning of the columns.

use super::Quote;
use super::columns::Columns;

/// How to split delimited text.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub delimiter: Vec<u8>,
    pub quote: Option<Quote>,
    pub header: bool,
    /// Number of fields per row.
    pub width: usize,
    pub columns: Columns,
}
