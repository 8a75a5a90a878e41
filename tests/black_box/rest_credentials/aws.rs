//! Signatures, by botocore's word and by moto's.

use std::io::Write as _;

use reqwest::{Method, StatusCode, header::HeaderValue};
use serde_json::{Value, json};
use viceversa::{
    http_client::OutgoingRequest,
    upstream::rest::{credentials::Authenticator, settings::Credentials},
};

use super::{
    authenticator, authorization, client,
    moto::{Facts, Moto, python},
    request,
};

fn sig_v4(service: &str, region: Option<&str>) -> Credentials {
    Credentials::SigV4 {
        service: service.to_owned(),
        region: region.map(str::to_owned),
    }
}

/// Requests that a signer can get wrong: method, URL, body and content type.
const REQUESTS: &[(&str, &str, &str, Option<&str>)] = &[
    ("GET", "https://api.test", "", None),
    ("GET", "https://api.test:443/", "", None),
    ("GET", "https://api.test:8443/pets", "", None),
    ("GET", "https://api.test/pets/", "", None),
    ("GET", "https://api.test/a%20b/%C3%A9/x%2Fy", "", None),
    ("GET", "https://api.test/a(b)/c=d;e/f:g@h,i'j!k*~", "", None),
    ("GET", "https://api.test/pets//7///", "", None),
    ("GET", "https://api.test/pets?b=2&a=1&a=0&A=3", "", None),
    (
        "GET",
        "https://api.test/pets?a&b=&c=%20%2B%26%3D%7E~",
        "",
        None,
    ),
    (
        "GET",
        "https://api.test/pets?q=%C3%A9&ids[]=1,2&ids[]=0&at=12:30&path=/a/b+c",
        "",
        None,
    ),
    (
        "POST",
        "https://api.test/pets",
        r#"{"name": "Rex é"}"#,
        Some("application/json"),
    ),
    (
        "PATCH",
        "https://api.test/pets/7",
        "a=b&c=d",
        Some("  text/plain;   charset=utf-8 "),
    ),
    ("DELETE", "https://api.test/pets/7?x=y", "", None),
];

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_as_botocore_signs_them() {
    const TEST: &str = "rest_credentials::aws::requests_are_signed_as_botocore_signs_them";
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_SESSION_TOKEN", "t0ken/+="),
        ("AWS_REGION", "eu-central-1"),
    ];
    if Facts::of_this_process().is_none() {
        Facts::none().run_again(TEST, &keys);
        return;
    }
    let mut asked = Vec::new();
    let mut questions = Vec::new();
    for (service, region) in [
        ("execute-api", None),
        ("s3", Some("us-east-1")),
        ("aoss", Some("us-east-1")),
    ] {
        let authenticators = authenticators(service, region);
        for &(method, url, body, content_type) in REQUESTS {
            let mut request = request(method.parse().unwrap(), url);
            request.body = body.into();
            if let Some(content_type) = content_type {
                let value = HeaderValue::from_static(content_type);
                request.headers.insert("content-type", value);
            }
            let authenticator = authenticators.get(&request);
            authenticator.apply(&mut request).await.unwrap();
            questions.push(
                question(&request, service, region.unwrap_or("eu-central-1"), &keys).to_string(),
            );
            asked.push((format!("{service} {method} {url}"), authorization(&request)));
        }
    }
    let mut botocore = python("signature.py").spawn().unwrap();
    let mut stdin = botocore.stdin.take().unwrap();
    stdin.write_all(questions.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let output = botocore.wait_with_output().unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    assert_eq!(expected.lines().count(), asked.len(), "{expected}");
    for (expected, (what, ours)) in expected.lines().zip(&asked) {
        assert_eq!(ours, expected, "{what}");
    }
}

/// One authenticator for each origin of [`REQUESTS`].
struct Authenticators([Authenticator; 2]);

fn authenticators(service: &str, region: Option<&str>) -> Authenticators {
    let settings = sig_v4(service, region);
    Authenticators(
        ["https://api.test/", "https://api.test:8443/"].map(|api| authenticator(&settings, api)),
    )
}

impl Authenticators {
    fn get(&self, request: &OutgoingRequest) -> &Authenticator {
        &self.0[usize::from(request.url.port().is_some())]
    }
}

/// What botocore is told of a signed request: all but the signature.
fn question(
    request: &OutgoingRequest,
    service: &str,
    region: &str,
    keys: &[(&str, &str)],
) -> Value {
    let headers: serde_json::Map<String, Value> = request
        .headers
        .iter()
        .filter(|(name, _)| *name != "authorization")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
        .collect();
    json!({
        "method": request.method.as_str(),
        "url": request.url.as_str(),
        "headers": headers,
        "body": String::from_utf8(request.body.to_vec()).unwrap(),
        "service": service,
        "region": region,
        "access_key": keys[0].1,
        "secret_key": keys[1].1,
        "session_token": keys[2].1,
    })
}

