//! What commands give a shell.

use std::process::Command;

use crate::gateway::{Finished, binary, run_to_end};

fn viceversa(words: &[&str]) -> Finished {
    let mut command = binary();
    command.args(words);
    run_to_end(command)
}

#[test]
fn completions_are_scripts_that_shells_can_read() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = viceversa(&["completions", shell]);
        assert_eq!(script.code, Some(0), "{script:?}");
        for word in ["viceversa", "check", "call", "api-key"] {
            assert!(script.stdout.contains(word), "{shell} {word}");
        }
        assert!(!script.stdout.contains("demo-server"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("viceversa.bash");
    let script = viceversa(&["completions", "bash"]).stdout;
    std::fs::write(&file, script).unwrap();
    let read = Command::new("bash").arg("-n").arg(&file).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
    // And what it completes: a command by its beginning.
    let complete = format!(
        "source {}; COMP_WORDS=(viceversa che); COMP_CWORD=1; _viceversa viceversa che viceversa; \
         echo \"${{COMPREPLY[@]}}\"",
        file.display()
    );
    let completed = Command::new("bash")
        .args(["-c", &complete])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout).trim(), "check");
}

#[test]
fn manual_pages_render() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man1");
    let written = viceversa(&["man", "--dir", dir.to_str().unwrap()]);
    assert_eq!(written.code, Some(0), "{written:?}");
    for (page, word) in [("viceversa", "--config"), ("viceversa-call", "--arg")] {
        let file = dir.join(format!("{page}.1"));
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{text}");
        // Where groff is, it has nothing to complain of.
        let rendered = Command::new("groff")
            .args(["-man", "-Tutf8", "-P-cbou", "-ww"])
            .arg(&file)
            .output();
        if let Ok(rendered) = rendered {
            assert!(rendered.status.success(), "{rendered:?}");
            let shown = String::from_utf8_lossy(&rendered.stdout);
            let shown = shown.replace('\u{2010}', "-").replace('\u{2212}', "-");
            assert!(shown.contains(word), "{page}: {shown}");
        }
    }
    let one = viceversa(&["man", "tools"]);
    assert!(one.stdout.contains("viceversa"), "{one:?}");
    let none = viceversa(&["man", "tols"]);
    assert_eq!(none.code, Some(64), "{none:?}");
    assert!(none.stderr.contains("did you mean `tools`"), "{none:?}");
}
