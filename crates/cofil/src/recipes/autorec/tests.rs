//! Tests of gradients, of equality with a dense program and with PyTorch, and of bad settings.

use super::*;
use crate::data::Row;
use crate::math::Rng;
use crate::model::User;
use crate::train::Learner;
use Activation::{Identity, Relu, Selu, Sigmoid, Tanh};
use serde_json::{Value, json};

/// Ratings from 1 to 5; the last user and the last item have none.
fn toy() -> Ratings {
    let mut rng = Rng::new(4, &[]);
    let mut row = |_| {
        let mut entries = Vec::new();
        for i in 0..11 {
            if rng.uniform() < 0.6 {
                entries.push((i, (1.0 + 4.0 * rng.uniform()).round()));
            }
        }
        entries
    };
    let rows: Vec<Vec<(u32, f32)>> = (0..9).map(&mut row).chain([Vec::new()]).collect();
    Ratings { users: names(10), items: names(12), by_user: Csr::from_rows(12, rows), times: None }
}

fn names(n: usize) -> std::sync::Arc<crate::IdMap> {
    std::sync::Arc::new((0..n).map(|i| format!("n{i}")).collect())
}

fn small<S: AutoRecSide>() -> AutoRec<S> {
    AutoRec {
        dropout: 0.0,
        schedule: Schedule::Constant,
        hidden: 3,
        reg: 0.3,
        init_scale: 0.5,
        learning_rate: 1.0,
        ..AutoRec::default()
    }
}

// === A dense program in f64 ===

/// V and W row by row for each column, μ and b.
#[derive(Clone)]
struct Dense {
    v: Vec<Vec<f64>>,
    w: Vec<Vec<f64>>,
    mu: Vec<f64>,
    b: Vec<f64>,
}

impl Dense {
    fn of<S>(network: &Network<'_, S>, hidden: usize) -> Self {
        let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let (v, w) = (&network.encoder.values, &network.decoder.values);
        let rows =
            |table: &Matrix| (0..table.rows()).map(|c| wide(&table.row(c)[..hidden])).collect();
        Self {
            v: rows(v),
            w: rows(w),
            mu: wide(&network.hidden_bias.values.data()[..hidden]),
            b: (0..w.rows()).map(|c| f64::from(w.row(c)[hidden])).collect(),
        }
    }

    /// All numbers, mutably.
    fn numbers(&mut self) -> Vec<&mut f64> {
        let tables = self.v.iter_mut().chain(&mut self.w).chain([&mut self.mu, &mut self.b]);
        tables.flatten().collect()
    }

