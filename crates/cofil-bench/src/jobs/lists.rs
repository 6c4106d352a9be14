//! Scores lists as `peers/metrics.py` does: Recall = hits / |R|, NDCG binary with the ideal of the
//! first min(K, |R|) ranks, AP / min(K, |R|), averaged over the users with at least one test item.

use cofil::Ratings;
use std::collections::BTreeMap;

/// Recall, NDCG and MAP at `k` of one list per user.
pub fn quality(lists: &[Vec<(u32, f32)>], test: &Ratings, k: usize) -> BTreeMap<String, f64> {
    let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let [mut recall, mut ndcg, mut map, mut users] = [0.0; 4];
    for (list, wanted) in lists.iter().zip(test.by_user.iter()) {
        if wanted.is_empty() {
            continue;
        }
        let reachable = wanted.len().min(k);
        let [mut hits, mut gain, mut precisions] = [0.0; 3];
        for (rank, &(item, _)) in list.iter().take(k).enumerate() {
            if wanted.get(item).is_some() {
                hits += 1.0;
                gain += discount(rank);
                precisions += hits / (rank + 1) as f64;
            }
        }
        users += 1.0;
        recall += hits / wanted.len() as f64;
        ndcg += gain / (0..reachable).map(discount).sum::<f64>();
        map += precisions / reachable as f64;
    }
    let means = [("recall", recall), ("ndcg", ndcg), ("map", map)];
    means.into_iter().map(|(name, sum)| (format!("{name}@{k}"), sum / users)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_over_users_with_test_items() {
        // Hits at ranks 1 and 3 of 3, four wanted; then none of one; then nobody to judge.
        let test = Ratings::from_triples([
            ("a", "0", 1.0),
            ("a", "1", 1.0),
            ("a", "2", 1.0),
            ("a", "3", 1.0),
            ("b", "4", 1.0),
        ]);
        let list = |items: [u32; 3]| items.map(|item| (item, 0.0)).to_vec();
        let lists = [list([0, 4, 2]), list([0, 1, 2]), list([0, 1, 2])];
        let quality = quality(&lists, &test.unwrap(), 3);
        let ideal = 1.0 + 1.0 / 3f64.log2() + 0.5;
        assert!((quality["recall@3"] - 0.5 / 2.0).abs() < 1e-12);
        assert!((quality["ndcg@3"] - 1.5 / ideal / 2.0).abs() < 1e-12);
        assert!((quality["map@3"] - (1.0 + 2.0 / 3.0) / 3.0 / 2.0).abs() < 1e-12);
    }
}
