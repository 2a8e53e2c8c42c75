//! Viewers who opted out: left out of captures, taken out of stored ones.

use common::{
    config,
    db::{self, captures::rosters, personal},
    ids::{AccountId, CaptureId, TwitchUserId, UserId},
    opt_out::OptOutKey,
    roster::Roster,
};

use crate::support::{OPT_OUT_KEY, World, until};

/// As the gateway does when the person with this Twitch id has everything removed; the job is due at once.
async fn opt_out(world: &World, id: u64) {
    let key = config::load_from(|_| Some(OPT_OUT_KEY.to_owned()), OptOutKey::from_env).unwrap();
    let now = common::clock::Clock::system().now();
    personal::remove(&world.pool, UserId(id), &key.hash(TwitchUserId(id)), now).await.unwrap();
    sqlx::query("UPDATE jobs SET run_at = UTC_TIMESTAMP(6) WHERE kind = 'forget_viewer'")
        .execute(&world.pool)
        .await
        .unwrap();
}

async fn roster(world: &World, capture: CaptureId) -> Roster {
    let stored = rosters::load(&world.pool, &[capture]).await.unwrap();
    Roster::from_bytes(&stored[&capture]).unwrap()
}

async fn account(world: &World, id: u64) -> Option<AccountId> {
    db::accounts::find(&world.pool, &[TwitchUserId(id)]).await.unwrap().pop().map(|known| known.id)
}

#[tokio::test]
async fn who_opts_out_is_taken_out_of_rosters_and_left_out_of_later_ones() {
    let mut world = World::started().await;
    world.twitch.room(1, &[(10, "ana"), (11, "bo")]);
    world.twitch.room(2, &[(11, "bo")]);
    let (first, _) = world.ask_for_capture(1, 5).await;
    let (other, _) = world.ask_for_capture(2, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 2).await;
    let (ana, bo) = (account(&world, 10).await.unwrap(), account(&world, 11).await.unwrap());

    // A capture that is gone had seen both.
    let mut both: Roster = [ana, bo].into_iter().collect();
    sqlx::query("INSERT INTO seen_in_removed (channel_id, until, accounts, roster) VALUES (1, NOW(6), 2, ?)")
        .bind(both.to_bytes())
        .execute(&world.pool)
        .await
        .unwrap();

    opt_out(&world, 10).await;
    world.until("SELECT COUNT(*) FROM jobs WHERE kind = 'forget_viewer' AND state = 'done'", 1).await;
    assert!(!roster(&world, first).await.0.contains(ana.0));
    let (accounts, seen): (u32, Vec<u8>) =
        sqlx::query_as("SELECT accounts, roster FROM seen_in_removed").fetch_one(&world.pool).await.unwrap();
    let seen = Roster::from_bytes(&seen).unwrap();
    assert_eq!((accounts, seen.0.iter().collect::<Vec<_>>()), (1, vec![bo.0]));
    assert_eq!(
        world.count("SELECT CAST(chatters_count AS SIGNED) FROM captures ORDER BY id LIMIT 1").await,
        1
    );
    assert_eq!(roster(&world, other).await.0.iter().collect::<Vec<_>>(), [bo.0], "others stay");
    let seen = "SELECT CAST(accounts AS SIGNED) FROM channel_seen WHERE channel_id = 1";
    assert_eq!(world.count(seen).await, 1);
    let traces = "SELECT COUNT(*) FROM jobs WHERE kind = 'forget_viewer' AND payload <> '{}'";
    assert_eq!(world.count(traces).await, 0, "the job does not tell either whose number it was");
    assert_eq!(world.count("SELECT COUNT(*) FROM audit_logs WHERE action = 'viewer.left_out'").await, 1);

    // This worker remembers the account; it is left out nonetheless.
    let (later, _) = world.ask_for_capture(1, 5).await;
    until("the later capture", || async {
        world.count("SELECT COUNT(*) FROM captures WHERE status = 'complete'").await == 3
    })
    .await;
    assert_eq!(roster(&world, later).await.0.iter().collect::<Vec<_>>(), [bo.0]);
    assert_eq!(account(&world, 10).await, None);
    world.stop().await;
}

#[tokio::test]
async fn a_capture_that_was_under_way_leaves_no_trace_either() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana"), (11, "bo")]);
    world.start_worker().await;
    let (capture, _) = world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    // What a capture does that asked who opted out just before: the account is there again, under another number.
    let stale = account(&world, 10).await.unwrap();
    sqlx::query("DELETE FROM accounts WHERE twitch_id = 10").execute(&world.pool).await.unwrap();
    sqlx::query(
        "INSERT INTO accounts (twitch_id, login, display_name, updated_at) VALUES (10, 'ana', 'Ana', NOW(6))",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let again = account(&world, 10).await.unwrap();
    assert_ne!(stale, again);
    let mut both = roster(&world, capture).await;
    both.0.insert(again.0);
    let mut connection = world.pool.acquire().await.unwrap();
    let locked = rosters::lock(&mut connection, capture).await.unwrap().unwrap();
    locked.replace(&mut connection, &mut both).await.unwrap();
    sqlx::query("UPDATE channel_seen SET roster = ?")
        .bind(both.to_bytes())
        .execute(&world.pool)
        .await
        .unwrap();
    let job = common::jobs::ForgetViewer { twitch_id: TwitchUserId(10), account: Some(stale) };
    let mut job = common::jobs::NewJob::of(&job).unwrap();
    job.policy.delay = std::time::Duration::ZERO;
    db::jobs::insert(&mut connection, &job, "").await.unwrap();
    world.until("SELECT COUNT(*) FROM jobs WHERE kind = 'forget_viewer' AND state = 'done'", 1).await;
    assert_eq!(roster(&world, capture).await.len(), 1);
    assert_eq!(account(&world, 10).await, None);
    world.stop().await;
}
