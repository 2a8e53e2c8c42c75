//! One row for each account: who it is, how often it was seen, first and last.

use std::sync::Arc;

use common::{
    db::account_names::{self, Profile},
    ids::AccountId,
};

use super::{
    Encoder, Pieces, check_size,
    table::{Columns, Format, Kind, Stamp, Value, column},
};
use crate::{
    engine::sightings::{Order, Sightings},
    error::Failure,
    selection::Selection,
    store::Store,
};

const COLUMNS: Columns = &[
    column("twitch_user_id", Kind::Id),
    column("login", Kind::Text),
    column("display_name", Kind::Text),
    column("created_at", Kind::Time),
    column("seen_count", Kind::Number),
    column("first_seen", Kind::Time),
    column("last_seen", Kind::Time),
    column("broadcaster_type", Kind::Text),
    column("default_picture", Kind::Flag),
    column("has_description", Kind::Flag),
    column("gone", Kind::Flag),
];

/// How many accounts are read at once.
const AT_ONCE: usize = 4_096;

/// Who was seen how often, first and last.
///
/// # Errors
/// When the rosters cannot be read, or too many people were there.
pub(super) async fn sightings(store: &Store, selection: &Selection) -> Result<Sightings, Failure> {
    let order = Arc::new(Order::of(&selection.captures));
    let sightings = store.fold(&selection.captures, Sightings::new(order)).await?;
    check_size(sightings.members().len())?;
    Ok(sightings)
}

pub(super) async fn write(
    store: &Store,
    selection: &Selection,
    sightings: Sightings,
    format: Format,
    pieces: &Pieces,
) -> Result<(), Failure> {
    let sightings = Arc::new(sightings);
    let stamps: Arc<[Stamp]> = selection.captures.iter().map(|capture| capture.at.into()).collect();
    let accounts: Vec<AccountId> = sightings.members().iter().collect();
    let mut encoder = format.encoder(COLUMNS)?;
    for some in accounts.chunks(AT_ONCE) {
        let profiles = account_names::profiles(store.pool(), some).await?;
        let (sightings, stamps) = (Arc::clone(&sightings), Arc::clone(&stamps));
        let rows = move || {
            for profile in &profiles {
                row(&mut *encoder, profile, &sightings, &stamps)?;
            }
            Ok::<_, Failure>(encoder)
        };
        encoder = pieces.work(rows).await?;
        if !pieces.send(encoder.take()).await {
            return Ok(());
        }
    }
    pieces.finish(encoder).await
}

fn row(
    encoder: &mut dyn Encoder,
    profile: &Profile,
    sightings: &Sightings,
    stamps: &[Stamp],
) -> Result<(), Failure> {
    let Some(sighting) = sightings.of(profile.id) else { return Ok(()) };
    let created = profile.created_at.map(Stamp::from);
    encoder.row(&[
        Value::Id(profile.twitch_id.0),
        Value::Text(&profile.login),
        Value::Text(&profile.display_name),
        Value::Time(created.as_ref()),
        Value::Number(sighting.captures.into()),
        Value::Time(stamps.get(sighting.first as usize)),
        Value::Time(stamps.get(sighting.last as usize)),
        Value::Text(&profile.broadcaster_type),
        Value::Flag(profile.default_picture),
        Value::Flag(profile.has_description),
        Value::Flag(Some(profile.gone)),
    ])
}
