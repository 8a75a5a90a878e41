//! Which known word a misspelt one was probably meant to be.

/// The nearest of the known words, if it is near enough.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = folded(word);
    known
        .filter_map(|candidate| {
            let candidate_folded = folded(candidate);
            let shorter = candidate_folded.len().min(word.len());
            let tolerance = match shorter {
                0..=2 => 0,
                3..=4 => 1,
                5..=8 => 2,
                _ => 3,
            };
            // A slip changes four bytes at most, and long texts take long to compare.
            if candidate_folded.len().abs_diff(word.len()) > 4 * tolerance {
                return None;
            }
            let distance = strsim::osa_distance(&word, &candidate_folded);
            (distance <= tolerance).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letter case and separators are where spellings differ most.
fn folded(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// `; did you mean …?`, or nothing.
pub(crate) fn hint(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default()
}

/// `a`, `b` or `c`.
pub(crate) fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => format!("`{word}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let known = [
            "command",
            "args",
            "env",
            "cwd",
            "disabledTools",
            "callTimeout",
        ];
        for (slip, meant) in [
            ("Command", Some("command")),
            ("comand", Some("command")),
            ("arg", Some("args")),
            ("agrs", Some("args")),
            ("envs", Some("env")),
            ("disabled-tools", Some("disabledTools")),
            ("call_timeout", Some("callTimeout")),
            ("calltimout", Some("callTimeout")),
            ("autoApprove", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(slip, known.into_iter()), meant, "{slip}");
        }
    }
}
