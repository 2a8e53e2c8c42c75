//! `rotate-keys`.

use common::{config::load_from, crypto::TokenCipher};
use twitch_api::tokens::rotation::{self, Rotated};
use twitch_sim::people::{HARBOR_LIGHT, LEA, PETIT_PIXEL};

use crate::rig::{KEYS, Rig, channel};

const NEW: &str = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn cipher(keys: &str) -> TokenCipher {
    let keys = keys.to_owned();
    load_from(move |_| Some(keys.clone()), TokenCipher::from_env).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_the_old_key_is_needed_no_more() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.login(HARBOR_LIGHT).await;
    let both = cipher(&format!("{NEW},{KEYS}"));
    let run = rotation::run(&rig.pool, &both).await.unwrap();
    assert_eq!(run, Rotated { resealed: 2, replaced: 0, unreadable: 0 });
    assert_eq!(rotation::run(&rig.pool, &both).await.unwrap(), Rotated::default());
    assert_eq!(rig.stored(lea).await.0, 1, "the token is the same one");

    let (api, _) = rig.replica(&[("TOKEN_ENCRYPTION_KEYS", NEW)]).await;
    api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap();
    let lost = rotation::run(&rig.pool, &cipher(KEYS)).await.unwrap();
    assert_eq!(
        lost,
        Rotated { resealed: 0, replaced: 0, unreadable: 2 },
        "a key that is missing is no endless loop"
    );
}
