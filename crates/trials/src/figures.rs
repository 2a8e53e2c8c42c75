//! What a run found out: a list of figures, each with its target if it has one.

use std::{fmt::Write as _, fs, path::Path};

use serde::Serialize;

use crate::Result;

/// What a figure must be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
}

impl Target {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
            #[expect(clippy::float_cmp, reason = "counts, which floats hold exactly")]
            Self::Exactly(wanted) => value == wanted,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtMost(limit) => format!("≤ {}", number(limit)),
            Self::AtLeast(limit) => format!("≥ {}", number(limit)),
            Self::Exactly(wanted) => format!("= {}", number(wanted)),
        }
    }
}

/// One measured value.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What it belongs to: a trial or a benchmark.
    pub group: String,
    pub name: String,
    pub unit: String,
    pub value: f64,
    pub target: Option<Target>,
    pub pass: bool,
}

impl Figure {
    /// Whether it depends on how fast and how busy the machine is.
    #[must_use]
    pub fn is_a_timing(&self) -> bool {
        matches!(self.unit.as_str(), "s" | "ms") || self.unit.ends_with("/s")
    }
}

/// All figures of a run.
#[derive(Debug, Default)]
pub struct Figures {
    group: String,
    all: Vec<Figure>,
}

impl Figures {
    /// What comes from now on belongs to `group`.
    pub fn begin(&mut self, group: impl Into<String>) {
        self.group = group.into();
    }

    /// A value that may not be higher than `limit`.
    pub fn at_most(&mut self, name: &str, unit: &str, value: f64, limit: f64) {
        self.add(name, unit, value, Some(Target::AtMost(limit)));
    }

    /// A value that may not be lower than `limit`.
    pub fn at_least(&mut self, name: &str, unit: &str, value: f64, limit: f64) {
        self.add(name, unit, value, Some(Target::AtLeast(limit)));
    }

    /// A count that must be this one.
    pub fn exactly(&mut self, name: &str, unit: &str, value: i64, wanted: i64) {
        self.add(name, unit, float(value), Some(Target::Exactly(float(wanted))));
    }

    /// A value that nothing depends on.
    pub fn report(&mut self, name: &str, unit: &str, value: f64) {
        self.add(name, unit, value, None);
    }

    fn add(&mut self, name: &str, unit: &str, value: f64, target: Option<Target>) {
        let pass = target.is_none_or(|target| target.met(value));
        let (group, name, unit) = (self.group.clone(), name.to_owned(), unit.to_owned());
        eprintln!("  {} {name}: {} {unit}", if pass { "·" } else { "✗" }, number(value));
        self.all.push(Figure { group, name, unit, value, target, pass });
    }

    #[must_use]
    pub fn all(&self) -> &[Figure] {
        &self.all
    }

    /// How many fall short.
    #[must_use]
    pub fn short(&self) -> usize {
        self.all.iter().filter(|figure| !figure.pass).count()
    }

    /// The table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let width = |of: fn(&Figure) -> usize| self.all.iter().map(of).max().unwrap_or(0);
        let (names, units) =
            (width(|figure| figure.name.chars().count()), width(|figure| figure.unit.chars().count()));
        let mut table = String::new();
        let mut group = None;
        for figure in &self.all {
            if group != Some(&figure.group) {
                group = Some(&figure.group);
                writeln!(table, "\n{}", figure.group).ok();
            }
            let target = figure.target.map(Target::text).unwrap_or_default();
            let verdict = match (figure.target, figure.pass) {
                (None, _) => "",
                (_, true) => "ok",
                (_, false) => "SHORT",
            };
            let value = number(figure.value);
            let (name, unit) = (&figure.name, &figure.unit);
            writeln!(table, "  {name:<names$}  {value:>12} {unit:<units$}  {target:>12}  {verdict}").ok();
        }
        table
    }

    /// Writes the figures as JSON, with the arguments of the run.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, seed: u64, short: bool) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let document = serde_json::json!({ "seed": seed, "short": short, "figures": self.all });
        fs::write(path, serde_json::to_string_pretty(&document)?)?;
        Ok(())
    }
}

/// The value at `share` (0..=1) of all values, in order.
#[must_use]
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the slice")]
    let index = (float(values.len()) * share) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// A count as a figure.
#[must_use]
pub fn float(count: impl TryInto<i64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    let value = count.try_into().unwrap_or(i64::MAX) as f64;
    value
}

fn number(value: f64) -> String {
    let digits = if value.fract() == 0.0 {
        0
    } else if value.abs() < 10.0 {
        2
    } else {
        1
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_falls_short_by_the_figures_that_miss_their_targets() {
        let mut figures = Figures::default();
        figures.begin("one");
        figures.at_most("slow", "s", 2.5, 2.0);
        figures.at_least("fast", "1/s", 4000.0, 4000.0);
        figures.exactly("lost", "jobs", 0, 0);
        figures.report("just said", "MB", 12.345);
        assert_eq!(figures.short(), 1);
        let table = figures.table();
        assert!(table.contains("SHORT") && table.contains("≥ 4000"), "{table}");
    }

    #[test]
    fn quantiles_are_of_the_sorted_values() {
        let mut values: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert_eq!((quantile(&mut values, 0.5), quantile(&mut values, 0.99)), (50.0, 99.0));
        assert!(quantile(&mut [], 0.5).is_nan());
    }
}
