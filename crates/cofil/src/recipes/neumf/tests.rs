use super::batch::Batch;
use super::learner::Networks;
use super::parts::Parts;
use super::*;
use crate::data::{Csr, IdMap};
use crate::math::Rng;
use crate::model::Model;
use crate::nn::loss::Objective;
use crate::nn::optimizer::Optimizer;
use crate::recipes::Link;
use crate::shapes::Network;
use crate::shapes::factors::ScoreFunction;
use crate::train::Learner;
use proptest::prelude::{ProptestConfig, proptest};
use serde_json::Value;
use std::sync::Arc;

const ALL: [Activation; 5] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Relu,
    Activation::Tanh,
    Activation::Selu,
];

/// Four users, six items; the last user has them all.
fn data() -> Ratings {
    let rows = [&[0u32, 1, 2][..], &[0, 3], &[4], &[0, 1, 2, 3, 4, 5]];
    let by_user = Csr::from_rows(6, rows.iter().map(|row| row.iter().map(|&i| (i, 1.0))));
    Ratings { by_user, ..named(4, 6) }
}

fn named(users: usize, items: usize) -> Ratings {
    let names = |n: usize| Arc::new((0..n).map(|i| format!("n{i}")).collect::<IdMap>());
    let by_user = Csr::empty(users, items);
    Ratings { users: names(users), items: names(items), by_user, times: None }
}

/// A small network with both halves and plain gradient steps.
fn plan() -> Plan {
    let training = Training {
        optimizer: Optimizer::Sgd,
        negatives: 2,
        batch_size: 15,
        init_scale: 0.5,
        ..Training::default()
    };
    Plan::from(&Neumf { factors: 3, layers: vec![6, 5, 4], training, ..Neumf::default() })
}

/// The network in `f64`: its parameters in the order of [`Networks::state`] for SGD.
struct Naive<'a> {
    plan: &'a Plan,
    response: ScoreFunction,
    parts: Vec<Vec<f64>>,
}

impl<'a> Naive<'a> {
    fn of(plan: &'a Plan, networks: &mut Networks<'_>, response: ScoreFunction) -> Self {
        let parts = networks.state().into_iter().filter(|part| !part.is_empty());
        let parts = parts.map(|part| part.iter().map(|&x| f64::from(x)).collect()).collect();
        Self { plan, response, parts }
    }

    fn score(&self, user: usize, item: usize) -> f64 {
        let mut parts = self.parts.iter();
        let mut next = || parts.next().expect("a part");
        let row = |table: &[f64], row: usize, width: usize| table[row * width..][..width].to_vec();
        let mut features = Vec::new();
        if self.plan.factors > 0 {
            let (p, q) =
                (row(next(), user, self.plan.factors), row(next(), item, self.plan.factors));
            features.extend(p.iter().zip(q).map(|(p, q)| p * q));
        }
        if let [inputs, outputs @ ..] = &self.plan.layers[..] {
            let mut x = row(next(), user, inputs / 2);
            x.extend(row(next(), item, inputs / 2));
            for _ in outputs {
                let (weights, bias) = (next(), next());
                let sum = |o: usize| {
                    let products = x.iter().zip(&weights[o * x.len()..]).map(|(x, w)| x * w);
                    bias[o] + products.sum::<f64>()
                };
                x = (0..bias.len()).map(|o| activate(self.plan.activation, sum(o))).collect();
            }
            features.extend(x);
        }
        let mut h = if self.plan.factors > 0 { next().clone() } else { Vec::new() };
        if !self.plan.layers.is_empty() {
            h.extend(next());
        }
        next()[0] + h.iter().zip(&features).map(|(h, x)| h * x).sum::<f64>()
    }

