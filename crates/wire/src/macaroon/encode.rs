//! The version 2 binary form.

use super::Macaroon;

pub(super) const V2: u8 = 2;
pub(super) const EOS: u8 = 0;
pub(super) const FIELD_LOCATION: u8 = 1;
pub(super) const FIELD_IDENTIFIER: u8 = 2;
pub(super) const FIELD_VID: u8 = 4;
pub(super) const FIELD_SIGNATURE: u8 = 6;

impl Macaroon {
    /// The version 2 binary form, byte for byte as libmacaroons writes it.
    #[must_use]
    pub fn encode_v2(&self) -> Vec<u8> {
        let mut out = vec![V2];
        if let Some(location) = &self.location {
            field(&mut out, FIELD_LOCATION, location);
        }
        field(&mut out, FIELD_IDENTIFIER, &self.identifier);
        out.push(EOS);
        for caveat in &self.caveats {
            field(&mut out, FIELD_IDENTIFIER, caveat);
            out.push(EOS);
        }
        out.push(EOS);
        field(&mut out, FIELD_SIGNATURE, &self.signature);
        out
    }
}

fn field(out: &mut Vec<u8>, tag: u8, data: &[u8]) {
    out.push(tag);
    let mut rest = data.len();
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap_or(0);
        rest >>= 7;
        if rest == 0 {
            out.push(low);
            break;
        }
        out.push(low | 0x80);
    }
    out.extend_from_slice(data);
}
