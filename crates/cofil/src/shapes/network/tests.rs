use super::*;
use crate::data::Row;
use crate::data::Sampling;
use crate::math::Rng;
use crate::nn::loss::Objective;
use crate::shapes::load;

fn matrix(rows: usize, cols: usize, rng: &mut Rng) -> Matrix {
    Matrix::from_fn(rows, cols, |_, _| rng.normal())
}

/// Three users, many items.
fn network(items: usize) -> Network {
    let mut rng = Rng::new(5, &[]);
    let product = Product {
        users: matrix(3, 4, &mut rng),
        items: matrix(items, 4, &mut rng),
        output: matrix(1, 4, &mut rng).into_data(),
    };
    let layer = |inputs: usize, outputs: usize, rng: &mut Rng| {
        (matrix(outputs, inputs, rng), matrix(1, outputs, rng).into_data())
    };
    let tower = Layers {
        users: matrix(3, 5, &mut rng),
        items: matrix(items, 5, &mut rng),
        dense: vec![layer(10, 18, &mut rng), layer(18, 3, &mut rng)],
        output: matrix(1, 3, &mut rng).into_data(),
    };
    let fold_in = Sampled {
        loss: Objective::Bce,
        negatives: 2,
        sampler: Sampling::Uniform,
        exponent: 1.0,
        reg: 0.01,
        bias: false,
        unit: 1.0,
    };
    let settings = NetworkSettings {
        activation: Activation::Relu,
        bias: 0.5,
        link: ScoreFunction::Identity,
        fold_in,
    };
    let popular = (0..items).map(|i| (i % 7) as f32).collect();
    Network::new(Some(product), Some(tower), popular, vec![0.1; 9], settings)
}

/// The definition in `f64`.
fn naive(network: &Network, vector: &[f32], item: usize) -> f64 {
    let (product, tower) = (network.product.as_ref().unwrap(), network.tower.as_ref().unwrap());
    let mut sum = f64::from(network.settings.bias);
    for l in 0..4 {
        sum += f64::from(product.output[l]) * f64::from(vector[l] * product.items.row(item)[l]);
    }
    let mut x: Vec<f64> =
        vector[4..].iter().chain(tower.items.row(item)).map(|&x| f64::from(x)).collect();
    for (weights, bias) in &tower.dense {
        let output = |o: usize| {
            let products = x.iter().zip(weights.row(o)).map(|(x, w)| x * f64::from(*w));
            (f64::from(bias[o]) + products.sum::<f64>()).max(0.0)
        };
        x = (0..bias.len()).map(output).collect();
    }
    sum + x.iter().zip(&tower.output).map(|(x, h)| x * f64::from(*h)).sum::<f64>()
}

#[test]
fn scores_agree_with_the_definition() {
    let network = network(600);
    let user = User { index: Some(1), history: Row::default() };
    let vector = network.vector_of(user).expect("known");
    let mut block = Matrix::zeros(2, 600);
    network.score_block(&[user, User::default()], &mut block);
    let mut some = [0.0; 3];
    network.score(user, &[599, 0, 255], &mut some);
    for (at, item) in [599, 0, 255].into_iter().enumerate() {
        let expected = naive(&network, &vector, item);
        let error = (f64::from(some[at]) - expected).abs();
        assert!(error < 1e-3 && block.row(0)[item] == some[at], "{error}");
    }
    assert_eq!(block.row(1), network.popular);
}

#[test]
fn gradients_by_the_user_agree_with_finite_differences() {
    let network = network(20);
    let vector: Vec<f32> = network.vector_of(User { index: Some(2), ..User::default() }).unwrap();
    let (items, slopes) = ([3, 7, 7, 19, 0], [0.5, -1.0, 2.0, 0.1, 0.7]);
    let mut model = network.of_user();
    let mut scores = [0.0; 5];
    super::super::sampled::OfUser::scores(&mut model, &vector, &items, &mut scores);
    let mut gradient = vec![9.0; 9];
    super::super::sampled::OfUser::gradient(&mut model, &vector, &items, &slopes, &mut gradient);
    for l in 0..9 {
        let moved = |step: f32| {
            let mut vector = vector.clone();
            vector[l] += step;
            let scores = items.iter().zip(slopes);
            scores.map(|(&i, s)| f64::from(s) * naive(&network, &vector, i as usize)).sum::<f64>()
        };
        let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3;
        assert!((f64::from(gradient[l]) - slope).abs() < 2e-2, "{l}: {gradient:?}, {slope}");
    }
}

#[test]
fn a_product_alone_is_an_inner_product() {
    let both = network(20);
    assert!(both.clone().into_factors().is_none());
    let mut one = Network { tower: None, ..both };
    one.stranger.truncate(4);
    let user = User { index: Some(0), ..User::default() };
    let items: Vec<u32> = (0..20).collect();
    let (mut a, mut b) = ([0.0; 20], [0.0; 20]);
    one.score(user, &items, &mut a);
    one.into_factors().expect("no tower").score(user, &items, &mut b);
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?} {b:?}");
}

#[test]
fn files_with_parts_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m");
    let load = |network: &Network, settings: Value, left_out: &str| {
        let tensors = network.tensors().into_iter().filter(|t| t.name() != left_out);
        let tensors: Vec<Tensor<'_>> = tensors.collect();
        store::write(&path, "model", &Value::Null, &tensors).expect("written");
        let archive = store::read(&path, "model").expect("read");
        load(Network::KIND, &settings, &archive, 3, 20).map(|model| model.items())
    };
    let sound = network(20);
    assert_eq!(load(&sound, sound.settings(), "").expect("sound"), 20);
    for tensor in sound.tensors() {
        // Without the users' vectors a half is missing, and then `stranger` has the wrong length.
        assert!(load(&sound, sound.settings(), tensor.name()).is_err(), "{}", tensor.name());
    }
    let broken = |change: &dyn Fn(&mut Network)| {
        let mut network = network(20);
        change(&mut network);
        load(&network, network.settings(), "").unwrap_err().to_string()
    };
    assert!(broken(&|n| n.popular.truncate(19)).contains("`popular` has 19 numbers"));
    assert!(broken(&|n| n.stranger.push(0.0)).contains("`stranger` has 10 numbers"));
    assert!(broken(&|n| n.settings.bias = f32::MAX * 2.0).contains("settings of shape network"));
    assert!(broken(&|n| n.settings.fold_in.negatives = 0).contains("outside its range"));
    assert!(
        broken(&|n| n.tower.as_mut().unwrap().users = Matrix::zeros(3, 4)).contains("do not fit")
    );
    let says = broken(&|n| n.tower.as_mut().unwrap().dense[1].0 = Matrix::zeros(3, 17));
    assert!(says.contains("layer 2 does not fit"), "{says}");
    let says = broken(&|n| n.product.as_mut().unwrap().output.push(1.0));
    assert!(says.contains("`product_output` has 5 numbers"), "{says}");
    let nothing = Network { product: None, tower: None, ..network(20) };
    assert!(
        load(&nothing, nothing.settings(), "").unwrap_err().to_string().contains("without emb")
    );
}