    /// The mean loss of a batch and its penalty.
    fn objective(&self, batch: &Batch, group: usize) -> f64 {
        let training = &self.plan.training;
        let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut sum, mut losses) = (0.0, 0);
        for (g, &user) in batch.users.iter().enumerate() {
            let items = &batch.items[g * group..(g + 1) * group];
            let lonely = batch.lonely.contains(&(g as u32));
            let items = if lonely { &items[..1] } else { items };
            let s: Vec<f64> =
                items.iter().map(|&i| self.score(user as usize, i as usize)).collect();
            match training.loss {
                Objective::Bce => {
                    sum -= sigma(s[0]).ln() + s[1..].iter().map(|s| sigma(-s).ln()).sum::<f64>();
                    losses += s.len();
                }
                Objective::Bpr => {
                    sum -= s[1..].iter().map(|n| sigma(s[0] - n).ln()).sum::<f64>();
                    losses += s.len() - 1;
                }
                Objective::FullSoftmax => {
                    // Every item once; the batch has them in another order.
                    let all = (0..group).map(|i| self.score(user as usize, i).exp());
                    sum += all.sum::<f64>().ln() - s[0];
                    losses += 1;
                }
                Objective::Softmax if lonely => {}
                Objective::Softmax => {
                    let corrections = &batch.corrections[g * group..];
                    let terms = s.iter().zip(corrections).map(|(s, c)| (s - f64::from(*c)).exp());
                    sum += terms.sum::<f64>().ln() - s[0];
                    losses += 1;
                }
                Objective::Squared => {
                    let prediction = match self.response {
                        ScoreFunction::Sigmoid { low, high } => {
                            f64::from(low) + f64::from(high - low) * sigma(s[0])
                        }
                        _ => s[0],
                    };
                    sum += (prediction - f64::from(batch.targets[g])).powi(2);
                    losses += 1;
                }
            }
        }
        sum / f64::from(losses.max(1) as u32) + self.penalty(batch, group)
    }

    fn penalty(&self, batch: &Batch, group: usize) -> f64 {
        let mut at = 0;
        let squares = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let mut sum = 0.0;
        let half = self.plan.layers.first().map_or(0, |inputs| inputs / 2);
        let halves = [(self.plan.factors, self.plan.training.reg), (half, self.plan.tower_reg)];
        for (width, reg) in halves.into_iter().filter(|&(width, _)| width > 0) {
            for (s, &item) in batch.items.iter().enumerate() {
                let rows = [(at, batch.users[s / group]), (at + 1, item)];
                let row = |(part, row): (usize, u32)| {
                    squares(&self.parts[part][row as usize * width..][..width])
                };
                let squares: f64 = rows.map(row).iter().sum();
                sum += f64::from(reg) * squares / batch.items.len() as f64;
            }
            at += 2;
        }
        sum
    }
}

fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Relu => x.max(0.0),
        Activation::Tanh => x.tanh(),
        Activation::Selu if x > 0.0 => 1.050_700_987_355_480_5 * x,
        Activation::Selu => 1.050_700_987_355_480_5 * 1.673_263_242_354_377_2 * x.exp_m1(),
    }
}

/// One step of length 1 is the gradient: compares it with differences of the definition in `f64`.
fn check_gradient(plan: &Plan, train: &Ratings) {
    let mut networks = Networks::new(plan, train, 3, None).expect("sound settings");
    let response = plan.training.response(train, plan.training.scale(train));
    // Away from the kinks of ReLU, with no number at zero.
    let mut rng = Rng::new(8, &[]);
    for part in networks.state() {
        part.iter_mut().for_each(|x| *x += 0.2 * rng.normal());
    }
    let batch = networks.some_batch(1);
    let group = plan.training.group(train.items.len());
    let mut naive = Naive::of(plan, &mut networks, response);
    let expected = naive.objective(&batch, group);
    let penalty = naive.penalty(&batch, group);
    let loss = networks.step(&batch, 1.0, &Rng::new(1, &[])) * f64::from(batch.weight);
    let what = format!("{:?} {:?}", plan.training.loss, plan.activation);
    assert!((loss + penalty - expected).abs() < 1e-5, "{what}: {loss} + {penalty}, {expected}");
    let after = Naive::of(plan, &mut networks, response);
    for part in 0..naive.parts.len() {
        for i in 0..naive.parts[part].len() {
            let at = naive.parts[part][i];
            let mut moved = |step: f64| {
                naive.parts[part][i] = at + step;
                naive.objective(&batch, group)
            };
            let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            naive.parts[part][i] = at;
            let found = at - after.parts[part][i];
            let close = (found - slope).abs() < 2e-5 * slope.abs().max(1.0);
            assert!(close, "{what}, part {part}, number {i}: {found}, by differences {slope}");
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let train = data();
    for loss in [Objective::Bce, Objective::Bpr, Objective::Softmax, Objective::FullSoftmax] {
        for activation in ALL {
            let mut plan = Plan { activation, tower_reg: 0.05, ..plan() };
            (plan.training.loss, plan.training.reg) = (loss, 0.03);
            check_gradient(&plan, &train);
            check_gradient(&Plan { factors: 0, layers: vec![4, 17], ..plan.clone() }, &train);
        }
        let mut plan = Plan { layers: Vec::new(), ..plan() };
        (plan.training.loss, plan.factors) = (loss, 19);
        check_gradient(&plan, &train);
    }
    let mut rated = data();
    let values = rated.by_user.values_mut().iter_mut().zip(1..);
    values.for_each(|(v, i)| *v = (i % 5) as f32);
    for link in [Link::Linear, Link::Sigmoid] {
        let mut plan = Plan { tower_reg: 0.05, ..plan() };
        (plan.training.loss, plan.training.link, plan.training.reg) =
            (Objective::Squared, link, 0.1);
        check_gradient(&plan, &rated);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn gradients_agree_whatever_the_sizes(
        factors in 0usize..20, tower in 0usize..4, half in 1usize..20, width in 1usize..20,
        negatives in 1usize..5, batch_size in 1usize..40,
    ) {
        let mut plan = plan();
        plan.activation = Activation::Tanh;
        plan.factors = factors;
        plan.layers = [2 * half].into_iter().chain((0..tower).map(|l| width + l)).collect();
        if tower == 0 {
            plan.layers.clear();
        }
        (plan.training.negatives, plan.training.batch_size) = (negatives, batch_size);
        if factors + tower > 0 {
            check_gradient(&plan, &data());
        }
    }
}

/// Numbers of a JSON list of numbers or of rows.
fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().expect("a number") as f32],
    }
}

