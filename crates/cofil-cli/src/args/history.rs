//! What somebody has chosen, as it is written after `--history`, and names that a model does not know.

use crate::output::errln;
use cofil::{Liked, Recommender, Unknown};

/// What to do with unknown names. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Strangers {
    /// Users and items that the model does not know: go on without them, or refuse
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Rule::Skip)]
    unknown: Rule,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Rule {
    /// Go on without them, and say so
    Skip,
    /// Refuse
    Refuse,
}

impl Strangers {
    /// The library's word for it.
    pub fn rule(self) -> Unknown {
        match self.unknown {
            Rule::Skip => Unknown::Skip,
            Rule::Refuse => Unknown::Refuse,
        }
    }
}

/// Says on standard error which names were skipped.
pub fn tell_skipped(names: &[String]) {
    const FEW: usize = 5;
    if names.is_empty() {
        return;
    }
    let few: Vec<&str> = names.iter().take(FEW).map(String::as_str).collect();
    let more = match names.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    errln!("not known to the model, and skipped: {}{more}", few.join(", "));
}

/// Entries as `ITEM` or `ITEM:VALUE`; an item may itself have a colon in its name.
pub fn parse<'a>(
    recommender: &Recommender,
    entries: impl IntoIterator<Item = &'a String>,
) -> Vec<Liked> {
    let entry = |text: &String| {
        if recommender.items().get(text).is_none()
            && let Some((item, value)) = text.rsplit_once(':')
            && let Ok(value) = value.trim().parse::<f32>()
        {
            return (item, value).into();
        }
        text.as_str().into()
    };
    entries.into_iter().map(entry).collect()
}
