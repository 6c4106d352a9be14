//! MovieLens-100K's `u.item`: a file without a header whose columns are described in its README.

use crate::data::read::frame::{Cells, Frame};

/// The first five columns.
const COLUMNS: [&str; 5] = ["id", "title", "release_date", "video_release_date", "imdb_url"];

/// Genres of the flags in the other columns, in their order (its file `u.genre`).
const GENRES: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

/// Names the columns of `u.item` and turns its flags into one list of genres. The file is recognised by a combination
/// that no other file has: no header, 24 columns delimited by `|`, addresses of the Internet Movie Database in the
/// fifth, and 0 or 1 in the last 19. Returns a note for the report.
pub(super) fn name_columns(frame: &mut Frame) -> Option<String> {
    let (known, flags) = frame.columns.split_at_checked(COLUMNS.len())?;
    let is_address = |word: &str| word.starts_with("http://us.imdb.com/");
    let is_flag = |cells: &Cells| cells.words.names().all(|word| matches!(word, "0" | "1"));
    let is_it = frame.names.is_none()
        && frame.delimiter.as_deref() == Some("|")
        && flags.len() == GENRES.len()
        && flags.iter().all(is_flag)
        && !known[4].words.is_empty()
        && known[4].words.names().all(is_address);
    if !is_it {
        return None;
    }
    let mut genres = Cells::default();
    genres.lists = true;
    for row in 0..frame.rows {
        for (genre, cells) in GENRES.iter().zip(flags) {
            if cells.texts(row).next() == Some("1") {
                genres.push(row, genre).ok()?;
            }
        }
    }
    frame.columns.truncate(COLUMNS.len());
    frame.columns.push(genres);
    frame.names = Some(COLUMNS.iter().copied().chain(["genres"]).map(Into::into).collect());
    Some("this is MovieLens-100K's u.item: its columns are named as in its README, its 19 flags are read as `genres`".into())
}
