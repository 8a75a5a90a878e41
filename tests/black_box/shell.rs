//! What commands give a shell, and how they behave on a terminal.

use std::process::Command;

use serde_json::json;

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
            let shown = shown.replace(['\u{2010}', '\u{2212}'], "-");
            assert!(shown.contains(word), "{page}: {shown}");
        }
    }
    let one = viceversa(&["man", "tools"]);
    assert!(one.stdout.contains("viceversa"), "{one:?}");
    let none = viceversa(&["man", "tols"]);
    assert_eq!(none.code, Some(64), "{none:?}");
    assert!(none.stderr.contains("did you mean `tools`"), "{none:?}");
}

/// Runs the binary on a terminal of its own, 60 columns wide, and gives all that it wrote there.
const ON_A_TERMINAL: &str = r"
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 60, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
written = b''
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    written += part
    if b'press-ctrl-c' in os.environb.get(b'WHEN', b'') and b'%' in written:
        os.environb[b'WHEN'] = b''
        os.write(terminal, b'\x03')
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(written)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
";

fn on_a_terminal(words: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut command = Command::new("python3");
    command
        .args(["-c", ON_A_TERMINAL, env!("CARGO_BIN_EXE_viceversa")])
        .args(words)
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .envs(variables.iter().copied())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    run_to_end(command)
}

const DEMO: [&str; 3] = ["--", env!("CARGO_BIN_EXE_viceversa"), "demo-server"];

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let slow = ["call", "slow", "--arg", "seconds=2", "--arg", "steps=4"];
    let words = [&slow[..], &DEMO].concat();
    let shown = on_a_terminal(&words, &[]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("25%"), "{shown:?}");
    assert!(shown.stdout.contains("Step 1 of 4"), "{shown:?}");
    let piped = viceversa(&words);
    assert_eq!(piped.code, Some(0), "{piped:?}");
    assert!(piped.stderr.is_empty(), "{piped:?}");
    assert!(!piped.stdout.contains('\u{1b}'), "{piped:?}");
    assert!(shown.stdout.contains(piped.stdout.trim()), "{shown:?}");
}

#[test]
fn ctrl_c_on_a_terminal_ends_a_call_in_order() {
    let slow = ["call", "slow", "--arg", "seconds=60", "--arg", "steps=60"];
    let words = [&slow[..], &DEMO].concat();
    let ended = on_a_terminal(&words, &[("WHEN", "press-ctrl-c")]);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stdout.contains("cancelled"), "{ended:?}");
}

#[test]
fn colours_and_width_are_those_of_the_terminal() {
    let tools = [&["tools"][..], &DEMO].concat();
    let bold = "\u{1b}[1m";
    let shown = on_a_terminal(&tools, &[]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains(bold), "{shown:?}");
    let plain = |variables: &[(&str, &str)], flag: &[&str]| {
        let words = [&["tools"][..], flag, &DEMO].concat();
        on_a_terminal(&words, variables).stdout
    };
    for text in [
        plain(&[("NO_COLOR", "1")], &[]),
        plain(&[], &["--color", "never"]),
    ] {
        assert!(!text.contains(bold), "{text}");
        let table = text.lines().filter(|line| line.contains('│'));
        let widths: Vec<usize> = table.map(|line| line.trim_end().chars().count()).collect();
        assert!(
            !widths.is_empty() && widths.iter().all(|width| *width <= 60),
            "{text}"
        );
    }
    // Where there is no terminal, colours are a wish.
    assert!(!viceversa(&tools).stdout.contains(bold));
    let wished = viceversa(&[&["tools", "--color", "always"][..], &DEMO].concat());
    assert!(wished.stdout.contains(bold), "{wished:?}");
    let mut forced = binary();
    forced.args(&tools).env("CLICOLOR_FORCE", "1");
    assert!(run_to_end(forced).stdout.contains(bold));
    // So are those of errors and help.
    let help = viceversa(&["--help", "--color", "always"]);
    assert!(help.stdout.contains('\u{1b}'), "{help:?}");
    assert!(!viceversa(&["--help"]).stdout.contains('\u{1b}'));
    let wrong = viceversa(&["--color=always", "--prot", "1"]);
    assert!(wrong.stderr.contains('\u{1b}'), "{wrong:?}");
}

#[test]
fn what_servers_write_can_t_steer_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let title = "\u{1b}]0;owned\u{7}Tool";
    let tools = json!([{"name": "echo_arguments", "title": title, "description": "A\u{1b}[2J.",
        "inputSchema": {"type": "object"}}]);
    let server = crate::gateway::with_tools(&folder, &tools.to_string());
    let server: Vec<&str> = ["--"]
        .into_iter()
        .chain(server.iter().map(String::as_str))
        .collect();
    let shown = on_a_terminal(&[&["tools"][..], &server].concat(), &[]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(!shown.stdout.contains("\u{1b}]0;"), "{shown:?}");
    assert!(!shown.stdout.contains("\u{1b}[2J"), "{shown:?}");
    assert!(!shown.stdout.contains('\u{7}'), "{shown:?}");
    let echo = ["call", "echo", "--arg", "message=a\u{1b}[2Jb\u{7}"];
    let shown = on_a_terminal(&[&echo[..], &DEMO].concat(), &[]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("a[2Jb"), "{shown:?}");
}