#[test]
fn three_steps_agree_with_pytorch() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/torch_steps.json");
    let text = std::fs::read_to_string(path).expect("the golden file");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    let mut cases = 0;
    for case in golden["cases"].as_array().expect("cases") {
        let model = case["model"].as_str().expect("a name");
        if !["gmf", "mlp", "neumf"].contains(&model) {
            continue;
        }
        cases += 1;
        let size = |name: &str| case[name].as_u64().expect("a number") as usize;
        let bpr = case["loss"] == "bpr";
        let mut plan = plan();
        plan.factors = if model == "mlp" { 0 } else { size("factors") };
        plan.layers = match model {
            "gmf" => Vec::new(),
            _ => numbers(&case["layers"]).iter().map(|&width| width as usize).collect(),
        };
        let training = &mut plan.training;
        training.loss = if bpr { Objective::Bpr } else { Objective::Bce };
        // One sample per group of cross-entropy: the labels are given.
        training.negatives = usize::from(bpr);
        let adam = case["optimizer"] == "adam";
        training.optimizer = if adam { Optimizer::Adam } else { Optimizer::Sgd };
        let (users, items) = (size("users"), size("items"));
        let row = (0..items as u32).map(|i| (i, 1.0)).collect::<Vec<_>>();
        let by_user = Csr::from_rows(items, vec![row; users]);
        let train = Ratings { by_user, ..named(users, items) };
        let mut networks = Networks::new(&plan, &train, 0, None).expect("sound settings");

        // Values come first of the four parts of a table's state; the second bias is not in use.
        let names: Vec<String> =
            case["initial"].as_object().expect("parts").keys().cloned().collect();
        let mut order: Vec<String> = Vec::new();
        for name in ["gmf_user", "gmf_item", "mlp_user", "mlp_item"] {
            order.extend(names.iter().find(|n| *n == name).cloned());
        }
        for l in 0..plan.layers.len().saturating_sub(1) {
            order.extend([format!("layers[{l}].weight"), format!("layers[{l}].bias")]);
        }
        let compare = |networks: &mut Networks<'_>, parts: &Value, set: bool| {
            let mut state = networks.state();
            let mut tables = state.iter_mut().step_by(4);
            let mut check = |expected: &[f32], name: &str| {
                let table = tables.next().expect("a table");
                assert_eq!(table.len(), expected.len(), "{name}");
                for (x, e) in table.iter_mut().zip(expected) {
                    if set {
                        *x = *e;
                    }
                    assert!((*x - e).abs() < 3e-6, "{model} {}: {name} {x} for {e}", case["loss"]);
                }
            };
            for name in &order {
                check(&numbers(&parts[name]), name);
            }
            let h = numbers(&parts["output.weight"]);
            check(&h[..plan.factors], "h of the product");
            check(&h[plan.factors..], "h of the tower");
            check(&numbers(&parts["output.bias"]), "bias");
        };
        compare(&mut networks, &case["initial"], true);
        let rate = case["rate"].as_f64().expect("a rate") as f32;
        let steps = case["steps"].as_array().expect("steps");
        for (rows, step) in case["batches"].as_array().expect("batches").iter().zip(steps) {
            let rows: Vec<Vec<f32>> = rows.as_array().expect("rows").iter().map(numbers).collect();
            let column = |c: usize| rows.iter().map(move |row| row[c] as u32);
            let mut batch = Batch { users: column(0).collect(), ..Batch::default() };
            match bpr {
                true => {
                    batch.items = rows.iter().flat_map(|r| [r[1] as u32, r[2] as u32]).collect()
                }
                false => {
                    batch.items = column(1).collect();
                    batch.targets = rows.iter().map(|row| row[2]).collect();
                }
            }
            networks.feed().finish(&mut batch, rows.len());
            let loss = networks.step(&batch, rate, &Rng::new(0, &[])) * f64::from(batch.weight);
            let expected = step["loss"].as_f64().expect("a loss");
            assert!((loss - expected).abs() < 1e-6, "{model}: {loss} for {expected}");
            compare(&mut networks, &step["parameters"], false);
        }
    }
    assert_eq!(cases, 5);
}

