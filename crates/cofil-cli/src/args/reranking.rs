//! Reranking options, shared by `recommend`, `evaluate` and `compare`.

use clap::ArgGroup;
use cofil::Rerank;

/// Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Copy, Debug)]
#[command(group(ArgGroup::new("penalties").args(["mmr", "popularity_penalty"]).multiple(true)))]
pub struct Reranking {
    /// Diversity: weight of relevance against dissimilarity to the items above, 0 to 1 (maximal marginal
    /// relevance); 1 is relevance only
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true, default_value_t = 1.0)]
    mmr: f32,
    /// Popularity penalty: amount subtracted from the score of the most popular item; a user's candidate
    /// scores are scaled to 0 to 1
    #[arg(long, value_name = "GAMMA", allow_negative_numbers = true, default_value_t = 0.0)]
    popularity_penalty: f32,
    /// Number of top items per user that --mmr and --popularity-penalty rerank
    #[arg(long, value_name = "N", default_value_t = Rerank::default().pool, requires = "penalties")]
    pool: usize,
}

impl Reranking {
    /// Whether nothing is to be reranked.
    pub fn is_off(self) -> bool {
        let off = Rerank::default();
        self.mmr == off.mmr && self.popularity_penalty == off.popularity_penalty
    }
}

impl From<Reranking> for Rerank {
    fn from(args: Reranking) -> Self {
        let Reranking { mmr, popularity_penalty, pool } = args;
        Self { mmr, popularity_penalty, pool }
    }
}
