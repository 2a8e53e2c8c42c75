//! Who of a broadcast's newcomers was back in the next one, and in those after it.

use common::clients::analysis::people::Origin;

use super::{
    Capture, broadcasts,
    broadcasts::Broadcast,
    newcomers::{LATER, Newcomer},
};

/// How many came, and how many of them were back in each later broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    pub newcomers: u32,
    pub back: Vec<u32>,
}

/// The newcomers of one broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    pub broadcast: Broadcast,
    pub all: Returns,
    /// In the order of [`Origin`]; origins that nobody has are left out.
    pub by_origin: Vec<(Origin, Returns)>,
}

const ORIGINS: [Origin; 3] = [Origin::Raid, Origin::Wave, Origin::Organic];

/// The cohorts of all broadcasts with an own capture, by channel and time; as many later broadcasts as there are, up
/// to `horizon` (and [`LATER`] - 1).
///
/// `captures`, `newcomers` (in their order) and `origins` (one for each capture) are those of the newcomers.
#[must_use]
pub fn cohorts(
    captures: &[Capture],
    newcomers: &[Newcomer],
    origins: &[Origin],
    horizon: u32,
) -> Vec<Cohort> {
    let broadcasts = broadcasts::list(captures);
    let mut cohorts = Vec::with_capacity(broadcasts.len());
    let (mut place, mut newcomers) = (0, newcomers);
    for (index, broadcast) in broadcasts.iter().enumerate() {
        let own = captures[place..place + broadcast.captures as usize].iter().any(|capture| capture.own);
        place += broadcast.captures as usize;
        let (here, rest) =
            newcomers.split_at(newcomers.partition_point(|newcomer| (newcomer.capture as usize) < place));
        newcomers = rest;
        if !own {
            continue;
        }
        let same_channel = |later: &&Broadcast| later.first.channel == broadcast.first.channel;
        let later = broadcasts[index + 1..].iter().take_while(same_channel).count();
        let later = later.min(horizon.min(LATER - 1) as usize);
        let returns = |origin: Option<Origin>| {
            let mut returns = Returns { newcomers: 0, back: vec![0; later] };
            let of_origin = |newcomer: &&Newcomer| {
                origin.is_none_or(|origin| origins[newcomer.capture as usize] == origin)
            };
            for newcomer in here.iter().filter(of_origin) {
                returns.newcomers += 1;
                for (bit, back) in returns.back.iter_mut().enumerate() {
                    *back += u32::from(newcomer.back >> bit & 1 == 1);
                }
            }
            returns
        };
        cohorts.push(Cohort {
            broadcast: *broadcast,
            all: returns(None),
            by_origin: ORIGINS
                .into_iter()
                .map(|origin| (origin, returns(Some(origin))))
                .filter(|(_, returns)| returns.newcomers > 0)
                .collect(),
        });
    }
    cohorts
}
