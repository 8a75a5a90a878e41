//! Starts the real binary, learns where it listens, and ends it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Request, Response};

/// The longest a test waits for something that is sure to come, on a machine that is busy.
pub const SOON: Duration = Duration::from_mins(1);

/// A gateway to be.
pub struct Launch {
    subcommand: Option<&'static str>,
    flags: Vec<String>,
    command: Vec<String>,
    config: Option<String>,
    environment: Vec<(String, String)>,
    names_port: bool,
    as_nobody: bool,
    terminal: Option<Terminal>,
}

/// The terminal that a gateway is started in.
struct Terminal {
    end: OwnedFd,
    /// Whether it is its standard input too.
    is_kept: bool,
}

/// A running gateway, ended when it is dropped.
pub struct Gateway {
    child: Child,
    pub address: SocketAddr,
    key: Option<String>,
    stderr: Arc<Mutex<String>>,
    /// The folder of the configuration file, and a place for what a test writes.
    _folder: TempDir,
}

/// A command that ran to its end.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Launch {
    pub fn new() -> Self {
        Self {
            subcommand: None,
            flags: Vec::new(),
            command: Vec::new(),
            config: None,
            environment: Vec::new(),
            names_port: true,
            as_nobody: false,
            terminal: None,
        }
    }

    pub fn flags<T: AsRef<str>>(mut self, flags: impl IntoIterator<Item = T>) -> Self {
        self.flags
            .extend(flags.into_iter().map(|flag| flag.as_ref().to_owned()));
        self
    }

    /// The command of this name, rather than the gateway.
    pub fn subcommand(mut self, name: &'static str) -> Self {
        self.subcommand = Some(name);
        self
    }

    /// `--api-key`; requests that the gateway makes for a test then carry it.
    pub fn key(self, key: &str) -> Self {
        self.flags(["--api-key", key])
    }

    /// Single mode: the server's command, after `--`.
    pub fn server<T: AsRef<str>>(mut self, command: impl IntoIterator<Item = T>) -> Self {
        self.command
            .extend(command.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// Config mode: the file's content.
    pub fn config(self, config: &Value) -> Self {
        self.config_text(&config.to_string())
    }

    pub fn config_text(mut self, text: &str) -> Self {
        self.config = Some(text.to_owned());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves `--port 0` out.
    pub fn without_port(mut self) -> Self {
        self.names_port = false;
        self
    }

    /// Runs a copy of the binary as a user without rights, where root runs the tests.
    pub fn run_as_nobody(mut self) -> Self {
        self.as_nobody = rustix::process::getuid().is_root();
        self
    }

    /// Starts it as the first program of a terminal, which is its standard input if it keeps it.
    pub fn on_terminal(mut self, end: OwnedFd, is_kept: bool) -> Self {
        self.terminal = Some(Terminal { end, is_kept });
        self
    }

    /// Starts the gateway and waits until it says where it listens.
    #[track_caller]
    pub fn start(self) -> Gateway {
        let folder = tempfile::tempdir().unwrap();
        let key = self
            .flags
            .iter()
            .position(|flag| flag == "--api-key" || flag == "-k")
            .map(|at| self.flags[at + 1].clone());
        let mut command = self.command(folder.path());
        let mut child = command.spawn().expect("the binary starts");
        drop(child.stdin.take());
        let stderr = Arc::new(Mutex::new(String::new()));
        let lines = collect(child.stderr.take().unwrap(), &stderr);
        drain(child.stdout.take().unwrap());
        let deadline = Instant::now() + SOON;
        let address = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = lines.recv_timeout(left) else {
                let _ = child.kill();
                let status = child.wait();
                panic!(
                    "the gateway did not say where it listens ({status:?}):\n{}",
                    stderr.lock().unwrap()
                );
            };
            if let Some(address) = listening_on(&line) {
                break address;
            }
        };
        Gateway {
            child,
            address,
            key,
            stderr,
            _folder: folder,
        }
    }

    /// Runs a command that is expected to end by itself.
    #[track_caller]
    pub fn run_to_end(self) -> Finished {
        let folder = tempfile::tempdir().unwrap();
        let command = self.command(folder.path());
        run_to_end(command)
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = match &self.terminal {
            _ if self.as_nobody => binary_for_nobody(folder),
            Some(terminal) => terminal.binary(),
            None => binary(),
        };
        command.current_dir(folder);
        command.args(self.subcommand);
        let names = |flag: &str| self.flags.iter().any(|known| known == flag);
        if self.names_port && !names("--port") {
            command.args(["--port", "0"]);
        }
        if !names("--start-wait") {
            // Several interpreters start side by side on a small machine.
            command.args(["--start-wait", "60s"]);
        }
        if let Some(config) = &self.config {
            let path = folder.join("config.json");
            std::fs::write(&path, config).unwrap();
            command.arg("--config").arg(path);
        }
        command.args(&self.flags);
        if !self.command.is_empty() {
            command.arg("--").args(&self.command);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Terminal {
    /// The binary under test, in a session that the terminal controls.
    fn binary(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_viceversa");
        let mut command = clean_command(std::ffi::OsStr::new("setsid"));
        command.arg("--ctty").stdin(self.end.try_clone().unwrap());
        if self.is_kept {
            command.arg(program);
        } else {
            command.args(["sh", "-c", "exec \"$0\" \"$@\" < /dev/null", program]);
        }
        command
    }
}

impl Gateway {
    /// One server at the root, with these flags before the `--`.
    #[track_caller]
    pub fn single<T: AsRef<str>>(flags: &[&str], command: impl IntoIterator<Item = T>) -> Self {
        Launch::new().flags(flags).server(command).start()
    }

    /// A request with the key that the gateway was started with, if any.
    pub fn request(&self, method: &str, target: &str) -> Request {
        let request = self.anonymous(method, target);
        match &self.key {
            Some(key) => request.bearer(key),
            None => request,
        }
    }

    /// A request without credentials.
    pub fn anonymous(&self, method: &str, target: &str) -> Request {
        Request::new(self.address, method, target)
    }

    pub fn get(&self, target: &str) -> Response {
        self.request("GET", target).send()
    }

    /// Calls a tool with these arguments.
    pub fn call(&self, target: &str, arguments: &Value) -> Response {
        self.request("POST", target).json(arguments).send()
    }

    /// Calls a tool with this text as it is.
    pub fn call_text(&self, target: &str, arguments: &str) -> Response {
        self.request("POST", target).json_text(arguments).send()
    }

    /// Calls a tool and gives the value that came, which must be a success.
    #[track_caller]
    pub fn value(&self, target: &str, arguments: &Value) -> Value {
        self.call(target, arguments).expect(200).json()
    }

    /// The document at this path.
    #[track_caller]
    pub fn document(&self, target: &str) -> Value {
        self.get(target).expect(200).json()
    }

    /// The key that its requests carry.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the gateway still runs");
    }

    /// What the gateway has written to stderr so far.
    pub fn log(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        wait_until(&format!("the log says {text:?}"), || {
            self.log().contains(text)
        });
    }

    /// Waits until the gateway ends by itself.
    #[track_caller]
    pub fn wait_for_end(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the gateway still runs after {within:?}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The state of a server as `/status` tells it.
    pub fn state_of(&self, server: &str) -> String {
        let status = self.get("/status").expect(200).json();
        server_in(&status, server)
            .and_then(|found| found["state"].as_str().map(str::to_owned))
            .unwrap_or_else(|| panic!("/status knows no state of {server}: {status:#}"))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- stderr of the gateway\n{}---", self.log());
        }
    }
}

/// The entry of a server in the answer of `/status`, whether `servers` is a list or an object.
pub fn server_in<'a>(status: &'a Value, server: &str) -> Option<&'a Value> {
    let servers = &status["servers"];
    servers.get(server).or_else(|| {
        servers
            .as_array()?
            .iter()
            .find(|entry| entry["name"] == server)
    })
}

fn binary_for_nobody(folder: &Path) -> Command {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let copy = folder.join("viceversa");
    std::fs::copy(env!("CARGO_BIN_EXE_viceversa"), &copy).unwrap();
    for path in [folder, &copy] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = clean_command(copy.as_os_str());
    command.uid(65_534).gid(65_534);
    command
}

/// The binary under test, with none of our own settings in its environment.
pub fn binary() -> Command {
    clean_command(std::ffi::OsStr::new(env!("CARGO_BIN_EXE_viceversa")))
}

fn clean_command(program: &std::ffi::OsStr) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        let ours = ["VICEVERSA_", "MCPO_", "FASTMCP_"];
        if ours.iter().any(|prefix| shown.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
        .env_remove("CONNECTION_TIMEOUT")
        .env_remove("LOG_LEVEL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command to its end and collects what it wrote.
#[track_caller]
pub fn run_to_end(mut command: Command) -> Finished {
    let mut child = command.spawn().expect("the command starts");
    let stdout = read_all(child.stdout.take().unwrap());
    let stderr = read_all(child.stderr.take().unwrap());
    let deadline = Instant::now() + SOON;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            panic!(
                "{command:?} did not end:\n{}\n{}",
                stdout.join().unwrap(),
                stderr.join().unwrap()
            );
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Finished {
        code: status.code(),
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

/// Waits until something holds; fails after [`SOON`].
#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(
            Instant::now() < deadline,
            "waited {SOON:?} in vain until {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A program of a real server, as `tests/peers/install` laid it.
#[track_caller]
pub fn peer(program: &str) -> String {
    let folder = std::env::var_os("VICEVERSA_TEST_PEERS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"),
        PathBuf::from,
    );
    let path = folder.join(program);
    assert!(
        path.exists(),
        "{} is missing: run tests/run once, it installs the servers that tests talk to",
        path.display()
    );
    path.to_str().unwrap().to_owned()
}

/// The misbehaving server, with these flags.
#[track_caller]
pub fn fixture(flags: &[&str]) -> Vec<String> {
    let path = example("fixture-server");
    let mut command = vec![path];
    command.extend(flags.iter().map(|&flag| flag.to_owned()));
    command
}

/// A server that offers these tools and no others, given as the JSON text of an array. Tools of a
/// name that the misbehaving server knows do what they do there, all others show their arguments.
/// The folder is where the server reads them, and must outlive it.
#[track_caller]
pub fn with_tools(folder: &TempDir, tools: &str) -> Vec<String> {
    let path = folder.path().join("tools.json");
    std::fs::write(&path, tools).unwrap();
    fixture(&["--tools-file", path.to_str().unwrap()])
}

/// The text of the arguments as a tool that shows them was sent them.
#[track_caller]
pub fn arguments_sent(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    answer.text()
}

#[track_caller]
pub fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_BIN_EXE_viceversa"))
        .with_file_name("examples")
        .join(name);
    assert!(
        path.exists(),
        "{} is missing: run cargo build --examples",
        path.display()
    );
    path.to_str().unwrap().to_owned()
}

/// What the misbehaving server did, as its state file tells it: it outlives the process.
pub struct StateFile {
    path: PathBuf,
    _folder: TempDir,
}

impl StateFile {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            path: folder.path().join("state"),
            _folder: folder,
        }
    }

    /// The misbehaving server with this state file and these flags.
    #[track_caller]
    pub fn fixture(&self, flags: &[&str]) -> Vec<String> {
        let mut all = vec!["--state-file", self.path.to_str().unwrap()];
        all.extend(flags);
        fixture(&all)
    }

    /// Where it is, for servers that write it themselves.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// How many lines start with this text.
    pub fn count(&self, prefix: &str) -> usize {
        self.lines()
            .iter()
            .filter(|line| line.starts_with(prefix))
            .count()
    }

    /// Waits until so many lines start with this text.
    #[track_caller]
    pub fn wait_for(&self, prefix: &str, count: usize) {
        wait_until(&format!("{count} × {prefix:?} in the state file"), || {
            self.count(prefix) >= count
        });
    }

    /// The process ids of all lines `start PID` or `grandchild PID`.
    pub fn pids(&self, event: &str) -> Vec<Pid> {
        self.lines()
            .iter()
            .filter_map(|line| line.strip_prefix(event)?.trim().parse().ok())
            .filter_map(Pid::from_raw)
            .collect()
    }
}

/// Whether a process is there and is no zombie.
pub fn is_alive(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
        .ok()
        .and_then(|stat| {
            let (_, rest) = stat.rsplit_once(')')?;
            rest.trim_start().chars().next()
        })
        .is_some_and(|state| !"ZX".contains(state))
}

#[track_caller]
pub fn wait_until_gone(pids: &[Pid]) {
    for pid in pids {
        wait_until(&format!("process {pid:?} is gone"), || !is_alive(*pid));
    }
}

/// An entry of `mcpServers` that runs this command.
#[track_caller]
pub fn entry(command: &[String]) -> Value {
    serde_json::json!({ "command": command[0], "args": command[1..] })
}

fn listening_on(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on ")?;
    let (_, rest) = rest.split_once("://")?;
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || ".:[]".contains(c)))
        .unwrap_or(rest.len());
    let text = rest[..end].replace("localhost", "127.0.0.1");
    let mut address: SocketAddr = text.parse().ok()?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Some(address)
}

/// Keeps each line of the gateway's stderr, and hands it on for whoever waits for one.
fn collect(
    stream: impl Read + Send + 'static,
    kept: &Arc<Mutex<String>>,
) -> std::sync::mpsc::Receiver<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let kept = Arc::clone(kept);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while reader
            .read_until(b'\n', &mut bytes)
            .is_ok_and(|read| read > 0)
        {
            let line = String::from_utf8_lossy(&bytes).into_owned();
            kept.lock().unwrap().push_str(&line);
            let _ = sender.send(line);
            bytes.clear();
        }
    });
    receiver
}

fn read_all(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn drain(mut stream: impl Read + Send + 'static) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
}
