//! Which addresses count as public.

use farebox_net::AddressPolicy;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses in every network of 65,536.
fn addresses() -> impl Iterator<Item = Ipv4Addr> {
    let low = [0, 1, 0x0008, 0x0201, 0x6309, 0x7105, 0xfffe, 0xffff];
    (0..=u32::from(u16::MAX)).flat_map(move |high| low.map(|low| Ipv4Addr::from(high << 16 | low)))
}

/// As the standard library calls them.
fn is_special(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
        || address.is_multicast()
}

#[test]
fn nothing_special_is_public() {
    let policy = AddressPolicy::public_only();
    let mut public = 0;
    for address in addresses() {
        let is_allowed = policy.allows(address.into());
        assert!(!(is_allowed && is_special(address)), "{address}");
        public += usize::from(is_allowed);
    }
    // Most of the space is public: a rule that refuses all of it would pass above.
    assert!(public > 400_000, "{public}");
}

#[test]
fn no_ipv4_address_hides_in_ipv6() {
    let policy = AddressPolicy::public_only();
    for address in addresses() {
        let number = u128::from(u32::from(address));
        let compatible = Ipv6Addr::from(number);
        let nat64 = Ipv6Addr::from(0x0064_ff9b_u128 << 96 | number);
        let local_nat64 = Ipv6Addr::from(0x0064_ff9b_0001_u128 << 80 | number);
        let six_to_four = Ipv6Addr::from(0x2002_u128 << 112 | number << 80);
        let teredo = Ipv6Addr::from(0x2001_0000_u128 << 96 | (!number & 0xffff_ffff));
        let mapped = address.to_ipv6_mapped();
        for hidden in [compatible, nat64, local_nat64, six_to_four, teredo, mapped] {
            assert!(!policy.allows(hidden.into()), "{hidden}");
        }
    }
}

#[test]
fn what_a_translating_network_leads_to_is_judged_too() {
    let policy = AddressPolicy::and_networks(["64:ff9b::/96".parse().unwrap()]);
    let allows = |text: &str| policy.allows(text.parse::<IpAddr>().unwrap());
    assert!(allows("64:ff9b::1.1.1.1"));
    assert!(!allows("64:ff9b::10.0.0.1"));
    assert!(!allows("64:ff9b::127.0.0.1"));
    assert!(!allows("10.0.0.1"));
}

#[test]
fn the_operator_allows_networks_and_no_more() {
    let policy =
        AddressPolicy::and_networks(["10.1.0.0/16", "::1/128"].map(|n| n.parse().unwrap()));
    let allows = |text: &str| policy.allows(text.parse::<IpAddr>().unwrap());
    assert!(allows("10.1.2.3") && allows("::1") && allows("1.1.1.1"));
    assert!(!allows("10.2.0.1") && !allows("127.0.0.1") && !allows("::"));
    // A second spelling is not what was allowed.
    assert!(!allows("::ffff:10.1.2.3"));
}
