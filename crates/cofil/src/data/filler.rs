//! Fillers: the scores in lists of items that are there for their popularity alone, in place of scores of 0.

/// Items supported by nothing but their popularity have scores from this to 0: below all items with positive
/// evidence, above all items with negative evidence.
pub(crate) const LEAST: f32 = -1e-9;
/// The score of items without positive interactions: below all others. It only orders items; [`shown`] is given out.
pub(crate) const NOBODY: f32 = -1e9;
/// The score that is shown for items that nobody likes.
const UNLIKED: f32 = -1.0;

/// Whether this is the score of an item supported by nothing but its popularity.
pub(crate) fn is_filler(score: f32) -> bool {
    (LEAST..0.0).contains(&score)
}

/// Returns a list, best first, with the scores to show, which are in its order too.
pub(crate) fn shown(list: &[(u32, f32)]) -> Vec<(u32, f32)> {
    let mut last = UNLIKED;
    let show = |&(item, score): &(u32, f32)| {
        last = if score == NOBODY { last.min(UNLIKED) } else { score };
        (item, last)
    };
    list.iter().map(show).collect()
}

/// The score to show for an item alone: 0 if nothing but popularity supports it.
pub(crate) fn alone(score: f32) -> f32 {
    match score {
        NOBODY => UNLIKED,
        score if is_filler(score) => 0.0,
        score => score,
    }
}
