//! The table `text_embedding`.

use farebox_store::{Dialect, Row, StoreError, Transaction, Value, params};
use jiff::Timestamp;

/// SHA-256 of a text.
pub(crate) type Digest = [u8; 32];

/// A vector as it is kept: a signed byte for each dimension.
pub(crate) type Kept = Box<[u8]>;

/// Those of these texts' vectors that are there.
pub(crate) fn find(
    transaction: &Transaction<'_>,
    space: &str,
    digests: &[Digest],
) -> Result<Vec<(Digest, Kept)>, StoreError> {
    if transaction.dialect() == Dialect::Sqlite {
        let sql = "SELECT text_sha256, vector FROM text_embedding \
                   WHERE space = ?1 AND text_sha256 = ?2";
        let text = |text: &'_ str| Value::Text(text.to_owned().into());
        let keys = digests.iter().map(|digest| [text(space), Value::Blob(digest.into())]);
        let found = transaction.optional_each(sql, keys, read)?;
        return Ok(found.into_iter().map(|(_, row)| row).collect());
    }
    let sql = "SELECT text_sha256, vector FROM text_embedding \
               WHERE space = ?1 AND text_sha256 = ANY(?2)";
    let digests: Vec<Vec<u8>> = digests.iter().map(|digest| digest.to_vec()).collect();
    transaction.all(sql, &[Value::Text(space.into()), Value::Blobs(&digests)], read)
}

fn read(row: &Row<'_>) -> Result<(Digest, Kept), StoreError> {
    let (digest, vector): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
    let damaged = |_| StoreError::Unreadable("the digest of an embedding".to_owned());
    Ok((digest.try_into().map_err(damaged)?, vector.into()))
}

/// Keeps vectors. One that is there already stays.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    space: &str,
    vectors: &[(Digest, Kept)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO text_embedding (space, text_sha256, vector, made_at) \
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    for (digest, vector) in vectors {
        let (digest, vector) = (digest.as_slice(), vector.as_ref());
        transaction.execute(sql, params![space, digest, vector, now.as_second()])?;
    }
    Ok(())
}

/// Up to `len_max` of the texts whose vectors were made before then, in the order of their
/// digests, after one of them.
pub(crate) fn made_before(
    transaction: &Transaction<'_>,
    space: &str,
    before: Timestamp,
    after: &[u8],
    len_max: usize,
) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT text_sha256, vector FROM text_embedding \
               WHERE space = ?1 AND made_at < ?2 AND text_sha256 > ?3 \
               ORDER BY text_sha256 LIMIT ?4";
    let rows = transaction.all(sql, params![space, before.as_second(), after, len_max], read)?;
    Ok(rows.into_iter().map(|(digest, _)| digest).collect())
}

/// Drops vectors.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    space: &str,
    digests: &[Digest],
) -> Result<(), StoreError> {
    let sql = "DELETE FROM text_embedding WHERE space = ?1 AND text_sha256 = ?2";
    for digest in digests {
        transaction.execute(sql, params![space, digest.as_slice()])?;
    }
    Ok(())
}

/// Drops the vectors of other models that were made before then.
pub(crate) fn delete_other_spaces(
    transaction: &Transaction<'_>,
    space: &str,
    before: Timestamp,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM text_embedding WHERE space <> ?1 AND made_at < ?2";
    transaction.execute(sql, params![space, before.as_second()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Timestamp = Timestamp::UNIX_EPOCH;

    fn kept(byte: u8) -> (Digest, Kept) {
        ([byte; 32], vec![byte, 0, 255].into())
    }

    #[tokio::test]
    async fn vectors_are_found_by_their_text_and_dropped_by_their_age() {
        for database in farebox_testing::databases() {
            let schemas = vec![crate::schema()];
            let store =
                farebox_store::Store::open(database.location.clone(), schemas).await.unwrap();
            let write = |transaction: &Transaction<'_>| -> Result<(), StoreError> {
                let now = Timestamp::from_second(1_000).unwrap();
                insert(transaction, "a@3", &[kept(1), kept(2)], OLD)?;
                insert(transaction, "a@3", &[kept(2), kept(3)], now)?;
                insert(transaction, "b@3", &[kept(1)], OLD)?;
                let found = find(transaction, "a@3", &[[3; 32], [9; 32], [1; 32]])?;
                assert_eq!(found.len(), 2);
                assert!(found.contains(&kept(1)) && found.contains(&kept(3)));

                let old = |after: &[u8], len| made_before(transaction, "a@3", now, after, len);
                assert_eq!(old(&[], 1)?, [[1; 32]]);
                assert_eq!(old(&[1; 32], 9)?, [[2; 32]], "one that was there stays as it was");
                delete(transaction, "a@3", &[[1; 32]])?;
                assert_eq!(old(&[], 9)?, [[2; 32]]);
                delete_other_spaces(transaction, "a@3", now)?;
                assert!(find(transaction, "b@3", &[[1; 32]])?.is_empty());
                assert_eq!(find(transaction, "a@3", &[[2; 32], [3; 32]])?.len(), 2);
                Ok(())
            };
            store.write(write).await.unwrap();
        }
    }
}
