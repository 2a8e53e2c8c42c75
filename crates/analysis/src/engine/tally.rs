//! A number for each account: a flat array over the dense ids. Memory that no account of a part touches is never
//! really taken: the system hands out zeroed pages when they are written.

/// Numbers by account id, 0 at first.
#[derive(Clone, Debug, Default)]
pub struct Tally<T>(Vec<T>);

impl<T: Copy + Default> Tally<T> {
    /// Makes room for ids up to `max`. Growing is rare: the first rosters reach far.
    pub fn reach(&mut self, max: Option<u32>) {
        let Some(max) = max else { return };
        let wanted = max as usize + 1;
        if self.0.len() < wanted {
            if self.0.is_empty() {
                // A fresh zeroed vector costs nothing until it is written, unlike one that grows.
                self.0 = vec![T::default(); wanted.next_power_of_two()];
            } else {
                self.0.resize(wanted.next_power_of_two(), T::default());
            }
        }
    }

    /// The place of an id for which there is room.
    pub fn of(&mut self, id: u32) -> &mut T {
        &mut self.0[id as usize]
    }

    /// The number of any id.
    #[must_use]
    pub fn get(&self, id: u32) -> T {
        self.0.get(id as usize).copied().unwrap_or_default()
    }
}
