//! Accounts by their names, for the rows of a list.

use std::collections::HashMap;

use chrono::DateTime;
use common::{
    clients::analysis::people::Person,
    db::{account_changes::Mark, account_columns},
    ids::AccountId,
};

use crate::{
    engine::{accounts::chunks_of, set::DenseSet},
    error::Failure,
    store::Store,
};

/// What `accounts` are called and when they were created, by id; one that is no longer there is left out.
pub(super) async fn people(
    store: &Store,
    accounts: &[AccountId],
    mark: Mark,
) -> Result<HashMap<AccountId, Person>, Failure> {
    let members: DenseSet = accounts.iter().copied().collect();
    let columns = store.accounts(&chunks_of(&members), mark).await?;
    let names = account_columns::names(store.pool(), accounts).await?;
    let people = names.into_iter().map(|name| {
        let created =
            columns.created(name.id).and_then(|created| DateTime::from_timestamp(created.into(), 0));
        let person = Person {
            twitch_id: name.twitch_id,
            login: name.login,
            display_name: name.display_name,
            created_at: created,
        };
        (name.id, person)
    });
    Ok(people.collect())
}
