//! moto's server, and processes whose environment leads there.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use viceversa::{
    config::log::LogFormat,
    telemetry::{self, Sink},
};

use crate::{
    gateway::peer,
    http::{Request, Response},
};

/// What tells a test that it runs in the process made for it.
const FACTS: &str = "VICEVERSA_TEST_FACTS";

/// moto; see `tests/fixtures/aws/moto_server.py`.
pub struct Moto {
    child: Child,
    pub facts: Facts,
}

/// What there is in moto.
pub struct Facts {
    facts: Value,
    /// Where the process that was made for a test logs all there is to log, to its end.
    log: Option<Sink>,
}

/// Those that nobody may read in a log.
const SECRETS: [&str; 5] = [
    "password",
    "confidential_secret",
    "secret_key",
    "session_secret",
    "session_token",
];

impl Moto {
    pub fn start() -> Self {
        let mut child = python("moto_server.py")
            .stderr(Stdio::null())
            .spawn()
            .expect("moto starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let facts = lines.next().expect("moto says what there is").unwrap();
        // Nobody reads on: it says no more.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            facts: Facts::new(&facts, None),
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It ends with its stdin.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Drop for Facts {
    fn drop(&mut self) {
        if let Some(log) = &self.log {
            log.flush();
        }
    }
}

impl Facts {
    fn new(facts: &str, log: Option<Sink>) -> Self {
        Self {
            facts: serde_json::from_str(facts).unwrap(),
            log,
        }
    }

    /// One of them, by its name in the fixture.
    pub fn get(&self, name: &str) -> &str {
        self.facts[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}"))
    }

    /// For tests that need no moto.
    pub fn none() -> Self {
        Self::new("{}", None)
    }

    /// What they are in the process that a test has made for itself; none in the first one.
    pub fn of_this_process() -> Option<Self> {
        let facts = std::env::var(FACTS).ok()?;
        let log = telemetry::start(LogFormat::Text, &"trace".parse().unwrap());
        Some(Self::new(&facts, Some(log.sink)))
    }

    /// Runs a test again, in a process with these variables and none that AWS reads. It logs
    /// whatever it can, but no secret.
    #[track_caller]
    pub fn run_again(&self, test: &str, variables: &[(&str, &str)]) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "--nocapture", test]);
        for (name, _) in std::env::vars() {
            if name.starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        let output = command
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .envs(variables.iter().copied())
            .env(FACTS, self.facts.to_string())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}\n{errors}");
        for secret in self.secrets().chain(secrets_among(variables)) {
            assert!(!errors.contains(secret), "{secret} is logged:\n{errors}");
        }
        assert!(errors.contains("TRACE"), "{errors}");
        assert!(
            told.contains("1 passed"),
            "no test is called {test}:\n{told}"
        );
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        SECRETS
            .iter()
            .filter_map(|name| self.facts.get(name)?.as_str())
    }

    /// Does what an administrator of the user pools would.
    #[track_caller]
    pub fn administrate(&self, action: &str, parameters: &Value) {
        self.ask(
            "cognito-idp",
            "AWSCognitoIdentityProviderService",
            action,
            parameters,
        );
    }

    /// An action of a service that speaks JSON, which must succeed.
    #[track_caller]
    pub fn ask(&self, service: &str, target: &str, action: &str, parameters: &Value) {
        let target = format!("{target}.{action}");
        let credential = credential(service);
        let answer = self.send(
            "POST",
            "/",
            &[
                ("X-Amz-Target", &target),
                ("Content-Type", "application/x-amz-json-1.1"),
                ("Authorization", &credential),
            ],
            parameters.to_string(),
        );
        answer.expect(200);
    }

    /// From here on nothing is done for requests that are not signed well.
    pub fn demand_signatures(&self) {
        self.send("POST", "/moto-api/reset-auth", &[], "0".to_owned())
            .expect(200);
    }

    /// A request as it is.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Response {
        let address = self.get("origin").strip_prefix("http://").unwrap();
        let mut request = Request::new(address.parse().unwrap(), method, path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(body).send()
    }
}

/// What moto takes for a signature, unless it demands real ones.
pub fn credential(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=x"
    )
}

/// A Python program of `tests/fixtures/aws`, where moto is installed.
pub fn python(name: &str) -> Command {
    let mut command = Command::new(peer("moto/bin/python"));
    command
        .arg(format!(
            "{}/tests/fixtures/aws/{name}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Parameters of an administrator's action on a user.
pub fn on_user(facts: &Facts, user: &str) -> Value {
    json!({"UserPoolId": facts.get("pool"), "Username": user})
}

fn secrets_among<'a>(variables: &[(&str, &'a str)]) -> impl Iterator<Item = &'a str> {
    let is_secret = |name: &str| name.contains("SECRET_ACCESS") || name.contains("TOKEN");
    variables
        .iter()
        .filter(move |(name, _)| is_secret(name))
        .map(|(_, value)| *value)
}
