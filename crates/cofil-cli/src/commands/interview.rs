//! `cofil interview`.

use crate::args::history::{self, UnknownIds};
use crate::args::items::{Items, Titles};
use crate::args::wrong;
use crate::interrupt::reading;
use crate::interrupt::waiting;
use crate::output::{self, out, outln};
use anyhow::{Context, Result};
use clap::ValueEnum;
use cofil::interview::{
    Asked, InterviewAnswer, InterviewQuestion, Interviewer, Replied, Reply, Strategy,
};
use cofil::{Recommended, Recommender};
use std::io::{BufRead, Write};
use std::path::PathBuf;

/// Arguments of `cofil interview`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil interview model.cofil --items u.item
  cofil interview model.cofil --questions 5 --strategy popular-entropy
  cofil interview model.cofil --answers 50=yes,1=no,181=4.5,258=? --json

At the terminal, answer each question with y, n, a rating, s to skip or q to end. Programs pass the answers so
far with --answers and get the next question and the list; no state is kept between calls.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Strategy for choosing questions [default: popular-variance if the model has variances, else popular-entropy]
    #[arg(long, value_enum)]
    strategy: Option<Choice>,
    /// Maximum number of questions
    #[arg(long, value_name = "N", default_value_t = 10)]
    questions: usize,
    /// Answers so far: yes, no, a rating, or ? for "don't know" (non-interactive)
    #[arg(long, value_name = "ITEM=ANSWER", allow_hyphen_values = true)]
    answers: Option<Vec<String>>,
    /// Number of items to recommend
    #[arg(short, default_value_t = 10)]
    n: usize,
    /// Random seed of the strategy `random`
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    unknown: UnknownIds,
    #[command(flatten)]
    items: Items,
    /// Print JSON (non-interactive)
    #[arg(long)]
    json: bool,
}

/// Strategies of the library.
#[derive(Clone, Copy, ValueEnum)]
enum Choice {
    /// The item whose answer reduces the variance of the user's vector most
    Variance,
    /// As variance, among popular items
    PopularVariance,
    /// Popular items with divided opinions
    PopularEntropy,
    /// The most popular items
    Popularity,
    /// Random items
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
    let recommender = args.items.describe(reading(&args.model, Recommender::load)?)?;
    let interviewer = Interviewer::new(recommender.into());
    let titles = Titles::of_items(interviewer.recommender());
    let items = interviewer.recommender().items();
    let is_known = |entry: &str| {
        entry.rsplit_once('=').is_some_and(|(item, _)| items.get(item.trim_ascii()).is_some())
    };
    let answers = history::names(args.answers.as_deref().unwrap_or_default(), is_known)?;
    let mut question = InterviewQuestion {
        answers: answers.iter().map(|entry| said(entry)).collect::<Result<_>>()?,
        strategy: args.strategy.map(Into::into),
        n: args.n,
        seed: args.seed,
        unknown: args.unknown.rule(),
        ..InterviewQuestion::default()
    };
    if args.answers.is_none() && !args.json {
        ask(args.questions, &interviewer, &mut question, titles)?;
    }
    let answer = interviewer.ask(&question)?;
    let InterviewAnswer { questions, items, unknown, .. } = &answer;
    history::tell_skipped_of(unknown, None, interviewer.recommender(), None);
    if args.json {
        return output::json(&answer);
    }
    if let (Some(next), true) = (questions.first(), args.answers.is_some()) {
        outln!("Next question: {}\n", titles.of(&next.item));
    }
    print(items, titles);
    Ok(())
}

/// Parses ITEM=ANSWER.
fn said(entry: &str) -> Result<Replied> {
    // As histories are written, too.
    let pair = entry.rsplit_once('=').or_else(|| entry.rsplit_once(':'));
    let Some((item, answer)) = pair else {
        return Err(wrong("write --answers ITEM=ANSWER, such as 50=yes"));
    };
    let answer = answer.parse().with_context(|| format!("item `{item}`"))?;
    Ok(Replied { item: item.trim_ascii().into(), answer })
}

/// Asks at the terminal until there are no more questions or the input ends.
fn ask(
    most: usize,
    interviewer: &Interviewer,
    question: &mut InterviewQuestion,
    titles: Titles<'_>,
) -> Result<()> {
    let mut lines = std::io::stdin().lock().lines();
    outln!("Do you have or like … (y, n, a rating, s to skip, q to end)");
    for number in 1..=most {
        let next = interviewer.ask(&InterviewQuestion { n: 0, ..question.clone() })?;
        let Some(Asked { item, .. }) = next.questions.into_iter().next() else { break };
        let answer = loop {
            out!("{number:3}  {}? ", titles.of(&item));
            output::Stdout.flush()?;
            let Some(line) = waiting(|| lines.next()).transpose()? else { break None };
            match (line.trim(), line.parse::<Reply>()) {
                ("q" | "quit", _) => break None,
                (_, Ok(answer)) => break Some(answer),
                (_, Err(_)) => outln!("     y, n, a rating, s to skip, or q to end"),
            }
        };
        let Some(answer) = answer else { break };
        question.answers.push(Replied { item, answer });
    }
    outln!();
    Ok(())
}

fn print(list: &[Recommended], titles: Titles<'_>) {
    outln!("Recommended:\n");
    let rows = list
        .iter()
        .map(|s| vec![s.rank.to_string(), titles.of(&s.item).to_owned(), output::score(s.score)]);
    output::table(&["", "Item", "Score"], rows, &[0, 2]);
}
