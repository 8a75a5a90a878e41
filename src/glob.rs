//! Patterns of names, in which `*` stands for any text.

/// Whether a text fits a pattern in which `*` stands for any text, be it empty.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (between, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    for part in between.split('*') {
        // The first place leaves most for the parts that follow.
        let Some((_, after)) = text.split_once(part) else {
            return false;
        };
        text = after;
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_all_else_for_itself() {
        for (pattern, text, fits) in [
            ("get_pet", "get_pet", true),
            ("get_pet", "get_pets", false),
            ("get_*", "get_", true),
            ("/pets/*/photos", "/pets/{id}/photos", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
