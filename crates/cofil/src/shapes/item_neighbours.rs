//! The shape of rating models by item neighbours: the deviations of a user's ratings from a baseline, averaged over
//! the rated items most similar to the given one.
//!
//! score(u, i) = b_ui + Σ_j s_ij (r_uj − b_uj) / Σ_j s_ij over the k items j of u's history that are most similar to
//! i; b_ui alone if there are none. [`Levels`] gives b. Known and new users are handled alike.

use crate::data::levels::Levels;
use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::real::finite;
use crate::math::vector::LANES;
use crate::math::{Matrix, parallel};
use crate::model::{Attribution, Contributions, Model, User};
use crate::store::{Archive, Tensor};
use multiversion::multiversion;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Number of similar items after which to check whether every user has enough neighbours.
const STEP: usize = 64;

/// Similar items of each item, with the baseline.
#[derive(Clone, Debug)]
pub struct ItemNeighbours {
    similar: Similar,
    baseline: Levels,
    popular: Vec<f32>,
    neighbours: usize,
}

/// The settings of [`ItemNeighbours`] in a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemNeighboursSettings {
    neighbours: usize,
    mean: f32,
    reg_user: f32,
}

/// For each item, other items, the most similar first.
#[derive(Clone, Debug, Default)]
struct Similar {
    starts: Vec<usize>,
    items: Vec<u32>,
    similarities: Vec<f32>,
}

impl Similar {
    fn of(&self, i: usize) -> Row<'_> {
        let range = self.starts[i]..self.starts[i + 1];
        Row { columns: &self.items[range.clone()], values: &self.similarities[range] }
    }

    /// Whether the lists of `items` items are consistent; must be checked before using lists from a file.
    fn is_sound(&self, items: usize) -> bool {
        self.starts.len() == items + 1
            && self.starts.first() == Some(&0)
            && self.starts.last() == Some(&self.items.len())
            && self.items.len() == self.similarities.len()
            && self.starts.is_sorted()
            && self.items.iter().all(|&j| (j as usize) < items)
            && self.similarities.iter().all(|s| s.is_finite() && *s > 0.0)
    }
}

impl ItemNeighbours {
    /// Name of the shape in model files.
    pub const KIND: &str = "item-neighbours";

    /// Builds the model from the similar items of each item (row i: those of i, all similarities above 0), the number
    /// of interactions of each item, and the number of neighbours that vote.
    pub fn new(similar: &Csr, baseline: Levels, popular: Vec<f32>, neighbours: usize) -> Self {
        let sorted = |range: std::ops::Range<usize>| {
            range.map(|i| {
                let mut row: Vec<(u32, f32)> = similar.row(i).iter().collect();
                row.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                row
            })
        };
        let rows = parallel::map(similar.rows(), 64, |range| sorted(range).collect::<Vec<_>>());
        let (items, similarities) = rows.into_iter().flatten().flatten().unzip();
        let similar = Similar { starts: similar.starts().to_vec(), items, similarities };
        Self { similar, baseline, popular, neighbours }
    }

    /// Reads the shape from its file.
    ///
    /// # Errors
    /// If an array is missing or has the wrong size.
    pub fn load(settings: &Value, archive: &Archive, items: usize) -> Result<Self> {
        let settings: ItemNeighboursSettings = serde_json::from_value(settings.clone())
            .map_err(|e| archive.bad(format!("settings of shape item-neighbours: {e}")))?;
        let similar = Similar {
            starts: archive.sizes("similar.starts")?,
            items: archive.u32("similar.items")?,
            similarities: archive.f32("similar.values")?,
        };
        let ItemNeighboursSettings { neighbours, mean, reg_user } = settings;
        let sound = mean.is_finite() && reg_user.is_finite() && reg_user >= 0.0 && neighbours > 0;
        if !sound || !similar.is_sound(items) {
            return Err(archive.bad("the similar items are damaged"));
        }
        let item_bias = archive.vector("item_bias", items)?;
        let baseline = Levels { mean, item_bias, reg_user };
        Ok(Self { similar, baseline, popular: archive.vector("popular", items)?, neighbours })
    }

    /// Returns the score of `item` for a user with bias `bias`; `rests` holds r − b for rated items and NaN for
    /// others.
    fn vote(&self, bias: f32, rests: &[f32], item: u32) -> f32 {
        let (mut sum, mut weight, mut votes) = (0f32, 0f32, 0);
        for (j, similarity) in self.similar.of(item as usize).iter() {
            let rest = rests[j as usize];
            if !rest.is_nan() {
                sum = similarity.mul_add(rest, sum);
                weight += similarity;
                votes += 1;
                if votes == self.neighbours {
                    break;
                }
            }
        }
        finite(self.baseline.of(bias, item) + if votes > 0 { sum / weight } else { 0.0 })
    }

