//! MPP over Lightning: the same invoices as L402, in another language.
