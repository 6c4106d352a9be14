//! Words for true and false, yes and no.

use super::doubts::is_mark;

/// Pairs of words in lower case, each of a language or a program.
const PAIRS: &[(&str, &str)] = &[
    ("true", "false"),
    ("yes", "no"),
    ("on", "off"),
    ("t", "f"),
    ("y", "n"),
    // German, Dutch, the languages of Scandinavia.
    ("wahr", "falsch"),
    ("ja", "nein"),
    ("j", "n"),
    ("waar", "onwaar"),
    ("ja", "nee"),
    ("sant", "falskt"),
    ("sand", "falsk"),
    ("sann", "usann"),
    ("ja", "nej"),
    ("ja", "nei"),
    ("kyllä", "ei"),
    ("tosi", "epätosi"),
    // French, Italian, Spanish, Portuguese.
    ("vrai", "faux"),
    ("oui", "non"),
    ("o", "n"),
    ("vero", "falso"),
    ("sì", "no"),
    ("verdadero", "falso"),
    ("sí", "no"),
    ("si", "no"),
    ("s", "n"),
    ("verdadeiro", "falso"),
    ("sim", "não"),
    ("sim", "nao"),
    ("da", "nu"),
    // Polish, Czech, Slovak, Hungarian, Turkish, Greek.
    ("prawda", "fałsz"),
    ("tak", "nie"),
    ("pravda", "nepravda"),
    ("ano", "ne"),
    ("áno", "nie"),
    ("igaz", "hamis"),
    ("igen", "nem"),
    ("doğru", "yanlış"),
    ("evet", "hayır"),
    ("evet", "hayir"),
    ("ναι", "όχι"),
    // Russian, Ukrainian.
    ("истина", "ложь"),
    ("да", "нет"),
    ("так", "ні"),
    // Japanese, Chinese, Korean.
    ("はい", "いいえ"),
    ("是", "否"),
    ("真", "假"),
    ("예", "아니요"),
    ("예", "아니오"),
    ("네", "아니요"),
];

/// Returns whether `text` means yes or no, if it is such a word in any case; single Latin letters, which may as well be
/// marks or names, only `with_letters`.
pub(super) fn truth(text: &[u8], with_letters: bool) -> Option<bool> {
    if text.len() == 1 && !with_letters {
        return None;
    }
    let word = std::str::from_utf8(text).ok()?.to_lowercase();
    PAIRS.iter().find_map(|&(yes, no)| match word {
        _ if word == yes => Some(true),
        _ if word == no => Some(false),
        _ => None,
    })
}

/// Returns whether all of `values` are words of one pair, except marks for missing ones.
pub(super) fn are_truths(values: &[&[u8]]) -> bool {
    if !values.iter().all(|value| truth(value, true).is_some() || is_mark(value)) {
        return false;
    }
    let words = values.iter().filter(|value| !is_mark(value));
    let words: Vec<String> =
        words.map(|word| String::from_utf8_lossy(word).to_lowercase()).collect();
    PAIRS.iter().any(|&(yes, no)| words.iter().all(|word| word == yes || word == no))
}

#[cfg(test)]
mod tests {
    use super::super::messy::{notes, refused, rows};
    use super::*;

    #[test]
    fn words_of_one_pair_are_1_and_0() {
        for (yes, no) in PAIRS.iter().copied().chain([
            ("Y", "N"),
            ("WAHR", "FALSCH"),
            ("VRAI", "FAUX"),
            ("ИСТИНА", "ЛОЖЬ"),
            ("Sim", "NÃO"),
            ("EVET", "HAYIR"),
        ]) {
            let content = format!("user,item,rating\nann,tea,{yes}\nbob,jam,{no}\n");
            assert_eq!(rows(&content), ["ann tea 1", "bob jam 0"], "{content}");
            let told = notes(&content.replace("rating", "whatever"));
            assert!(told.contains("`whatever` (yes or no, read as 1"), "{told}");
            let told = notes(content.trim_start_matches("user,item,rating\n"));
            assert!(told.contains("column 3 (yes or no"), "{content}: {told}");
        }
        assert!(are_truths(&[b"ja", b"NEIN", b"ja"]) && !are_truths(&[b"ja", b"no"]));
        // Letters among others are grades or marks.
        for content in [
            "user,item,rating\nann,tea,A\nbob,jam,F\n",
            "user,item,rating\nann,tea,5\nann,jam,4\nbob,jam,N\n",
        ] {
            assert!(refused(content).contains("is not a number"), "{content}");
        }
        // Users and items may be letters.
        assert_eq!(rows("x,y\na,n\nb,y\nc,t\n").len(), 4);
    }
}
