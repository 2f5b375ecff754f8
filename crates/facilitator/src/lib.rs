//! x402 facilitator.
