use std::sync::{
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

use futures_util::{FutureExt as _, future::join_all};

use super::*;

fn key() -> Key {
    Key {
        server: None,
        format: Format::Json,
        cut: false,
        catalogs: Vec::new(),
    }
}

#[actix_web::test]
async fn a_document_is_written_once_for_all_who_ask_meanwhile() {
    let documents = Documents::new(DocumentConfig::default());
    let catalogs = vec![Arc::new(Catalog::default())];
    let count = Arc::new(AtomicUsize::new(0));
    let (go_on, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let ask = || {
        let (count, gate) = (Arc::clone(&count), Arc::clone(&gate));
        let write = move || {
            count.fetch_add(1, Ordering::SeqCst);
            gate.lock().unwrap().recv().unwrap();
            Bytes::from_static(b"{}")
        };
        documents.prepared(key(), catalogs.clone(), write)
    };
    let mut impatient = Box::pin(ask());
    while count.load(Ordering::SeqCst) == 0 {
        assert!((&mut impatient).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..8).map(|_| ask()).collect();
    drop(impatient);
    for _ in 0..9 {
        go_on.send(()).unwrap();
    }
    for prepared in join_all(others).await {
        assert_eq!(prepared.unwrap().bytes, "{}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    // A new catalog makes a new document.
    let other = vec![Arc::new(Catalog::default())];
    let new = documents.prepared(key(), other, || Bytes::from_static(b"[]"));
    assert_eq!(new.await.unwrap().bytes, "[]");
}

#[actix_web::test]
async fn a_document_that_could_not_be_written_is_tried_again() {
    let documents = Documents::new(DocumentConfig::default());
    let failed = documents.prepared(key(), Vec::new(), || panic!("on purpose"));
    assert!(failed.await.is_err());
    let good = documents.prepared(key(), Vec::new(), || Bytes::from_static(b"{}"));
    assert!(good.await.is_ok());
}
