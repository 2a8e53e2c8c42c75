//! Waiting for a condition instead of sleeping for a while.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};

const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until `condition` gives a value, at most for `limit`; the error names `what`.
///
/// A question that never comes back does not hold the caller: the limit cuts it off.
pub async fn until<T, F, Fut>(what: &str, limit: Duration, mut condition: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + limit;
    let asking = async {
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            sleep(PAUSE).await;
        }
    };
    tokio::time::timeout_at(deadline, asking)
        .await
        .map_err(|_| Error::Deadline { what: what.to_owned(), limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_value_is_returned() {
        let mut left = 3;
        let value = until("three", Duration::from_secs(5), || {
            left -= 1;
            let done = left == 0;
            async move { done.then_some("value") }
        });
        assert_eq!(value.await.unwrap(), "value");
    }

    #[tokio::test]
    async fn the_error_says_what_did_not_happen() {
        let never = until("the end", Duration::from_millis(50), || async { None::<()> });
        let message = never.await.unwrap_err().to_string();
        assert_eq!(message, "the end did not happen within 50 ms");
    }
}
