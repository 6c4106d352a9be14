//! From similar users to scores: how they vote, and how votes are weighted.

use super::UserNeighbours;
use crate::math::real::finite;
use crate::math::vector;
use crate::model::User;
use crate::rank;

impl UserNeighbours {
    /// Adds the neighbours' values, for all items.
    pub(super) fn add_values(&self, user: User<'_>, scores: &mut [f32]) {
        let similar = self.similar(user);
        let mut nearest = rank::top_k(&similar, self.settings.neighbours, &[]);
        nearest.retain(|&(_, similarity)| similarity > 0.0);
        scores.fill(0.0);
        for (v, similarity) in nearest {
            let row = self.rows.row(v as usize);
            vector::add_scaled_sparse(scores, similarity, row.columns, row.values);
        }
        scores.iter_mut().for_each(|score| *score = finite(*score));
    }

    /// Returns users of positive similarity, the most similar first.
    fn order(&self, user: User<'_>) -> Vec<(u32, f32)> {
        let similar = (0u32..).zip(self.similar(user));
        let mut order: Vec<(u32, f32)> = similar.filter(|(_, s)| *s > 0.0).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        order
    }

    /// Adds biases and the neighbours' deviations, for all items.
    pub(super) fn add_deviations(&self, user: User<'_>, scores: &mut [f32]) {
        let bias = self.baseline.user_bias(user.history);
        let mut votes = vec![Vote::default(); scores.len()];
        for (v, similarity) in self.order(user) {
            for (i, rest) in self.by_user.row(v as usize).iter() {
                votes[i as usize].add(similarity, rest, self.settings.neighbours);
            }
        }
        for ((i, score), vote) in (0u32..).zip(scores).zip(votes) {
            *score = finite(self.baseline.of(bias, i) + self.mean(vote));
        }
    }

    /// Returns the mean of `vote` on the scale of the data.
    fn mean(&self, vote: Vote) -> f32 {
        (f64::from(vote.mean()) / self.unit) as f32
    }

    /// The same for a few items, each computed from the users who rated it.
    pub(super) fn deviations_of(&self, user: User<'_>, items: &[u32], scores: &mut [f32]) {
        let bias = self.baseline.user_bias(user.history);
        let order = self.order(user);
        let mut places = vec![u32::MAX; self.rows.rows()];
        (0u32..).zip(&order).for_each(|(place, &(v, _))| places[v as usize] = place);
        let mut raters: Vec<(u32, f32)> = Vec::new();
        for (&i, score) in items.iter().zip(scores) {
            raters.clear();
            let rests = self.by_item.row(i as usize);
            let placed = rests.iter().map(|(v, rest)| (places[v as usize], rest));
            raters.extend(placed.filter(|&(place, _)| place != u32::MAX));
            raters.sort_unstable_by_key(|&(place, _)| place);
            let mut vote = Vote::default();
            for &(place, rest) in raters.iter().take(self.settings.neighbours) {
                vote.add(order[place as usize].1, rest, self.settings.neighbours);
            }
            *score = finite(self.baseline.of(bias, i) + self.mean(vote));
        }
    }
}

/// A mean weighted by similarity.
#[derive(Clone, Copy, Default)]
struct Vote {
    sum: f32,
    weight: f32,
    voters: usize,
}

impl Vote {
    fn add(&mut self, similarity: f32, rest: f32, most: usize) {
        if self.voters < most {
            self.sum = similarity.mul_add(rest, self.sum);
            self.weight += similarity;
            self.voters += 1;
        }
    }

    fn mean(self) -> f32 {
        if self.voters > 0 { self.sum / self.weight } else { 0.0 }
    }
}
