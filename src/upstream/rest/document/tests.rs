use std::fs;

use super::*;
use crate::{http_client::HttpSettings, json::Raw, upstream::rest::scripted_web::Web};

fn document(operation: &str) -> String {
    format!(
        r#"{{"openapi":"3.1.0","info":{{"title":"Pets","version":"1"}},
            "servers":[{{"url":"https://api.example"}}],
            "paths":{{"/pets":{{"get":{{"operationId":"{operation}","responses":{{}}}}}}}}}}"#
    )
}

fn sources(specs: Vec<SpecSource>) -> Sources {
    Sources {
        specs,
        url: None,
        options: ReadOptions::default(),
        allowed_folders: Vec::new(),
        allow_private_networks: false,
        allow_insecure_http: false,
        refresh_interval: Duration::from_millis(20),
        supplied: Supplied::default(),
        wording: Wording::default(),
    }
}

fn library(sources: Sources) -> Arc<Library> {
    let client = HttpClient::new(&HttpSettings::default()).unwrap();
    Library::new(
        "pets".parse().unwrap(),
        sources,
        client,
        HeaderMap::new(),
        None,
    )
}

fn names(known: &Known) -> Vec<&str> {
    let operations = known.operations.iter();
    operations.map(|it| it.operation.name.as_str()).collect()
}

#[tokio::test]
async fn a_document_may_stand_in_the_config_and_others_add_to_it() {
    let inline = |operation: &str, path: &str| {
        let text = document(operation).replace("/pets", path);
        SpecSource::Inline(Raw::parse(text.into()).unwrap())
    };
    let library = library(sources(vec![
        inline("list", "/pets"),
        inline("toys", "/toys"),
    ]));
    let known = library.known().await.unwrap();
    assert_eq!(names(&known), ["list", "toys"]);
    assert!(Arc::ptr_eq(&known, &library.known().await.unwrap()));
}

#[tokio::test]
async fn all_documents_stand_below_the_configured_url() {
    let inline = |text: String| SpecSource::Inline(Raw::parse(text.into()).unwrap());
    let second = document("toys").replace("/pets", "/toys");
    let third = document("food")
        .replace("/pets", "/food")
        .replace(r#""servers":[{"url":"https://api.example"}],"#, "");
    let own = r#"{"openapi":"3.1.0","paths":{"/own":{"get":{"operationId":"own","responses":{},
        "servers":[{"url":"https://own.example"}]}}}}"#;
    let specs = [document("list"), second, third, own.to_owned()].map(inline);
    let hosts = async |url: Option<&str>| {
        let sources = Sources {
            url: url.map(|url| Url::parse(url).unwrap()),
            ..sources(specs.to_vec())
        };
        let known = library(sources).known().await.unwrap();
        let operations = known.operations.iter();
        let server = operations.map(|it| match &it.server {
            Ok(server) => server.url.as_str().to_owned(),
            Err(_) => "nowhere".to_owned(),
        });
        server.collect::<Vec<_>>()
    };
    let staging = "https://staging.example/v1";
    let own = "https://own.example/";
    assert_eq!(hosts(Some(staging)).await, [staging, staging, staging, own]);
    let api = "https://api.example/";
    assert_eq!(hosts(None).await, [api, api, "nowhere", own]);
}

#[test]
fn the_root_folder_is_not_a_documents_own() {
    let url = |text| Url::parse(text).unwrap();
    let roots = [
        url("file:///openapi.json"),
        url("file:///srv/api/openapi.json"),
    ];
    let allowed = [PathBuf::from("/")];
    assert_eq!(file::folders(&roots, &[]), [PathBuf::from("/srv/api")]);
    assert_eq!(file::folders(&roots[..1], &allowed), allowed);
}

#[tokio::test]
async fn files_refer_to_files_within_their_folder_and_the_allowed_ones_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir_all(&inside).unwrap();
    fs::create_dir_all(&outside).unwrap();
    let part = r#"{"get":{"operationId":"NAME","responses":{}}}"#;
    fs::write(inside.join("part.json"), part.replace("NAME", "beside")).unwrap();
    fs::write(outside.join("part.json"), part.replace("NAME", "elsewhere")).unwrap();
    std::os::unix::fs::symlink(outside.join("part.json"), inside.join("link.json")).unwrap();
    let main = inside.join("openapi.json");
    let text = r#"{"openapi":"3.1.0","info":{"title":"t","version":"1"},
        "servers":[{"url":"https://api.example"}],"paths":{
            "/a":{"$ref":"part.json"},"/b":{"$ref":"../out/part.json"},
            "/c":{"$ref":"link.json"},"/d":{"$ref":"https://elsewhere.example/part.json"},
            "/e":{"$ref":"file:///dev/zero"}}}"#;
    fs::write(&main, text).unwrap();
    let strict = library(sources(vec![SpecSource::File(main.clone())]));
    let known = strict.known().await.unwrap();
    assert_eq!(names(&known), ["beside"]);
    let told: Vec<&str> = known
        .warnings
        .iter()
        .map(|(_, message)| message.as_str())
        .collect();
    assert_eq!(
        told.iter()
            .filter(|it| it.contains("outside of the document's folder"))
            .count(),
        3,
        "{told:#?}"
    );
    assert!(
        told.iter().any(|it| it.contains("another origin")),
        "{told:#?}"
    );
    let allowing = library(Sources {
        allowed_folders: vec![outside],
        ..sources(vec![SpecSource::File(main)])
    });
    let known = allowing.known().await.unwrap();
    // The same operation by its own path and by a link, so that its names are told apart.
    let names = names(&known);
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[1].starts_with("elsewhere"), "{names:?}");
}