fn network(plan: &Plan, train: &Ratings) -> Network {
    plan.fit(train, &Run::default()).unwrap_or_else(|e| panic!("{e}")).model
}

#[test]
fn parts_learned_alone_go_into_the_whole() {
    let train = data();
    let mut plan = plan();
    (plan.pretrain_epochs, plan.alpha) = (2, 0.25);
    plan.training.optimizer = Optimizer::Adam;
    let mut networks = Networks::new(&plan, &train, 1, None).expect("sound settings");
    let epoch = |networks: &mut Networks<'_>, number: usize| {
        networks.epoch(number, &Rng::new(1, &[number as u64]));
        networks.model()
    };
    let parts = |model: &Network| {
        let (product, tower) = (model.product.clone().unwrap(), model.tower.clone().unwrap());
        (product.users, product.output, tower.users, tower.output, model.settings.bias)
    };
    let first = networks.model();
    let (gmf, mlp) =
        ([1, 2].map(|e| epoch(&mut networks, e)), [3, 4].map(|e| epoch(&mut networks, e)));
    let ([_, gmf], [_, mlp]) = (gmf, mlp);
    let (first, gmf, mlp) = (parts(&first), parts(&gmf), parts(&mlp));
    // Each phase moves its own half only, and scores with it alone.
    assert!(gmf.0 != first.0 && gmf.2 == first.2 && gmf.3.iter().all(|&h| h == 0.0));
    assert!(mlp.0 == gmf.0 && mlp.2 != gmf.2 && mlp.1.iter().all(|&h| h == 0.0));
    assert!(gmf.4 != mlp.4);
    assert!([1, 4].iter().all(|&e| !networks.counts(e)) && networks.counts(5));
    networks.parts.join(plan.alpha);
    let joint = parts(&networks.model());
    // The phase is still that of the tower, so its half of h is used.
    assert!(joint.3.iter().zip(&mlp.3).all(|(new, old)| *new == 0.75 * old));
    let bias = networks.parts.bias[0].values.data()[0];
    assert!((bias - (0.25 * gmf.4 + 0.75 * mlp.4)).abs() < 1e-6);
    let output = networks.parts.output[0].values.data();
    assert!(output.iter().zip(&gmf.1).all(|(new, old)| *new == 0.25 * old));
}

#[test]
fn the_full_softmax_is_against_every_other_item() {
    let train = data();
    let mut plan = plan();
    plan.training.loss = Objective::FullSoftmax;
    // 15 scores are two interactions, of six items each.
    let batch = Networks::new(&plan, &train, 1, None).expect("sound settings").some_batch(1);
    assert_eq!((batch.users.len(), batch.items.len()), (2, 12));
    for items in batch.items.chunks(6) {
        let mut all = items.to_vec();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    }
    assert!(batch.lonely.is_empty() && batch.corrections == [0.0; 12] && batch.weight == 0.5);
    let gmf = Gmf { factors: 2, training: plan.training.clone(), ..Gmf::default() };
    assert!(!gmf.takes_negatives() && gmf.fit(&train, &Run::default()).is_ok());
}

