//! What can be wrong with a challenge, and what the seller can do about it.

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Note,
    /// Some buyers cannot pay, or pay for something else than they think.
    Warning,
    /// Buyers cannot pay by this way, or must not.
    Error,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which.
    pub code: FaultCode,
    /// How bad.
    pub severity: Severity,
    /// The entry of `accepts`, counted from zero; `None` for the challenge as a whole.
    pub option: Option<usize>,
    /// The value that is right, where it is known.
    pub expected: Option<String>,
}

impl Fault {
    pub(super) const fn new(code: FaultCode, severity: Severity) -> Self {
        Self { code, severity, option: None, expected: None }
    }

    /// What to do, in one line, with the right value where it is known.
    #[must_use]
    pub fn fix(&self) -> String {
        match &self.expected {
            Some(expected) => format!("{} Here: {expected}.", self.code.fix()),
            None => self.code.fix().to_owned(),
        }
    }
}

macro_rules! fault_codes {
    ($(#[doc = $meaning:literal] $variant:ident = $name:literal, $fix:literal;)*) => {
        /// Every fault that is looked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultCode { $(#[doc = $meaning] $variant,)* }

        impl FaultCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in our interfaces.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What is wrong, in one line.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning.trim(),)* }
            }

            /// What the seller can do about it, in one line.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)* }
            }
        }
    };
}

