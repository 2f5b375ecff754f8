//! Codes of failure. The specification and its reference implementation name them differently;
//! both families are read, and either can be written.

/// Which names to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeFamily {
    /// Those of the specification.
    Specification,
    /// Those that the reference implementation sends (2.27).
    Implementation,
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $spec:literal, $implementation:literal $(, $alias:literal)*;)*) => {
        /// Why a payment was refused or not settled.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Names in the specification, in the reference implementation, and elsewhere.
            const fn names(self) -> (&'static str, &'static str, &'static [&'static str]) {
                match self {
                    $(Self::$variant => ($spec, $implementation, &[$($alias,)*]),)*
                }
            }
        }
    };
}

error_codes! {
    /// The payer does not hold enough.
    InsufficientFunds = "insufficient_funds", "invalid_exact_evm_insufficient_balance", "permit2_insufficient_balance";
    /// The authorization is not good yet.
    ValidAfter = "invalid_exact_evm_payload_authorization_valid_after", "invalid_exact_evm_payload_authorization_valid_after";
    /// The authorization has expired, or will before it can be settled.
    ValidBefore = "invalid_exact_evm_payload_authorization_valid_before", "invalid_exact_evm_payload_authorization_valid_before";
    /// The authorization is for another amount.
    Value = "invalid_exact_evm_payload_authorization_value_mismatch", "invalid_exact_evm_payload_authorization_value_mismatch", "invalid_exact_evm_payload_authorization_value", "invalid_exact_evm_authorization_value";
    /// The signature is not the payer's.
    Signature = "invalid_exact_evm_payload_signature", "invalid_exact_evm_signature", "invalid_exact_evm_failed_to_parse_signature";
    /// The authorization pays someone else.
    Recipient = "invalid_exact_evm_payload_recipient_mismatch", "invalid_exact_evm_recipient_mismatch";
    /// Another network, or one that is not served.
    Network = "invalid_network", "invalid_exact_evm_network_mismatch", "network_mismatch", "unsupported_network";
    /// The payload has the wrong form.
    Payload = "invalid_payload", "invalid_payload", "unsupported_payload_type";
    /// The requirements have the wrong form.
    Requirements = "invalid_payment_requirements", "invalid_payment_requirements";
    /// Payment and requirements are of different schemes.
    Scheme = "invalid_scheme", "invalid_exact_evm_scheme";
    /// The scheme is not served.
    UnsupportedScheme = "unsupported_scheme", "unsupported_scheme";
    /// The version is not served.
    Version = "invalid_x402_version", "invalid_x402_version";
    /// The transaction failed on the chain.
    TransactionFailed = "invalid_transaction_state", "invalid_exact_evm_transaction_failed";
    /// The verifier failed.
    UnexpectedVerify = "unexpected_verify_error", "unexpected_verify_error";
    /// The settler failed.
    UnexpectedSettle = "unexpected_settle_error", "unexpected_settle_error";
    /// The settlement was sent; its outcome is not known yet. Ask again with the same payment.
    SettlementPending = "settlement_pending", "settlement_pending";
    /// The same payment is being settled, or was.
    DuplicateSettlement = "duplicate_settlement", "duplicate_settlement";
    /// The authorization's nonce is spent.
    NonceUsed = "invalid_transaction_state", "invalid_exact_evm_nonce_already_used";
    /// The chain would refuse the transfer, for a reason that it does not say.
    SimulationFailed = "invalid_transaction_state", "invalid_exact_evm_transaction_simulation_failed";
    /// The transaction went through without the transfer.
    TransferMissing = "invalid_transaction_state", "invalid_exact_evm_transfer_event_mismatch";
    /// There is no contract where the token should be.
    AssetNotDeployed = "invalid_payment_requirements", "asset_not_deployed_contract";
    /// The token's EIP-712 name and version are not given.
    MissingDomain = "invalid_payment_requirements", "invalid_exact_evm_missing_eip712_domain";
    /// The token's EIP-712 name is another.
    TokenName = "invalid_payment_requirements", "invalid_exact_evm_token_name_mismatch";
    /// The token's EIP-712 version is another.
    TokenVersion = "invalid_payment_requirements", "invalid_exact_evm_token_version_mismatch";
    /// The token has no EIP-3009.
    Eip3009NotSupported = "invalid_payment_requirements", "invalid_exact_evm_eip3009_not_supported";
    /// The payer must first allow the Permit2 contract; answered with status 412.
    Permit2AllowanceRequired = "permit2_allowance_required", "permit2_allowance_required";
}

impl ErrorCode {
    /// The name in one family. Where the specification has no name of its own, its nearest one.
    #[must_use]
    pub const fn name(self, family: CodeFamily) -> &'static str {
        let (specification, implementation, _) = self.names();
        match family {
            CodeFamily::Specification => specification,
            CodeFamily::Implementation => implementation,
        }
    }

    /// Reads a name of either family; `None` for a code of somebody's own.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| {
            let (specification, implementation, others) = code.names();
            name == specification || name == implementation || others.contains(&name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_are_read() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.name(CodeFamily::Implementation)), Some(*code));
            assert!(ErrorCode::parse(code.name(CodeFamily::Specification)).is_some());
        }
        assert_eq!(ErrorCode::parse("insufficient_funds"), Some(ErrorCode::InsufficientFunds));
        assert_eq!(
            ErrorCode::parse("invalid_transaction_state"),
            Some(ErrorCode::TransactionFailed)
        );
        assert_eq!(
            ErrorCode::parse("invalid_exact_evm_payload_signature"),
            Some(ErrorCode::Signature)
        );
        assert_eq!(ErrorCode::parse("out_of_coffee"), None);
    }
}