#[test]
fn who_has_everything_is_learned_from_without_negatives() {
    let train = data();
    for loss in [Objective::Bce, Objective::Bpr, Objective::Softmax] {
        let mut plan = plan();
        (plan.training.loss, plan.training.epochs) = (loss, 3);
        let networks = Networks::new(&plan, &train, 0, None).expect("sound settings");
        let batch = networks.some_batch(5);
        let whole: Vec<u32> =
            (0u32..).zip(&batch.users).filter(|(_, u)| **u == 3).map(|g| g.0).collect();
        assert_eq!(batch.lonely, whole);
        let model = network(&plan, &train);
        let mut scores = [f32::NAN; 6];
        model.score(crate::User::of(&train, 3), &[0, 1, 2, 3, 4, 5], &mut scores);
        assert!(scores.iter().all(|s| s.is_finite()));
    }
}

#[test]
fn settings_out_of_range_are_refused_with_a_reason() {
    let train = data();
    let says = |change: &dyn Fn(&mut Neumf)| {
        let mut neumf = Neumf { layers: vec![4, 2], ..Neumf::default() };
        neumf.training.epochs = 1;
        change(&mut neumf);
        match neumf.fit(&train, &Run::default()) {
            Ok(_) => panic!("{neumf:?} is taken"),
            Err(e) => e.to_string(),
        }
    };
    let starts = |text: String, with: &str| assert!(text.starts_with(with), "{text}");
    starts(says(&|n| n.layers = vec![]), "setting `layers`: needs at least two numbers");
    starts(says(&|n| n.layers = vec![8]), "setting `layers`: needs at least two numbers");
    starts(says(&|n| n.layers = vec![5, 2]), "setting `layers`: the input size must be even");
    starts(says(&|n| n.layers = vec![4, 0, 2]), "setting `layers`: all sizes must be at least 1");
    starts(says(&|n| n.dropout = 1.0), "setting `dropout`: must be at least 0 and below 1");
    starts(says(&|n| n.dropout = -0.1), "setting `dropout`");
    starts(says(&|n| n.alpha = 1.5), "setting `alpha`: must be between 0 and 1");
    starts(says(&|n| n.factors = 0), "setting `factors`: must be at least 1");
    starts(says(&|n| n.training.negatives = 0), "setting `negatives`: this loss needs at least 1");
    starts(
        says(&|n| n.training.negatives = 6),
        "setting `negatives`: must be fewer than the number",
    );
    starts(says(&|n| n.training.epochs = 0), "setting `epochs`");
    starts(says(&|n| n.training.batch_size = 0), "setting `batch_size`");
    starts(says(&|n| n.training.learning_rate = 0.0), "setting `learning_rate`");
    starts(says(&|n| n.training.decay = 0.0), "setting `decay`");
    starts(says(&|n| n.training.period = 0), "setting `period`");
    starts(says(&|n| n.training.reg = f32::NAN), "setting `reg`");
    starts(says(&|n| n.tower_reg = Some(-1.0)), "setting `tower_reg`");
    starts(says(&|n| n.tower_weight_decay = Some(f32::NAN)), "setting `tower_weight_decay`");
    starts(says(&|n| n.training.sampler_exponent = -1.0), "setting `sampler_exponent`");

    let fit = |train: &Ratings, loss, link| {
        let training = Training { loss, link, epochs: 1, ..Training::default() };
        match (Gmf { factors: 2, training, ..Gmf::default() }).fit(train, &Run::default()) {
            Ok(_) => panic!("taken"),
            Err(e) => e.to_string(),
        }
    };
    let mut rated = data();
    rated.by_user.values_mut()[0] = 4.0;
    for loss in [Objective::Bce, Objective::Bpr, Objective::Softmax] {
        let text = fit(&rated, loss, Link::Linear);
        starts(text.clone(), "setting `loss`: needs interactions that all count the same");
        assert!(
            text.contains("`implicit`") && text.contains("`threshold`") && text.contains("squared")
        );
    }
    starts(fit(&data(), Objective::Squared, Link::Sigmoid), "setting `link`: all values are 1");
    let one = Csr::from_rows(1, [[(0, 1.0)], [(0, 1.0)]]);
    let one = Ratings { by_user: one, ..named(2, 1) };
    assert!(fit(&one, Objective::Bce, Link::Linear).contains("with one item"));
}

