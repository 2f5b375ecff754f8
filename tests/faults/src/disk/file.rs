//! One file: what programs see, and what a power cut would leave of it.

use std::collections::BTreeMap;

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR: usize = 512;

/// Bytes as programs see them, those that are certain to be on the disk, and everything written
/// since: each version of each sector may be there after a cut, or none.
#[derive(Default)]
pub struct File {
    current: Vec<u8>,
    durable: Vec<u8>,
    unsynced: BTreeMap<usize, Vec<[u8; SECTOR]>>,
    unsynced_lengths: Vec<usize>,
}

impl File {
    /// What programs see.
    pub fn bytes(&self) -> &[u8] {
        &self.current
    }

    /// Overwrites and appends, with zeros between the end and `offset`.
    pub fn write(&mut self, offset: usize, data: &[u8]) {
        let end = offset.saturating_add(data.len());
        if end > self.current.len() {
            self.set_length(end);
        }
        if let Some(place) = self.current.get_mut(offset..end) {
            place.copy_from_slice(data);
        }
        self.note_sectors(offset, end);
    }

    /// Cuts off or appends zeros.
    pub fn set_length(&mut self, length: usize) {
        let before = self.current.len();
        self.current.resize(length, 0);
        self.unsynced_lengths.push(length);
        self.note_sectors(before.min(length), before.max(length));
    }

    /// Everything is on the disk.
    pub fn sync(&mut self) {
        self.durable.resize(self.current.len(), 0);
        for sector in std::mem::take(&mut self.unsynced).into_keys() {
            let bytes = sector_of(&self.current, sector);
            place_sector(&mut self.durable, sector, &bytes);
        }
        self.unsynced_lengths.clear();
    }

    /// What the disk holds after a cut: of each length and each sector since the last sync, the
    /// newest, an earlier one or the synced one. `reached` is the share of sectors that got there.
    pub fn after_cut(&self, random: &mut fastrand::Rng, reached: f64) -> Self {
        let mut bytes = self.durable.clone();
        let lengths = &self.unsynced_lengths;
        if random.f64() < reached
            && let Some(length) = lengths.get(random.usize(0..lengths.len().max(1)))
        {
            bytes.resize(*length, 0);
        }
        for (sector, versions) in &self.unsynced {
            if random.f64() < reached {
                let newest = versions.len().saturating_sub(1);
                let index = if random.bool() { newest } else { random.usize(0..=newest) };
                if let Some(version) = versions.get(index) {
                    place_sector(&mut bytes, *sector, version);
                }
            }
        }
        Self { current: bytes.clone(), durable: bytes, ..Self::default() }
    }

    fn note_sectors(&mut self, from: usize, to: usize) {
        for sector in from / SECTOR..to.div_ceil(SECTOR) {
            let bytes = sector_of(&self.current, sector);
            self.unsynced.entry(sector).or_default().push(bytes);
        }
    }
}

/// A sector of a file, with zeros past the file's end.
fn sector_of(bytes: &[u8], sector: usize) -> [u8; SECTOR] {
    let mut copy = [0; SECTOR];
    let rest = bytes.get(sector * SECTOR..).unwrap_or_default();
    copy.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    copy
}

/// Overwrites the part of a sector that lies before the file's end.
fn place_sector(bytes: &mut [u8], sector: usize, version: &[u8; SECTOR]) {
    let rest = bytes.get_mut(sector * SECTOR..).unwrap_or_default();
    rest.iter_mut().zip(version).for_each(|(to, from)| *to = *from);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(file: &File) -> std::collections::BTreeSet<Vec<u8>> {
        let cut = |seed| file.after_cut(&mut fastrand::Rng::with_seed(seed), 0.5).durable;
        (0..200).map(cut).collect()
    }

    #[test]
    fn what_was_synced_stays_and_what_was_not_may_go() {
        let mut file = File::default();
        file.write(0, b"old");
        file.sync();
        assert_eq!(outcomes(&file), [b"old".to_vec()].into());
        file.write(0, b"new");
        assert_eq!(file.bytes(), b"new");
        assert_eq!(outcomes(&file), [b"old".to_vec(), b"new".to_vec()].into());
        file.sync();
        assert_eq!(outcomes(&file), [b"new".to_vec()].into());
    }

    #[test]
    fn a_write_tears_between_sectors_and_not_within_one() {
        let mut file = File::default();
        file.write(0, &[1; 2 * SECTOR]);
        file.sync();
        file.write(0, &[2; 2 * SECTOR]);
        let torn = outcomes(&file);
        assert_eq!(torn.len(), 4, "each sector is old or new");
        assert!(torn.iter().all(|bytes| {
            bytes.chunks(SECTOR).all(|sector| sector.iter().all(|byte| *byte == sector[0]))
        }));
    }

    #[test]
    fn a_length_is_as_uncertain_as_the_bytes() {
        let mut file = File::default();
        file.write(0, b"abc");
        file.sync();
        file.set_length(1);
        file.write(1, b"xyz");
        let outcomes = outcomes(&file);
        assert!(outcomes.contains(b"abc".as_slice()), "{outcomes:?}");
        assert!(outcomes.contains(b"a".as_slice()), "{outcomes:?}");
        assert!(outcomes.contains(b"axyz".as_slice()), "{outcomes:?}");
    }
}