#[tokio::test]
async fn a_document_that_changed_takes_the_place_of_the_old_and_one_that_fails_does_not() {
    let (web, url) = Web::start().await;
    let spec = url.join("/openapi.json").unwrap();
    let etag = "200 OK\r\netag: \"v1\"";
    web.has("/openapi.json", etag, document("first"));
    let library = library(sources(vec![SpecSource::Url(spec)]));
    assert_eq!(names(&library.known().await.unwrap()), ["first"]);
    let refreshing = Arc::clone(&library);
    let refreshing = tokio::spawn(async move { refreshing.refresh().await });
    let mut changes = library.changes();

    web.has("/openapi.json", "304 Not Modified", "");
    web.is_asked_again(2).await;
    assert!(web.asked()[1].head.contains("if-none-match: \"v1\""));
    for (head, body) in [("500 Oops", ""), ("200 OK\r\netag: \"v2\"", "{broken")] {
        web.has("/openapi.json", head, body);
        web.is_asked_again(3).await;
    }
    assert!(!changes.has_changed().unwrap());
    assert_eq!(names(&library.current().unwrap()), ["first"]);

    web.has(
        "/openapi.json",
        "200 OK\r\netag: \"v2\"",
        document("second"),
    );
    tokio::time::timeout(Duration::from_secs(10), changes.changed())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(names(&library.current().unwrap()), ["second"]);
    refreshing.abort();
}

#[tokio::test]
async fn a_file_that_changed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    fs::write(&file, document("first")).unwrap();
    let library = library(sources(vec![SpecSource::File(file.clone())]));
    library.known().await.unwrap();
    assert_eq!(library.look_again().await, Ok(false));
    fs::write(&file, document("second")).unwrap();
    assert_eq!(library.look_again().await, Ok(true));
    assert_eq!(names(&library.current().unwrap()), ["second"]);
    fs::remove_file(&file).unwrap();
    library.look_again().await.unwrap_err();
    assert_eq!(names(&library.current().unwrap()), ["second"]);
}

