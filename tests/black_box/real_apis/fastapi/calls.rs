//! What is called of the app: each operation at least once.

use crate::real_apis::alike::{Ask, Headers};

/// One call.
pub struct Call {
    /// As the document has it.
    pub operation: &'static str,
    pub tool: &'static str,
    pub arguments: &'static str,
    pub ask: Ask,
    /// What the app answers.
    pub status: u16,
}

impl Call {
    const fn with_headers(mut self, headers: Headers) -> Self {
        self.ask.headers = headers;
        self
    }

    const fn with_json(self, body: &'static str) -> Self {
        self.with_body("application/json", body)
    }

    const fn with_form(self, body: &'static str) -> Self {
        self.with_body("application/x-www-form-urlencoded", body)
    }

    const fn with_parts(self, body: &'static str) -> Self {
        self.with_body("multipart/form-data; boundary=b", body)
    }

    const fn with_body(mut self, media_type: &'static str, body: &'static str) -> Self {
        self.ask.body = Some((media_type, body));
        self
    }

    const fn answering(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

const fn call(
    operation: &'static str,
    tool: &'static str,
    arguments: &'static str,
    target: &'static str,
) -> Call {
    Call {
        operation,
        tool,
        arguments,
        ask: Ask::new(operation, target),
        status: 200,
    }
}

const PATHS: &str = "GET /paths/{text}/{number}/{share}/{flag}/{id}/{day}/{color}/{rest}";
const ITEM: &str = r#"{"name":"Chair","price":"1.10","amount":2,"maker":{"name":"Ann","country":null},"tags":["a"],"part":{"name":"leg","parts":[{"name":"foot"}]},"extra":{"k":1}}"#;
const CHANGED: &str = r#"{"name":"New"}"#;

pub const ALL: &[Call] = &[
    call(PATHS, "paths",
        r#"{"text":"a b/ü","number":7,"share":1.5,"flag":true,"id":"12345678-1234-5678-1234-567812345678","day":"2026-02-03","color":"green","rest":"x.y"}"#,
        "/paths/a%20b%2F%C3%BC/7/1.5/true/12345678-1234-5678-1234-567812345678/2026-02-03/green/x.y").answering(422),
    call(PATHS, "paths",
        r#"{"text":"a b?ü","number":7,"share":1.5,"flag":true,"id":"12345678-1234-5678-1234-567812345678","day":"2026-02-03","color":"green","rest":"x/y.z"}"#,
        "/paths/a%20b%3F%C3%BC/7/1.5/true/12345678-1234-5678-1234-567812345678/2026-02-03/green/x/y.z"),
    call("GET /queries", "queries", r#"{"needed":"a&b=ü +"}"#, "/queries?needed=a%26b%3D%C3%BC%20%2B"),
    call("GET /queries", "queries",
        r#"{"needed":"x","number":-3,"many":["a,b","c"],"numbers":[1,2],"size":2,"exactly":"b","day":"2026-02-03","other-name":"on","brackets[]":["p","q"],"flag":true}"#,
        "/queries?needed=x&number=-3&many=a%2Cb&many=c&numbers=1&numbers=2&size=2&exactly=b&day=2026-02-03&other-name=on&brackets%5B%5D=p&brackets%5B%5D=q&flag=true"),
    call("GET /queries", "queries", r#"{"needed":"x","day":"no day"}"#, "/queries?needed=x&day=no%20day").answering(422),
    call("GET /query-models", "query_model", "{}", "/query-models"),
    call("GET /query-models", "query_model", r#"{"limit":5,"tags":["a","b"]}"#, "/query-models?limit=5&tags=a&tags=b"),
    call("GET /headers", "headers", r#"{"x-token":"t","x-numbers":[4]}"#, "/headers")
        .with_headers(&[("x-token", "t"), ("x-numbers", "4")]),
    call("GET /header-models", "header_model", r#"{"trace-id":"1"}"#, "/header-models")
        .with_headers(&[("trace-id", "1")]),
    call("GET /cookies", "cookies", r#"{"token":"abc","visits":3}"#, "/cookies")
        .with_headers(&[("Cookie", "token=abc; visits=3")]),
    call("GET /cookie-models", "cookie_model", r#"{"session":"s","theme":"red"}"#, "/cookie-models")
        .with_headers(&[("Cookie", "session=s; theme=red")]),
    call("POST /items", "create_item", ITEM, "/items").with_json(ITEM).answering(201),
    call("POST /items", "create_item", r#"{"name":"Chair","price":"much"}"#, "/items")
        .with_json(r#"{"name":"Chair","price":"much"}"#).answering(422),
    call("PUT /items/{name}", "replace_item", r#"{"name__path":"old","dry":true,"name":"New","amount":3}"#, "/items/old?dry=true")
        .with_json(r#"{"name":"New","amount":3}"#),
    // A default that is filled in would overwrite what is there.
    call("PATCH /items/{id}", "change_item", r#"{"id":7,"name":"New"}"#, "/items/7").with_json(CHANGED),
    call("PATCH /items/{id}", "change_item", r#"{"id":7,"notify":false,"maker":{"name":"Bo"}}"#, "/items/7?notify=false")
        .with_json(r#"{"maker":{"name":"Bo"}}"#),
    call("PATCH /items/{id}", "change_item", r#"{"id":7}"#, "/items/7").with_json("{}"),
    call("POST /pets", "create_pet", r#"{"body":{"kind":"cat"}}"#, "/pets").with_json(r#"{"kind":"cat"}"#),
    call("POST /pets", "create_pet", r#"{"body":{"kind":"dog","tricks":["sit"]}}"#, "/pets")
        .with_json(r#"{"kind":"dog","tricks":["sit"]}"#),
    call("POST /either", "either", r#"{"body":[1,2]}"#, "/either").with_json("[1,2]"),
    call("POST /either", "either", r#"{"body":"text"}"#, "/either").with_json(r#""text""#),
    call("POST /either", "either", r#"{"body":{"name":"Ann"}}"#, "/either").with_json(r#"{"name":"Ann"}"#),
    call("POST /two-bodies/{id}", "two_bodies", r#"{"id":1,"item":{"name":"a"},"maker":{"name":"b"},"weight":2}"#, "/two-bodies/1")
        .with_json(r#"{"item":{"name":"a"},"maker":{"name":"b"},"weight":2}"#),
    call("POST /embedded", "embedded", r#"{"maker":{"name":"a"}}"#, "/embedded").with_json(r#"{"maker":{"name":"a"}}"#),
    call("POST /lists", "lists", r#"{"body":[{"name":"a"}]}"#, "/lists").with_json(r#"[{"name":"a"}]"#),
    call("POST /maps", "maps", r#"{"body":{"a":1.5}}"#, "/maps").with_json(r#"{"a":1.5}"#),
    call("POST /numbers", "numbers", r#"{"body":10}"#, "/numbers").with_json("10"),
    call("POST /anything", "anything", r#"{"body":{"a":[null,1.5]}}"#, "/anything").with_json(r#"{"a":[null,1.5]}"#),
    call("POST /anything", "anything", r#"{"body":null}"#, "/anything").with_json("null"),
    call("POST /anything", "anything", "{}", "/anything"),
    call("POST /texts", "texts", r#"{"body":"Grüße\n\"x\""}"#, "/texts").with_body("text/plain", "Grüße\n\"x\""),
    call("PUT /bytes", "octets", r#"{"body":"data:application/octet-stream;base64,YWJj"}"#, "/bytes")
        .with_body("application/octet-stream", "abc"),
    call("POST /forms", "form", r#"{"user":"a b&c","ages":[1,2],"remember":true,"color":"red"}"#, "/forms")
        .with_form("user=a+b%26c&ages=1&ages=2&remember=true&color=red"),
    call("POST /form-models", "form_model", r#"{"user":"ann"}"#, "/form-models").with_form("user=ann"),
    call("POST /files", "file", r#"{"file":"data:text/csv;name=a.csv;base64,YSxi","note":"n ü"}"#, "/files").with_parts(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n\
         --b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nn ü\r\n--b--\r\n"),
    call("POST /many-files/{id}", "files",
        r#"{"id":3,"pictures":["data:image/png;name=1.png;base64,AQI=","data:image/gif;name=2.gif;base64,Aw=="],"cover":"data:image/png;name=c.png;base64,BA==","numbers":[5,6]}"#,
        "/many-files/3").with_parts(
        "--b\r\nContent-Disposition: form-data; name=\"pictures\"; filename=\"1.png\"\r\nContent-Type: image/png\r\n\r\n\x01\x02\r\n\
         --b\r\nContent-Disposition: form-data; name=\"pictures\"; filename=\"2.gif\"\r\nContent-Type: image/gif\r\n\r\n\x03\r\n\
         --b\r\nContent-Disposition: form-data; name=\"cover\"; filename=\"c.png\"\r\nContent-Type: image/png\r\n\r\n\x04\r\n\
         --b\r\nContent-Disposition: form-data; name=\"numbers\"\r\n\r\n5\r\n\
         --b\r\nContent-Disposition: form-data; name=\"numbers\"\r\n\r\n6\r\n--b--\r\n"),
    call("POST /file-bytes", "file_bytes", r#"{"data":"YWJjZA=="}"#, "/file-bytes").with_parts(
        "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"f\"\r\n\r\nabcd\r\n--b--\r\n"),
    call("GET /answers/nothing", "nothing", "{}", "/answers/nothing").answering(204),
    call("GET /answers/null", "null", "{}", "/answers/null"),
    call("GET /answers/number", "number", "{}", "/answers/number"),
    call("GET /answers/list", "numbers_up_to", r#"{"last":3}"#, "/answers/list?last=3"),
    call("GET /answers/union", "union", r#"{"of":"cat"}"#, "/answers/union?of=cat"),
    call("GET /answers/union", "union", r#"{"of":"number"}"#, "/answers/union?of=number"),
    call("GET /answers/text", "text", "{}", "/answers/text"),
    call("GET /answers/page", "page", "{}", "/answers/page"),
    call("GET /answers/picture", "picture", "{}", "/answers/picture"),
    call("GET /answers/sound", "sound", "{}", "/answers/sound"),
    call("GET /answers/archive", "archive", "{}", "/answers/archive"),
    call("GET /answers/stream", "stream", "{}", "/answers/stream"),
    call("GET /answers/lines", "lines", "{}", "/answers/lines"),
    call("GET /answers/problem/{status}", "problem", r#"{"status":404}"#, "/answers/problem/404").answering(404),
    call("GET /answers/problem/{status}", "problem", r#"{"status":409}"#, "/answers/problem/409").answering(409),
    call("GET /answers/problem/{status}", "problem", r#"{"status":418}"#, "/answers/problem/418").answering(418),
    call("GET /answers/problem/{status}", "problem", r#"{"status":500}"#, "/answers/problem/500").answering(500),
    call("GET /answers/redirect", "redirect", "{}", "/answers/redirect"),
    call("GET /answers/unfit", "unfit", "{}", "/answers/unfit"),
    call("HEAD /answers/head", "head", "{}", "/answers/head"),
    call("OPTIONS /answers/options", "options", "{}", "/answers/options"),
    call("GET /old", "old", "{}", "/old"),
];
