//! What somebody has chosen, as it is written after `--history`.

use cofil::Recommender;
use cofil::recipes::Target;

/// Entries as `ITEM` or `ITEM:VALUE`.
pub fn parse<'a>(
    recommender: &Recommender,
    entries: impl IntoIterator<Item = &'a String>,
) -> Vec<(&'a str, f32)> {
    let usual = usual_value(recommender);
    entries.into_iter().map(|text| entry(recommender, text, usual)).collect()
}

/// What an item of a history counts that comes without a value: a liking.
pub fn usual_value(recommender: &Recommender) -> f32 {
    let card = recommender.card();
    match card.target() {
        Target::Rating => card.data.scale.1,
        Target::Preference => 1.0,
    }
}

/// `50` or `50:4.5`; an item may itself have a colon in its name.
fn entry<'a>(recommender: &Recommender, text: &'a str, usual: f32) -> (&'a str, f32) {
    if recommender.items().get(text).is_none()
        && let Some((item, value)) = text.rsplit_once(':')
        && let Ok(value) = value.trim().parse()
    {
        return (item, value);
    }
    (text, usual)
}
