//! The buyer against sellers and wallets of every kind.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod challenges;
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
mod payments;
#[cfg(test)]
mod probing;
#[cfg(test)]
mod redeeming;
#[cfg(test)]
mod redirects;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