    /// Σ (ŷ − y)² over the entries of some rows with their levels, with `scale` of the network.
    fn squares(&self, scale: &AutoEncoderSettings, rows: &[(Row<'_>, f32)]) -> f64 {
        let output = scale.output;
        let mut sum = 0.0;
        for &(row, level) in rows {
            let mut z = self.mu.clone();
            let input = scale.input;
            let factor = f64::from(input.usual) / row.len() as f64;
            let factor = factor.powf(f64::from(input.exponent));
            for (c, value) in row.iter() {
                let x = factor * f64::from(scale.input.of(value));
                z.iter_mut().zip(&self.v[c as usize]).for_each(|(z, v)| *z += x * v);
            }
            let h: Vec<f64> = z.into_iter().map(|z| of(scale.hidden, z)).collect();
            for (c, value) in row.iter() {
                let w = &self.w[c as usize];
                let product = w.iter().zip(&h).map(|(w, h)| w * h).sum::<f64>();
                let x = f64::from(level) + self.b[c as usize] + product;
                let y =
                    f64::from(output.offset) + f64::from(output.factor) * of(output.activation, x);
                sum += (y - f64::from(value)).powi(2);
            }
        }
        sum
    }

    /// λ/2 Σ share (‖v‖² + ‖w‖²).
    fn penalty(&self, reg: f64, share: impl Fn(usize) -> f64) -> f64 {
        let of = |c: usize| self.v[c].iter().chain(&self.w[c]).map(|x| x * x).sum::<f64>();
        (0..self.v.len()).map(|c| 0.5 * reg * share(c) * of(c)).sum()
    }

    /// ∂/∂ every number of `objective`, by differences.
    fn gradient(&self, objective: impl Fn(&Self) -> f64) -> Vec<f64> {
        let mut at = self.clone();
        (0..at.numbers().len())
            .map(|n| {
                let mut moved = |by: f64| {
                    *at.numbers()[n] += by;
                    let value = objective(&at);
                    *at.numbers()[n] -= by;
                    value
                };
                (moved(1e-5) - moved(-1e-5)) / 2e-5
            })
            .collect()
    }
}

fn of(activation: Activation, x: f64) -> f64 {
    match activation {
        Identity => x,
        Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Relu => x.max(0.0),
        Tanh => x.tanh(),
        Selu if x > 0.0 => 1.050_700_98 * x,
        Selu => 1.050_700_98 * 1.673_263_24 * (x.exp() - 1.0),
    }
}

/// √(n / mean n) of each column; 0 for columns without entries, which no step touches.
fn weights(counts: &[u32]) -> Vec<f64> {
    let filled = counts.iter().filter(|&&n| n > 0).count() as f64;
    let mean = f64::from(counts.iter().sum::<u32>()) / filled;
    counts.iter().map(|&n| (f64::from(n) / mean).sqrt()).collect()
}

fn a_step_follows<S: Served>(settings: &AutoRec<S>) {
    let train = toy();
    let mut network = Network::new(settings, &train, &Run { seed: 3, ..Run::default() });
    // Move away from zero biases.
    network.hidden_bias.values.data_mut()[..3].copy_from_slice(&[0.3, -0.2, 0.1]);
    let before = Dense::of(&network, 3);
    let rows = network.rows.iter().zip(network.levels.clone());
    let rows: Vec<(Row<'_>, f32)> = rows.filter(|(row, _)| !row.is_empty()).collect();
    let weights = weights(&network.rows.column_counts());
    let scale = network.scale;
    let count = rows.len() as f64;
    let share = |c: usize| weights[c];
    let reg = f64::from(settings.reg);
    let objective = |at: &Dense| (at.squares(&scale, &rows) + at.penalty(reg, share)) / count;
    let slopes = before.gradient(objective);
    let squares = before.squares(&scale, &rows);
    let loss = network.epoch(1, &Rng::new(0, &[1]));
    assert!((loss.data - squares).abs() < 1e-4 * squares);
    let (mut before, mut after) = (before, Dense::of(&network, 3));
    let mut steps = before.numbers().into_iter().zip(after.numbers()).zip(slopes);
    assert!(steps.all(|((b, a), slope)| {
        let close = ((*b - *a) - slope).abs() < 2e-5 * (1.0 + slope.abs());
        assert!(close, "{settings:?}: {} for {slope}", *b - *a);
        close
    }));
}

#[test]
fn a_step_follows_the_gradient() {
    for encoder in [Identity, Sigmoid, Relu, Tanh, Selu] {
        for decoder in [Identity, Sigmoid, Relu, Tanh, Selu] {
            for centre in [Centre::Middle, Centre::Mean, Centre::None] {
                let optimizer = Optimizer::Sgd;
                a_step_follows::<ByUser>(&AutoRec {
                    encoder,
                    decoder,
                    centre,
                    optimizer,
                    ..small()
                });
                a_step_follows::<ByItem>(&AutoRec {
                    encoder,
                    decoder,
                    centre,
                    optimizer,
                    ..small()
                });
            }
        }
    }
}

/// Adam, row by row, on the gradient by differences of the dense objective.
fn batches_agree<S: Served>() {
    let train = toy();
    let settings: AutoRec<S> =
        AutoRec { batch_size: 4, learning_rate: 0.05, encoder: Sigmoid, ..small() };
    let mut network = Network::new(&settings, &train, &Run { seed: 3, ..Run::default() });
    let mut at = Dense::of(&network, 3);
    let (rows, scale) = (network.rows.clone().into_owned(), network.scale);
    let levels = network.levels.clone();
    let cols = rows.cols();
    let counts = rows.column_counts();
    let weights = weights(&counts);
    let filled: Vec<u32> =
        (0..rows.rows() as u32).filter(|&r| !rows.row(r as usize).is_empty()).collect();
    let len = at.numbers().len();
    let (mut first, mut second) = (vec![0f64; len], vec![0f64; len]);
    let (mut steps, mut mu_steps) = (vec![0; cols], 0);
    for epoch in 1..=2 {
        let rng = Rng::new(7, &[epoch]);
        let mut order = filled.clone();
        rng.piece(0).shuffle(&mut order);
        let mut data = 0.0;
        for batch in order.chunks(4) {
            let row = |&r: &u32| (rows.row(r as usize), levels[r as usize]);
            let batch: Vec<(Row<'_>, f32)> = batch.iter().map(row).collect();
            let mut touched = vec![0u32; cols];
            batch.iter().flat_map(|(row, _)| row.columns).for_each(|&c| touched[c as usize] += 1);
            let share = |c: usize| weights[c] * f64::from(touched[c]) / f64::from(counts[c].max(1));
            let objective =
                |at: &Dense| (at.squares(&scale, &batch) + at.penalty(0.3, share)) / 4.0;
            data += at.squares(&scale, &batch);
            let slopes = at.gradient(objective);
            (0..cols).for_each(|c| steps[c] += i32::from(touched[c] > 0));
            mu_steps += 1;
            for (n, x) in at.numbers().into_iter().enumerate() {
                // In the order of `numbers`: v, w, μ, b.
                let column = match n {
                    n if n < 6 * cols => Some(n / 3 % cols),
                    n => n.checked_sub(6 * cols + 3),
                };
                if column.is_some_and(|c| touched[c] == 0) {
                    continue;
                }
                let t = column.map_or(mu_steps, |c| steps[c]);
                first[n] = 0.9 * first[n] + 0.1 * slopes[n];
                second[n] = 0.999 * second[n] + 0.001 * slopes[n] * slopes[n];
                let m = first[n] / (1.0 - 0.9f64.powi(t));
                *x -= 0.05 * m / ((second[n] / (1.0 - 0.999f64.powi(t))).sqrt() + 1e-8);
            }
        }
        let loss = network.epoch(epoch as usize, &rng);
        assert!((loss.data - data).abs() < 1e-3 * data, "{} for {data}", loss.data);
        let unseen = (1.0 / f64::from(network.mean_count)).sqrt();
        let penalty = at.penalty(0.3, |c| if counts[c] > 0 { weights[c] } else { unseen });
        assert!((loss.penalty - penalty).abs() < 1e-3 * penalty, "{} for {penalty}", loss.penalty);
    }
    let mut found = Dense::of(&network, 3);
    for (n, (found, expected)) in found.numbers().into_iter().zip(at.numbers()).enumerate() {
        assert!((*found - *expected).abs() < 1e-3, "number {n}: {found} for {expected}");
    }
}

#[test]
fn batches_agree_with_a_dense_program() {
    batches_agree::<ByUser>();
    batches_agree::<ByItem>();
}

// === PyTorch ===

fn table(value: &Value) -> Vec<Vec<f32>> {
    serde_json::from_value(value.clone()).expect("rows of numbers")
}

fn vector(value: &Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).expect("numbers")
}

fn agrees_with_pytorch<S: Served>(case: &Value) {
    let batches: Vec<Vec<Vec<(u32, f32)>>> =
        serde_json::from_value(case["batches"].clone()).expect("batches of rows");
    let mut rows: Vec<Vec<(u32, f32)>> = Vec::new();
    for row in batches.iter().flatten() {
        if !rows.contains(row) {
            rows.push(row.clone());
        }
    }
    let hidden = case["hidden"].as_u64().expect("a number") as usize;
    let cols = case["inputs"].as_u64().expect("a number") as usize;
    let number = |name: &str| case[name].as_f64().expect("a number") as f32;
    let settings: AutoRec<S> = AutoRec {
        hidden,
        reg: number("reg"),
        optimizer: serde_json::from_value(case["optimizer"].clone()).expect("an optimizer"),
        centre: Centre::None,
        input_exponent: 0.0,
        reg_exponent: 0.0,
        dropout: 0.0,
        encoder: Sigmoid,
        ..AutoRec::default()
    };
    let by_row = Csr::from_rows(cols, rows.clone());
    let mut by_user = by_row.clone();
    if S::rows(&Ratings { by_user: by_row.clone(), ..Ratings::default() }).rows() != rows.len() {
        by_user = by_row.transposed();
    }
    let train = Ratings { by_user, ..Ratings::default() };
    let mut network = Network::new(&settings, &train, &Run { seed: 0, ..Run::default() });
    let start = &case["initial"];
    let (v, w, b) = (table(&start["V"]), table(&start["W"]), vector(&start["b"]));
    for c in 0..cols {
        let row = network.encoder.values.row_mut(c);
        (0..hidden).for_each(|l| row[l] = v[l][c]);
        let row = network.decoder.values.row_mut(c);
        row[..hidden].copy_from_slice(&w[c]);
        row[hidden] = b[c];
    }
    network.hidden_bias.values.data_mut()[..hidden].copy_from_slice(&vector(&start["mu"]));
    for (batch, step) in batches.iter().zip(case["steps"].as_array().expect("steps")) {
        let at = |row| rows.iter().position(|r| r == row).expect("one of the rows") as u32;
        let numbers: Vec<u32> = batch.iter().map(at).collect();
        // There each batch pays the whole penalty.
        let mut counts = vec![0f32; cols];
        batch.iter().flatten().for_each(|(c, _)| counts[*c as usize] += 1.0);
        network.shares = [0, 1].map(|_| counts.iter().map(|n| 1.0 / n).collect());
        let penalty = network.penalty();
        // And it descends on sums.
        let sum = if settings.optimizer == Optimizer::Sgd { rows.len() as f32 } else { 1.0 };
        let squares = network.step(&numbers, number("rate") * sum, &Rng::new(0, &[]));
        let expected = step["loss"].as_f64().expect("a number");
        assert!((squares + penalty - expected).abs() < 1e-4 * expected);
        let found = Dense::of(&network, hidden);
        let parameters = &step["parameters"];
        let (v, w) = (table(&parameters["V"]), table(&parameters["W"]));
        let (mu, b) = (vector(&parameters["mu"]), vector(&parameters["b"]));
        let close = |found: f64, expected: f32| {
            assert!((found - f64::from(expected)).abs() < 2e-5, "{found} for {expected}");
        };
        for c in 0..cols {
            (0..hidden).for_each(|l| close(found.v[c][l], v[l][c]));
            (0..hidden).for_each(|l| close(found.w[c][l], w[c][l]));
            close(found.b[c], b[c]);
        }
        found.mu.iter().zip(&mu).for_each(|(found, expected)| close(*found, *expected));
    }
}

#[test]
fn three_steps_agree_with_pytorch() {
    let text = include_str!("../../../tests/golden/torch_steps.json");
    let golden: Value = serde_json::from_str(text).expect("JSON");
    let mut cases = 0;
    for case in golden["cases"].as_array().expect("cases") {
        match case["model"].as_str() {
            Some("autorec-user") => agrees_with_pytorch::<ByUser>(case),
            Some("autorec-item") => agrees_with_pytorch::<ByItem>(case),
            _ => continue,
        }
        cases += 1;
    }
    assert_eq!(cases, 6);
}

// === Behaviour ===

fn predicted<S: Served>(settings: &AutoRec<S>, train: &Ratings, user: User<'_>) -> Vec<f32> {
    let model = settings.fit(train, &Run::default()).expect("learns").model;
    let items: Vec<u32> = (0..train.items.len() as u32).collect();
    let mut scores = vec![0.0; items.len()];
    model.score(user, &items, &mut scores);
    scores
}

fn falls_back<S: Served>() {
    let train = toy();
    let settings =
        |decoder| AutoRec::<S> { epochs: 5, decoder, learning_rate: 0.1, clip: true, ..small() };
    for decoder in [Identity, Sigmoid, Tanh] {
        let scores = predicted(&settings(decoder), &train, User::of(&train, 2));
        assert_eq!(scores[11], 3.0, "nobody rated it: the middle of 1 to 5");
        assert!(scores.iter().all(|s| (1.0..=5.0).contains(s)), "{scores:?}");
        // Values outside the scale of the data are used as they are; predictions stay inside.
        let odd = Row { columns: &[1, 3], values: &[1000.0, -1000.0] };
        let scores = predicted(&settings(decoder), &train, User::new_user(odd));
        assert!(scores.iter().all(|s| (1.0..=5.0).contains(s)), "{scores:?}");
    }
}

#[test]
fn what_has_no_ratings_is_predicted_the_middle() {
    falls_back::<ByUser>();
    falls_back::<ByItem>();
}

#[test]
fn one_row_or_column_is_enough() {
    let one_item = Ratings::from_triples([("u", "a", 1.0), ("v", "a", 3.0), ("w", "a", 5.0)]);
    let one_user = Ratings::from_triples([("u", "a", 1.0), ("u", "b", 3.0), ("u", "c", 5.0)]);
    for train in [one_item.unwrap(), one_user.unwrap()] {
        for negatives in [0, 4] {
            let item = AutorecItem { negatives, learning_rate: 0.01, epochs: 3, ..small() };
            let user = AutorecUser { negatives, learning_rate: 0.01, epochs: 3, ..small() };
            for scores in [
                predicted(&item, &train, User::of(&train, 0)),
                predicted(&user, &train, User::of(&train, 0)),
            ] {
                assert!(scores.iter().all(|s| s.is_finite()));
            }
        }
    }
}

#[test]
fn bad_settings_are_told() {
    let train = toy();
    for name in ["autorec-item", "autorec-user"] {
        let make = |settings: &Value| {
            crate::Algorithm::from_settings(name, settings.as_object().expect("an object"))
        };
        for (settings, says) in [
            (json!({"hidden": 0}), "setting `hidden`: must be at least 1, got 0"),
            (json!({"epochs": 0}), "setting `epochs`: must be at least 1, got 0"),
            (json!({"batch_size": 0}), "setting `batch_size`: must be at least 1, got 0"),
            (json!({"period": 0}), "setting `period`: must be at least 1, got 0"),
            (json!({"reg": -1}), "setting `reg`: must be at least 0, got -1"),
            (json!({"learning_rate": 0}), "setting `learning_rate`: must be greater than 0, got 0"),
            (json!({"init_scale": 0}), "setting `init_scale`: must be greater than 0, got 0"),
            (
                json!({"input_exponent": 2}),
                "setting `input_exponent`: must be at least 0 and at most 1, got 2",
            ),
            (
                json!({"reg_exponent": -0.5}),
                "setting `reg_exponent`: must be at least 0 and at most 1, got -0.5",
            ),
            (json!({"decay": 0}), "setting `decay`: must be above 0 and at most 1, got 0"),
            (json!({"dropout": 1}), "setting `dropout`: must be at least 0 and below 1, got 1"),
        ] {
            let algorithm = make(&settings).expect("the right types");
            let found = algorithm.fit(&train, &Run::default()).expect_err(says).to_string();
            assert_eq!(found, says);
        }
        let diverges = json!({"learning_rate": 1e6, "optimizer": "sgd", "hidden": 4, "epochs": 9});
        let found = make(&diverges).expect("the right types").fit(&train, &Run::default());
        let found = found.expect_err("diverges").to_string();
        assert!(found.ends_with("lower `learning_rate`, now 1000000"), "{found}");
        assert!(make(&json!({"encoder": "cube"})).unwrap_err().to_string().contains("`cube`"));
        let found = make(&json!({})).unwrap().fit(&train.binary(), &Run::default());
        let found = found.expect_err("nothing to tell apart").to_string();
        assert!(found.starts_with("setting `negatives`: all values are 1, so without"), "{found}");
    }
}

/// An item that everybody rates lowest is predicted low for those who have not rated it, whatever they rated.
#[test]
fn an_item_keeps_its_level() {
    let mut rng = Rng::new(6, &[]);
    let users: Vec<String> = (0..60).map(|u| u.to_string()).collect();
    let items: Vec<String> = (0..15).map(|i| i.to_string()).collect();
    let mut rows = Vec::new();
    for (u, user) in users.iter().enumerate() {
        let rated = items.iter().filter(|_| rng.uniform() < 0.3).collect::<Vec<_>>();
        rows.extend(rated.into_iter().map(|i| (&**user, &**i, 3.0 + rng.below(3) as f32)));
        rows.extend((u % 5 > 0).then_some((&**user, "bad", 1.0)));
    }
    let train = Ratings::from_triples(rows).unwrap();
    let bad = train.items.get("bad").unwrap();
    let item = AutorecItem { hidden: 20, ..AutorecItem::default() };
    let user = AutorecUser { hidden: 20, ..AutorecUser::default() };
    for who in [0, 5, 10]
        .map(|u| User::of(&train, u))
        .into_iter()
        .chain([User::new_user(Row { columns: &[bad - 1], values: &[5.0] })])
    {
        for scores in [predicted(&item, &train, who), predicted(&user, &train, who)] {
            let others = scores.iter().enumerate().filter(|(i, _)| *i != bad as usize);
            let least = others.map(|(_, &score)| score).fold(f32::MAX, f32::min);
            let bad = scores[bad as usize];
            assert!(bad < 2.5 && bad < least, "{bad} of {scores:?}");
        }
    }
}

#[test]
fn a_batch_takes_what_its_entries_take() {
    let row = |n: u32| (0..n).map(|c| (c, 1.0)).collect::<Vec<_>>();
    let rows = Csr::from_rows(10, [row(1), row(2), row(4)]);
    let bytes = |negatives: usize, batch_size: usize| {
        AutoRec::<ByUser> { negatives, batch_size, ..AutoRec::default() }.batch_bytes(&rows)
    };
    // As inputs and as outputs, of which there are at most ten.
    assert_eq!(bytes(0, 1), 16 * 8);
    assert_eq!(bytes(0, 100), 16 * (2 + 4 + 8));
    assert_eq!(bytes(3, 1), 16 * (4 + 10));
    for negatives in [3, 4] {
        let all = [2 + negatives, 2 + 2 * (1 + negatives), 14].map(|n| n as u128);
        assert_eq!(bytes(negatives, usize::MAX), 16 * all.iter().sum::<u128>());
    }
    assert_eq!(bytes(usize::MAX, usize::MAX), 16 * (11 + 12 + 14));
}
