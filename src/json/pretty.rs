//! JSON for people to read: only the white space between tokens is another.

use super::Raw;

/// A value with a line for each member and element. Strings and numbers stay as they were
/// written.
pub fn pretty(value: &Raw) -> String {
    let text = value.get();
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => {}
            '"' => {
                out.push('"');
                // To the end of the string.
                while let Some(inside) = characters.next() {
                    out.push(inside);
                    match inside {
                        '\\' => out.extend(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                out.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_white_space_changes() {
        let value = Raw::from_static(
            r#"{ "a" : [ 1.10,1e400 , {}],"b{":"x\"}, ", "c":[ ],"d":123456789012345678901234567890}"#,
        );
        assert_eq!(
            pretty(&value),
            r#"{
  "a": [
    1.10,
    1e400,
    {}
  ],
  "b{": "x\"}, ",
  "c": [],
  "d": 123456789012345678901234567890
}"#
        );
        assert_eq!(pretty(&Raw::from_static(" \"a b\" ")), "\"a b\"");
    }
}
