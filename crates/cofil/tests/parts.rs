//! Recommenders without files: round trips through bytes, and assembly from parts trained by another program.

use cofil::data::Csr;
use cofil::math::Matrix;
use cofil::recipes::Target;
use cofil::recommender::{Card, DataCard, Imported, Origin, Parts};
use cofil::shapes::{Factors, FactorsSettings, FoldIn, ScoreFunction};
use cofil::{
    Algorithm, Duplicates, IdMap, Interactions, Model, Popularity, Query, Ratings, Recommender,
    Run, User, Who,
};
use std::sync::Arc;

/// Servers share one recommender among threads.
const fn shared<T: Send + Sync>() {}
const _: () = shared::<Recommender>();

fn vectors() -> Factors {
    let users = Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.0, 1.0]);
    let items = Matrix::from_vec(3, 2, vec![0.9, 0.1, 0.2, 0.8, 0.5, 0.4]);
    let settings =
        FactorsSettings { offset: 0.0, link: ScoreFunction::Identity, fold_in: FoldIn::Biases };
    Factors::new(users, items, vec![1.0, 2.0, 3.0], settings)
}

fn imported(target: Target) -> Origin {
    let (name, description) = ("two-tower".into(), Some("the ranking team".into()));
    Origin::Imported(Imported { name, description, target })
}

fn parts(model: impl Model + 'static) -> Parts {
    Parts {
        users: ["ann", "bob"].iter().collect(),
        items: ["x", "y", "z"].iter().collect(),
        seen: Some(Csr::from_rows(3, [vec![(0, 1.0)], vec![(1, 1.0), (2, 1.0)]])),
        model: Box::new(model),
        origin: imported(Target::Preference),
        data: None,
    }
}

fn refused(parts: Parts) -> String {
    Recommender::from_parts(parts).err().expect("refused").to_string()
}

#[test]
fn bytes_are_those_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.cofil");
    let ratings = Ratings::from_triples([("a", "x", 1.0), ("b", "y", 2.0)]).expect("finite");
    let recipe = Algorithm::Popularity(Popularity::default());
    let trained = Recommender::train(&recipe, &ratings, &Run::default()).expect("trained");
    let print = trained.save(&path).expect("saved");
    let bytes = trained.to_bytes().expect("of a known shape");
    assert!(bytes == std::fs::read(&path).expect("read back"));
    let mut written = Vec::new();
    assert_eq!(trained.write_to(&mut written).expect("memory takes bytes"), print);
    assert!(written == bytes);
    let loaded = Recommender::from_bytes(&bytes).expect("whole");
    assert_eq!(loaded.fingerprint(), Some(&*print));
    assert_eq!(loaded.card(), trained.card());
    assert_eq!(loaded.card().algorithm(), Some(&recipe));
    for cut in 0..bytes.len() {
        assert!(Recommender::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        let mut flipped = bytes.clone();
        flipped[cut] ^= 0x10;
        // The same JSON can be written in several ways; a file that loads is the same model.
        if let Ok(read) = Recommender::from_bytes(&flipped) {
            assert_eq!(read.card(), trained.card(), "flipped at {cut}");
        }
    }
    let error = Recommender::from_bytes(b"user,item\n").err().expect("refused").to_string();
    assert!(error.starts_with("(bytes): not a cofil model file"), "{error}");
}

#[test]
fn an_imported_model_serves_as_any_other() {
    let recommender = Recommender::from_parts(parts(vectors())).expect("parts that fit");
    let bytes = recommender.to_bytes().expect("of a known shape");
    let loaded = Recommender::from_bytes(&bytes).expect("whole");
    assert_eq!(loaded.card(), recommender.card());
    for recommender in [&recommender, &loaded] {
        let list = recommender.recommend(&Who::user("ann"), &Query::default()).expect("known");
        let items: Vec<&str> = list.items.iter().map(|scored| &*scored.item).collect();
        assert_eq!(items, ["z", "y"], "x was seen");
        assert_eq!(recommender.predict("bob", "x").expect("known"), 0.1);
        assert_eq!(recommender.similar("x", 1).expect("known").items[0].item, "z");
    }
    let Card { origin, data, .. } = loaded.card();
    assert_eq!(*origin, imported(Target::Preference));
    assert_eq!((loaded.card().name(), loaded.card().algorithm()), ("two-tower".into(), None));
    assert_eq!((data.interactions, data.scale), (3, (1.0, 1.0)));
}

