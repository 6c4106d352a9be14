//! What people read fits a terminal of 80 columns, and help is broken into lines once.

mod common;
use common::Place;
use std::process::Command;

/// Standard output of the command as a terminal of `columns` shows it.
fn shown(place: &Place, columns: usize, args: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cofil"))
        .current_dir(place.path("."))
        .env("COLUMNS", columns.to_string())
        .args(args.split_whitespace())
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cofil {args}: {told}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn width(line: &str) -> usize {
    line.chars().count()
}

/// Every command, and those below it.
fn commands(place: &Place) -> Vec<String> {
    let names = |of: &str| -> Vec<String> {
        let help = shown(place, 100, &format!("{of} -h"));
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let lines = lines.take_while(|line| !line.is_empty()).filter(|l| !l.starts_with("   "));
        let names = lines.filter_map(|line| line.split_whitespace().next());
        names.filter(|name| *name != "help").map(str::to_owned).collect()
    };
    let mut all = vec![String::new()];
    for name in names("") {
        all.extend(names(&name).iter().map(|below| format!("{name} {below}")));
        all.push(name);
    }
    all
}

#[test]
fn help_is_broken_into_lines_once() {
    let place = Place::new();
    let all = commands(&place);
    assert!(all.len() > 20 && all.contains(&"plot curve".to_owned()), "{all:?}");
    for (command, columns) in all.iter().flat_map(|name| [80, 100, 300].map(|n| (name, n))) {
        let most = columns.min(100);
        for flag in ["-h", "--help"] {
            let help = shown(&place, columns, &format!("{command} {flag}"));
            let lines: Vec<&str> = help.lines().collect();
            for line in &lines {
                let told = format!("cofil {command} {flag} in {columns} columns: {line}");
                assert!(width(line) <= most, "{told}");
            }
            // A line of a paragraph ends where its next word has no room.
            for pair in lines.windows(2) {
                let [line, next] = pair else { continue };
                let flows = |line: &str| !line.is_empty() && !line.starts_with([' ', '#']);
                let Some(word) = next.split(' ').next().filter(|_| flows(line) && flows(next))
                else {
                    continue;
                };
                let full = width(line) + 1 + width(word) > most;
                assert!(full, "cofil {command} {flag} in {columns} columns: {line}\n{next}");
            }
        }
    }
}

#[test]
fn every_table_fits_eighty_columns() {
    let place = Place::with_ratings();
    place.write("pairs.csv", "user,item,rating\nu1,i1,3\nu1,i2,4\n");
    place.write("items.csv", format!("id,title\ni1,{}\n", "A title that is long ".repeat(8)));
    place
        .ok("train ratings.csv -a biased-mf --set factors=2 --set epochs=4 --valid 0.2 -o m.cofil");
    place.ok("train ratings.csv -a ease --set reg=1 -o e.cofil");
    let compare = "compare ratings.csv --metric ndcg@5,recall@5,hr@5,auc,coverage@5,rmse,mae";
    for command in [
        "describe ratings.csv",
        "split ratings.csv -o parts",
        "train ratings.csv -a ials --set epochs=2 -o n.cofil",
        "inspect m.cofil",
        "inspect e.cofil",
        "evaluate m.cofil --test pairs.csv --seen --by-activity",
        "evaluate m.cofil e.cofil --test pairs.csv --seen --metric ndcg@5,hr@5,auc,rmse",
        &format!("{compare} -a ease,biased-mf,item-knn --configs c"),
        &format!("{compare} -a ease,biased-mf,item-knn --folds 3 --seeds 2"),
        "compare ratings.csv -a ease --with ials:factors=2,epochs=2,reg=0.25 --with ials:factors=4,epochs=2",
        "tune ratings.csv -a ials --trials 3 --set epochs=2 --metric ndcg@5 -o best.toml",
        "recommend m.cofil --user u1 --items items.csv --with-seen",
        "explain e.cofil --user u1 --item i1",
        "similar m.cofil --item i1",
        "similar m.cofil --user u1",
        "interview m.cofil --answers i1=4",
        "update e.cofil pairs.csv -o u.cofil",
        "forget e.cofil --user u1 -o f.cofil",
        "algorithms",
        "algorithms biased-mf",
        "algorithms neumf",
        "reproduce",
        "reproduce toy --quick",
        "quickstart ratings.csv --items items.csv -o q",
    ] {
        let text = shown(&place, 80, command);
        for line in text.lines() {
            assert!(width(line) <= 80, "cofil {command}: {} letters: {line}\n{text}", width(line));
        }
    }
}

#[test]
fn what_has_no_room_is_named_and_the_best_is_marked() {
    let place = Place::with_ratings();
    let line = "compare ratings.csv -a ease,item-knn --implicit --metric ndcg@5,recall@5,hr@5,auc";
    let (narrow, wide) = (shown(&place, 80, line), shown(&place, 300, line));
    let told = narrow.replace('\n', " ");
    assert!(
        told.contains("(Hidden at 80 columns: ")
            && told.contains("model MB; widen the terminal or use --json)"),
        "{narrow}"
    );
    assert!(!wide.contains("Hidden") && wide.contains("memory MB"), "{wide}");
    for text in [&narrow, &wide] {
        assert!(text.lines().any(|line| line.starts_with("* ")), "{text}");
        assert!(!text.contains('\u{1b}'), "no colours where there is no terminal");
    }
}
