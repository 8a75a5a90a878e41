use proptest::prelude::*;

use super::*;

fn selection(rules: &[&str]) -> Selection {
    Selection::new(rules.iter().map(|rule| rule.parse().unwrap()))
}

#[test]
fn the_last_rule_that_matches_decides() {
    for (rules, admitted, left_out) in [
        (&[][..], &["time.now", "memory.read"][..], &[][..]),
        (&["time.*"], &["time.now"], &["memory.read", "timer.now"]),
        (
            &["!time.now"],
            &["time.convert", "memory.now"],
            &["time.now"],
        ),
        (
            &["time.*", "!time.convert_*"],
            &["time.now"],
            &["time.convert_time", "memory.read"],
        ),
        (
            &["!time.convert_*", "time.*"],
            &["time.convert_time"],
            &["memory.read"],
        ),
        (
            &["*", "!*.delete_*", "memory.delete_old"],
            &["time.now", "memory.delete_old"],
            &["memory.delete_all", "files.delete_old"],
        ),
        (&["now"], &["time.now", "memory.now"], &["time.nowhere"]),
        (&["read_*"], &["a.read_", "b.read_x"], &["a.x_read_"]),
        (&["!*"], &[], &["time.now"]),
    ] {
        let selection = selection(rules);
        let admits = |name: &&str| {
            let (server, tool) = name.split_once('.').unwrap();
            selection.admits(server, tool)
        };
        assert!(admitted.iter().all(admits), "{rules:?}");
        assert!(!left_out.iter().any(admits), "{rules:?}");
    }
}

#[test]
fn names_may_hold_dots() {
    let selection = selection(&["example.com.files.*"]);
    assert!(selection.admits("example.com", "files.read"));
    assert!(selection.admits("example", "com.files.read"));
    assert!(!selection.admits("example.com", "read"));
    assert!(!selection.admits("com", "files.read"));
}

#[test]
fn a_rule_knows_its_servers() {
    let rule = |text: &str| text.parse::<Rule>().unwrap();
    assert!(rule("now").is_about("anything"));
    assert!(rule("!time.now").is_about("time"));
    assert!(!rule("time.now").is_about("timer"));
    assert!(rule("t*.now").is_about("timer"));
    assert!(rule("example.com.*").is_about("example.com"));
}

#[test]
fn a_rule_that_covers_another_is_known() {
    for (wide, narrow, covers) in [
        ("time.*", "time.convert_time", true),
        ("time.*", "!time.convert_*", true),
        ("*", "time.now", true),
        ("*.*", "now", true),
        ("now", "*.now", true),
        ("time.now", "now", false),
        ("time.convert_time", "time.*", false),
        ("*b", "a*", false),
        ("a*", "a*b", true),
        ("a.*", "a.b.c", false),
        ("a*.*", "a.b.c", true),
    ] {
        let [wide, narrow] = [wide, narrow].map(|text| text.parse::<Rule>().unwrap());
        assert_eq!(wide.covers(&narrow), covers, "{wide:?} {narrow:?}");
    }
}

#[test]
fn a_text_without_names_is_no_rule() {
    for (text, problem) in [
        ("", InvalidRule::Empty),
        ("!", InvalidRule::Empty),
        (" ", InvalidRule::Empty),
        (".", InvalidRule::HalfEmpty),
        ("time.", InvalidRule::HalfEmpty),
        ("!.now", InvalidRule::HalfEmpty),
    ] {
        assert_eq!(text.parse::<Rule>(), Err(problem), "{text}");
    }
}

/// The definition of `*`, word by word.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => (0..=text.len()).any(|skipped| fits(rest, &text[skipped..])),
        ([expected, pattern @ ..], [found, text @ ..]) => expected == found && fits(pattern, text),
        _ => false,
    }
}

fn naive(rules: &[String], server: &str, tool: &str) -> bool {
    let characters = |text: &str| text.chars().collect::<Vec<_>>();
    let fits = |pattern: &str, text: &str| fits(&characters(pattern), &characters(text));
    let mut admitted = !rules.iter().any(|rule| !rule.starts_with('!'));
    for rule in rules {
        let pattern = rule.trim_start_matches('!');
        let matched = if pattern.contains('.') {
            (0..pattern.len()).any(|at| {
                pattern[at..].starts_with('.')
                    && !pattern[..at].is_empty()
                    && !pattern[at + 1..].is_empty()
                    && fits(&pattern[..at], server)
                    && fits(&pattern[at + 1..], tool)
            })
        } else {
            fits(pattern, tool)
        };
        if matched {
            admitted = !rule.starts_with('!');
        }
    }
    admitted
}

proptest! {
    #[test]
    fn a_selection_agrees_with_a_naive_glob(
        rules in prop::collection::vec("!?[ab*]{1,4}(\\.[ab*.]{1,4})?", 0..5),
        server in "[ab.]{1,4}",
        tool in "[ab.]{0,5}",
    ) {
        let rules: Vec<String> = rules
            .into_iter()
            .filter(|rule| rule.parse::<Rule>().is_ok())
            .collect();
        let selection = Selection::new(rules.iter().map(|rule| rule.parse().unwrap()));
        prop_assert_eq!(selection.admits(&server, &tool), naive(&rules, &server, &tool));
    }

    #[test]
    fn what_is_covered_is_matched(
        wide in "[ab*]{1,3}(\\.[ab*]{1,3})?",
        narrow in "[ab*]{1,3}(\\.[ab*]{1,3})?",
        server in "[ab]{1,3}",
        tool in "[ab]{0,3}",
    ) {
        let [wide, narrow] = [wide, narrow].map(|text| text.parse::<Rule>().unwrap());
        if wide.covers(&narrow) && narrow.matches(&server, &tool) {
            prop_assert!(wide.matches(&server, &tool));
        }
    }
}
