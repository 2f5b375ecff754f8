//! One suite that every backend passes, each against a server that speaks its wire format. The
//! money behind the servers is a play network's, so invoices and preimages are real.

#[cfg(test)]
mod backends;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod certificate;
#[cfg(test)]
mod doubles;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod history;
#[cfg(test)]
mod line;
#[cfg(test)]
mod paying;
#[cfg(test)]
mod real;
#[cfg(test)]
mod receiving;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod script;
#[cfg(test)]
mod special;
#[cfg(test)]
mod urls;
