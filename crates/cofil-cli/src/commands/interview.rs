//! `cofil interview`.

use crate::args::history;
use crate::args::items::{Items, Titles};
use crate::interrupt::waiting;
use crate::output;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use cofil::interview::{Answer, Interview, Strategy};
use cofil::recipes::Target;
use cofil::{Recommender, Scored};
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::PathBuf;

/// Arguments of `cofil interview`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil interview model.cofil --items u.item
  cofil interview model.cofil --questions 5 --strategy popular-entropy
  cofil interview model.cofil --answers 50=yes,1=no,181=4.5,258=? --json

At the terminal every question is answered by a line: y, n, a rating, s to skip, q to end. Programs give the
answers so far with --answers and get the next question and the list; nothing is stored in between.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// How questions are chosen [default: popular-variance where the model has variances, else popular-entropy]
    #[arg(long, value_enum)]
    strategy: Option<Choice>,
    /// How many questions to ask at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    questions: usize,
    /// Answers so far: yes, no, a rating, or ? for "cannot say"; with them nothing is asked at the terminal
    #[arg(long, value_name = "ITEM=ANSWER", value_delimiter = ',')]
    answers: Option<Vec<String>>,
    /// How many items to recommend
    #[arg(short, default_value_t = 10)]
    n: usize,
    /// Seed of random questions
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    items: Items,
    /// Print JSON, and ask nothing
    #[arg(long)]
    json: bool,
}

/// The library's strategies.
#[derive(Clone, Copy, ValueEnum)]
enum Choice {
    /// What says most of a user's vector
    Variance,
    /// The same, among what many have
    PopularVariance,
    /// What many have and disagree on
    PopularEntropy,
    /// What most have
    Popularity,
    /// Anything
    Random,
}

impl From<Choice> for Strategy {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Variance => Self::Variance,
            Choice::PopularVariance => Self::PopularVariance,
            Choice::PopularEntropy => Self::PopularEntropy,
            Choice::Popularity => Self::Popularity,
            Choice::Random => Self::Random,
        }
    }
}

pub fn run(args: &Args) -> Result<()> {
    let recommender = args.items.describe(Recommender::load(&args.model)?)?;
    let titles = Titles::of_items(&recommender);
    let strategy = match args.strategy {
        Some(choice) => choice.into(),
        None if recommender.model().places().is_some() && recommender.seen().nnz() > 0 => {
            Strategy::PopularVariance
        }
        None => Strategy::PopularEntropy,
    };
    let mut interview = Interview::new(&recommender, strategy, args.seed)?;
    for entry in args.answers.iter().flatten() {
        let (item, answer) =
            entry.rsplit_once('=').context("write --answers ITEM=ANSWER, such as 50=yes")?;
        let Some(answer) = understood(&recommender, answer) else {
            bail!("the answer `{answer}` on item `{item}` is none of yes, no, ? and a rating")
        };
        interview.answer(recommender.item(item)?, answer);
    }
    if args.answers.is_none() && !args.json {
        ask(args, &recommender, &mut interview, titles)?;
    }
    let history = interview.history();
    let list = interview.recommend(args.n);
    let question = interview.question().map(|item| recommender.items().name(item));
    if args.json {
        let history: Vec<_> =
            history.iter().map(|(item, value)| json!({"item": item, "value": value})).collect();
        let mut answer = json!({
            "strategy": strategy,
            "history": history,
            "question": question,
            "items": output::value(&list)?,
        });
        titles.add_to(&mut answer);
        if let Some(title) = question.and_then(|item| titles.get(item)) {
            answer["question_title"] = title.into();
        }
        return output::json(&answer);
    }
    if let (Some(question), true) = (question, args.answers.is_some()) {
        println!("Next question: {}\n", titles.of(question));
    }
    print(&list, titles);
    Ok(())
}

/// Asks at the terminal until all is asked or the input ends.
fn ask(
    args: &Args,
    recommender: &Recommender,
    interview: &mut Interview<'_>,
    titles: Titles<'_>,
) -> Result<()> {
    let mut lines = std::io::stdin().lock().lines();
    println!("Do you have or like … (y, n, a rating, s to skip, q to end)");
    for number in 1..=args.questions {
        let Some(item) = interview.question() else { break };
        let answer = loop {
            print!("{number:3}  {}? ", titles.of(recommender.items().name(item)));
            std::io::stdout().flush()?;
            let Some(line) = waiting(|| lines.next()).transpose()? else { break None };
            match line.trim() {
                "q" | "quit" => break None,
                line => match understood(recommender, line) {
                    Some(answer) => break Some(answer),
                    None => println!("     y, n, a rating, s to skip, or q to end"),
                },
            }
        };
        let Some(answer) = answer else { break };
        interview.answer(item, answer);
    }
    println!();
    Ok(())
}

fn understood(recommender: &Recommender, answer: &str) -> Option<Answer> {
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Some(Answer::Value(history::usual_value(recommender))),
        // What was not rated may be liked all the same; what was not chosen was not.
        "n" | "no" => Some(match recommender.card().target() {
            Target::Rating => Answer::Unknown,
            Target::Preference => Answer::No,
        }),
        "s" | "skip" | "?" => Some(Answer::Unknown),
        number => number.parse().ok().filter(|v: &f32| v.is_finite()).map(Answer::Value),
    }
}

fn print(list: &[Scored<'_>], titles: Titles<'_>) {
    println!("Recommended:\n");
    let rows = list.iter().enumerate().map(|(at, s)| {
        vec![(at + 1).to_string(), titles.of(s.item).to_owned(), output::score(s.score)]
    });
    output::table(&["", "Item", "Score"], rows, &[0, 2]);
}
