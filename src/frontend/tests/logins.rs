use super::*;

#[actix_web::test]
async fn a_callback_ends_a_login_without_a_key() {
    let state = state(keyed());
    let target = "/oauth/callback?code=1&state=awaited";
    let answer = send(&state, TestRequest::get().uri(target)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("the server up"), "{}", answer.text());
    assert_eq!(
        answer.headers.get("referrer-policy").unwrap(),
        "no-referrer"
    );
    assert_eq!(answer.headers.get("cache-control").unwrap(), "no-store");
}

#[actix_web::test]
async fn what_the_authorization_server_says_is_no_html_of_ours() {
    let state = state(keyed());
    let target = "/oauth/callback?error=x&state=awaited";
    let answer = send(&state, TestRequest::get().uri(target)).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("&lt;b&gt;no"), "{}", answer.text());
}

#[actix_web::test]
async fn a_callback_that_nobody_awaits_is_not_found() {
    let state = state(keyed());
    let target = "/oauth/callback?code=1&state=guessed";
    let answer = send(&state, TestRequest::get().uri(target)).await;
    assert_eq!(answer.status, 404);
    let answer = send(&state, TestRequest::post().uri(target)).await;
    assert_eq!(answer.status, 401, "only a GET is public");
}

#[actix_web::test]
async fn the_callback_is_opened_by_browsers_alone() {
    let state = state(open());
    let answer = send(&state, post("/oauth/callback", "{}")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
}