    /// Writes the scores of all items for up to [`LANES`] users side by side; each list of similar items is read once
    /// for all of them.
    fn score_lanes(&self, users: &[User<'_>], rated: &mut Rated, scores: &mut [&mut [f32]]) {
        rated.rests.fill([f32::NAN; LANES]);
        rated.by_any.fill(false);
        let mut biases = [0.0; LANES];
        for (l, user) in users.iter().enumerate() {
            biases[l] = self.baseline.user_bias(user.history);
            for (j, value) in user.history.iter() {
                rated.rests[j as usize][l] = finite(value - self.baseline.of(biases[l], j));
                rated.by_any[j as usize] = true;
            }
        }
        for item in 0..self.items() {
            let means = means(self.similar.of(item), rated, users.len(), self.neighbours);
            for (l, scores) in scores.iter_mut().enumerate() {
                scores[item] = finite(self.baseline.of(biases[l], item as u32) + means[l]);
            }
        }
    }

    /// Returns b_u, and r − b by item.
    fn rests(&self, history: Row<'_>) -> (f32, Vec<f32>) {
        let bias = self.baseline.user_bias(history);
        let mut rests = vec![f32::NAN; self.popular.len()];
        for (j, value) in history.iter() {
            rests[j as usize] = finite(value - self.baseline.of(bias, j));
        }
        (bias, rests)
    }

    /// Returns the contributions of the neighbours of `item` in `history`; `bias` and `rests` are the user's.
    fn votes(&self, history: Row<'_>, (bias, rests): (f32, &[f32]), item: u32) -> Contributions {
        let similar = self.similar.of(item as usize).iter();
        let voters: Vec<(u32, f32)> =
            similar.filter(|(j, _)| !rests[*j as usize].is_nan()).take(self.neighbours).collect();
        let weight: f32 = voters.iter().map(|(_, similarity)| similarity).sum();
        let part = |&j: &u32| {
            let voter = voters.iter().find(|(voter, _)| *voter == j);
            voter.map_or(0.0, |(_, similarity)| finite(similarity / weight * rests[j as usize]))
        };
        Contributions {
            base: self.baseline.of(bias, item),
            parts: history.columns.iter().map(part).collect(),
            method: Attribution::Exact,
        }
    }
}

/// Ratings of users who are scored side by side.
struct Rated {
    /// r − b by item, for each user in a lane; NaN if not rated.
    rests: Vec<[f32; LANES]>,
    /// Whether any of the users rated the item.
    by_any: Vec<bool>,
}

/// For each of `users` users, the mean of the rests over the first `neighbours` of `similar` that the user rated; 0
/// for users who rated none.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn means(similar: Row<'_>, rated: &Rated, users: usize, neighbours: usize) -> [f32; LANES] {
    let most = u32::try_from(neighbours).unwrap_or(u32::MAX);
    let (mut sum, mut weight) = ([0f32; LANES], [0f32; LANES]);
    // Lanes without a user need no neighbours.
    let mut votes = [most; LANES];
    votes[..users].fill(0);
    let mut asked = [(0, 0.0); STEP];
    for (items, similarities) in similar.columns.chunks(STEP).zip(similar.values.chunks(STEP)) {
        if votes.iter().all(|&votes| votes == most) {
            break;
        }
        // Most items of a list are rated by none of the users: collect the others without a branch.
        let mut some = 0;
        for (&j, &similarity) in items.iter().zip(similarities) {
            asked[some] = (j, similarity);
            some += usize::from(rated.by_any[j as usize]);
        }
        for &(j, similarity) in &asked[..some] {
            let rests = &rated.rests[j as usize];
            for l in 0..LANES {
                let votes_too = !rests[l].is_nan() & (votes[l] < most);
                sum[l] = similarity.mul_add(if votes_too { rests[l] } else { 0.0 }, sum[l]);
                weight[l] += if votes_too { similarity } else { 0.0 };
                votes[l] += u32::from(votes_too);
            }
        }
    }
    let mut means = [0.0; LANES];
    for l in 0..LANES {
        means[l] = if weight[l] > 0.0 { sum[l] / weight[l] } else { 0.0 };
    }
    means
}

impl Model for ItemNeighbours {
    fn items(&self) -> usize {
        self.popular.len()
    }

    fn score(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        if user.history.is_empty() {
            items.iter().zip(scores).for_each(|(&i, s)| *s = self.popular[i as usize]);
            return;
        }
        let (bias, rests) = self.rests(user.history);
        items.iter().zip(scores).for_each(|(&i, s)| *s = self.vote(bias, &rests, i));
    }

