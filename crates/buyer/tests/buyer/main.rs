//! The buyer against sellers and wallets of every kind.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod challenges;
#[cfg(test)]
mod choosing;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod files;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod looking;
#[cfg(test)]
mod payment_scheme;
#[cfg(test)]
mod payments;
#[cfg(test)]
mod probing;
#[cfg(test)]
mod redeeming;
#[cfg(test)]
mod redirects;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tempo;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod transfer_kill;
#[cfg(test)]
mod transfers;