#[tokio::test]
async fn references_on_the_web_stay_at_the_documents_origin() {
    let (web, url) = Web::start().await;
    let (other, elsewhere) = Web::start().await;
    let part = r#"{"get":{"operationId":"part","responses":{}}}"#;
    web.has("/part.json", "200 OK", part);
    other.has("/part.json", "200 OK", part);
    let away = elsewhere.join("/part.json").unwrap();
    web.has("/away.json", &format!("302 Found\r\nlocation: {away}"), "");
    let text = format!(
        r#"{{"openapi":"3.1.0","info":{{"title":"t","version":"1"}},"paths":{{
            "/a":{{"$ref":"part.json"}},"/b":{{"$ref":"{away}"}},"/c":{{"$ref":"away.json"}},
            "/d":{{"$ref":"file:///etc/hostname"}}}}}}"#
    );
    web.has("/openapi.json", "200 OK", &text);
    let spec = url.join("/openapi.json").unwrap();
    let library = library(sources(vec![SpecSource::Url(spec)]));
    let known = library.known().await.unwrap();
    assert_eq!(names(&known), ["part"]);
    let told = format!("{:?}", known.warnings);
    for reason in [
        "another origin",
        "redirects to another origin",
        "may not refer to files",
    ] {
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn documents_in_the_clear_come_from_this_machine_alone_unless_allowed() {
    let url = Url::parse("http://docs.example/openapi.json?key=s3cret").unwrap();
    let strict = library(sources(vec![SpecSource::Url(url)]));
    let error = strict.known().await.unwrap_err().to_string();
    assert!(error.contains("allowInsecureHttp"), "{error}");
    assert!(
        error.contains("http://docs.example") && !error.contains("s3cret"),
        "{error}"
    );
}

#[tokio::test]
async fn what_has_no_end_or_is_no_document_is_an_error_that_says_so() {
    for (path, problem) in [
        ("/dev/zero", "it is no file"),
        ("/nowhere/openapi.json", "it can't be read"),
    ] {
        let library = library(sources(vec![SpecSource::File(path.into())]));
        let error = library.known().await.unwrap_err().to_string();
        assert!(
            error.starts_with(path) && error.contains(problem),
            "{error}"
        );
    }
    let (web, url) = Web::start().await;
    web.has("/private.json", "403 Forbidden", "");
    for (path, is_refused) in [("/private.json", true), ("/missing.json", false)] {
        let spec = SpecSource::Url(url.join(path).unwrap());
        let error = library(sources(vec![spec])).known().await.unwrap_err();
        assert_eq!(error.is_refused, is_refused, "{error}");
    }
}

#[tokio::test]
async fn what_a_url_answers_without_a_document_is_told_with_the_url_but_no_secrets() {
    let (web, url) = Web::start().await;
    let (other, elsewhere) = Web::start().await;
    other.has("/private.json", "401 Unauthorized", "");
    web.has("/private.json", "401 Unauthorized", "");
    let away = format!("302 Found\r\nlocation: {elsewhere}private.json?t=s3cret");
    web.has("/away.json", &away, "");
    let inside = "302 Found\r\nlocation: http://169.254.169.254/s3cret";
    web.has("/inside.json", inside, "");
    web.has(
        "/loop.json",
        "307 Temporary Redirect\r\nlocation: /loop.json",
        "",
    );
    let told = async |path: &str, home: Option<&str>| {
        let mut spec = url.join(path).unwrap();
        spec.set_query(Some("key=s3cret&s3cret"));
        spec.set_username("s3cret").unwrap();
        let library = library(Sources {
            url: home.map(|home| Url::parse(home).unwrap()),
            ..sources(vec![SpecSource::Url(spec)])
        });
        let error = library.known().await.unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
        let start = format!(
            "the document at {}?key=…&… can't be used: ",
            url.join(path).unwrap()
        );
        let problem = error.strip_prefix(&start);
        let problem = problem.unwrap_or_else(|| panic!("{error}"));
        let problem = problem.replace(elsewhere.as_str(), "ELSEWHERE/");
        problem.replace(url.as_str().trim_end_matches('/'), "HERE")
    };
    insta::assert_snapshot!(
        told("/missing.json", None).await,
        @"it was answered with 404 Not Found; look whether the URL is right"
    );
    insta::assert_snapshot!(
        told("/private.json", None).await,
        @"it was answered with 401 Unauthorized; if it wants credentials, give them with `auth` or `headers`"
    );
    insta::assert_snapshot!(
        told("/private.json", Some("https://api.example")).await,
        @"it was answered with 401 Unauthorized; no credentials are sent there, since it is not at the origin of `url`: fetch the document yourself, and give it as a file"
    );
    insta::assert_snapshot!(
        told("/away.json", None).await,
        @"it redirects to ELSEWHERE/private.json?t=…, which answered with 401 Unauthorized; credentials are not sent to where another server redirects: give that URL itself"
    );
    insta::assert_snapshot!(
        told("/inside.json", None).await,
        @"the redirect to http://169.254.169.254 is not followed: that is an address of the gateway's own network; give that URL itself, or set `allowPrivateNetworks`"
    );
    insta::assert_snapshot!(
        told("/loop.json", None).await,
        @"HERE redirects more than 5 times, at last to HERE; give the address where it ends, if it does"
    );
}

#[tokio::test]
async fn what_a_file_says_lasts_until_it_is_written_anew_and_what_comes_from_elsewhere_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openapi.json");
    let without_host = document("list").replace("https://api.example", "/v1");
    for broken in [without_host.as_str(), "{\"openapi\": "] {
        fs::write(&path, broken).unwrap();
        let library = library(sources(vec![SpecSource::File(path.clone())]));
        let error = library.known().await.unwrap_err();
        assert!(error.is_lasting, "{error}");
        let wait = Duration::from_millis(200);
        let unchanged = tokio::time::timeout(wait, library.mended()).await;
        assert!(unchanged.is_err(), "nothing was mended");
        fs::write(&path, document("list")).unwrap();
        let wait = Duration::from_secs(10);
        let mended = tokio::time::timeout(wait, library.mended()).await;
        mended.expect("the file was written anew");
        assert_eq!(names(&library.known().await.unwrap()), ["list"]);
    }
    // What stands behind a broken one was not read, and is no reason to try again.
    fs::write(&path, "{}").unwrap();
    let second = folder.path().join("second.json");
    fs::write(&second, document("other")).unwrap();
    let both = [path.clone(), second].map(SpecSource::File);
    let two = library(sources(both.into()));
    assert!(two.known().await.unwrap_err().is_lasting);
    let wait = Duration::from_millis(200);
    let unchanged = tokio::time::timeout(wait, two.mended()).await;
    assert!(unchanged.is_err(), "nothing was mended");
    // Whoever looks at nothing again waits for a change of the config.
    fs::write(&path, "{}").unwrap();
    let never = library(Sources {
        refresh_interval: Duration::ZERO,
        ..sources(vec![SpecSource::File(path.clone())])
    });
    assert!(never.known().await.unwrap_err().is_lasting);
    fs::write(&path, document("list")).unwrap();
    let wait = Duration::from_millis(100);
    assert!(tokio::time::timeout(wait, never.mended()).await.is_err());
    fs::remove_file(&path).unwrap();
    let (web, url) = Web::start().await;
    web.has("/openapi.json", "200 OK", "{}");
    let web = SpecSource::Url(url.join("/openapi.json").unwrap());
    for spec in [SpecSource::File(path), web] {
        let error = library(sources(vec![spec])).known().await.unwrap_err();
        assert!(!error.is_lasting, "{error}");
    }
}

