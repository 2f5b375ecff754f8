//! What can be wrong with a challenge, and how a seller mends it.

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nobody can pay, or must not.
    Error,
    /// Some clients in use refuse it, or a payment can go wrong.
    Warning,
    /// It works, and is worth knowing.
    Note,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which.
    pub code: FaultCode,
    /// The challenge, counted from zero; `None` for the answer as a whole.
    pub challenge: Option<usize>,
    /// What was found, where the code does not say it all: untrusted text.
    pub found: Option<String>,
}

impl Fault {
    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What is wrong, in one line, with what was found.
    #[must_use]
    pub fn message(&self) -> String {
        let meaning = self.code.meaning().trim_end_matches('.');
        match &self.found {
            Some(found) => format!("{meaning}: {found}"),
            None => meaning.to_owned(),
        }
    }
}

macro_rules! fault_codes {
    ($(#[doc = $meaning:literal] $variant:ident = $severity:ident, $name:literal, $fix:literal;)*) => {
        /// Every fault that is looked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultCode { $(#[doc = $meaning] $variant,)* }

        impl FaultCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// How much it matters.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

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

            /// What the seller does about it, in one line.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)* }
            }
        }
    };
}

fault_codes! {
    /// Nothing of MPP: no WWW-Authenticate line has a Payment challenge.
    ChallengeMissing = Error, "challenge_missing", "Answer 402 with WWW-Authenticate: Payment id=\"…\", realm=\"…\", method=\"…\", intent=\"…\", request=\"…\".";
    /// The header is no list of challenges.
    HeaderSyntax = Error, "header_syntax", "Write name=\"value\" pairs with a comma between them, every value in double quotes.";
    /// A value has a line break inside.
    FoldedLine = Error, "folded_line", "Write the whole challenge on one line: HTTP libraries refuse or change folded ones.";
    /// The line is longer than clients read.
    LineTooLong = Error, "line_too_long", "Keep the line under 8 KiB: move texts into the body.";
    /// The request is longer than clients read.
    RequestTooLong = Error, "request_too_long", "Keep request under 16 KiB, better under 4 KiB.";
    /// A parameter is longer than clients read.
    ParameterTooLong = Error, "parameter_too_long", "Keep every parameter but request under 4 KiB.";
    /// A parameter comes twice, so that it is open which of the two was signed.
    DuplicateParameter = Error, "duplicate_parameter", "Name every parameter once in a challenge; names are compared in any case.";
    /// The id is missing or empty.
    IdMissing = Error, "id_missing", "Add id=\"…\": what the server recognises its challenge by.";
    /// Two challenges have the same id.
    IdShared = Error, "id_shared", "Give every challenge an id of its own, with a random part in opaque.";
    /// The realm is missing or empty.
    RealmMissing = Error, "realm_missing", "Add realm=\"…\" with the host name of the endpoint.";
    /// The realm is not the host that was asked.
    RealmDiffers = Warning, "realm_differs", "Set realm to the host that buyers call: some show it, some refuse another.";
    /// The method is missing or empty.
    MethodMissing = Error, "method_missing", "Add method=\"…\", such as lightning, evm or tempo.";
    /// The method is not written in lower case.
    MethodCase = Error, "method_case", "Write the method in lower case: strict clients refuse any other.";
    /// The method is no name of a payment method.
    MethodInvalid = Error, "method_invalid", "Use lower-case letters for the method.";
    /// The method is one that no known client pays.
    MethodUnknown = Error, "unsupported_method", "Offer a method that clients know: lightning, evm, tempo or stripe.";
    /// The intent is missing or empty.
    IntentMissing = Error, "intent_missing", "Add intent=\"charge\".";
    /// The intent is none that clients know.
    IntentUnknown = Error, "unsupported_intent", "Use the intent charge: clients know no other for this method.";
    /// The intent is a session: the price is for a unit, and a deposit is paid first.
    IntentSession = Note, "session_intent", "Nothing to do; offer charge beside it for clients that pay one request at a time.";
    /// The intent is a subscription: money is taken again and again.
    IntentSubscription = Warning, "subscription_intent", "Offer charge beside it: most clients pay one request at a time.";
    /// The request is missing or empty.
    RequestMissing = Error, "request_missing", "Add request=\"…\": base64url of the JSON that says what to pay.";
    /// The request is not base64url.
    RequestNotBase64 = Error, "request_not_base64url", "Encode request in base64 with the URL alphabet (- and _) and without padding.";
    /// The request has padding.
    RequestPadded = Warning, "request_padded", "Leave the = signs at the end of request out: some clients refuse them.";
    /// The request is not JSON.
    RequestNotJson = Error, "request_not_json", "Put one JSON object into request.";
    /// The request is JSON, but not an object.
    RequestNotObject = Error, "request_not_object", "Put one JSON object into request, not a list or a text.";
    /// The request is nested too deeply.
    RequestTooDeep = Error, "request_too_deep", "Nest the request at most 16 levels deep.";
    /// The request is not canonical JSON (RFC 8785).
    RequestNotCanonical = Warning, "request_not_canonical", "Write request as RFC 8785 has it, keys sorted and without spaces: some clients write it anew, and then your signature does not fit.";
    /// The request has not the form of its method.
    RequestInvalid = Error, "request_invalid", "Write every field of request as the method's draft has it.";
    /// There is no time of expiry.
    ExpiresMissing = Warning, "expires_missing", "Add expires=\"…\" in RFC 3339, some minutes ahead.";
    /// The time of expiry is in seconds, not in RFC 3339.
    ExpiresUnix = Warning, "expires_unix", "Write expires in RFC 3339, such as 2026-01-31T12:00:00Z: some clients refuse numbers.";
    /// The time of expiry cannot be read.
    ExpiresInvalid = Error, "expires_invalid", "Write expires in RFC 3339, such as 2026-01-31T12:00:00Z.";
    /// The challenge has expired already.
    ChallengeExpired = Error, "challenge_expired", "Make a fresh challenge for each 402, keep caches out and set the server's clock.";
    /// The challenge expires within seconds.
    ExpiresSoon = Note, "expires_soon", "Give challenges some minutes: paying takes its time.";
    /// The credential is wanted in a header that clients do not send.
    HeaderUnsupported = Error, "header_unsupported", "Leave header out, or set it to Payment-Authorization.";
    /// A parameter has characters that clients read in different ways.
    Character = Error, "character_not_allowed", "Use printable ASCII in every parameter, without | and without \\u escapes.";
    /// The seller's own data cannot be read.
    OpaqueInvalid = Warning, "opaque_invalid", "Make opaque base64url of a flat JSON object of texts: some clients refuse any other.";
    /// The digest is not in the form of RFC 9530.
    DigestForm = Warning, "digest_form", "Write digest as sha-256=:BASE64: with colons on both sides.";
    /// The digest is not that of the body that was sent.
    DigestMismatch = Error, "digest_mismatch", "Make digest from the bytes of the request's body as they came.";
    /// A body was sent, and the challenge does not say for which body it is.
    DigestMissing = Note, "digest_missing", "Add digest=\"sha-256=:…:\" so that a payment counts for this body only.";
    /// Several challenges, of which simple clients take the first.
    SeveralChallenges = Note, "several_challenges", "Nothing to do; put the method that most of your buyers can pay first.";
    /// The lightning challenge is not the first, and some Lightning clients look at no other.
    LightningNotFirst = Warning, "lightning_not_first", "Put the challenge with method=\"lightning\" before those of other methods.";
    /// The challenge stands behind another one on the same line.
    ChallengeJoined = Warning, "challenge_joined", "Give every challenge a WWW-Authenticate line of its own: some clients look only at the start of a line.";
    /// There is no amount.
    AmountMissing = Error, "amount_missing", "Add amount to request: a text of digits, in the smallest unit.";
    /// There is no amount beside the invoice.
    AmountOnlyInInvoice = Warning, "amount_only_in_invoice", "Add amount (in sats) and currency to request: the draft requires them.";
    /// The amount is not a text.
    AmountNotString = Error, "amount_not_string", "Write amount as a text of digits, in quotes.";
    /// The amount is a decimal fraction.
    AmountNotWhole = Error, "amount_not_atomic", "Write amount in the smallest unit: 0.01 USDC is \"10000\".";
    /// The amount is not a number of 256 bits.
    AmountInvalid = Error, "amount_invalid", "Write amount in digits alone, without sign, spaces or letters.";
    /// The amount is zero.
    AmountZero = Error, "amount_zero", "Ask for more than zero, or answer without 402.";
    /// The amount is zero: only a proof of who the payer is is wanted.
    ProofOnly = Note, "proof_only", "Nothing to do: clients prove who they are and pay nothing.";
    /// There is no currency.
    CurrencyMissing = Error, "currency_missing", "Add currency to request.";
    /// The currency is none of this method.
    CurrencyInvalid = Error, "currency_invalid", "Set currency to sat (lightning), the token's address (evm, tempo) or three lower-case letters (stripe).";
    /// There is no recipient.
    RecipientMissing = Error, "recipient_missing", "Add recipient to request: the address that is paid.";
    /// The recipient is no address.
    RecipientInvalid = Error, "recipient_invalid", "Set recipient to 0x and 40 hexadecimal digits.";
    /// The recipient is the zero address.
    RecipientZero = Error, "recipient_zero", "Set recipient to your wallet's address: money sent to zero is lost.";
    /// The recipient is the token's own contract.
    RecipientIsToken = Error, "recipient_is_token", "Set recipient to your wallet's address: money sent to the token's contract is lost.";
    /// There is no invoice.
    InvoiceMissing = Error, "invoice_missing", "Add methodDetails.invoice with a BOLT 11 invoice made for this challenge.";
    /// The invoice is the text of an example.
    InvoicePlaceholder = Error, "invoice_placeholder", "Replace the example's text in invoice with a real BOLT 11 invoice.";
    /// The invoice cannot be read.
    InvoiceUnreadable = Error, "invoice_unreadable", "Send the node's BOLT 11 text unchanged and whole.";
    /// The invoice stands beside methodDetails, not in it.
    InvoicePlace = Warning, "invoice_not_in_details", "Put invoice, paymentHash and network into methodDetails.";
    /// The request has two different invoices.
    TwoInvoices = Error, "two_invoices", "Put one invoice into methodDetails and nowhere else.";
    /// The invoice names no amount.
    InvoiceAmountless = Error, "invoice_amountless", "Make the invoice with the price as its amount.";
    /// The amount is not that of the invoice.
    AmountMismatch = Error, "amount_mismatch", "Take amount from the invoice, in sats.";
    /// The invoice asks for a part of a sat, which an amount cannot say.
    InvoicePartOfSat = Note, "invoice_part_of_sat", "Ask for whole sats.";
    /// The payment hash is not that of the invoice.
    PaymentHashMismatch = Error, "payment_hash_mismatch", "Take paymentHash from the invoice, or leave it out.";
    /// The network is not that of the invoice.
    NetworkMismatch = Error, "network_mismatch", "Take network from the invoice, or leave it out.";
    /// The network has a name that the method does not know.
    NetworkName = Warning, "network_name", "Write network as mainnet, signet or regtest, or leave it out.";
    /// The invoice has expired.
    InvoiceExpired = Error, "invoice_expired", "Make a fresh invoice for each challenge, and send Cache-Control: no-store.";
    /// The challenge outlives its invoice.
    OutlivesInvoice = Warning, "outlives_invoice", "Let expires be no later than the invoice's expiry.";
    /// The money is of a test network.
    TestMoney = Error, "testnet_only", "Offer a real network to be paid in real money.";
    /// The chain is missing, or no number.
    ChainMissing = Error, "chain_missing", "Add methodDetails.chainId, a number.";
    /// The chain is left open, and drafts differ in what that means.
    ChainOpen = Warning, "chain_open", "Add methodDetails.chainId: 4217 is Tempo's main network.";
    /// The chain is none of Tempo's.
    ChainUnknown = Error, "chain_unknown", "Set methodDetails.chainId to 4217, Tempo's main network.";
    /// The token is none that clients can sign for.
    TokenUnknown = Error, "token_unknown", "Take a token that buyers know, such as USDC: of others they cannot sign a transfer.";
    /// The seller names only ways to pay that clients do not know.
    CredentialTypesUnknown = Error, "credential_types_unknown", "Name authorization in methodDetails.credentialTypes.";
    /// Not payable by a signed authorization, which is what most clients send.
    NoAuthorization = Warning, "no_authorization", "Add authorization to methodDetails.credentialTypes: most clients send nothing else.";
    /// The amount is split between recipients, which few clients do.
    Splits = Error, "splits", "Ask for one recipient: few clients pay several.";
    /// The modes are none that clients know.
    ModesUnknown = Error, "modes_unknown", "Name pull or push in methodDetails.supportedModes, or leave it out.";
    /// Only transactions that the buyer brings onto the chain are taken.
    PushOnly = Note, "push_only", "Nothing to do; taking pull as well spares buyers the chain's fee token.";
    /// Only transactions that the seller brings onto the chain are taken.
    PullOnly = Note, "pull_only", "Nothing to do; taking push as well lets simple wallets pay.";
    /// The seller's account at the payment company is missing or not valid.
    AccountMissing = Error, "account_missing", "Set methodDetails.networkId to your Stripe profile.";
    /// No way to pay is named.
    PaymentTypesMissing = Error, "payment_types_missing", "List methodDetails.paymentMethodTypes, such as card and link.";
    /// Less than card payments can be.
    AmountBelowMinimum = Warning, "amount_below_minimum", "Ask for 50 cents or more: smaller card payments are refused.";
}
