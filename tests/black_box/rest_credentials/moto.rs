//! moto's server, and processes whose environment leads there.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

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
#[derive(Clone)]
pub struct Facts(Value);

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
            facts: Facts(serde_json::from_str(&facts).unwrap()),
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

impl Facts {
    /// One of them, by its name in the fixture.
    pub fn get(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name}"))
    }

    /// For tests that need no moto.
    pub fn none() -> Self {
        Self(json!({}))
    }

    /// What they are in the process that a test has made for itself; none in the first one.
    pub fn of_this_process() -> Option<Self> {
        let facts = std::env::var(FACTS).ok()?;
        Some(Self(serde_json::from_str(&facts).unwrap()))
    }

    /// Runs a test again, in a process with these variables and none that AWS reads.
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
            .env(FACTS, self.0.to_string())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}\n{errors}");
        assert!(
            told.contains("1 passed"),
            "no test is called {test}:\n{told}"
        );
    }

    /// Does what an administrator of the user pools would.
    #[track_caller]
    pub fn administrate(&self, action: &str, parameters: &Value) {
        let target = format!("AWSCognitoIdentityProviderService.{action}");
        let answer = self.send(
            "/",
            &[
                ("X-Amz-Target", &target),
                ("Content-Type", "application/x-amz-json-1.1"),
                ("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=x"),
            ],
            parameters.to_string(),
        );
        answer.expect(200);
    }

    /// From here on nothing is done for requests that are not signed well.
    pub fn demand_signatures(&self) {
        self.send("/moto-api/reset-auth", &[], "0".to_owned())
            .expect(200);
    }

    fn send(&self, path: &str, headers: &[(&str, &str)], body: String) -> Response {
        let address = self.get("origin").strip_prefix("http://").unwrap();
        let mut request = Request::new(address.parse().unwrap(), "POST", path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(body).send()
    }
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
