//! Every rule for every backend.

use crate::bench::{Backend, Bench};
use crate::{faults, history, paying, receiving, restarts};

macro_rules! suite {
    (
        $(#[$attribute:meta])* $($name:ident = $backend:ident),* :
        $($room:ident::$rule:ident),* $(,)?
    ) => {
        suite!(@rules [$(#[$attribute])*] [$($name = $backend),*] [$($room::$rule),*]);
    };
    (@rules $attributes:tt [$($name:ident = $backend:ident),*] $rules:tt) => {
        $(suite!(@backend $attributes $name $backend $rules);)*
    };
    (@backend $attributes:tt $name:ident $backend:ident [$($room:ident::$rule:ident),*]) => {
        mod $name {
            use super::*;
            $(suite!(@rule $attributes $backend $room $rule);)*
        }
    };
    (@rule [$(#[$attribute:meta])*] $backend:ident $room:ident $rule:ident) => {
        #[tokio::test]
        $(#[$attribute])*
        async fn $rule() {
            $room::$rule(Bench::open(Backend::$backend).await).await;
        }
    };
}

suite! {
    phoenixd = Phoenixd, phoenixd_limits = PhoenixdLimits, lnd = Lnd, cln = Cln, lnbits = Lnbits,
    nwc = Nwc, nwc_old = NwcOld:
    paying::a_payment_is_proven_by_its_preimage,
    paying::paying_again_finds_the_first_payment_and_moves_nothing,
    paying::a_restarted_client_finds_the_first_payment,
    paying::what_is_no_invoice_with_an_amount_is_not_sent,
    paying::more_than_the_balance_fails_for_certain_and_moves_nothing,
    paying::an_expired_invoice_fails_for_certain,
    paying::an_invoice_past_its_time_is_looked_up_and_not_sent,
    paying::a_failure_the_wallet_vouches_for_is_final,
    paying::a_payment_that_is_held_is_pending_until_it_ends,
    paying::a_fee_is_reported_and_stays_within_the_limit,
    paying::the_wallet_says_what_it_is,
    paying::a_wrong_secret_is_unauthorized_and_sends_nothing,
    paying::a_refused_connection_is_unreachable_and_sends_nothing,
    receiving::an_invoice_is_made_paid_and_looked_up,
    receiving::an_invoice_that_was_not_paid_in_time_is_expired,
    receiving::a_new_invoice_over_another_amount_is_not_handed_out,
    receiving::parts_of_a_satoshi_are_exact_or_refused,
    receiving::settlements_are_reported_oldest_first,
    receiving::a_waiting_reader_hears_of_a_later_payment,
    receiving::a_settlement_told_twice_is_one_settlement,
    receiving::a_restarted_reader_goes_on_where_it_was,
    history::the_history_shows_what_was_received_and_sent_newest_first,
    history::the_history_shows_payments_that_are_pending_or_failed,
    faults::a_payment_without_a_clear_answer_is_pending_and_found_later,
    faults::a_payment_that_was_not_carried_out_is_never_called_failed,
    faults::a_lying_preimage_is_never_taken_for_a_payment,
    faults::a_look_up_that_cannot_be_read_is_an_error,
    faults::a_failure_that_looks_like_a_success_is_never_taken_for_a_payment,
    faults::paid_already_says_the_wallet_and_shows_no_payment,
    faults::what_arrived_counts_and_not_what_was_asked_for,
    restarts::a_payment_outlives_the_wallets_server,
    restarts::a_settlement_while_the_server_is_away_is_reported_later,
}

// What a wallet in the same process can keep or break.
suite! {
    play = Play:
    paying::a_payment_is_proven_by_its_preimage,
    paying::paying_again_finds_the_first_payment_and_moves_nothing,
    paying::more_than_the_balance_fails_for_certain_and_moves_nothing,
    paying::an_expired_invoice_fails_for_certain,
    paying::a_failure_the_wallet_vouches_for_is_final,
    paying::a_payment_that_is_held_is_pending_until_it_ends,
    paying::the_wallet_says_what_it_is,
    receiving::an_invoice_is_made_paid_and_looked_up,
    receiving::an_invoice_that_was_not_paid_in_time_is_expired,
    receiving::parts_of_a_satoshi_are_exact_or_refused,
    receiving::settlements_are_reported_oldest_first,
    receiving::a_waiting_reader_hears_of_a_later_payment,
    receiving::a_restarted_reader_goes_on_where_it_was,
    history::the_history_shows_what_was_received_and_sent_newest_first,
    history::the_history_shows_payments_that_are_pending_or_failed,
}

// A real server cannot be told to hold a payment, to fail one, to charge a fee, or to fail in what
// looks like a success; everything else is asked of it.
suite! {
    #[ignore = "tests/interop/lnbits/run starts the server"]
    real_lnbits = RealLnbits:
    paying::a_payment_is_proven_by_its_preimage,
    paying::paying_again_finds_the_first_payment_and_moves_nothing,
    paying::a_restarted_client_finds_the_first_payment,
    paying::what_is_no_invoice_with_an_amount_is_not_sent,
    paying::more_than_the_balance_fails_for_certain_and_moves_nothing,
    paying::an_expired_invoice_fails_for_certain,
    paying::an_invoice_past_its_time_is_looked_up_and_not_sent,
    paying::the_wallet_says_what_it_is,
    paying::a_wrong_secret_is_unauthorized_and_sends_nothing,
    paying::a_refused_connection_is_unreachable_and_sends_nothing,
    receiving::an_invoice_is_made_paid_and_looked_up,
    receiving::an_invoice_that_was_not_paid_in_time_is_expired,
    receiving::a_new_invoice_over_another_amount_is_not_handed_out,
    receiving::parts_of_a_satoshi_are_exact_or_refused,
    receiving::settlements_are_reported_oldest_first,
    receiving::a_waiting_reader_hears_of_a_later_payment,
    receiving::a_settlement_told_twice_is_one_settlement,
    receiving::a_restarted_reader_goes_on_where_it_was,
    history::the_history_shows_what_was_received_and_sent_newest_first,
    faults::a_payment_without_a_clear_answer_is_pending_and_found_later,
    faults::a_payment_that_was_not_carried_out_is_never_called_failed,
    faults::a_lying_preimage_is_never_taken_for_a_payment,
    faults::a_look_up_that_cannot_be_read_is_an_error,
    faults::paid_already_says_the_wallet_and_shows_no_payment,
    faults::what_arrived_counts_and_not_what_was_asked_for,
    restarts::a_settlement_while_the_server_is_away_is_reported_later,
}
