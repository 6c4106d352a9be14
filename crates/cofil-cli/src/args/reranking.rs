//! How lists are reordered: the arguments that `recommend`, `evaluate` and `compare` share.

use cofil::Rerank;

/// Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Reranking {
    /// Less of the same: what relevance counts, 0 to 1, against being unlike the items above (maximal
    /// marginal relevance); 1 is relevance alone
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true, default_value_t = 1.0)]
    mmr: f32,
    /// Less of what everybody has: what the most popular item loses, where a user's best scores reach
    /// from 0 to 1
    #[arg(long, value_name = "GAMMA", allow_negative_numbers = true, default_value_t = 0.0)]
    popularity_penalty: f32,
    /// How many of a user's best items are reordered by --mmr and --popularity-penalty
    #[arg(long, value_name = "N", default_value_t = Rerank::default().pool)]
    pool: usize,
}

impl From<Reranking> for Rerank {
    fn from(args: Reranking) -> Self {
        let Reranking { mmr, popularity_penalty, pool } = args;
        Self { mmr, popularity_penalty, pool }
    }
}
