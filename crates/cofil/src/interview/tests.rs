use super::*;
use crate::algorithm::Algorithm;
use crate::ask::Unknown;
use crate::data::Ratings;
use crate::math::{Matrix, vector};
use crate::recipes::Ials;
use crate::train::Run;

fn trained() -> Interviewer {
    let mut rng = Rng::new(3, &[]);
    let triples: Vec<(String, String)> = (0..40)
        .flat_map(|u| (0..30).map(move |i| (u, i)))
        .filter(|(u, i)| (u + i) % 3 == 0 && rng.uniform() < 0.7)
        .map(|(u, i)| (format!("u{u}"), format!("i{i}")))
        .collect();
    let triples = triples.iter().map(|(u, i)| (&**u, &**i, 1.0));
    let ratings = Ratings::from_triples(triples).unwrap();
    let ials = Algorithm::Ials(Ials { factors: 5, ..Ials::default() });
    Interviewer::new(Recommender::train(&ials, &ratings, &Run::default()).unwrap().into())
}

/// A⁻¹ b for each row b of `right`.
fn solved(a: &Matrix, right: &Matrix) -> Matrix {
    let mut x = right.clone();
    for r in 0..x.rows() {
        assert!(crate::math::solve::solve_spd(&mut a.data().to_vec(), x.row_mut(r)));
    }
    x
}

fn inverse(a: &Matrix) -> Matrix {
    let one = Matrix::from_fn(a.rows(), a.rows(), |r, c| f32::from(r == c));
    solved(a, &one)
}

#[test]
fn the_question_is_the_one_that_shrinks_the_trace_most() {
    let interviewer = trained();
    let trace = |m: &Matrix| (0..m.rows()).map(|l| m.row(l)[l]).sum::<f32>();
    let mut interview = interviewer.begin(Strategy::Variance, 0).unwrap();
    let belief = |interview: &Interview<'_>| interview.belief.clone().unwrap();
    let prior = belief(&interview);
    // The naive version: Σ = (Σ₀⁻¹ + Σ_asked q qᵀ / v)⁻¹, m = Σ (Σ₀⁻¹ m₀ + Σ_asked q y / v).
    let mut precision = inverse(&prior.covariance);
    let mut pull: Vec<f32> = (0..5).map(|a| vector::dot(precision.row(a), &prior.mean)).collect();
    let with = |mut a: Matrix, item: usize| {
        let q = prior.places.items.row(item);
        (0..5).for_each(|l| vector::add_scaled(a.row_mut(l), q[l] / prior.noise[item], q));
        a
    };
    for step in 0..4 {
        let next = interview.question().unwrap();
        let after = |item: usize| trace(&inverse(&with(precision.clone(), item)));
        let best = (0..30).filter(|&i| interview.open[i]).map(after).fold(f32::MAX, f32::min);
        assert!(after(next as usize) <= best * (1.0 + 1e-3));
        let answer = if step % 2 == 0 { Reply::Value(1.0) } else { Reply::No };
        interview.answer(next, answer);
        precision = with(precision, next as usize);
        let y = if step % 2 == 0 { 1.0 } else { 0.0 };
        let v = prior.noise[next as usize];
        vector::add_scaled(&mut pull, y / v, prior.places.items.row(next as usize));
        let now = belief(&interview);
        let naive = inverse(&precision);
        assert!((trace(&now.covariance) - trace(&naive)).abs() < 1e-2 * trace(&naive));
        let mean = solved(&precision, &Matrix::from_vec(1, 5, pull.clone()));
        for (ours, naive) in now.mean.iter().zip(mean.row(0)) {
            assert!((ours - naive).abs() < 1e-2 * naive.abs().max(1.0), "{ours} for {naive}");
        }
    }
    let list = interview.list(5);
    assert_eq!(list.len(), 5);
    assert!(list.iter().all(|s| s.1.is_finite()));
}

#[test]
fn nothing_is_asked_twice_and_everything_once() {
    let interviewer = trained();
    for strategy in [
        Strategy::Variance,
        Strategy::PopularVariance,
        Strategy::PopularEntropy,
        Strategy::Popularity,
        Strategy::Random,
    ] {
        let mut interview = interviewer.begin(strategy, 1).unwrap();
        let mut asked = Vec::new();
        while let Some(item) = interview.question() {
            asked.push(item);
            let answers = [Reply::Value(1.0), Reply::No, Reply::Unknown];
            interview.answer(item, answers[item as usize % 3]);
        }
        asked.sort_unstable();
        assert_eq!(asked, (0..interviewer.recommender().items().len() as u32).collect::<Vec<_>>());
        let history = interview.history();
        assert!(interview.scores().iter().all(|score| score.is_finite()));
        assert_eq!(history.iter().filter(|entry| entry.1 == 1.0).count(), 10, "{strategy:?}");
        assert_eq!(history.len(), 20);
        let only = interviewer.begin(strategy, 1).unwrap().only(&[4]);
        assert_eq!(only.question(), Some(4));
    }
}

