//! Recursive-descent parser from tokens to a condition.

use super::token::{Bad, Keyword, Token, What, tokens};
use super::{Comparison, Condition, Literal};

/// Maximum nesting of parentheses and `not`; each level costs a stack frame.
const DEEPEST: usize = 100;

pub(super) fn parse(text: &str) -> Result<Condition, Bad> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let condition = parser.either()?;
    match parser.peek() {
        What::End => Ok(condition),
        _ => Err(parser.expected("`and`, `or` or the end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &What {
        &self.tokens[self.at].what
    }

    /// Takes the next token; the end is never consumed.
    fn take(&mut self) -> What {
        let what = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        what
    }

    fn takes(&mut self, what: &What) -> bool {
        let found = self.peek() == what;
        if found {
            self.take();
        }
        found
    }

    fn takes_keyword(&mut self, keyword: Keyword) -> bool {
        self.takes(&What::Keyword(keyword))
    }

    fn bad(&self, message: String) -> Bad {
        Bad { position: self.tokens[self.at].position, message }
    }

    fn expected(&self, what: &str) -> Bad {
        self.bad(format!("expected {what}, found {}", self.peek().shown()))
    }

    /// Parses conditions joined by `or`.
    fn either(&mut self) -> Result<Condition, Bad> {
        self.joined(Keyword::Or, Self::all, Condition::Or)
    }

    /// Parses conditions joined by `and`.
    fn all(&mut self) -> Result<Condition, Bad> {
        self.joined(Keyword::And, Self::one, Condition::And)
    }

    fn joined(
        &mut self,
        keyword: Keyword,
        part: fn(&mut Self) -> Result<Condition, Bad>,
        join: fn(Vec<Condition>) -> Condition,
    ) -> Result<Condition, Bad> {
        let first = part(self)?;
        if *self.peek() != What::Keyword(keyword) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_keyword(keyword) {
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn one(&mut self) -> Result<Condition, Bad> {
        if !matches!(self.peek(), What::Open | What::Keyword(Keyword::Not)) {
            return self.comparison();
        }
        if self.depth == DEEPEST {
            return Err(self.bad(format!("conditions are nested more than {DEEPEST} deep")));
        }
        self.depth += 1;
        let condition = match self.take() {
            What::Open => {
                let condition = self.either()?;
                if !self.takes(&What::Close) {
                    return Err(self.expected("`and`, `or` or `)`"));
                }
                condition
            }
            _ => Condition::Not(Box::new(self.one()?)),
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, Bad> {
        let column = match self.peek() {
            What::Column(name) => name.clone(),
            What::Number(number) => {
                let message = format!(
                    "expected a column, found the number {number}; write a column of that name in backticks: `{number}`"
                );
                return Err(self.bad(message));
            }
            What::Text(text) => {
                let message = format!(
                    "expected a column, found the text '{text}'; write a column name that is not a word in backticks: `{text}`"
                );
                return Err(self.bad(message));
            }
            _ => return Err(self.expected("a column, `not` or `(`")),
        };
        self.take();
        match *self.peek() {
            What::Sign(comparison) => self.compare(column, comparison),
            What::Keyword(Keyword::Is) => {
                self.take();
                let there = self.takes_keyword(Keyword::Not);
                match self.takes_keyword(Keyword::Null) {
                    true => Ok(Condition::Null(column, there)),
                    false => {
                        Err(self.expected(if there { "`null`" } else { "`null` or `not null`" }))
                    }
                }
            }
            What::Keyword(Keyword::In) => self.one_of(column, false),
            What::Keyword(Keyword::Not) => {
                self.take();
                match self.peek() {
                    What::Keyword(Keyword::In) => self.one_of(column, true),
                    _ => Err(self.expected("`in`")),
                }
            }
            _ => Err(self.expected("one of = != < <= > >=, `in`, `is`")),
        }
    }

    fn compare(&mut self, column: String, comparison: Comparison) -> Result<Condition, Bad> {
        self.take();
        Ok(Condition::Compare(column, comparison, self.literal()?))
    }

    fn one_of(&mut self, column: String, negated: bool) -> Result<Condition, Bad> {
        self.take();
        if !self.takes(&What::Open) {
            return Err(self.expected("`(` and the values"));
        }
        let mut values = vec![self.literal()?];
        while self.takes(&What::Comma) {
            values.push(self.literal()?);
        }
        match self.takes(&What::Close) {
            true => Ok(Condition::In(column, negated, values)),
            false => Err(self.expected("`,` or `)`")),
        }
    }

    fn literal(&mut self) -> Result<Literal, Bad> {
        let literal = match self.peek() {
            What::Number(number) => Literal::Number(*number),
            What::Text(text) => Literal::Text(text.clone()),
            What::Column(name) => {
                let message =
                    format!("expected a value, found `{name}`; write text in quotes: '{name}'");
                return Err(self.bad(message));
            }
            What::Keyword(Keyword::Null) => {
                let message = "expected a value, found `null`; write `is null` or `is not null`";
                return Err(self.bad(message.into()));
            }
            _ => return Err(self.expected("a value, such as 1990 or 'Comedy'")),
        };
        self.take();
        Ok(literal)
    }
}
