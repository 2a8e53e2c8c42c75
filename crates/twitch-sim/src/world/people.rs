//! The seeded cast: people to log in as, their channels, and the service bots.
//!
//! Their ids and logins do not depend on the seed, so that tests and readers can name them.

use super::accounts::TwitchId;
use super::channel::Law;
use super::streams::Schedule;

/// Somebody the authorize page offers, with the channel they own.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Twitch id of the account and of its channel.
    pub id: TwitchId,
    /// Login name.
    pub login: &'static str,
    /// Name as shown.
    pub display_name: &'static str,
    /// ISO 639-1 language of the channel.
    pub language: &'static str,
    pub(crate) created_ms: i64,
    pub(crate) broadcaster_type: &'static str,
    /// What the consent page says of them, in French and in English.
    pub(crate) about: [&'static str; 2],
    pub(crate) law: Law,
    pub(crate) schedule: Schedule,
    /// Stream title and category.
    pub(crate) show: [&'static str; 2],
    pub(crate) moderates: &'static [u32],
}

/// Léa moderates nearly everything: the account to try first.
pub const LEA: TwitchId = TwitchId(10_000_001);
/// Streams to about 60 chatters, around the clock.
pub const PETIT_PIXEL: TwitchId = TwitchId(10_000_002);
/// Streams to about 2,400 chatters, around the clock.
pub const HARBOR_LIGHT: TwitchId = TwitchId(10_000_003);
/// Streams to about 30,000 chatters, around the clock.
pub const GRANDE_VAGUE: TwitchId = TwitchId(10_000_004);
/// Streams to about 100,000 chatters, around the clock.
pub const IRON_MEADOW: TwitchId = TwitchId(10_000_005);
/// Streams in the evening; a community of 4,000.
pub const NIGHT_SHIFT: TwitchId = TwitchId(10_000_006);
/// Streams in the afternoon; a community of 30,000.
pub const QUIET_FOX: TwitchId = TwitchId(10_000_007);
/// Moderates nobody and never streams.
pub const NEW_FACE: TwitchId = TwitchId(10_000_008);

/// Everybody the authorize page offers.
pub static PEOPLE: [Person; 8] = [
    Person {
        id: LEA,
        login: "lea_modere",
        display_name: "Lea_Modere",
        language: "fr",
        created_ms: 1_430_000_000_000,
        broadcaster_type: "affiliate",
        about: [
            "modère six chaînes ; streame le soir pour une communauté de 600",
            "moderates six channels; streams in the evening to a community of 600",
        ],
        law: Law::Streams { members: 600 },
        schedule: Schedule::Daily { hour: 19 },
        show: ["Soirée puzzles et papote", "Just Chatting"],
        moderates: &[10_000_002, 10_000_003, 10_000_004, 10_000_005, 10_000_006, 10_000_007],
    },
    Person {
        id: PETIT_PIXEL,
        login: "petitpixel",
        display_name: "PetitPixel",
        language: "fr",
        created_ms: 1_620_500_000_000,
        broadcaster_type: "affiliate",
        about: ["streame pour une soixantaine de personnes", "streams to about sixty people"],
        law: Law::AlwaysOn { chatters: 60 },
        schedule: Schedule::AroundTheClock,
        show: ["On finit Celeste, promis", "Celeste"],
        moderates: &[10_000_004],
    },
    Person {
        id: HARBOR_LIGHT,
        login: "harborlight",
        display_name: "HarborLight",
        language: "en",
        created_ms: 1_490_300_000_000,
        broadcaster_type: "partner",
        about: ["streame pour 2 400 personnes", "streams to 2,400 people"],
        law: Law::AlwaysOn { chatters: 2_400 },
        schedule: Schedule::AroundTheClock,
        show: ["cozy builds and coffee", "Satisfactory"],
        moderates: &[10_000_002, 10_000_006],
    },
    Person {
        id: GRANDE_VAGUE,
        login: "grandevague",
        display_name: "GrandeVague",
        language: "fr",
        created_ms: 1_401_700_000_000,
        broadcaster_type: "partner",
        about: ["streame pour 30 000 personnes", "streams to 30,000 people"],
        law: Law::AlwaysOn { chatters: 30_000 },
        schedule: Schedule::AroundTheClock,
        show: ["Tournoi des viewers, demi-finales", "Rocket League"],
        moderates: &[],
    },
    Person {
        id: IRON_MEADOW,
        login: "ironmeadow",
        display_name: "IronMeadow",
        language: "en",
        created_ms: 1_362_000_000_000,
        broadcaster_type: "partner",
        about: ["streame pour 100 000 personnes", "streams to 100,000 people"],
        law: Law::AlwaysOn { chatters: 100_000 },
        schedule: Schedule::AroundTheClock,
        show: ["Grand finals watch party", "Special Events"],
        moderates: &[10_000_003],
    },
    Person {
        id: NIGHT_SHIFT,
        login: "sam_nightshift",
        display_name: "Sam_NightShift",
        language: "en",
        created_ms: 1_512_900_000_000,
        broadcaster_type: "affiliate",
        about: ["streame la nuit pour une communauté de 4 000", "streams at night to a community of 4,000"],
        law: Law::Streams { members: 4_000 },
        schedule: Schedule::Daily { hour: 21 },
        show: ["late night horror, no jumpscares (lie)", "Lethal Company"],
        moderates: &[10_000_005],
    },
    Person {
        id: QUIET_FOX,
        login: "quietfox",
        display_name: "QuietFox",
        language: "en",
        created_ms: 1_455_000_000_000,
        broadcaster_type: "partner",
        about: [
            "streame l'après-midi pour une communauté de 30 000",
            "streams in the afternoon to a community of 30,000",
        ],
        law: Law::Streams { members: 30_000 },
        schedule: Schedule::Daily { hour: 14 },
        show: ["chess, then whatever chat says", "Chess"],
        moderates: &[],
    },
    Person {
        id: NEW_FACE,
        login: "nouvelle_tete",
        display_name: "Nouvelle_Tete",
        language: "fr",
        created_ms: 1_786_000_000_000,
        broadcaster_type: "",
        about: ["ne modère aucune chaîne et n'a jamais streamé", "moderates nobody and never streamed"],
        law: Law::Streams { members: 40 },
        schedule: Schedule::Never,
        show: ["", ""],
        moderates: &[],
    },
];

/// Service bots that sit in most rooms: id, login, name.
pub(crate) const SERVICE_BOTS: [(u32, &str, &str); 6] = [
    (10_100_001, "nightbot", "Nightbot"),
    (10_100_002, "streamelements", "StreamElements"),
    (10_100_003, "moobot", "Moobot"),
    (10_100_004, "fossabot", "Fossabot"),
    (10_100_005, "sery_bot", "Sery_Bot"),
    (10_100_006, "wizebot", "WizeBot"),
];
