//! Which values are on the scale of the training data.
//!
//! Ratings and votes have a scale: the range of the training data, and down to where its [`Reading`] begins, so that
//! data with high ratings alone have the lower half too. Data need not hold the ends of their scale, so values beyond
//! it by no more than its width are used as they are and mentioned; values farther out are refused. Counts, weights and
//! events have no scale.

use super::{Origin, Recommender};
use crate::data::Reading;
use crate::data::prose::number;
use crate::error::{Error, Result};
use crate::recipes::Target;

/// Formats a value; very small and very large ones with a power of ten.
pub(super) fn shown(value: f32) -> String {
    match value.abs() {
        size if size > 0.0 && !(1e-4..1e9).contains(&size) => format!("{value:e}"),
        _ => value.to_string(),
    }
}

impl Recommender {
    /// Returns the scale of the training data; `None` for counts, weights and events, and for files of earlier
    /// versions, which do not tell them from ratings.
    pub fn scale(&self) -> Option<(f32, f32)> {
        let (low, high) = self.card.data.scale;
        // Whoever imports a model of ratings gives their range.
        let declared =
            matches!(self.card.origin, Origin::Imported(_)) && self.card.target() == Target::Rating;
        match self.card.data.reading {
            Some(Reading::Scale { low: least, .. } | Reading::Above(least)) => {
                Some((low.min(least), high))
            }
            None if declared => Some((low, high)),
            _ => None,
        }
    }

    /// Refuses `value` if it is far off the scale; `whose` says which interaction has it.
    pub(super) fn check_on_scale(&self, value: f32, whose: impl FnOnce() -> String) -> Result<()> {
        let Some((low, high)) = self.scale() else { return Ok(()) };
        let width = high - low;
        match value < low - width || value > high + width {
            false => Ok(()),
            true => Err(Error::Unfit(format!(
                "the value of {} is {}, but the scale of the training data is {} to {}; convert the value to this \
                 scale, or train again if the scale has changed",
                whose(),
                shown(value),
                shown(low),
                shown(high)
            ))),
        }
    }

    /// Rejects history values that would make scores meaningless: values that are not finite, far off the scale, or
    /// more than a thousand times the largest in the training data.
    pub(crate) fn check_value(&self, item: &str, value: f32) -> Result<()> {
        let (low, high) = self.card.data.scale;
        let most = 1000.0 * low.abs().max(high.abs()).max(1.0);
        if !value.is_finite() {
            return Err(Error::Unfit(format!("the value of item `{item}` is not finite")));
        }
        self.check_on_scale(value, || format!("item `{item}`"))?;
        match value.abs() <= most {
            true => Ok(()),
            false => Err(Error::Unfit(format!(
                "the value of item `{item}` is {value}, but values in the training data range from {low} to {high}"
            ))),
        }
    }

    /// Returns the number of `values` that are off the scale.
    pub(crate) fn off_scale(&self, values: &[f32]) -> usize {
        let Some((low, high)) = self.scale() else { return 0 };
        values.iter().filter(|&&value| value < low || value > high).count()
    }

    /// Returns a note on the number of values that are off the scale, if there are any; `what` all of them are.
    pub(crate) fn note_off_scale(&self, what: &str, count: usize) -> Option<String> {
        let (low, high) = self.scale()?;
        let are = if count == 1 { "is" } else { "are" };
        (count > 0).then(|| {
            format!(
                "{} of the {what} {are} off the scale of the training data, {low} to {high}",
                number(count)
            )
        })
    }

    /// Converts a history to item indices, in ascending order, and values.
    ///
    /// # Errors
    /// If an item is unknown, or a value is not finite or far outside the range of the training data.
    pub fn history(&self, history: &[(&str, f32)]) -> Result<(Vec<u32>, Vec<f32>)> {
        let mut entries = std::collections::BTreeMap::new();
        for &(item, value) in history {
            self.check_value(item, value)?;
            entries.insert(self.item(item)?, value);
        }
        Ok(entries.into_iter().unzip())
    }
}
