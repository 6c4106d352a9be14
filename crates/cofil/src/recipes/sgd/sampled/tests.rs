use super::*;
use std::sync::Mutex;

/// Records its calls: (user, item, negative).
struct Notes(f32, Mutex<Vec<[u32; 3]>>);

impl Rule for Notes {
    fn common(&self) -> Common {
        Common {
            factors: 3,
            epochs: 1,
            learning_rate: 1.0,
            decay: 1.0,
            reg: 0.0,
            init_scale: 1.0,
            biases: true,
            sampler_exponent: self.0,
        }
    }

    fn walk(&self, mut task: Task<'_, impl Vectors, impl Vectors>) -> f64 {
        let mut notes = self.1.lock().expect("no panic");
        let (users, items) = (task.users.1, task.items.1);
        for pair in task.pairs {
            let j = task.negatives.draw(pair.user).map_or(-1.0, |j| items[j]);
            let (u, i) = (usize::from(pair.user), usize::from(pair.item));
            notes.push([users[u], items[i], j].map(|x| x as i32 as u32));
        }
        0.0
    }

    fn fold_in(&self, _: usize) -> FoldIn {
        FoldIn::Biases
    }
}

fn data() -> Ratings {
    let mut rng = Rng::new(3, &[]);
    let names: Vec<String> = (0..90).map(|i| format!("n{i}")).collect();
    let mut triples = Vec::new();
    for u in 0..70 {
        for i in 0..90 {
            if rng.uniform() < 0.2 || u == 5 {
                triples.push((&*names[u], &*names[i], 1.0));
            }
        }
    }
    Ratings::from_triples(triples).expect("finite")
}

#[test]
fn an_epoch_visits_every_interaction_once_with_a_negative() {
    let data = data();
    for groups in [1, 4, 30] {
        for exponent in [0.0, 0.7] {
            let notes = Notes(exponent, Mutex::default());
            let mut learner = SampledSgd::with_groups(&notes, &data, 1, groups);
            // Biases that identify each row.
            for (part, rows) in learner.users.iter_mut().zip(&learner.grid.users.rows) {
                part.bias.iter_mut().zip(rows).for_each(|(b, &row)| *b = row as f32);
            }
            for (part, rows) in learner.items.iter_mut().zip(&learner.grid.items.rows) {
                part.bias.iter_mut().zip(rows).for_each(|(b, &row)| *b = row as f32);
            }
            for epoch in 1..=2 {
                learner.epoch(epoch, &Rng::new(1, &[epoch as u64]));
                let mut found = std::mem::take(&mut *notes.1.lock().expect("no panic"));
                assert_eq!(found.len(), data.len());
                for [u, i, j] in &found {
                    let row = data.by_user.row(*u as usize);
                    assert!(row.get(*i).is_some());
                    assert!(row.get(*j).is_none());
                    // Users with all items have no negatives; others do, unless a team is tiny.
                    assert!(groups == 30 || (*j == u32::MAX) == (row.len() == 90));
                }
                found.sort_unstable();
                found.dedup_by_key(|[u, i, _]| (*u, *i));
                assert_eq!(found.len(), data.len());
            }
            let expected: Vec<f32> = (0..90u8).map(f32::from).collect();
            assert_eq!(learner.model().item_bias, expected, "items are back in their places");
        }
    }
}

#[test]
fn users_with_few_interactions_are_as_good_as_new() {
    // User u has u interactions.
    let names: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let pairs = (1..40).flat_map(|u| (0..u).map(move |i| (u, (7 * i + u) % 50)));
    let triples = pairs.map(|(u, i)| (names[u].as_str(), names[i].as_str(), 1.0));
    let data = Ratings::from_triples(triples).unwrap();
    let rule = crate::recipes::Bpr { factors: 5, epochs: 3, ..Default::default() };
    let model = fit_by_comparison(&rule, &data, &Run::default()).unwrap().model;
    for (u, n) in (0..39).zip(1usize..) {
        let history = data.by_user.row(u);
        let scores = |index| {
            let mut scores = vec![0.0; 50];
            let items: Vec<u32> = (0..50).collect();
            model.score(
                crate::model::User { index, history },
                &items[..data.items.len()],
                &mut scores,
            );
            scores
        };
        assert_eq!(scores(Some(u as u32)) == scores(None), n < FEW, "{n} interactions");
    }
}

#[test]
fn any_number_of_threads_learns_the_same() {
    let data = data();
    let rule = crate::recipes::Bpr { factors: 5, sampler_exponent: 0.5, ..Default::default() };
    let learn = |threads: usize| {
        crate::math::on_threads(threads, || {
            let mut learner = SampledSgd::with_groups(&rule, &data, 1, 6);
            for epoch in 1..=3 {
                learner.epoch(epoch, &Rng::new(1, &[epoch as u64]));
            }
            learner.model().users
        })
        .unwrap()
    };
    let one = learn(1);
    assert!([2, 3].iter().all(|&threads| learn(threads).data() == one.data()));
}

#[test]
fn the_size_depends_on_the_data() {
    assert_eq!(size(6040, 3706, 900_000), 10);
    assert_eq!(size(20, 20, 100), 1);
    assert_eq!(size(1 << 20, 1 << 20, 100_000_000), 128, "bits for pairs");
    assert_eq!(size(1 << 22, 100, 1_000_000), 64, "16-bit places");
}

#[test]
fn users_with_few_interactions_take_longer_steps() {
    let bpr = crate::recipes::Bpr::default().common();
    assert_eq!((bpr.pace(3), bpr.pace(30), bpr.pace(1000)), (10.0, 1.0, 1.0));
    // No step is longer than 1, and none flips the sign of a vector.
    assert_eq!(bpr.pace(1), 20.0);
    let strict = Common { reg: 2.0, ..bpr };
    assert_eq!((strict.pace(1), strict.pace(30)), (5.0, 1.0));
    let data = data();
    let rule = crate::recipes::Bpr { factors: 5, ..Default::default() };
    let learner = SampledSgd::with_groups(&rule, &data, 1, 3);
    for (rows, paces) in learner.grid.users.rows.iter().zip(&learner.paces) {
        let of = |&u: &u32| rule.common().pace(data.by_user.row(u as usize).len());
        assert_eq!(rows.iter().map(of).collect::<Vec<f32>>(), *paces);
    }
    assert!(learner.model().users.data().iter().all(|&x| x == 0.0), "nobody takes a side yet");
}
