use super::*;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

fn csr(items: usize, rows: &[&[u32]]) -> Csr {
    Csr::from_rows(items, rows.iter().map(|row| row.iter().map(|&i| (i, 1.0))))
}

/// Counts 4, 3, 2, 2, 1 and 2; user 3 has all items.
fn data() -> Csr {
    csr(6, &[&[0, 1], &[0], &[0, 1, 2], &[0, 1, 2, 3, 4, 5], &[3, 5], &[]])
}

/// Samplers of all kinds.
fn samplers(positives: &Csr) -> Vec<Sampler<'_>> {
    let lists: Vec<Vec<u32>> = (0..6).map(|u| vec![u, 5, 4, 4, 0]).collect();
    vec![
        Sampler::new(positives, Sampling::Uniform, 1.0),
        Sampler::new(positives, Sampling::Popularity, 0.75),
        Sampler::new(positives, Sampling::InBatch, 0.0),
        Sampler::given(positives, &lists),
    ]
}

#[test]
fn draws_follow_the_probability_that_is_told() {
    let positives = data();
    for sampler in samplers(&positives) {
        for user in [0, 1, 2, 4, 5] {
            let own = positives.row(user as usize).columns;
            let mut rng = Rng::new(1, &[u64::from(user)]);
            let mut counts = [0f32; 6];
            let mut negatives = [0; 7];
            const DRAWS: usize = 20_000;
            // Without a batch, items are drawn in proportion to their counts.
            for _ in 0..DRAWS {
                assert!(sampler.draw(user, &[], &mut rng, &mut negatives));
                negatives.iter().for_each(|&i| counts[i as usize] += 1.0 / (7 * DRAWS) as f32);
            }
            let mut sum = 0.0;
            for (item, &count) in (0u32..).zip(&counts) {
                if own.contains(&item) {
                    assert_eq!(count, 0.0, "user {user} has item {item}");
                } else if count > 0.0 {
                    let told = sampler.log_probability(user, item).exp();
                    sum += told;
                    assert!((count - told).abs() < 0.005, "{sampler:?}: {count}, told {told}");
                }
            }
            assert!((sum - 1.0).abs() < 1e-5, "{sampler:?}, user {user}: {sum}");
        }
    }
}

#[test]
fn who_has_everything_has_no_negatives() {
    let positives = data();
    for sampler in samplers(&positives) {
        let mut negatives = [7];
        assert!(!sampler.draw(3, &[0], &mut Rng::new(1, &[]), &mut negatives));
        assert!(negatives == [7] && !sampler.has_negatives(3) && sampler.has_negatives(2));
    }
    // This user has all items with interactions: only an unpopular one is left.
    let positives = csr(3, &[&[0, 1], &[1]]);
    let sampler = Sampler::new(&positives, Sampling::Popularity, 1.0);
    assert!(!sampler.has_negatives(0) && sampler.has_negatives(1));
}

#[test]
fn a_batch_gives_its_own_items_and_where_it_has_none_the_rest() {
    let positives = data();
    let sampler = Sampler::new(&positives, Sampling::InBatch, 0.0);
    let mut rng = Rng::new(2, &[]);
    let mut negatives = [0; 100];
    sampler.draw(0, &[0, 1, 3, 5], &mut rng, &mut negatives);
    assert!(negatives.iter().all(|i| [3, 5].contains(i)), "{negatives:?}");
    sampler.draw(0, &[0, 1], &mut rng, &mut negatives);
    assert!(negatives.iter().all(|i| [2, 3, 4, 5].contains(i)), "{negatives:?}");
}

#[test]
fn draws_depend_on_their_place_alone() {
    let positives = data();
    for sampler in samplers(&positives) {
        let draw = |place: &[u64]| {
            let mut negatives = [0; 50];
            sampler.draw(1, &[2, 3], &mut Rng::new(1, place), &mut negatives);
            negatives
        };
        assert_eq!(draw(&[1, 2]), draw(&[1, 2]));
        assert_ne!(draw(&[1, 2]), draw(&[2, 2]));
    }
}

proptest! {
    #[test]
    fn missing_numbers_are_counted_right(
        own in proptest::collection::btree_set(0u32..40, 0..40), n in 0u32..40,
    ) {
        let own: Vec<u32> = own.into_iter().collect();
        let missing: Vec<u32> = (0..100).filter(|i| !own.contains(i)).collect();
        let expected = [n, 39 - n, 0].map(|n| missing[n as usize]);
        prop_assert_eq!(nth_missing(&own, [n, 39 - n, 0]), expected);
    }

    #[test]
    fn aliases_share_out_all_the_weight(
        weights in proptest::collection::vec(0u8..5, 1..30),
    ) {
        let mut weights: Vec<f32> = weights.into_iter().map(f32::from).collect();
        weights[0] += 1.0;
        let alias = Alias::new(&weights);
        let mut rng = Rng::new(3, &[]);
        for _ in 0..200 {
            prop_assert!(weights[alias.draw(&mut rng) as usize] > 0.0);
        }
    }
}