fault_codes! {
    /// The status is not 402.
    StatusNot402 = "status_not_402", "Answer unpaid requests with status 402.";
    /// A 402 without terms of x402.
    ChallengeMissing = "challenge_missing", "Send the terms as base64 JSON in the header PAYMENT-REQUIRED.";
    /// The header cannot be decoded.
    HeaderNotBase64 = "header_undecodable", "Encode the JSON of PAYMENT-REQUIRED in standard base64 with padding.";
    /// The header is past the limit.
    HeaderTooLarge = "header_too_large", "Keep PAYMENT-REQUIRED under 16 KiB: move schemas and examples to your OpenAPI file.";
    /// The body is past the limit.
    BodyTooLarge = "body_too_large", "Keep the body of a 402 under 64 KiB, or send the terms in PAYMENT-REQUIRED.";
    /// What is in the header is not JSON.
    HeaderNotJson = "header_not_json", "Put one JSON object with x402Version and accepts into PAYMENT-REQUIRED.";
    /// A string is past the limit.
    StringTooLong = "string_too_long", "Keep every text under 8 KiB.";
    /// Nested past the limit.
    JsonTooDeep = "json_too_deep", "Nest objects and lists at most 32 levels deep.";
    /// A key is given twice.
    DuplicateJsonKey = "duplicate_json_key", "Give every key once: readers disagree on which of two counts.";
    /// Another name of the header.
    HeaderNameNonstandard = "header_name_nonstandard", "Name the header PAYMENT-REQUIRED: buyers read no other.";
    /// `x402Version` is neither 1 nor 2.
    VersionUnsupported = "version_unsupported", "Set x402Version to the number 2 (or 1).";
    /// No `accepts`.
    AcceptsMissing = "accepts_missing", "Put the ways to pay into a list named accepts, beside x402Version.";
    /// `accepts` is empty.
    AcceptsEmpty = "accepts_empty", "List at least one way to pay in accepts.";
    /// `accepts` is past the limit.
    TooManyOptions = "too_many_options", "List at most 32 ways to pay.";
    /// Header and body ask for different things.
    TermsConflict = "terms_conflict", "Ask for the same amount and payee in the header and in the body.";
    /// Some entries are wrong, others are fine.
    SomeOptionsInvalid = "some_options_invalid", "Correct or remove the entries of accepts that are named.";
    /// Only test networks are offered.
    TestnetOnly = "testnet_only", "Offer a real network, such as eip155:8453 (Base), to be paid in real money.";
    /// Terms of version 1.
    V1Body = "v1_body", "Also send version 2 in the header PAYMENT-REQUIRED: newer buyers read it first.";
    /// Terms of version 2 in the body alone.
    V2InBody = "v2_in_body", "Send the terms in the header PAYMENT-REQUIRED: buyers of version 2 do not read the body.";
    /// Version 2 with the name of the amount of version 1.
    V2WithV1FieldNames = "v2_with_v1_field_names", "In version 2 the amount is named amount, and resource stands beside accepts.";
    /// The resource is no URL.
    ResourceInvalid = "resource_invalid", "Set resource.url to the full public URL of this endpoint.";
    /// The resource is on this machine or in a private network.
    ResourceLocal = "resource_local", "Set resource.url to the public URL: behind a proxy, configure the public address.";
    /// `http`, not `https`.
    ResourceHttpScheme = "resource_http_scheme", "Write https in resource.url: behind a proxy, configure the public address.";
    /// The name that documentation uses, left as it was.
    ResourcePlaceholder = "resource_placeholder", "Set resource.url to the full public URL of this endpoint: it has the name of an example.";
    /// Another host of the same domain.
    ResourceHostDiffers = "resource_host_differs", "Set resource.url to the host that buyers call.";
    /// Another site.
    ResourceOriginMismatch = "resource_origin_mismatch", "Set resource.url to the endpoint's own address: buyers refuse another site's.";
    /// An entry that is not an object.
    OptionNotObject = "option_not_object", "Make every entry of accepts a JSON object.";
    /// No scheme.
    SchemeMissing = "scheme_missing", "Set scheme, usually to exact.";
    /// A scheme of nobody else's.
    UnsupportedScheme = "unsupported_scheme", "Use the scheme exact: buyers do not know this one.";
    /// No network.
    NetworkMissing = "network_missing", "Set network, such as eip155:8453.";
    /// A plain name in version 2, or CAIP-2 in version 1.
    NetworkNameWrongForVersion = "network_name_wrong_for_version", "Use names such as eip155:8453 in version 2, and such as base in version 1.";
    /// Neither CAIP-2 nor a known name.
    NonstandardNetwork = "nonstandard_network", "Use a CAIP-2 name, such as eip155:8453.";
    /// CAIP-2 of a kind that no buyer knows.
    UnsupportedNetwork = "unsupported_network", "Offer a network that buyers know, such as eip155:8453 (Base).";
    /// No amount.
    AmountMissing = "amount_missing", "Set amount (in version 1 maxAmountRequired) to units of the token.";
    /// A JSON number.
    AmountNotString = "amount_not_string", "Write the amount as a string of digits, in quotes.";
    /// A decimal fraction.
    AmountNotAtomic = "amount_not_atomic", "Write the amount in the token's smallest units: 0.01 USDC is \"10000\".";
    /// Not a number of 256 bits.
    AmountInvalid = "amount_invalid", "Write the amount in digits alone, without sign or spaces.";
    /// Zero.
    AmountZero = "amount_zero", "Ask for more than zero, or answer without 402.";
    /// More than anybody pays for a request.
    PriceOutOfRange = "price_out_of_range", "Check the amount: it comes to more than 10,000 dollars for one request.";
    /// No asset.
    AssetEmpty = "asset_empty", "Set asset to the address of the token.";
    /// Not an address.
    AssetInvalid = "asset_invalid", "Set asset to the token's contract (0x and 40 digits) or mint, with the right checksum.";
    /// An address whose upper and lower case do not fit (EIP-55).
    AssetChecksum = "asset_checksum", "Copy asset again: its upper and lower case do not fit, and some buyers refuse that.";
    /// A token that is not in our table.
    AssetUnknown = "asset_unknown", "Take a token that buyers know, such as USDC: of others the price cannot be told.";
    /// No payee.
    PaytoEmpty = "payto_empty", "Set payTo to the address of your wallet.";
    /// The text of a template.
    PaytoPlaceholder = "payto_placeholder", "Replace the template's text in payTo with the address of your wallet.";
    /// Not an address.
    PaytoInvalid = "payto_invalid", "Set payTo to an address of that network, with the right checksum.";
    /// An address whose upper and lower case do not fit (EIP-55).
    PaytoChecksum = "payto_checksum", "Copy payTo again from your wallet: its upper and lower case do not fit, so a digit may be wrong.";
    /// The zero address.
    PaytoZero = "payto_zero", "Set payTo to the address of your wallet: money sent to zero is lost.";
    /// The token's own address.
    PaytoIsAsset = "payto_is_asset", "Set payTo to your wallet: money sent to the token's contract is lost.";
    /// The payee changes with every request, and the seller says so.
    PaytoDynamic = "payto_dynamic", "Nothing to do: the payee is said to change from request to request.";
    /// No time.
    TimeoutInvalid = "timeout_invalid", "Set maxTimeoutSeconds to a whole number above zero, such as 60.";
    /// Less than ten seconds.
    TimeoutShort = "timeout_short", "Allow at least 10 seconds in maxTimeoutSeconds: settling takes a few.";
    /// More than an hour.
    TimeoutLong = "timeout_long", "Ask for at most 3600 in maxTimeoutSeconds: buyers do not sign for longer.";
    /// No name or version.
    DomainMissing = "domain_missing", "Give the token's EIP-712 name and version in extra.";
    /// Not the contract's name.
    DomainNameWrong = "domain_name_wrong", "Set extra.name to the name in the token's contract: with another every payment fails.";
    /// Not the contract's version.
    DomainVersionWrong = "domain_version_wrong", "Set extra.version to the version in the token's contract: with another every payment fails.";
    /// Solana without who pays the fee.
    FeePayerMissing = "fee_payer_missing", "Set extra.feePayer to the facilitator's account, as its /supported lists it.";
    /// `upto` without who settles.
    FacilitatorAddressMissing = "facilitator_address_missing", "Set extra.facilitatorAddress to the facilitator's account: buyers sign for it.";
    /// The amount is a maximum.
    PriceIsMaximum = "price_is_maximum", "Nothing to do: the amount is the most that is taken.";
    /// Not the usual six decimals.
    DecimalsUnusual = "decimals_18", "Nothing to do: this token has 18 decimals, so its amounts look large.";
}
