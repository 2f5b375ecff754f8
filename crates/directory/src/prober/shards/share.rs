//! How many shards each server holds. Pure.

/// How many of `shards` the server `holder` holds, of those that live: as many as any other, or one
/// more.
pub(super) fn fair_share(live: &[String], holder: &str, shards: u32) -> usize {
    let mut live: Vec<&str> = live.iter().map(String::as_str).collect();
    live.sort_unstable();
    live.dedup();
    let shards = shards as usize;
    let Some(rank) = live.iter().position(|other| *other == holder) else { return 0 };
    let rest = shards % live.len();
    shards / live.len() + usize::from(rank < rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shard_is_somebodys_and_nobody_has_two_more() {
        for count in 1..70_usize {
            let live: Vec<String> = (0..count).map(|number| format!("node{number}")).collect();
            let shares: Vec<usize> = live.iter().map(|one| fair_share(&live, one, 64)).collect();
            assert_eq!(shares.iter().sum::<usize>(), 64);
            let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
            assert!(most - least <= 1, "{count}: {shares:?}");
        }
        assert_eq!(fair_share(&["a".to_owned()], "stranger", 64), 0);
    }
}
