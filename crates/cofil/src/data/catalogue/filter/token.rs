//! Tokens of a filter.

use super::Comparison;

/// A token and its position, in characters from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub position: usize,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Column(String),
    Text(String),
    Number(f64),
    Sign(Comparison),
    Keyword(Keyword),
    Open,
    Close,
    Comma,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Or,
    Not,
    In,
    Is,
    Null,
}

/// An error message and its position.
#[derive(Debug)]
pub(super) struct Bad {
    pub position: usize,
    pub message: String,
}

const KEYWORDS: [(&str, Keyword); 6] = [
    ("and", Keyword::And),
    ("or", Keyword::Or),
    ("not", Keyword::Not),
    ("in", Keyword::In),
    ("is", Keyword::Is),
    ("null", Keyword::Null),
];

fn keyword(word: &str) -> Option<Keyword> {
    KEYWORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, keyword)| *keyword)
}

fn begins_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns whether a column of this name needs no backticks.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(begins_word) && name.chars().all(in_word) && keyword(name).is_none()
}

/// Splits `text` into tokens; the last one is [`What::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Bad> {
    let mut tokens = Vec::new();
    let (mut rest, mut position) = (text, 1);
    loop {
        let trimmed = rest.trim_start();
        position += rest[..rest.len() - trimmed.len()].chars().count();
        let (what, length) = next(trimmed).map_err(|message| Bad { position, message })?;
        let ended = what == What::End;
        tokens.push(Token { position, what });
        if ended {
            return Ok(tokens);
        }
        position += trimmed[..length].chars().count();
        rest = &trimmed[length..];
    }
}

/// Returns the first token of `text`, which does not begin with a blank, and its length in bytes.
fn next(text: &str) -> Result<(What, usize), String> {
    let Some(first) = text.chars().next() else { return Ok((What::End, 0)) };
    let second = text[first.len_utf8()..].chars().next();
    let sign = |sign: Comparison| Ok((What::Sign(sign), sign.sign().len()));
    match (first, second) {
        ('(', _) => Ok((What::Open, 1)),
        (')', _) => Ok((What::Close, 1)),
        (',', _) => Ok((What::Comma, 1)),
        ('=', Some('=')) => Err("found `==`; write `=`".into()),
        ('=', _) => sign(Comparison::Equal),
        ('!', Some('=')) => sign(Comparison::Unequal),
        ('!', _) => Err("found `!`; write `!=` or `not`".into()),
        ('<', Some('>')) => Err("found `<>`; write `!=`".into()),
        ('<', Some('=')) => sign(Comparison::AtMost),
        ('<', _) => sign(Comparison::Less),
        ('>', Some('=')) => sign(Comparison::AtLeast),
        ('>', _) => sign(Comparison::Greater),
        ('&', _) => Err("found `&`; write `and`".into()),
        ('|', _) => Err("found `|`; write `or`".into()),
        ('\'' | '"' | '`', _) => {
            let (inside, length) = quoted(text, first)?;
            Ok((if first == '`' { What::Column(inside) } else { What::Text(inside) }, length))
        }
        ('0'..='9' | '-' | '.', _) => number(text),
        (first, _) if begins_word(first) => {
            let length = text.find(|c| !in_word(c)).unwrap_or(text.len());
            let word = &text[..length];
            Ok((keyword(word).map_or_else(|| What::Column(word.into()), What::Keyword), length))
        }
        (other, _) => Err(format!(
            "found `{}`; write text in quotes ('…') and column names that are not words in backticks (`…`)",
            other.escape_debug()
        )),
    }
}

/// Returns the text between a pair of `mark`; a doubled mark stands for one.
fn quoted(text: &str, mark: char) -> Result<(String, usize), String> {
    let mut inside = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c != mark {
            inside.push(c);
        } else if characters.peek().is_some_and(|&(_, next)| next == mark) {
            characters.next();
            inside.push(mark);
        } else {
            return Ok((inside, at + 1));
        }
    }
    Err(format!("the quotation mark {mark} is not closed"))
}

fn number(text: &str) -> Result<(What, usize), String> {
    let mut before = ' ';
    let ends = |c: char| {
        let exponent = matches!(before, 'e' | 'E') && matches!(c, '-' | '+');
        let first = before == ' ';
        before = c;
        !(first || exponent || in_word(c) || c == '.')
    };
    let length = text.find(ends).unwrap_or(text.len());
    let word = &text[..length];
    match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((What::Number(number), length)),
        _ => Err(format!("`{word}` is not a number; write text in quotes")),
    }
}

impl What {
    /// Returns the token as messages show it.
    pub fn shown(&self) -> String {
        match self {
            Self::Column(name) => format!("`{name}`"),
            Self::Text(text) => format!("the text '{text}'"),
            Self::Number(number) => format!("the number {number}"),
            Self::Sign(sign) => format!("`{}`", sign.sign()),
            Self::Keyword(keyword) => {
                let name = KEYWORDS.iter().find(|(_, k)| k == keyword).map_or("", |(name, _)| name);
                format!("`{name}`")
            }
            Self::Open => "`(`".into(),
            Self::Close => "`)`".into(),
            Self::Comma => "`,`".into(),
            Self::End => "the end".into(),
        }
    }
}
