//! Vocabulary of the logins: 128 first and 128 second words, half French, half English.

/// Words that open a login.
pub(crate) const FIRST: [&str; 128] = [
    "amber", "arctic", "azur", "beau", "bleu", "blond", "bold", "brave", "bright", "brun", "bronze", "calme",
    "candid", "chaud", "chic", "clair", "clever", "cobalt", "cool", "coral", "cosmic", "crisp", "curieux",
    "daring", "deep", "digital", "dore", "doux", "dusty", "eager", "electric", "epic", "fancy", "fast",
    "fauve", "fier", "final", "fluffy", "fou", "frais", "free", "frosty", "funky", "gentil", "giant", "gold",
    "golden", "grand", "gris", "happy", "haut", "hidden", "hyper", "icy", "indigo", "iron", "jaune", "joli",
    "joyeux", "jungle", "lazy", "leger", "lent", "little", "loud", "lucky", "lunar", "magic", "mega",
    "mellow", "mighty", "mini", "mint", "misty", "mystic", "neon", "noble", "noir", "nordic", "northern",
    "old", "orange", "pale", "perdu", "petit", "pink", "pixel", "polar", "proud", "pur", "quick", "quiet",
    "rapide", "rare", "real", "retro", "rocky", "rose", "rouge", "royal", "rusty", "sage", "sauvage",
    "secret", "shadow", "shiny", "silent", "silver", "sleepy", "smooth", "sneaky", "snowy", "solar",
    "sombre", "sonic", "spicy", "stormy", "sunny", "super", "swift", "tiny", "turbo", "ultra", "velvet",
    "vert", "vif", "wild", "zen",
];

/// Words that close a login.
pub(crate) const SECOND: [&str; 128] = [
    "abeille", "ange", "apple", "arbre", "archer", "badger", "banane", "bear", "beaver", "biscuit", "bison",
    "bouc", "bread", "brume", "cactus", "canard", "cat", "cedre", "cerf", "chat", "chevre", "chien", "cloud",
    "cobra", "comet", "coyote", "crab", "crepe", "croco", "daisy", "dauphin", "dingo", "dodo", "dragon",
    "duck", "eagle", "eclair", "ecureuil", "falcon", "faucon", "ferret", "feuille", "fjord", "flamme",
    "fleur", "fox", "fromage", "frog", "galet", "gecko", "ghost", "glacier", "gnome", "goat", "grillon",
    "hamster", "hawk", "herisson", "heron", "hibou", "hippo", "husky", "ibis", "jaguar", "koala", "lapin",
    "lemur", "leopard", "lion", "loup", "loutre", "lynx", "mango", "marmotte", "merle", "moineau", "moose",
    "moss", "mouse", "mule", "narval", "ninja", "nuage", "ocelot", "orque", "otter", "ours", "owl", "panda",
    "papaye", "pebble", "phoque", "pirate", "plume", "poney", "poulpe", "prune", "puffin", "puma", "quokka",
    "rabbit", "raven", "renard", "requin", "river", "robot", "salmon", "sardine", "savane", "shark", "sloth",
    "souris", "sphinx", "squid", "tempete", "tiger", "tigre", "toast", "tortue", "toucan", "turtle", "vague",
    "viking", "wallaby", "willow", "wolf", "wombat", "zebre",
];
