//! Text in our own pages.

/// Text in HTML. All text goes through here, since servers choose their own.
pub(super) struct Text<'a>(pub(super) &'a str);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (plain, special) = rest.split_at(at);
            formatter.write_str(plain)?;
            let mut characters = special.chars();
            formatter.write_str(match characters.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = characters.as_str();
        }
        formatter.write_str(rest)
    }
}
