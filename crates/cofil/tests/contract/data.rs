//! Data with known correct answers.

use super::*;

/// Even users like even items, odd users odd ones; each user's own diagonal item is held out.
pub fn checkerboard(n: u32) -> Ratings {
    let names: Arc<cofil::IdMap> = Arc::new((0..n).map(|i| format!("id{i}")).collect());
    let row = |u: u32| (0..n).filter(move |&i| i != u && i % 2 == u % 2).map(|i| (i, 1.0));
    let by_user = Csr::from_rows(n as usize, (0..n).map(row));
    Ratings { users: names.clone(), items: names, by_user, times: None }
}

/// The same tastes as ratings: 5 for the own parity, 1 for the other; each user's own item and three of the other
/// parity are held out.
pub fn rated_checkerboard(n: u32) -> Ratings {
    let withheld = |u: u32, i: u32| [0, 1, 3, 5].iter().any(|d| (u + d) % n == i);
    let value = |u: u32, i: u32| if i % 2 == u % 2 { 5.0 } else { 1.0 };
    let row = |u: u32| (0..n).filter(move |&i| !withheld(u, i)).map(move |i| (i, value(u, i)));
    let by_user = Csr::from_rows(n as usize, (0..n).map(row));
    Ratings { by_user, ..checkerboard(n) }
}

/// The checkerboard that `algorithm` can learn: an algorithm that predicts ratings cannot learn if all values are 1.
pub fn board(algorithm: &Algorithm, n: u32) -> Ratings {
    match algorithm.target() {
        Target::Preference => checkerboard(n),
        Target::Rating => rated_checkerboard(n),
    }
}

/// Ratings 1–5 from two hidden tastes, with noise.
pub fn tastes(users: usize, items: usize) -> Ratings {
    let mut rng = Rng::new(11, &[]);
    let p = Matrix::from_fn(users, 2, |_, _| rng.normal());
    let q = Matrix::from_fn(items, 2, |_, _| rng.normal());
    let rows: Vec<Vec<(u32, f32)>> = (0..users)
        .map(|u| {
            (0..items)
                .filter(|_| rng.uniform() < 0.5)
                .collect::<Vec<_>>()
                .into_iter()
                .map(|i| {
                    let x = p.row(u)[0] * q.row(i)[0] + p.row(u)[1] * q.row(i)[1];
                    (i as u32, (3.0 + x + 0.2 * rng.normal()).round().clamp(1.0, 5.0))
                })
                .collect()
        })
        .collect();
    Ratings {
        users: Arc::new((0..users).map(|u| format!("u{u}")).collect()),
        items: Arc::new((0..items).map(|i| format!("i{i}")).collect()),
        by_user: Csr::from_rows(items, rows),
        times: None,
    }
}
