//! Customer ids to small numbers, in order of first appearance.

/// Ids of a shard, each kept once.
#[derive(Debug)]
pub struct Ids {
    text: String,
    ends: Vec<usize>,
    hashes: Vec<u64>,
    /// Open addressing, at most half full: a number plus one, or 0.
    table: Vec<u32>,
}

impl Default for Ids {
    fn default() -> Self {
        Ids { text: String::new(), ends: vec![0], hashes: Vec::new(), table: vec![0; 64] }
    }
}

impl Ids {
    /// The number of an id, whose hash is given; and whether it is new.
    pub fn take(&mut self, id: &str, hash: u64) -> (u32, bool) {
        let slot = match self.slot(id, hash) {
            Ok(number) => return (number, false),
            Err(slot) => slot,
        };
        let number = self.hashes.len() as u32;
        self.text.push_str(id);
        self.ends.push(self.text.len());
        self.hashes.push(hash);
        self.table[slot] = number + 1;
        if self.hashes.len() * 2 > self.table.len() {
            self.grow();
        }
        (number, true)
    }

    /// The number of an id that is here.
    pub fn find(&self, id: &str, hash: u64) -> Option<u32> {
        self.slot(id, hash).ok()
    }

    /// The id of a number.
    pub fn get(&self, number: u32) -> &str {
        let i = number as usize;
        &self.text[self.ends[i]..self.ends[i + 1]]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Bytes of memory, about.
    pub fn memory(&self) -> usize {
        self.text.capacity() + 8 * (self.ends.capacity() + self.hashes.capacity()) + 4 * self.table.capacity()
    }

    /// Its number, or the free slot where it would stand.
    fn slot(&self, id: &str, hash: u64) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some(number) = self.table[slot].checked_sub(1) {
            if self.hashes[number as usize] == hash && self.get(number) == id {
                return Ok(number);
            }
            slot = (slot + 1) & mask;
        }
        Err(slot)
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![0; mask + 1];
        for (number, hash) in (1..).zip(&self.hashes) {
            let mut slot = *hash as usize & mask;
            while table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            table[slot] = number;
        }
        self.table = table;
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_are_numbered_in_order_of_appearance() {
        let mut ids = Ids::default();
        // Hashes that meet in one slot, and two that are equal.
        let hash = |n: u32| u64::from(n / 2) << 32;
        for n in 0..1000 {
            assert_eq!(ids.take(&format!("c{n}"), hash(n)), (n, true));
        }
        for n in 0..1000 {
            assert_eq!(ids.take(&format!("c{n}"), hash(n)), (n, false));
            assert_eq!(ids.get(n), format!("c{n}"));
        }
        assert_eq!(ids.find("d", hash(3)), None);
        assert_eq!(ids.len(), 1000);
    }
}