#[test]
fn what_takes_training_is_refused() {
    /// A model that can only be changed by training.
    struct Fixed;
    impl Model for Fixed {
        fn items(&self) -> usize {
            3
        }
        fn score(&self, _: User<'_>, items: &[u32], scores: &mut [f32]) {
            items.iter().zip(scores).for_each(|(&i, score)| *score = i as f32);
        }
    }
    let mut fixed = Recommender::from_parts(parts(Fixed)).expect("parts that fit");
    let events = Interactions {
        users: Arc::new(["cat"].iter().collect()),
        items: Arc::new(["x"].iter().collect()),
        user: vec![0],
        item: vec![0],
        value: vec![1.0],
        time: None,
    };
    let says = "`two-tower` was imported, so there is no algorithm to train it again with";
    assert!(fixed.update(&events, Duplicates::Last).unwrap_err().to_string().starts_with(says));
    assert!(fixed.forget(&["ann"]).unwrap_err().to_string().starts_with(says));
    let again = |recommender: &mut Recommender| {
        let refit = recommender.forget_and_refit(&["ann"]);
        assert!(refit.unwrap_err().to_string().starts_with(says));
        assert_eq!(recommender.users().len(), 2, "as it was");
    };
    again(&mut fixed);
    let error = fixed.to_bytes().unwrap_err().to_string();
    assert!(error.starts_with("a model of shape `unnamed` cannot be saved"), "{error}");
    // User vectors can be folded in and removed.
    let mut vectors = Recommender::from_parts(parts(vectors())).expect("parts that fit");
    again(&mut vectors);
    assert_eq!(vectors.forget(&["ann"]).expect("known").users, 1);
    assert_eq!(vectors.update(&events, Duplicates::Last).expect("known items").new_users, 1);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let names = |n: usize| (0..n).map(|i| format!("n{i}")).collect::<IdMap>();
    let said = refused(Parts { items: names(4), ..parts(vectors()) });
    assert_eq!(said, "the model has 3 items, but 4 ids were given; give one id for each");
    let said = refused(Parts { users: names(3), ..parts(vectors()) });
    assert!(said.starts_with("the model has 2 users, but 3 ids were given"), "{said}");
    let seen = Some(Csr::empty(1, 3));
    let said = refused(Parts { seen, ..parts(vectors()) });
    assert!(said.starts_with("`seen` has 1 users"), "{said}");
    let said = refused(Parts { seen: Some(Csr::empty(2, 4)), ..parts(vectors()) });
    assert!(said.starts_with("`seen` has 4 items"), "{said}");
    let mut infinite = vectors();
    infinite.item_bias[1] = f32::INFINITY;
    let said = refused(parts(infinite));
    assert!(
        said.starts_with("`item_bias` of the model holds a number that is not finite"),
        "{said}"
    );
    for spoil in [
        |model: &mut Factors| model.users = Matrix::zeros(2, 3),
        |model: &mut Factors| model.user_bias = vec![0.0],
        |model: &mut Factors| model.item_bias = vec![0.0; 4],
        |model: &mut Factors| model.popular = vec![0.0; 4],
        |model: &mut Factors| model.settings.offset = f32::NAN,
    ] {
        let mut model = vectors();
        spoil(&mut model);
        let said = refused(parts(model));
        assert!(said.contains("`factors` that cannot be used"), "{said}");
    }
}

#[test]
fn models_of_ratings_need_their_scale() {
    let origin = || imported(Target::Rating);
    let bare = || Parts { seen: None, origin: origin(), ..parts(vectors()) };
    let said = refused(bare());
    assert_eq!(
        said,
        "a model that predicts ratings needs their range: give `seen`, or `data` with a `scale`"
    );
    let data = DataCard {
        fingerprint: String::new(),
        users: 2,
        items: 3,
        interactions: 10,
        mean: 3.5,
        scale: (1.0, 5.0),
        reading: None,
    };
    let said = refused(Parts { data: Some(DataCard { users: 3, ..data.clone() }), ..bare() });
    assert!(said.starts_with("the data card does not fit"), "{said}");
    let said = refused(Parts { data: Some(DataCard { mean: f32::NAN, ..data.clone() }), ..bare() });
    assert!(said.starts_with("the data card does not fit"), "{said}");
    let whole = Recommender::from_parts(Parts { data: Some(data), ..bare() }).expect("they fit");
    assert_eq!(whole.card().data.scale, (1.0, 5.0));
    assert_eq!(
        whole.recommend(&Who::user("ann"), &Query::default()).expect("known").items[0].item,
        "x"
    );
}
