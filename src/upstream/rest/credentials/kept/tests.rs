use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::SystemTime,
};

use tokio::{sync::Semaphore, time::advance};

use super::*;

const HOUR: Duration = Duration::from_hours(1);

/// Gives 1, 2, 3 …, as a test wants it.
#[derive(Debug)]
struct Counting {
    asked: AtomicUsize,
    is_down: AtomicBool,
    /// Whether it gives the same again and again.
    is_stubborn: AtomicBool,
    /// How long what it gives has lasted already, of an hour.
    age: Duration,
    /// How often it may answer.
    permits: Semaphore,
}

impl Source for Counting {
    type Value = usize;

    async fn obtain(
        &self,
        _before: Option<Arc<Held<usize>>>,
    ) -> Result<Held<usize>, CredentialsError> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        self.permits.acquire().await.unwrap().forget();
        if self.is_down.load(Ordering::Relaxed) {
            return Err(CredentialsError::Unreachable("it is down".to_owned()));
        }
        let received = SystemTime::now() - self.age;
        let stubborn = self.is_stubborn.load(Ordering::Relaxed);
        let value = if stubborn { 1 } else { asked };
        Ok(Held::new(value, Lifetime::new(received, Some(HOUR))))
    }
}

impl Counting {
    fn kept(age: Duration, permits: usize) -> Arc<Kept<Self>> {
        let source = Self {
            asked: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
            is_stubborn: AtomicBool::new(false),
            age,
            permits: Semaphore::new(permits),
        };
        Kept::new(&"shop".parse().unwrap(), source)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Lets all tasks come to where they wait.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

fn a_thousand<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    work: impl Fn() -> F,
) -> Vec<tokio::task::JoinHandle<T>> {
    (0..1000).map(|_| tokio::spawn(work())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_ask_once() {
    let kept = Counting::kept(Duration::ZERO, 0);
    let calls = a_thousand(|| {
        let kept = Arc::clone(&kept);
        async move { *kept.current().await.unwrap().value() }
    });
    settle().await;
    kept.source.permits.add_permits(1000);
    for call in calls {
        assert_eq!(call.await.unwrap(), 1);
    }
    assert_eq!(kept.source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_all_and_tried_again_after_a_pause() {
    let kept = Counting::kept(Duration::ZERO, 0);
    kept.source.is_down.store(true, Ordering::Relaxed);
    let calls = a_thousand(|| {
        let kept = Arc::clone(&kept);
        async move { kept.current().await.unwrap_err().to_string() }
    });
    settle().await;
    kept.source.permits.add_permits(1000);
    for call in calls {
        let error = call.await.unwrap();
        assert!(error.contains("it is down"), "{error}");
    }
    assert_eq!(kept.source.asked(), 1);

    kept.source.is_down.store(false, Ordering::Relaxed);
    advance(PAUSE / 2).await;
    assert!(kept.current().await.is_err());
    advance(PAUSE / 2).await;
    assert_eq!(*kept.current().await.unwrap().value(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_about_to_end_serves_on_while_the_next_is_had() {
    // A few seconds of it are left.
    let kept = Counting::kept(HOUR.mul_f64(0.998), 1);
    assert_eq!(*kept.current().await.unwrap().value(), 1);
    for _ in 0..3 {
        assert_eq!(*kept.current().await.unwrap().value(), 1);
        settle().await;
    }
    assert_eq!(kept.source.asked(), 2);
    kept.source.permits.add_permits(1);
    settle().await;
    assert_eq!(*kept.current().await.unwrap().value(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_waited_for() {
    let kept = Counting::kept(2 * HOUR, 2);
    assert_eq!(*kept.current().await.unwrap().value(), 1);
    assert_eq!(*kept.current().await.unwrap().value(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_does_not_take_the_credential_along() {
    let kept = Counting::kept(Duration::ZERO, 0);
    let call = tokio::spawn({
        let kept = Arc::clone(&kept);
        async move { kept.current().await.map(drop) }
    });
    settle().await;
    call.abort();
    assert!(call.await.is_err());
    kept.source.permits.add_permits(1);
    assert_eq!(*kept.current().await.unwrap().value(), 1);
    assert_eq!(kept.source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_is_given_up() {
    let kept = Counting::kept(Duration::ZERO, 0);
    let error = kept.current().await.unwrap_err();
    assert!(matches!(error, CredentialsError::Late(30)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_refusals_are_answered_by_one_new_credential() {
    let kept = Counting::kept(Duration::ZERO, 1000);
    let held = kept.current().await.unwrap();
    let calls = a_thousand(|| {
        let (kept, held) = (Arc::clone(&kept), Arc::clone(&held));
        async move { kept.replace(&held).await }
    });
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(kept.source.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_api_that_refuses_everything_does_not_have_each_call_ask() {
    let kept = Counting::kept(Duration::ZERO, 1000);
    let mut again = 0;
    for _ in 0..100 {
        let held = kept.current().await.unwrap();
        again += usize::from(kept.replace(&held).await);
    }
    assert_eq!((again, kept.source.asked()), (1, 2));
    advance(PAUSE).await;
    let held = kept.current().await.unwrap();
    assert!(kept.replace(&held).await);
}

#[tokio::test(start_paused = true)]
async fn the_same_credential_again_is_no_reason_to_repeat_a_request() {
    let kept = Counting::kept(Duration::ZERO, 1000);
    kept.source.is_stubborn.store(true, Ordering::Relaxed);
    let held = kept.current().await.unwrap();
    assert!(!kept.replace(&held).await);
    assert!(!kept.replace(&held).await, "it was asked meanwhile");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_while_the_source_is_down_is_final() {
    let kept = Counting::kept(Duration::ZERO, 1000);
    let held = kept.current().await.unwrap();
    kept.source.is_down.store(true, Ordering::Relaxed);
    assert!(!kept.replace(&held).await);
    assert_eq!(kept.source.asked(), 2);
}