/// Neither "no" nor a dislike raises the score of any item, in any model that ranks.
#[test]
fn dislikes_raise_nothing() {
    let mut rng = Rng::new(5, &[]);
    let pairs = || (0..30u32).flat_map(|u| (0..16u32).map(move |i| (u, i)));
    let rated: Vec<(String, String, f32)> = pairs()
        .filter(|(u, i)| (u + i) % 2 == 0 || (u * i) % 7 == 1)
        .map(|(u, i)| (format!("u{u}"), format!("i{i}"), 1.0 + rng.below(5) as f32))
        .collect();
    let ratings =
        Ratings::from_triples(rated.iter().map(|(u, i, value)| (&**u, &**i, *value))).unwrap();
    let small = |algorithm: &Algorithm| {
        let settings = crate::store::plain(&algorithm.clone().to_rank()).expect("plain data");
        let mut settings = settings.as_object().expect("an object").clone();
        for (setting, most) in [("factors", 3), ("negatives", 1), ("epochs", 20)] {
            settings.entry(setting).and_modify(|value| *value = most.into());
        }
        serde_json::from_value::<Algorithm>(settings.into()).expect("valid settings")
    };
    let (mut ranked, mut lowered) = (0, 0);
    for algorithm in Algorithm::all().iter().map(small) {
        if algorithm.target() != Target::Preference {
            continue;
        }
        let name = algorithm.name();
        let recommender = Recommender::train(&algorithm, &ratings, &Run::default()).unwrap();
        let interviewer = Interviewer::new(recommender.into());
        let mut interview = interviewer.begin(interviewer.usual_strategy(), 0).unwrap();
        interview.answer(3, Reply::Yes);
        let mut before = interview.scores();
        for (item, reply) in [(5, Reply::No), (8, Reply::Value(1.0)), (2, Reply::Value(0.0))] {
            interview.answer(item, reply);
            let after = interview.scores();
            let rises = before.iter().zip(&after).position(|(before, after)| after > before);
            assert_eq!(rises, None, "{name}: {reply:?} to item {item}");
            lowered += usize::from(after != before);
            before = after;
        }
        interview.answer(4, Reply::Yes);
        let rises = before.iter().zip(interview.scores()).any(|(before, after)| after > *before);
        assert!(rises || name == "popularity", "{name}: \"yes\" raises something");
        ranked += 1;
    }
    assert!(ranked > 10 && lowered >= 3, "{ranked}, {lowered}");
}

#[test]
fn a_conversation_is_one_question_and_one_answer() {
    fn shared<T: Send + Sync>(_: &T) {}
    let interviewer = trained();
    shared(&interviewer);
    let text = r#"{"answers": [{"item": "i3", "answer": "yes"}, {"item": "i4", "answer": "No"},
        {"item": "i5", "answer": "?"}, {"item": "i6", "answer": 2.5}, {"item": "moon", "answer": 1},
        {"item": "i3", "answer": "no"}], "questions": 2, "n": 4}"#;
    let question: InterviewQuestion = serde_json::from_str(text).unwrap();
    let answer = interviewer.ask(&question).unwrap();
    let history = [("i3", 1.0), ("i4", 0.0), ("i6", 2.5)];
    let mut found: Vec<(&str, f32)> =
        answer.history.iter().map(|liked| (&*liked.item, liked.value.unwrap())).collect();
    found.sort_by_key(|entry| entry.0);
    assert_eq!(found, history);
    assert_eq!((answer.strategy, answer.questions.len()), (Strategy::PopularVariance, 2));
    assert_eq!((answer.items.len(), &answer.unknown[..]), (4, &["moon".to_owned()][..]));
    let asked = ["i3", "i4", "i5", "i6"];
    assert!(answer.questions.iter().all(|next| !asked.contains(&&*next.item)));
    // The same as an `Interview` that takes the answers one by one.
    let mut interview = interviewer.begin(Strategy::PopularVariance, 0).unwrap();
    let number = |item: &str| interviewer.recommender().items().get(item).unwrap();
    for Replied { item, answer } in question.answers.iter().filter(|said| said.item != "moon") {
        interview.answer(number(item), *answer);
    }
    assert_eq!(number(&answer.questions[0].item), interview.question().unwrap());
    let list = interview.list(4);
    let told = answer.items.iter().map(|best| (number(&best.item), best.score));
    assert!(told.eq(list));
    let refusing = InterviewQuestion { unknown: Unknown::Refuse, ..question.clone() };
    assert!(interviewer.ask(&refusing).unwrap_err().to_string().contains("unknown item `moon`"));
    // JSON round trip.
    let json = serde_json::to_string(&question).unwrap();
    assert_eq!(serde_json::from_str::<InterviewQuestion>(&json).unwrap(), question);
    let json = serde_json::to_string(&answer).unwrap();
    assert_eq!(serde_json::from_str::<InterviewAnswer>(&json).unwrap(), answer);
    for wrong in [r#""perhaps""#, "1e39", r#""NaN""#] {
        assert!(serde_json::from_str::<Reply>(wrong).is_err(), "{wrong}");
    }
}