#[test]
fn negatives_that_are_given_are_drawn_from() {
    let train = data();
    let plan = plan();
    let given = [vec![3, 5], vec![5, 0], vec![], vec![]];
    let networks = Networks::new(&plan, &train, 0, Some(&given)).expect("sound settings");
    let batch = networks.some_batch(5);
    for (g, &user) in (0u32..).zip(&batch.users) {
        let items = &batch.items[g as usize * 3..][1..3];
        match user {
            0 => assert!(items.iter().all(|i| [3, 5].contains(i))),
            1 => assert!(items.iter().all(|i| *i == 5), "{items:?}: 0 is their own"),
            _ => assert!(batch.lonely.contains(&g)),
        }
    }
    let says = |given: &[Vec<u32>]| {
        let run = Run { negatives: Some(given), ..Run::default() };
        plan.fit(&train, &run).unwrap_err().to_string()
    };
    assert!(says(&given[..3]).ends_with("3 lists for 4 users"));
    assert!(says(&[vec![], vec![6], vec![], vec![]]).ends_with("item 6 of 6 items"));
    let own = [vec![], vec![0], vec![], vec![3, 5]];
    assert!(says(&own).ends_with("every given negative is an item its user already has"));
}

#[test]
fn output_weights_of_one_stay() {
    let train = data();
    let plan = Plan { output: OutputWeights::Ones, ..plan() };
    let mut networks = Networks::new(&plan, &train, 3, None).unwrap();
    let embeddings = |networks: &Networks<'_>| {
        networks.parts.product.as_ref().expect("a product").items.values.data().to_vec()
    };
    let before = embeddings(&networks);
    networks.epoch(1, &Rng::new(3, &[1]));
    assert_eq!(networks.parts.output[0].values.data(), [1.0; 3]);
    assert_ne!(embeddings(&networks), before);
}

#[test]
fn halves_may_decay_apart() {
    let train = data();
    let sizes = |tower_weight_decay: f32| {
        let plan = Plan { tower_weight_decay, ..plan() };
        let mut networks = Networks::new(&plan, &train, 3, None).unwrap();
        // The weight a whole step takes away at rate 1.
        let batch = networks.some_batch(1);
        networks.step(&batch, 1.0, &Rng::new(1, &[]));
        let Parts { product, tower, layers, .. } = &networks.parts;
        let [product, tower] = [product, tower].map(|sides| sides.as_ref().expect("both halves"));
        let tables = [&product.users, &product.items, &tower.users, &layers[0].0];
        tables.map(|table| table.values.data().to_vec())
    };
    let (without, with) = (sizes(0.0), sizes(0.5));
    assert_eq!(without[..2], with[..2]);
    assert!(without[2..].iter().zip(&with[2..]).all(|(without, with)| without != with));
    let unset =
        Neumf { training: Training { reg: 0.1, ..Training::default() }, ..Neumf::default() };
    let set = Neumf { tower_reg: Some(0.2), tower_weight_decay: Some(0.3), ..unset.clone() };
    let halves = |plan: Plan| (plan.training.reg, plan.tower_reg, plan.tower_weight_decay);
    assert_eq!(halves(Plan::from(&unset)), (0.1, 0.1, 0.0));
    assert_eq!(halves(Plan::from(&set)), (0.1, 0.2, 0.3));
}

#[test]
fn a_step_takes_what_its_samples_take() {
    // Five groups of three samples, and three steps for twelve interactions.
    let plan = plan();
    assert_eq!(plan.step_bytes(&data().by_user), (4 * 15 * (6 * 3 + 3 * (5 + 4) + 3 + 3), 15));
    assert!(plan.check_room(&data()).is_ok());
    let deep: Vec<usize> = (0..64).map(|l| if l % 2 == 1 { 1 << 16 } else { 2 }).collect();
    for (batch_size, says) in [
        (1 << 30, "setting `batch_size`: 1200012 samples of a step take"),
        (1, "setting `negatives`: 100001 samples of a step take"),
    ] {
        let training = Training { batch_size, negatives: 100_000, ..plan.training.clone() };
        let plan = Plan { layers: deep.clone(), training, ..plan.clone() };
        let told = plan.check_room(&data()).unwrap_err().to_string();
        assert!(told.starts_with(says), "{told}");
    }
}
