//! A map of the vectors that a model has learned.

use super::{Axis, Content, Dots, Figure, Mark, Panel};
use crate::data::prose::{number, percent};
use crate::error::{Error, Result};
use crate::math::real::square;
use crate::math::svd::{Effort, Filled, Sparse};
use crate::math::{Matrix, Rng};
use crate::model::User;
use crate::recommender::Recommender;

/// The most users, and the most items, that are drawn.
const MOST: usize = 500;
/// The most users and items together that are all labelled.
const LABELLED: usize = 60;

/// Draws users and items by the vectors that the model has learned for them. Vectors of two numbers are drawn as they
/// are. Longer ones are projected on the plane in which they differ most: the first two principal components of the
/// users and items drawn, together. Biases are not part of the vectors.
///
/// Of more than 500 users every n-th is drawn, of more than 500 items the most popular; the legend says so. Models with vectors of items
/// alone, or whose users lie in another space, give a map of items.
///
/// # Errors
/// If the model has no vectors, or vectors of one number.
pub fn map(recommender: &Recommender) -> Result<Figure> {
    let (model, name) = (recommender.model(), recommender.card().name());
    let items = model.item_vectors().ok_or_else(|| {
        let shape = model.kind();
        Error::Unsupported(format!(
            "{name} has no user or item vectors to draw (shape {shape}); factorizations, autoencoders and networks \
             have"
        ))
    })?;
    let users = model.user_vectors().filter(|users| users.cols() == items.cols());
    if items.cols() < 2 {
        return Err(Error::Unsupported(format!(
            "a map needs vectors of at least two numbers, and those of {name} have {}; train with more factors",
            items.cols()
        )));
    }
    let popular = popular(recommender);
    let shown_items = &popular[..popular.len().min(MOST)];
    let shown_users = users.map_or(Vec::new(), |users| evenly(users.rows()));
    let mut rows: Vec<&[f32]> = shown_items.iter().map(|&i| items.row(i as usize)).collect();
    rows.extend(users.iter().flat_map(|users| shown_users.iter().map(|&u| users.row(u as usize))));
    let (places, axes) = match items.cols() {
        2 => (
            rows.iter().map(|row| (f64::from(row[0]), f64::from(row[1]))).collect(),
            ["factor 1".to_owned(), "factor 2".to_owned()],
        ),
        _ => principal(&rows),
    };
    let all = rows.len() <= LABELLED;
    let title = |item: u32| {
        let id = recommender.items().name(item);
        recommender.catalogue().and_then(|catalogue| catalogue.title(id)).unwrap_or(id).to_owned()
    };
    let of_item = |(at, &item): (usize, &u32)| {
        let label = if all { title(item) } else { String::new() };
        Mark { at: places[at], label, group: 0, faint: false }
    };
    let of_user = |(at, &user): (usize, &u32)| {
        let label = if all { recommender.users().name(user).to_owned() } else { String::new() };
        Mark { at: places[shown_items.len() + at], label, group: 1, faint: false }
    };
    let mut marks: Vec<Mark> = shown_users.iter().enumerate().map(of_user).collect();
    // Items are drawn over users, the most popular last.
    marks.extend(shown_items.iter().enumerate().map(of_item).rev());
    let mut groups = vec![told("items", shown_items.len(), popular.len(), "the most popular")];
    if let Some(users) = users {
        groups.push(told("users", shown_users.len(), users.rows(), "evenly chosen"));
    }
    let what = if users.is_some() { "Users and items" } else { "Items" };
    let [x, y] = axes.map(Axis::new);
    Ok(Figure::new(&[Panel {
        title: format!("{what} by the vectors of {name}"),
        x,
        y,
        content: Content::Dots(Dots { marks, groups, equal: true, ..Dots::default() }),
    }]))
}

/// Names a group, and what part of it is drawn.
fn told(name: &str, shown: usize, all: usize, how: &str) -> String {
    match shown == all {
        true => format!("{} {name}", number(all)),
        false => format!("{} of {} {name}, {how}", number(shown), number(all)),
    }
}

/// Returns all items, the most popular first: the order for a user about whom nothing is known.
fn popular(recommender: &Recommender) -> Vec<u32> {
    let mut items: Vec<u32> = (0..recommender.items().len() as u32).collect();
    let mut scores = vec![0.0; items.len()];
    recommender.model().score(User::default(), &items, &mut scores);
    items.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]));
    items
}

/// Returns at most [`MOST`] of `n` numbers, evenly spaced.
fn evenly(n: usize) -> Vec<u32> {
    let shown = n.min(MOST);
    (0..shown).map(|at| (at * n / shown) as u32).collect()
}

/// Returns the first two principal components of `rows`, with the names of the axes.
fn principal(rows: &[&[f32]]) -> (Vec<(f64, f64)>, [String; 2]) {
    let width = rows.first().map_or(0, |row| row.len());
    let mut mean = vec![0f64; width];
    for row in rows {
        mean.iter_mut().zip(*row).for_each(|(mean, &x)| *mean += f64::from(x));
    }
    mean.iter_mut().for_each(|mean| *mean /= rows.len() as f64);
    let centred =
        Matrix::from_fn(rows.len(), width, |r, c| (f64::from(rows[r][c]) - mean[c]) as f32);
    let transposed = centred.transposed();
    let (by_row, by_column) = (Entries::of(&centred), Entries::of(&transposed));
    let filled =
        Filled { rows: by_row.view(&centred), columns: by_column.view(&transposed), fill: 0.0 };
    let effort = Effort { oversampling: 8, power_iterations: 20 };
    let found = filled.decompose(2.min(rows.len()), effort, &Rng::new(0, &[]));
    let image = filled.times(&found.right);
    // The sign of a component is free: its largest coordinate is positive.
    let sign = |c: usize| {
        let largest = (0..image.rows())
            .map(|r| image.row(r)[c])
            .fold(0f32, |largest, x| if x.abs() > largest.abs() { x } else { largest });
        if largest < 0.0 { -1.0 } else { 1.0 }
    };
    let component = |c: usize| -> Vec<f64> {
        let sign = sign(c);
        (0..image.rows()).map(|r| sign * f64::from(image.row(r)[c])).collect()
    };
    let (x, y) = match image.cols() {
        0 => (vec![], vec![]),
        1 => (component(0), vec![0.0; image.rows()]),
        _ => (component(0), component(1)),
    };
    let whole: f64 = centred.data().iter().map(|&x| square(f64::from(x))).sum();
    let named = |number: usize, coordinates: &[f64]| {
        let part: f64 = coordinates.iter().map(|&x| square(x)).sum();
        let share = if whole > 0.0 { part / whole } else { 0.0 };
        format!("principal component {number} ({} of the variance)", percent(share))
    };
    let names = [named(1, &x), named(2, &y)];
    (x.into_iter().zip(y).collect(), names)
}