#[tokio::test]
async fn what_could_not_be_read_anew_is_told_since_the_first_time_until_it_can() {
    let (web, url) = Web::start().await;
    web.has("/openapi.json", "200 OK", document("list"));
    let spec = SpecSource::Url(url.join("/openapi.json").unwrap());
    let library = library(sources(vec![spec]));
    library.known().await.unwrap();
    let mut stale = library.stale();
    assert_eq!(*stale.borrow_and_update(), None);
    let looking = tokio::spawn({
        let library = Arc::clone(&library);
        async move { library.refresh().await }
    });
    let mut told = async |holds: fn(&Option<Stale>) -> bool| {
        let wait = Duration::from_secs(10);
        let told = tokio::time::timeout(wait, stale.wait_for(holds)).await;
        told.unwrap().unwrap().clone()
    };
    web.has("/openapi.json", "500 Oops", "");
    let first = told(Option::is_some).await.unwrap();
    assert!(first.reason.contains("500"), "{first:?}");
    web.has("/openapi.json", "200 OK", "{\"openapi\": ");
    let second = told(|stale| {
        let stale = stale.as_ref();
        stale.is_some_and(|stale| {
            stale.reason.contains("no JSON") || stale.reason.contains("no YAML")
        })
    });
    let second = second.await.unwrap();
    assert_eq!(second.since, first.since);
    assert!(Stale::is_known(Some(&first), &first.reason));
    assert!(!Stale::is_known(Some(&first), &second.reason));
    assert!(!Stale::is_known(None, &first.reason));
    assert_eq!(names(&library.known().await.unwrap()), ["list"]);
    web.has("/openapi.json", "200 OK", document("list"));
    assert_eq!(told(Option::is_none).await, None);
    looking.abort();
}

#[tokio::test]
async fn callers_are_not_asked_for_what_the_config_gives_where_it_is_sent() {
    let text = r#"{"openapi":"3.1.0","info":{"title":"t","version":"1"},
        "servers":[{"url":"https://api.example"}],
        "paths":{"/a":{
            "parameters":[
                {"name":"x-key","in":"header","required":true,"schema":{"type":"string"}},
                {"name":"X-Key","in":"query","required":true,"schema":{"type":"string"}},
                {"name":"Authorization","in":"header","required":true,"schema":{"type":"string"}}
            ],
            "get":{"operationId":"here","responses":{}},
            "trace":{"operationId":"trace","responses":{}},
            "post":{"operationId":"there","responses":{},
                "servers":[{"url":"https://there.example"}]}
        }}}"#;
    let credentials = super::super::settings::Credentials::ApiKey {
        location: crate::openapi::api::Location::Header,
        name: "X-Key".to_owned(),
        key: crate::secrets::Secret::new("s3cret".to_owned()),
    };
    let spec = SpecSource::Inline(Raw::parse(text.into()).unwrap());
    let asked = async |url: Option<&str>| {
        let library = library(Sources {
            url: url.map(|url| Url::parse(url).unwrap()),
            supplied: Supplied::new(&credentials, &HeaderMap::new(), None, false),
            wording: Wording::default(),
            ..sources(vec![spec.clone()])
        });
        let known = library.known().await.unwrap();
        let operations = known.operations.iter();
        operations
            .map(|it| format!("{} {}", it.operation.name, it.required.join(" ")))
            .collect::<Vec<_>>()
    };
    let both = "x-key X-Key";
    let (trace, there) = (format!("trace {both}"), format!("there {both}"));
    let at_home = asked(Some("https://api.example")).await;
    assert_eq!(at_home, ["here X-Key", &trace, &there]);
    // Without a URL that the user wrote nothing is sent.
    assert_eq!(asked(None).await, [format!("here {both}"), trace, there]);
}
