//! Macaroons of versions 1 and 2, compared with another library.
#![no_main]

use farebox_wire::macaroon::{CAVEATS_MAX, Encoding, MACAROON_LEN_MAX, Macaroon};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let ours = Macaroon::decode_binary(data);
    let theirs = libmacaroon::Macaroon::deserialize_binary(data);
    match (&ours, &theirs) {
        (Ok((ours, _)), Ok(theirs)) => is_the_same(ours, theirs),
        // The other library takes packets of version 1 in any order and without their newline.
        (Err(error), Ok(theirs)) => {
            let is_ours_to_read = theirs.third_party_caveats().is_empty()
                && theirs.caveats().len() <= CAVEATS_MAX
                && data.len() <= MACAROON_LEN_MAX
                && data[0] == 2;
            assert!(!is_ours_to_read, "{error}");
        }
        // It wants an identifier that is not empty and locations that are text.
        (Ok((macaroon, encoding)), Err(error)) => {
            let is_odd = macaroon.identifier.is_empty() || error.to_string().contains("utf-8");
            assert!(is_odd, "{encoding:?}: {error}");
        }
        _ => {}
    }
    if let Ok((macaroon, encoding)) = ours {
        assert!(!macaroon.is_signed_with(b"a key that no input knows"));
        let again = macaroon.encode_v2();
        assert_eq!(Macaroon::decode_binary(&again), Ok((macaroon, Encoding::V2)));
        assert!(encoding == Encoding::V1 || again.len() <= data.len());
    }
});

fn is_the_same(ours: &Macaroon, theirs: &libmacaroon::Macaroon) {
    assert_eq!(ours.identifier, theirs.identifier());
    let signature: &[u8; 32] = theirs.signature().as_ref();
    assert_eq!(&ours.signature, signature);
    assert!(theirs.third_party_caveats().is_empty());
    let caveats = theirs.caveats().iter();
    let caveats = caveats.filter_map(|caveat| Some(caveat.as_first_party()?.predicate()));
    assert!(caveats.eq(ours.caveats.iter().map(Vec::as_slice)));
}
