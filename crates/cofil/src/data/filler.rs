//! Fillers: the scores in lists of items that are there for their popularity alone, in place of scores of 0.

/// Items supported by nothing but their popularity have scores from this to 0: below all items with positive
/// evidence, above all items with negative evidence.
pub(crate) const LEAST: f32 = -1e-9;
/// The score of items without positive interactions: below all others.
pub(crate) const NOBODY: f32 = -1e9;

/// Whether this is the score of an item supported by nothing but its popularity.
pub(crate) fn is_filler(score: f32) -> bool {
    (LEAST..0.0).contains(&score) || score == NOBODY
}