/// The places of the numbers of a matrix without gaps.
struct Entries {
    starts: Vec<usize>,
    columns: Vec<u32>,
}

impl Entries {
    fn of(matrix: &Matrix) -> Self {
        let (rows, cols) = (matrix.rows(), matrix.cols());
        Self {
            starts: (0..=rows).map(|row| row * cols).collect(),
            columns: (0..rows).flat_map(|_| 0..cols as u32).collect(),
        }
    }

    fn view<'a>(&'a self, matrix: &'a Matrix) -> Sparse<'a> {
        Sparse { starts: &self.starts, columns: &self.columns, values: matrix.data() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Ratings;
    use crate::train::Run;
    use crate::{Algorithm, BiasedMf, Ease};

    #[test]
    fn points_in_a_tilted_plane_keep_their_distances() {
        // a (2, 1, 2) / 3 + b (−2, 2, 1) / 3, orthonormal directions; Σ a² = 20, Σ b² = 4.
        let plane = [(3.0, 1.0), (-3.0, 1.0), (1.0, -1.0), (-1.0, -1.0)];
        let rows: Vec<Vec<f32>> = plane
            .iter()
            .map(|(a, b)| {
                [(2.0, -2.0), (1.0, 2.0), (2.0, 1.0)]
                    .map(|(x, y)| 5.0 + (a * x + b * y) / 3.0)
                    .into()
            })
            .collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let (found, axes) = principal(&rows);
        for ((x, y), (a, b)) in found.iter().zip(plane) {
            assert!((x.abs() - f64::from(a).abs()).abs() < 1e-5, "{found:?}");
            assert!((y.abs() - f64::from(b).abs()).abs() < 1e-5, "{found:?}");
        }
        let apart = |i: usize, j: usize| {
            ((found[i].0 - found[j].0).powi(2) + (found[i].1 - found[j].1).powi(2)).sqrt()
        };
        assert!((apart(0, 1) - 6.0).abs() < 1e-5 && (apart(0, 3) - 20f64.sqrt()).abs() < 1e-5);
        assert_eq!(axes[0], "principal component 1 (83 % of the variance)");
        assert_eq!(axes[1], "principal component 2 (17 % of the variance)");
        // Equal vectors, and a single one, have a place.
        assert_eq!(principal(&[&[1.0, 2.0, 3.0][..]; 3]).0, [(0.0, 0.0); 3]);
        assert_eq!(principal(&[&[1.0, 2.0, 3.0][..]]).0, [(0.0, 0.0)]);
    }

    fn small(algorithm: &Algorithm) -> Recommender {
        let all = (0..90).map(|at| (at / 9, at % 9)).filter(|(u, i)| (u + i) % 3 > 0);
        let named: Vec<_> =
            all.map(|(u, i)| (format!("u{u}"), format!("i{i}"), (u * i % 4) as f32)).collect();
        let triples = named.iter().map(|(u, i, value)| (&**u, &**i, *value));
        let ratings = Ratings::from_triples(triples).unwrap();
        Recommender::train(algorithm, &ratings, &Run::default()).unwrap()
    }

    #[test]
    fn all_of_a_small_model_are_labelled() {
        for (factors, axis) in [(2, "factor 1"), (5, "principal component 1")] {
            let model = small(&Algorithm::BiasedMf(BiasedMf { factors, ..BiasedMf::default() }));
            let svg = map(&model).unwrap().svg();
            assert!(
                svg.contains(axis) && svg.contains("10 users") && svg.contains("9 items"),
                "{svg}"
            );
            assert_eq!(svg.matches("<circle").count(), 19 + 2, "two are in the legend");
            assert!((0..10).all(|u| svg.contains(&format!(">u{u}</text>"))));
            assert_eq!(svg, map(&model).unwrap().svg());
        }
    }

    #[test]
    fn what_has_no_plane_is_refused() {
        let says = |algorithm: &Algorithm| map(&small(algorithm)).unwrap_err().to_string();
        let ease = says(&Algorithm::Ease(Ease::default()));
        assert!(ease.contains("ease has no user or item vectors to draw"), "{ease}");
        let line = says(&Algorithm::BiasedMf(BiasedMf { factors: 1, ..BiasedMf::default() }));
        assert!(line.contains("at least two numbers"), "{line}");
    }

    #[test]
    fn of_many_some_are_drawn() {
        assert_eq!(evenly(3), [0, 1, 2]);
        let some = evenly(2500);
        assert_eq!((some.len(), some[1], some[499]), (MOST, 5, 2495));
        assert_eq!(told("users", 500, 2500, "evenly chosen"), "500 of 2,500 users, evenly chosen");
    }
}
