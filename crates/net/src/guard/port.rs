//! Which ports may be reached.

/// Ports at which something else than HTTP listens, which could be made to take a request for
/// its own protocol: the blocked ports of the Fetch standard (`fetch.spec.whatwg.org`, "bad
/// port"), and those of remote control and data stores.
const REFUSED: [u16; 97] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080, // the Fetch standard
    445, 1433, 2375, 2376, 2379, 3306, 3389, 5432, 5900, 6379, 9042, 11211, 27017,
    10250, // remote control and data stores
];

/// Whether a connection may go to this port.
pub(super) fn is_allowed(port: u16) -> bool {
    !REFUSED.contains(&port)
}