/// Asks AWS who we are, once more if a refusal brought other credentials.
async fn who_am_i(facts: &Facts, authenticator: &Authenticator) -> (StatusCode, String) {
    let mut is_repeated = false;
    loop {
        let mut request = request(Method::POST, facts.get("origin"));
        request.body = "Action=GetCallerIdentity&Version=2011-06-15".into();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert("content-type", form);
        let attached = authenticator.apply(&mut request).await.unwrap();
        let answer = client().send(request).await.unwrap();
        let status = answer.status();
        if authenticator.is_refusal(status)
            && !is_repeated
            && authenticator.refused(&attached).await
        {
            is_repeated = true;
            continue;
        }
        return (status, answer.text().await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_takes_a_request_and_a_container_s_credentials() {
    const TEST: &str = "rest_credentials::aws::aws_takes_a_request_and_a_container_s_credentials";
    let Some(facts) = Facts::of_this_process() else {
        let moto = Moto::start();
        moto.facts.demand_signatures();
        let (region, container) = (moto.facts.get("region"), moto.facts.get("container"));
        moto.facts.run_again(
            TEST,
            &[
                ("AWS_DEFAULT_REGION", region),
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container),
            ],
        );
        return;
    };
    let origin = facts.get("origin");
    let sts = authenticator(&sig_v4("sts", None), origin);
    let (status, answer) = who_am_i(&facts, &sts).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains(":assumed-role/task/test<"), "{answer}");

    let s3 = authenticator(&sig_v4("s3", None), origin);
    let object = format!("{origin}/shop/tea/green%20tea%20%26%20more%2B.txt");
    let mut request = request(Method::GET, &object);
    s3.apply(&mut request).await.unwrap();
    let session = &request.headers["x-amz-security-token"];
    assert_eq!(session, facts.get("session_token"));
    let unsigned = super::request(Method::GET, &object);
    let answer = client().send(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "Sencha");
    let answer = client().send(unsigned).await.unwrap();
    assert_eq!(answer.status(), 403, "moto looks at signatures");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_changed_in_their_file_are_read_after_a_refusal() {
    const TEST: &str =
        "rest_credentials::aws::keys_that_were_changed_in_their_file_are_read_after_a_refusal";
    let Some(facts) = Facts::of_this_process() else {
        let moto = Moto::start();
        moto.facts.demand_signatures();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        let region = moto.facts.get("region");
        moto.facts.run_again(
            TEST,
            &[
                ("AWS_REGION", region),
                ("AWS_PROFILE", "shop"),
                ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
            ],
        );
        return;
    };
    let write = |secret: &str| {
        let file = std::env::var("AWS_SHARED_CREDENTIALS_FILE").unwrap();
        let key = facts.get("access_key");
        let text = format!("[shop]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
        std::fs::write(file, text).unwrap();
    };
    write("0ld");
    let authenticator = authenticator(&sig_v4("sts", None), facts.get("origin"));
    let mut signed = request(Method::GET, facts.get("origin"));
    let attached = authenticator.apply(&mut signed).await.unwrap();
    write(facts.get("secret_key"));
    let (status, answer) = who_am_i(&facts, &authenticator).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains(":user/gateway<"), "{answer}");
    assert!(
        authenticator.refused(&attached).await,
        "they are others now"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_s_role_is_assumed() {
    const TEST: &str = "rest_credentials::aws::a_profile_s_role_is_assumed";
    let Some(facts) = Facts::of_this_process() else {
        let moto = Moto::start();
        moto.facts.demand_signatures();
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!(
            "[profile shop]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/task\n\
             role_session_name = gateway\nsource_profile = base\n\
             [profile base]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            moto.facts.get("access_key"),
            moto.facts.get("secret_key"),
        );
        std::fs::write(file.path(), text).unwrap();
        let origin = moto.facts.get("origin");
        moto.facts.run_again(
            TEST,
            &[
                ("AWS_PROFILE", "shop"),
                ("AWS_CONFIG_FILE", file.path().to_str().unwrap()),
                ("AWS_ENDPOINT_URL_STS", origin),
            ],
        );
        return;
    };
    let sts = authenticator(&sig_v4("sts", None), facts.get("origin"));
    let (status, answer) = who_am_i(&facts, &sts).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains(":assumed-role/task/gateway<"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_there_are_no_credentials_or_no_region_is_said() {
    const TEST: &str = "rest_credentials::aws::that_there_are_no_credentials_or_no_region_is_said";
    if Facts::of_this_process().is_none() {
        Facts::none().run_again(TEST, &[]);
        return;
    }
    for (region, parts) in [
        (None, ["no AWS region", "AWS_REGION"]),
        (Some("eu-west-1"), ["no AWS credentials", "AWS_PROFILE"]),
    ] {
        let authenticator = authenticator(&sig_v4("execute-api", region), "https://api.test/");
        let mut request = request(Method::GET, "https://api.test/");
        let error = authenticator.apply(&mut request).await.unwrap_err();
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
