use super::*;
use crate::math::Rng;
use crate::similarity::Weighting;

fn ratings() -> Csr {
    let mut rng = Rng::new(5, &[]);
    let row = |_| {
        let chosen: Vec<u32> = (0..30).filter(|_| rng.uniform() < 0.4).collect();
        chosen.into_iter().map(|i| (i, 1.0 + rng.below(5) as f32)).collect::<Vec<_>>()
    };
    Csr::from_rows(30, (0..40).map(row).collect::<Vec<_>>())
}

fn measure(similarity: Similarity, weighting: Weighting, shrinkage: f32) -> Measure {
    Measure { similarity, weighting, k1: 1.2, b: 0.75, shrinkage }
}

/// s_uv from the equations of `item_knn`, with users in place of items.
fn naive(measure: Measure, x: &Csr, u: usize, v: usize) -> f64 {
    let (users, mean) = (x.rows() as f64, x.iter().map(length).sum::<f64>() / x.rows() as f64);
    let weighted = |row: Row<'_>, i: u32| {
        let value = f64::from(row.get(i)?);
        let having = x.iter().filter(|row| row.get(i).is_some()).count() as f64;
        let idf = users.ln() - (1.0 + having).ln();
        let (k1, b) = (f64::from(measure.k1), f64::from(measure.b));
        Some(match measure.weighting {
            Weighting::None => value,
            Weighting::TfIdf => value.sqrt() * idf,
            Weighting::Bm25 => {
                value * (k1 + 1.0) / (k1 * (1.0 - b + b * length(row) / mean) + value) * idf
            }
        })
    };
    let of = |u: usize| (0..30).filter_map(move |i| weighted(x.row(u), i));
    let both: Vec<(f64, f64)> =
        (0..30).filter_map(|i| weighted(x.row(u), i).zip(weighted(x.row(v), i))).collect();
    let (dot, common) = (both.iter().map(|(x, y)| x * y).sum::<f64>(), both.len() as f64);
    let norm = |u: usize| of(u).map(|x| x * x).sum::<f64>().sqrt();
    let similarity = match measure.similarity {
        Similarity::Dot => dot,
        Similarity::Cosine => dot / norm(u) / norm(v),
        Similarity::Jaccard => common / (x.row(u).len() as f64 + x.row(v).len() as f64 - common),
        Similarity::Pearson => {
            let (mx, my) = both.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
            let (mx, my) = (mx / common, my / common);
            let sum = |f: &dyn Fn(f64, f64) -> f64| {
                both.iter().map(|(x, y)| f(x - mx, y - my)).sum::<f64>()
            };
            sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
        }
    };
    let similarity = similarity * common / (common + f64::from(measure.shrinkage));
    // Nothing in common, or nothing that varies.
    if similarity.is_finite() { similarity } else { 0.0 }
}

#[test]
fn similarities_and_scores_are_those_of_the_equations() {
    use {Similarity::*, Weighting::*};
    let x = ratings();
    let kinds = [(Cosine, None), (Cosine, TfIdf), (Dot, Bm25), (Jaccard, None), (Pearson, None)];
    for ((similarity, weighting), shrinkage) in
        kinds.into_iter().flat_map(|kind| [(kind, 0.0), (kind, 3.0)])
    {
        let measure = measure(similarity, weighting, shrinkage);
        let settings = UserNeighboursSettings { neighbours: 3, votes: Votes::Values(measure) };
        let model = UserNeighbours::new(x.clone(), settings, Vec::new());
        for u in 0..40 {
            let user = User { index: Some(u as u32), history: x.row(u) };
            let found = model.similar(user);
            let exact = |v: usize| if v == u { 0.0 } else { naive(measure, &x, u, v) };
            for (v, &found) in found.iter().enumerate() {
                let exact = exact(v);
                let near = (f64::from(found) - exact).abs() < 1e-4 * exact.abs().max(1.0);
                assert!(near, "{measure:?}: {found} for {exact}");
            }
            let mut nearest: Vec<usize> = (0..40).filter(|&v| found[v] > 0.0).collect();
            nearest.sort_by(|&a, &b| found[b].total_cmp(&found[a]));
            let mut scores = [0.0; 30];
            model.score(user, &(0..30).collect::<Vec<_>>(), &mut scores);
            for i in 0..30u32 {
                let vote = |&v: &usize| exact(v) * f64::from(x.row(v).get(i).unwrap_or(0.0));
                let exact: f64 = nearest.iter().take(3).map(vote).sum();
                let near = (f64::from(scores[i as usize]) - exact).abs() < 1e-3 * exact.max(1.0);
                assert!(near, "{measure:?}: {} for {exact}", scores[i as usize]);
            }
        }
    }
}

#[test]
fn deviations_are_averaged_over_the_nearest_who_rated_the_item() {
    let x = ratings();
    let baseline = Levels::fit(&x, 3.0, 5, 15.0, 10.0);
    let votes = Votes::Deviations { mean: 3.0, reg_user: 15.0, shrinkage: 2.0 };
    let settings = UserNeighboursSettings { neighbours: 4, votes };
    let model = UserNeighbours::new(x.clone(), settings, baseline.item_bias.clone());
    let rests = baseline.rests(&x);
    let rest = |u: usize, i: u32| rests.row(u).get(i).map(f64::from);
    for u in 0..40 {
        let similarity = |v: usize| {
            let both: Vec<(f64, f64)> =
                (0..30).filter_map(|i| rest(u, i).zip(rest(v, i))).collect();
            let sum = |f: &dyn Fn(f64, f64) -> f64| both.iter().map(|p| f(p.0, p.1)).sum::<f64>();
            let others = both.len() as f64 - 1.0;
            let r = sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
            if v == u { 0.0 } else { r * others / (others + 2.0) }
        };
        let user = User { index: Some(u as u32), history: x.row(u) };
        let mut scores = [0.0; 30];
        model.score(user, &(0..30).collect::<Vec<_>>(), &mut scores);
        for i in 0..30 {
            let mut raters: Vec<(f64, f64)> =
                (0..40).filter_map(|v| Some((similarity(v), rest(v, i)?))).collect();
            raters.retain(|(s, _)| *s > 0.0);
            raters.sort_by(|a, b| b.0.total_cmp(&a.0));
            raters.truncate(4);
            let weight: f64 = raters.iter().map(|(s, _)| s).sum();
            let vote: f64 = raters.iter().map(|(s, r)| s * r).sum();
            let base = baseline.of(baseline.user_bias(x.row(u)), i);
            let exact = f64::from(base) + if weight > 0.0 { vote / weight } else { 0.0 };
            let mut one = [0.0];
            model.score(user, &[i], &mut one);
            assert_eq!(one[0], scores[i as usize], "few items and all");
            assert!((f64::from(one[0]) - exact).abs() < 1e-4, "{} for {exact}", one[0]);
        }
    }
}