    fn score_block(&self, users: &[User<'_>], scores: &mut Matrix) {
        let mut rated = Rated {
            rests: vec![[f32::NAN; LANES]; self.items()],
            by_any: vec![false; self.items()],
        };
        let width = LANES * self.items().max(1);
        for (users, scores) in users.chunks(LANES).zip(scores.data_mut().chunks_mut(width)) {
            let mut scores: Vec<&mut [f32]> = scores.chunks_mut(self.items().max(1)).collect();
            self.score_lanes(users, &mut rated, &mut scores);
            for (_, scores) in users.iter().zip(scores).filter(|(u, _)| u.history.is_empty()) {
                scores.copy_from_slice(&self.popular);
            }
        }
    }

    fn needs_history(&self) -> bool {
        true
    }

    fn block_size(&self) -> usize {
        LANES
    }

    /// The deviation of each neighbour from the baseline, weighted by similarity; with the baseline they sum to the
    /// score. Entries that are not neighbours of the item add nothing.
    fn contributions(&self, history: Row<'_>, items: &[u32]) -> Vec<Contributions> {
        let (bias, rests) = self.rests(history);
        items.iter().map(|&item| self.votes(history, (bias, &rests), item)).collect()
    }

    /// The similarity, from the list of either item.
    fn similarities(&self, item: u32, scores: &mut [f32]) {
        scores.fill(0.0);
        for (j, score) in scores.iter_mut().enumerate() {
            let mut row = self.similar.of(j).iter();
            *score = row.find(|&(i, _)| i == item).map_or(0.0, |(_, s)| s);
        }
        for (j, similarity) in self.similar.of(item as usize).iter() {
            let score = &mut scores[j as usize];
            *score = score.max(similarity);
        }
    }

    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn settings(&self) -> Value {
        let Self { neighbours, baseline: Levels { mean, reg_user, .. }, .. } = *self;
        crate::store::plain(&ItemNeighboursSettings { neighbours, mean, reg_user })
            .expect("plain numbers")
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        vec![
            Tensor::f32("popular", &self.popular),
            Tensor::f32("item_bias", &self.baseline.item_bias),
            Tensor::sizes("similar.starts", &self.similar.starts),
            Tensor::u32("similar.items", &self.similar.items),
            Tensor::f32("similar.values", &self.similar.similarities),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn the_most_similar_of_the_history_vote() {
        // Item 0 has similarity 0.5 to 1, 0.25 to 2, and 0.75 to 3, which no user rated.
        let rows = [vec![(1, 0.5), (2, 0.25), (3, 0.75)], vec![], vec![], vec![]];
        let similar = Csr::from_rows(4, rows);
        let baseline = Levels { mean: 3.0, item_bias: vec![0.5, 0.0, 1.0, 0.0], reg_user: 0.0 };
        let history = Row { columns: &[1, 2], values: &[5.0, 2.0] };
        // b_u = (2 − 2) / 2 = 0; rests are 2 and −2.
        for (neighbours, expected) in [(1, 3.5 + 2.0), (2, 3.5 + (1.0 - 0.5) / 0.75)] {
            let model = ItemNeighbours::new(&similar, baseline.clone(), vec![4.0; 4], neighbours);
            let mut scores = [0.0; 2];
            model.score(User::new_user(history), &[0, 3], &mut scores);
            assert!((scores[0] - expected).abs() < 1e-6 && scores[1] == 3.0, "{scores:?}");
            let told = model.contributions(history, &[0]).remove(0);
            assert!(
                (told.base + told.parts.iter().sum::<f32>() - expected).abs() < 1e-6,
                "{told:?}"
            );
            assert_eq!(told.parts[1] == 0.0, neighbours == 1);
        }
    }

    #[test]
    fn a_block_of_users_is_scored_as_each_alone() {
        let mut rng = Rng::new(4, &[]);
        let items = 90;
        let mut row = |share: f32, draw: &mut dyn FnMut(&mut Rng) -> f32| {
            let mut row = Vec::new();
            for i in 0..items {
                if rng.uniform() < share {
                    row.push((i, draw(&mut rng)));
                }
            }
            row
        };
        let similar = (0..items).map(|_| row(0.7, &mut |rng| 0.01 + rng.uniform()));
        let similar = Csr::from_rows(90, similar.collect::<Vec<_>>());
        let shares = [0.02, 0.3, 0.9];
        let rated = (0..37).map(|u| row(shares[u % 3], &mut |rng| rng.below(10) as f32));
        let mut rated: Vec<Vec<(u32, f32)>> = rated.collect();
        rated[5].clear();
        let rated = Csr::from_rows(90, rated);
        let item_bias = (0..items).map(|i| i as f32 / 60.0 - 0.7).collect();
        let baseline = Levels { mean: 4.5, item_bias, reg_user: 2.0 };
        let popular: Vec<f32> = (0..items).map(|i| i as f32).collect();
        for neighbours in [1, 3, 40] {
            let model =
                ItemNeighbours::new(&similar, baseline.clone(), popular.clone(), neighbours);
            let users: Vec<User<'_>> = rated.iter().map(User::new_user).collect();
            let mut block = Matrix::zeros(users.len(), 90);
            model.score_block(&users, &mut block);
            let all: Vec<u32> = (0..items).collect();
            for (r, &user) in users.iter().enumerate() {
                let mut alone = vec![0.0; 90];
                model.score(user, &all, &mut alone);
                assert_eq!(block.row(r), alone, "user {r}, {neighbours} neighbours");
            }
        }
    }
}
