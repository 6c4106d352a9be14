use super::*;
use crate::algorithm::Algorithm;
use crate::contest::{self, Contestant, Failure, Round};
use crate::data::catalogue::CatalogueOptions;
use crate::data::{Duplicates, Interactions, Ratings, Source};
use crate::evaluate::Protocol;
use crate::train::Run;
use crate::tune::{Search, Space, search};
use serde_json::Map;

const HOSTILE: &str = "</style><script>alert(1)</script>\"'&\u{202e}";

fn table() -> Interactions {
    let mut rows = Interactions::default();
    let name = |kind: &str, n: u32| match n {
        0 => HOSTILE.to_owned(),
        n => format!("{kind}{n}"),
    };
    rows.users = std::sync::Arc::new((0..30).map(|u| name("u", u)).collect());
    rows.items = std::sync::Arc::new((0..20).map(|i| name("i", i)).collect());
    for u in 0..30u32 {
        for i in (0..20u32).filter(|i| i % 2 == u % 2 && (i + u) % 3 != 0 || *i == 0) {
            rows.user.push(u);
            rows.item.push(i);
            rows.value.push(1.0);
        }
    }
    rows
}

#[test]
fn a_page_has_every_part_and_runs_nothing() {
    let rows = table();
    let train = Ratings::new(&rows, Duplicates::Error).unwrap();
    // The rows themselves serve as the test set.
    let metrics = Metric::list("ndcg@5,recall@5,coverage@5,popularity@5").unwrap();
    let protocol = Protocol { metrics, seen: true, resamples: 50, ..Protocol::default() };
    let mut contestants = Vec::new();
    for name in ["ease", "ials", "popularity"] {
        let algorithm = Algorithm::from_settings(name, &Map::new()).unwrap();
        let space = Space::new(algorithm.clone(), &[], &[]).unwrap().for_data(&train);
        let how = Search::new(3, protocol.metrics[0]);
        let found = search(&space, &train, &train, &how, None).ok();
        let run = Run::default();
        let entry = contest::enter(&algorithm, &train, &train, &protocol, &run).unwrap();
        let trials = found.map(|found| found.trials);
        contestants.push(Contestant { entry, note: None, defaults: Map::new(), trials });
    }
    let entries = contestants.iter().map(|x: &Contestant| &x.entry);
    let differences = contest::behind(entries, protocol.metrics[0]);
    let failure = Failure { algorithm: "slim".into(), error: format!("no room for {HOSTILE}") };
    let data = Description::of(&rows).unwrap();
    let popular = &data.per_item.top[0].name;
    let title = format!("Film {HOSTILE}");
    let items = serde_json::json!({"id": popular, "title": title}).to_string();
    let items = Source::reader("items", items.as_bytes());
    let (catalogue, _) = Catalogue::read(items, &CatalogueOptions::default()).unwrap();
    let metrics = protocol.metrics;
    let outcome = Outcome { metrics, contestants, differences, failures: vec![failure] };
    let round = |fold| Round {
        fold,
        seed: 7,
        split: format!("a tenth of {HOSTILE}"),
        outcome: outcome.clone(),
    };
    let page_of = |rounds| {
        comparison(&Comparison {
            title: HOSTILE.into(),
            command: format!("cofil compare '{HOSTILE}'"),
            series: &Series::new(rounds),
            data: &data,
            fingerprint: rows.fingerprint(),
            threads: 2,
            catalogue: Some(&catalogue),
        })
    };
    let several = page_of(vec![round(Some(1)), round(Some(2))]);
    for part in [
        "Mean ± standard deviation",
        "is best by the mean of ndcg@5",
        "ndcg@5 of each round",
        "2 of 2",
        "skipped: no room for",
        "<h2>Data</h2>",
        "<summary>ials</summary>",
        "The command that made this report",
    ] {
        assert!(several.contains(part), "{part}");
    }
    assert!(!several.contains("<script") && !several.contains('\u{202e}'));
    assert_eq!(several.matches("<tr>").count(), several.matches("</tr>").count());
    assert!(page_of(Vec::new()).ends_with("</html>\n"), "nothing to show");
    let html = page_of(vec![round(None)]);
    for part in [
        "Leaderboard",
        "Trade-offs",
        "Coverage and popularity of the lists",
        "by number of training interactions",
        "Learning curves",
        "ials, validation",
        "Settings search",
        "<h2>Data</h2>",
        "Film &lt;/style&gt;",
        "skipped: no room for",
        "The command that made this report",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("<script") && !html.contains('\u{202e}'));
    // The only address is SVG's namespace.
    assert_eq!(
        html.matches("http").count(),
        html.matches("http-equiv").count()
            + html.matches("xmlns=\"http://www.w3.org/2000/svg\"").count()
    );
    // Every colour of a figure has a counterpart for dark mode.
    let (_, dark) = html.split_once("prefers-color-scheme: dark").expect("a style for the dark");
    let (dark, body) = dark.split_once("</style>").expect("the end of the style");
    for attribute in ["fill", "stroke"] {
        for piece in body.split(&format!(" {attribute}=\"")).skip(1) {
            let color = piece.split('"').next().unwrap_or_default();
            let told = format!("[{attribute}=\"{color}\"]");
            assert!(color == "none" || dark.contains(&told), "{told}");
        }
    }
    for (open, close) in
        [("<div", "</div>"), ("<table", "</table>"), ("<tr", "</tr>"), ("<svg", "</svg>")]
    {
        assert_eq!(html.matches(open).count(), html.matches(close).count(), "{open}");
    }
}
