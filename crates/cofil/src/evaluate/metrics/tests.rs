use super::super::Convention;
use super::*;
use crate::math::Rng;

const COFIL: Meaning = Meaning {
    discount: Discount::Log,
    ideal: Divisor::Capped,
    recall: Divisor::Relevant,
    precision: Precision::Mean(Divisor::Cutoff),
    map: AveragePrecision::AtHits(Divisor::Capped),
    skips_empty: false,
    has: &[],
};

const ALL: [Metric; 8] = [
    Metric::Ndcg(10),
    Metric::Recall(10),
    Metric::RecallCapped(10),
    Metric::Precision(10),
    Metric::Hr(10),
    Metric::Map(10),
    Metric::Mrr(10),
    Metric::Auc,
];

fn at(ranks: &[usize]) -> Vec<Group> {
    ranks.iter().map(|&r| Group { before: r - 1, size: 1, hits: 1 }).collect()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// Two users and 1000 items. A has 15 relevant items, three of them at ranks 1, 3 and 7. B has 3, two of them at ranks
/// 2 and 5. The rest are last.
#[test]
fn two_users_by_hand() {
    let discounts = Discounts::new(10, Discount::Log);
    let last = |hits: usize| (0..hits).map(|j| 1000 - j).rev();
    let a: Vec<usize> = [1, 3, 7].into_iter().chain(last(12)).collect();
    let b: Vec<usize> = [2, 5].into_iter().chain(last(1)).collect();
    let (a, b) = (at(&a), at(&b));
    let a = Placement { groups: &a, relevant: 15, candidates: 1000, listed: 1000 };
    let b = Placement { groups: &b, relevant: 3, candidates: 1000, listed: 1000 };
    let value =
        |p: &Placement<'_>, m| (p.value(m, &COFIL, &discounts).unwrap() * 1e4).round() / 1e4;
    let both = |m| [value(&a, m), value(&b, m)];
    assert_eq!(both(Metric::Ndcg(10)), [0.4035, 0.4776]);
    assert_eq!(both(Metric::Map(10)), [0.2095, 0.3000]);
    assert_eq!(both(Metric::Precision(10)), [0.3, 0.2]);
    assert_eq!(both(Metric::Recall(10)), [0.2, 0.6667]);
    assert_eq!(both(Metric::RecallCapped(10)), [0.3, 0.6667]);
    assert_eq!(both(Metric::Hr(10)), [1.0, 1.0]);
    assert_eq!(both(Metric::Mrr(10)), [1.0, 0.5]);
    // A: 3 hits above all but 0, 1 and 4 of the 985 others.
    assert_eq!(both(Metric::Auc)[0], ((2.95e3 / (15.0 * 985.0)) * 1e4_f64).round() / 1e4);
}

/// The values that other libraries print for the same two users.
#[test]
fn two_users_in_other_conventions() {
    let discounts = Discounts::new(15, Discount::Log);
    let (a, b) = (at(&[1, 3, 7]), at(&[2, 5]));
    let a = Placement { groups: &a, relevant: 15, candidates: 1000, listed: 1000 };
    let b = Placement { groups: &b, relevant: 3, candidates: 1000, listed: 1000 };
    let both = |convention: Convention, metric| {
        [&a, &b].map(|p| {
            let value = p.value(metric, &convention.meaning(), &discounts).unwrap();
            (value * 1e4).round() / 1e4
        })
    };
    assert_eq!(both(Convention::Rectools, Metric::Ndcg(10)), [0.4035, 0.2240]);
    assert_eq!(both(Convention::Dacrema, Metric::Ndcg(10)), [0.3128, 0.4776]);
    assert_eq!(both(Convention::Rectools, Metric::Map(10)), [0.1397, 0.3000]);
    assert_eq!(both(Convention::Elliot, Metric::Map(10)), [0.4837, 0.2775]);
    assert_eq!(both(Convention::Implicit, Metric::Precision(10)), [0.3, 0.6667]);
    assert_eq!(both(Convention::Lenskit, Metric::Recall(10)), [0.3, 0.6667]);
}

/// Hits at 1, 3 and 4 of a list of four; six items are relevant.
#[test]
fn a_list_shorter_than_the_cutoff() {
    let discounts = Discounts::new(10, Discount::Log);
    let groups = at(&[1, 3, 4]);
    let short = Placement { groups: &groups, relevant: 6, candidates: 80, listed: 4 };
    let value = |convention: Convention, metric| {
        short.value(metric, &convention.meaning(), &discounts).unwrap()
    };
    let (precision, map) = (Metric::Precision(10), Metric::Map(10));
    close(value(Convention::Dacrema, precision), 3.0 / 4.0);
    close(value(Convention::Dacrema, map), (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 4.0);
    close(value(Convention::Elliot, precision), 3.0 / 10.0);
    let behind: f64 = (4..=10).map(|rank| 3.0 / f64::from(rank)).sum();
    close(value(Convention::Elliot, map), (1.0 + 1.0 / 2.0 + 2.0 / 3.0 + behind) / 10.0);
}

#[test]
fn empty_lists_count_as_0_or_not() {
    let empty = Placement { groups: &[], relevant: 6, candidates: 80, listed: 0 };
    let discounts = Discounts::new(10, Discount::Log);
    let precision = |convention: Convention| {
        empty.value(Metric::Precision(10), &convention.meaning(), &discounts)
    };
    assert_eq!(precision(Convention::Dacrema), Some(0.0));
    assert_eq!(precision(Convention::Irspack), Some(0.0));
    assert_eq!(precision(Convention::Lenskit), None);
}

#[test]
fn hit_miss_hit() {
    let groups = at(&[1, 3]);
    let p = Placement { groups: &groups, relevant: 2, candidates: 10, listed: 10 };
    let value = |m| p.value(m, &COFIL, &Discounts::new(3, Discount::Log)).unwrap();
    close(value(Metric::Ndcg(3)), 1.5 / (1.0 + 1.0 / 3f64.log2()));
    close(value(Metric::Map(3)), (1.0 + 2.0 / 3.0) / 2.0);
    close(value(Metric::Auc), 15.0 / 16.0);
}

/// Every order of the tied items, one by one, against the closed forms.
#[test]
fn expectation_over_ties_is_the_mean_over_orders() {
    let mut rng = Rng::new(7, &[]);
    for case in 0..60 {
        let n = 5 + rng.below(3) as usize;
        let scores: Vec<u32> = (0..n).map(|_| rng.below(1 + case % 4)).collect();
        let relevant: Vec<bool> = (0..n).map(|i| i == 0 || rng.below(3) == 0).collect();
        let total = relevant.iter().filter(|&&r| r).count();
        // One more that cannot be recommended.
        let missing = usize::from(case % 5 == 0);
        let groups = groups_of(&scores, &relevant);
        let tied =
            Placement { groups: &groups, relevant: total + missing, candidates: n, listed: n };
        for k in 1..=n + 1 {
            let pairs = ALL.into_iter().flat_map(|m| Convention::ALL.map(|d| (m, d.meaning())));
            for (metric, meaning) in pairs {
                let metric = with_cutoff(metric, k);
                let discounts = Discounts::new(n + 1, meaning.discount);
                let (mut sum, mut orders) = (0.0, 0.0);
                for_each_order(&mut (0..n).collect::<Vec<_>>(), 0, &mut |order| {
                    if order.windows(2).all(|w| scores[w[0]] >= scores[w[1]]) {
                        let ranks: Vec<usize> =
                            (0..n).filter(|&r| relevant[order[r]]).map(|r| r + 1).collect();
                        let groups = at(&ranks);
                        let strict = Placement { groups: &groups, ..tied };
                        sum += strict.value(metric, &meaning, &discounts).unwrap_or(f64::NAN);
                        orders += 1.0;
                    }
                });
                match tied.value(metric, &meaning, &discounts) {
                    Some(value) => close(value, sum / orders),
                    None => assert!(metric == Metric::Auc && total == n),
                }
            }
        }
    }
}

fn with_cutoff(metric: Metric, k: usize) -> Metric {
    let name = metric.to_string();
    name.replace("@10", &format!("@{k}")).parse().unwrap()
}

fn groups_of(scores: &[u32], relevant: &[bool]) -> Vec<Group> {
    let mut levels: Vec<u32> = scores.to_vec();
    levels.sort_unstable();
    levels.dedup();
    let group = |&level: &u32| Group {
        before: scores.iter().filter(|&&s| s > level).count(),
        size: scores.iter().filter(|&&s| s == level).count(),
        hits: scores.iter().zip(relevant).filter(|&(&s, &r)| r && s == level).count(),
    };
    levels.iter().rev().map(group).filter(|g| g.hits > 0).collect()
}

fn for_each_order(items: &mut Vec<usize>, from: usize, visit: &mut impl FnMut(&[usize])) {
    if from == items.len() {
        visit(items);
    }
    for j in from..items.len() {
        items.swap(from, j);
        for_each_order(items, from + 1, visit);
        items.swap(from, j);
    }
}

/// Krichene and Rendle, "On sampled metrics for item recommendation", KDD 2020, the example of
/// section 3: five users with one relevant item among 10,000, at these ranks for recommenders A,
/// B and C. Exactly, C is best at the top; on 99 sampled negatives A seems to be.
#[test]
fn sampled_metrics_turn_the_order_of_recommenders_round() {
    const N: usize = 10_000;
    let ranks = [[100; 5], [40, 40, 8437, 9266, 4482], [212, 2, 743, 5342, 1548]];
    let exact = |metric: Metric, rank: usize, n: usize| {
        let groups = at(&[rank]);
        let p = Placement { groups: &groups, relevant: 1, candidates: n, listed: n };
        p.value(metric, &COFIL, &Discounts::new(n, Discount::Log)).unwrap()
    };
    // Each of 99 negatives is above the relevant item with probability (rank − 1) / (N − 1).
    let sampled = |metric: Metric, rank: usize, _: usize| {
        let above = (rank - 1) as f64 / (N - 1) as f64;
        let mut chance = (1.0 - above).powi(99);
        (0..=99).fold(0.0, |sum, s| {
            let term = chance * exact(metric, s + 1, 100);
            chance *= (99 - s) as f64 / (s + 1) as f64 * above / (1.0 - above);
            sum + term
        })
    };
    let row = |metric: Metric, value: &dyn Fn(Metric, usize, usize) -> f64| {
        ranks.map(|five| {
            let mean = five.iter().map(|&r| value(metric, r, N)).sum::<f64>() / 5.0;
            (mean * 1e3).round() / 1e3
        })
    };
    let (map, ndcg) = (Metric::Map(N), Metric::Ndcg(N));
    assert_eq!(row(Metric::Auc, &exact), [0.990, 0.555, 0.843]);
    assert_eq!(row(map, &exact), [0.010, 0.010, 0.101]);
    assert_eq!(row(ndcg, &exact), [0.150, 0.122, 0.208]);
    assert_eq!(row(Metric::Recall(10), &exact), [0.0, 0.0, 0.2]);
    assert_eq!(row(Metric::Auc, &sampled), [0.990, 0.555, 0.843]);
    assert_eq!(row(map, &sampled), [0.637, 0.341, 0.326]);
    assert_eq!(row(ndcg, &sampled), [0.729, 0.447, 0.460]);
    let recall = row(Metric::Recall(10), &sampled).map(|r| (r * 100.0).round() / 100.0);
    assert_eq!(recall, [1.0, 0.4, 0.57]);
}

#[test]
fn gini_of_extremes() {
    assert_eq!(gini(&mut [3, 3, 3]), 0.0);
    close(gini(&mut [0, 7, 0, 0]), 0.75);
    assert_eq!(gini(&mut [0, 0]), 0.0);
    close(gini(&mut [3, 1]), 0.25);
}
