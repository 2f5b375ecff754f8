//! `/llms.txt`: for language models that ask what this is.

pub const TEXT: &str = "# Farebox\n\nPaid APIs, and a directory of them. GET /openapi.json lists what is sold here; \
     GET /api/v1/services?q=words searches paid APIs everywhere. An unpaid request is answered 402, \
     which says how to pay: L402 (Lightning), MPP or x402.\n";
