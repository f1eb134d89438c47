"""Every error Pinbill raises, grouped by what the caller should do.

    PinbillError
    ├── InvalidInput          repair the request
    ├── Unauthenticated       send a good key
    ├── Forbidden             ask the operator for what the key may not do
    ├── NotFound              use an id of your own
    ├── Conflict              look at the subscription, then decide
    ├── PinProblem            ask the user, or send a new PIN
    ├── ConsentProblem        ask the user to agree, and report it
    ├── NoticeContradicts     give the notice as it was announced
    ├── ReceiptContradicts    report the receipt as it was sent
    ├── CapReached            charge less, or later
    ├── SlowDown              wait, then repeat
    ├── Unavailable           repeat later; nothing was taken
    └── Misconfigured         the operator must act

A refusal by the subscriber's operator or bank (no funds, barred) is a result, not an error. `code` is stable and
public; `message` and `next_step` are safe to show: no number, PIN, key or provider body is ever part of them.
"""

from collections.abc import Sequence
from datetime import datetime


class PinbillError(Exception):
    """Base of all; `retryable` says whether the same request may succeed later."""

    code = "error"
    message = "The request failed."
    next_step = "Read the detail."
    retryable = False

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.message)
        self.detail = detail or self.message


class InvalidInput(PinbillError):
    code = "invalid_request"
    message = "The request is not valid."
    next_step = "Correct the fields named in `errors` and send it again."


class MalformedJson(InvalidInput):
    code = "malformed_json"
    message = "The body is not a JSON object."
    next_step = "Send one JSON object, such as {}; nothing before or after it."


class UnsupportedMediaType(InvalidInput):
    code = "unsupported_media_type"
    message = "The body is not sent as JSON."
    next_step = "Send a JSON object with the header Content-Type: application/json."


class BodyTooLarge(InvalidInput):
    code = "body_too_large"
    message = "The body is larger than 8 KiB."
    next_step = "Send only the documented fields."


class MsisdnInvalid(InvalidInput):
    code = "msisdn_invalid"
    message = "`msisdn` is not a number in E.164 form."
    next_step = "Send the number as + and 7 to 15 digits, country code first, without spaces."


class AmountInvalid(InvalidInput):
    code = "amount_invalid"
    message = '`amount` must be a positive decimal number in a string, such as "4.50".'
    next_step = "Send an amount above zero in major units."


class AmountTooPrecise(InvalidInput):
    code = "amount_too_precise"
    message = "`amount` has more decimals than its currency."
    next_step = "Round the amount to the currency's smallest unit."


class CurrencyUnknown(InvalidInput):
    code = "currency_unknown"
    message = "`currency` is not a currency that Pinbill bills in."
    next_step = "Send the ISO 4217 code of the subscription's price."


class CurrencyMismatch(InvalidInput):
    code = "currency_mismatch"
    message = "`currency` differs from the currency of the subscription."
    next_step = "Charge in the currency of the subscription's price."


class AmountOverMandate(InvalidInput):
    code = "amount_over_mandate"
    message = "The amount is above the mandate's maximum."
    next_step = "Charge less, or let the user sign a mandate with a higher maximum."


class MandateRequired(InvalidInput):
    code = "mandate_required"
    message = "This plan is paid by bank mandate: `mandate` is missing."
    next_step = "Send the mandate's reference and maximum amount."


class MandateNotAllowed(InvalidInput):
    code = "mandate_not_allowed"
    message = "This plan is paid on the phone bill: it takes no `mandate`."
    next_step = "Leave `mandate` out."


class NetworkRequired(InvalidInput):
    code = "network_required"
    message = "This plan is paid on the phone bill: `network` is missing."
    next_step = "Send the mobile country code and network code of the number."


class PinNotAllowed(InvalidInput):
    code = "pin_not_allowed"
    message = "A subscription paid by bank mandate has no PIN."
    next_step = "Confirm it without `pin`."


class PinRequired(InvalidInput):
    code = "pin_required"
    message = "`pin` is missing."
    next_step = "Send the digits that the user received by SMS."


class IdempotencyKeyRequired(InvalidInput):
    code = "idempotency_key_required"
    message = "The header Idempotency-Key is missing, empty or longer than 255 characters."
    next_step = "Send a key of your own, the same for every repeat of this request."


class CursorInvalid(InvalidInput):
    code = "cursor_invalid"
    message = "`cursor` is not one that this listing gave out."
    next_step = "Start the listing again without a cursor."


class CatalogInvalid(InvalidInput):
    code = "catalog_invalid"
    message = "A service or plan of the catalog is not valid."
    next_step = "Correct the field named in the detail."


class ReportInvalid(InvalidInput):
    """Of a provider's report of debits: nothing of it was booked."""

    code = "report_invalid"
    message = "The provider's report cannot be read."
    next_step = "Correct the line named in the detail, or export the report anew; then run the command again."


class PartnerInvalid(InvalidInput):
    code = "partner_invalid"
    message = "A partner, a key or an allowance cannot be like this."
    next_step = "Correct what the detail names."


class ScopeInvalid(InvalidInput):
    code = "scope_invalid"
    message = "There is nothing of this name that could be stopped."
    next_step = "Say everything, rail/infomedia, partner/PARTNER or plan/PARTNER/PLAN."


class CallbackMalformed(InvalidInput):
    code = "callback_malformed"
    message = "The callback cannot be read."
    next_step = "Compare it with the provider's documents; nothing was changed by it."


class ResumeAtInvalid(InvalidInput):
    code = "resume_at_invalid"
    message = "`resume_at` has passed, or is more than 366 days ahead."
    next_step = "Send a time from now to 366 days ahead, or none: then it is paused until you resume it."


class WebhookUrlInvalid(InvalidInput):
    code = "webhook_url_invalid"
    message = "A webhook URL must be a public https address, at most 500 characters long."
    next_step = "Send one such as https://hooks.example.com/pinbill: a name, port 443, no user and no fragment."


class ReplayInvalid(InvalidInput):
    code = "replay_invalid"
    message = "There is no such range of events."
    next_step = "Name a sequence number from 1 on and one that is not below it, or two times of the last 30 days."


class Unauthenticated(PinbillError):
    code = "unauthenticated"
    message = "The API key is missing or not valid."
    next_step = "Send a live key in the header x-api-key."


class Forbidden(PinbillError):
    code = "forbidden"
    message = "The key may not do this."
    next_step = "Ask the operator of this installation."


class ScopeMissing(Forbidden):
    """Carries the scope that the key would need."""

    code = "scope_missing"
    message = "The key has not the scope that this request needs."
    next_step = "Use a key that has the scope in `scope`, or ask the operator for one."

    def __init__(self, scope: str) -> None:
        super().__init__(f"The key has not the scope {scope}, which this request needs.")
        self.scope = scope


class PartnerSuspended(Forbidden):
    code = "partner_suspended"
    message = "The operator has suspended your access: you can read and cancel, and nothing else."
    next_step = "Talk to the operator; your keys work again when the suspension has ended."


class NotFound(PinbillError):
    code = "not_found"
    message = "There is nothing at this address."
    next_step = "Check the path."


class SubscriptionNotFound(NotFound):
    code = "subscription_not_found"
    message = "You have no subscription with this id."
    next_step = "Use the id that the subscribe call answered."


class PlanNotFound(NotFound):
    code = "plan_not_found"
    message = "You have no plan with this name."
    next_step = "Choose one of GET /v1/plans."


class ServiceNotFound(NotFound):
    code = "service_not_found"
    message = "The plan's service is not in the catalog."
    next_step = "Apply the catalog again with the service."


class PartnerNotFound(NotFound):
    code = "partner_not_found"
    message = "There is no such partner."
    next_step = "Look at partner list, or make it with partner create."


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"
    message = "There is no such key."
    next_step = "Look at key list."


class WebhookNotFound(NotFound):
    code = "webhook_not_found"
    message = "You have no webhook endpoint with this id."
    next_step = "List your endpoints."


class EventNotFound(NotFound):
    code = "event_not_found"
    message = "You have no event with this id."
    next_step = "Use the id of a delivery, as in evt_…_7."


class Conflict(PinbillError):
    code = "conflict"
    message = "The subscription does not allow this now."
    next_step = "Read the subscription and decide anew."


class WrongState(Conflict):
    code = "wrong_state"
    message = "The subscription's state does not allow this."


class PaymentOwed(Conflict):
    code = "payment_owed"
    message = "A bill of the subscription is not paid yet: it can neither be paused nor resumed."
    next_step = "Wait until one of Pinbill's retries is paid, then repeat; or cancel."


class SubscriptionExists(Conflict):
    """Carries the id of the partner's own live subscription for this number and plan."""

    code = "subscription_exists"
    message = "This number has a live subscription to this plan already."
    next_step = "Go on with the subscription in `subscription_id`: resend its PIN, confirm, resume or cancel it."

    def __init__(self, subscription_id: str) -> None:
        super().__init__()
        self.subscription_id = subscription_id


class MandateInUse(SubscriptionExists):
    code = "mandate_in_use"
    message = "This mandate pays for another subscription, or did until a moment ago."
    next_step = (
        "One mandate serves one subscription: cancel the one in `subscription_id`, and when it has no open attempt any "
        "more, repeat after five minutes."
    )


class AttemptOpen(Conflict):
    code = "attempt_open"
    message = "An earlier payment of this subscription has no final outcome yet; a second could debit twice."
    next_step = "Wait until `open_attempt` of the subscription is gone, then repeat (a charge: with the same key)."
    retryable = True


class AttemptNotOpen(Conflict):
    code = "attempt_not_open"
    message = "The attempt is not open: there is nothing to decide."
    next_step = "List the open attempts again; the ledger says how this one was closed."


class EvidenceCameIn(Conflict):
    code = "evidence_came_in"
    message = "More is known of the attempt than this decision was based on."
    next_step = "List the attempt again, read its evidence, then decide with its new number of pieces."

    def __init__(self, known: int, seen: int) -> None:
        super().__init__(f"Evidence known by now: {known}; this decision was based on {seen}: list the attempt again.")


class DecisionTooEarly(Conflict):
    code = "decision_too_early"
    message = "The attempt's outcome may still come by itself."
    next_step = "Decide again at the time named, or wait for the provider."


class AlreadySettled(Conflict):
    code = "already_settled"
    message = "This has been paid already."
    next_step = "Read the subscription's bills."


class SubscriberErased(Conflict):
    code = "subscriber_erased"
    message = "This user's number was erased for good: nothing can be sent or billed."
    next_step = "Forget the subscription; if the user comes back, let them subscribe anew."


class NotSealedYet(Conflict):
    code = "not_sealed_yet"
    message = "Numbers are still stored as they were before there were keys: not all that is held could be found."
    next_step = "Seal them with `privacy seal`, then repeat."


class BillingGoesOn(Conflict):
    code = "billing_goes_on"
    message = "Billing is not stopped; nothing was changed."
    next_step = "Run `stop everything` and wait until the queue is empty; then run the command again."


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used with another body."
    next_step = "Use a new key for a new request; repeat the old body with the old key."


class RequestInProgress(Conflict):
    code = "request_in_progress"
    message = "A request with this Idempotency-Key is being carried out."
    next_step = "Repeat it after a pause: the answer is what has become of the first, which takes five minutes at most."
    retryable = True


class ConcurrentChange(Conflict):
    code = "concurrent_change"
    message = "The subscription was being changed by other requests at the same time."
    next_step = "Repeat the request; it changed nothing."
    retryable = True


class PartnerExists(Conflict):
    code = "partner_exists"
    message = "There is a partner of this id already."
    next_step = "Look at it with partner show, or choose another id."


class PartnerUnchanged(Conflict):
    code = "partner_unchanged"
    message = "The partner is like that already."
    next_step = "Look at it with partner show."


class TooManyKeys(Conflict):
    code = "too_many_keys"
    message = "A partner has two live keys at most."
    next_step = "Revoke the one that is not used any more, or wait for its end."


class TooManyWebhooks(Conflict):
    code = "too_many_webhooks"
    message = "A partner has five webhook endpoints at most."
    next_step = "Remove one that is not used any more."


class WebhookDisabled(Conflict):
    code = "webhook_disabled"
    message = "The webhook endpoint is switched off."
    next_step = "Enable it, then repeat."


class PinProblem(PinbillError):
    code = "pin_problem"
    message = "The PIN was not accepted."
    next_step = "Ask the user to type the PIN again."


class PinWrong(PinProblem):
    code = "pin_wrong"
    message = "The PIN is not the one that was sent."
    next_step = "Ask the user to type the PIN again; `pin.tries_used` of the subscription counts."


class PinExpired(PinProblem):
    code = "pin_expired"
    message = "The PIN is too old."
    next_step = "Send a new PIN with POST …/pin."


class PinExhausted(PinProblem):
    code = "pin_exhausted"
    message = "The PIN was tried too often."
    next_step = "Send a new PIN with POST …/pin."


class ConsentProblem(PinbillError):
    code = "consent_problem"
    message = "The evidence of the user's consent was not accepted."
    next_step = "Correct `consent` and send it again."


class ConsentMissing(ConsentProblem):
    code = "consent_missing"
    message = "The plan requires evidence of the user's consent that is not there."
    next_step = "Send the parts of `consent` that GET /v1/plans lists for this stage."

    def __init__(self, parts: Sequence[str]) -> None:
        super().__init__(f"The plan requires evidence of consent: {', '.join(parts)}.")


class ConsentContradicts(ConsentProblem):
    code = "consent_contradicts"
    message = "The evidence of consent says something that cannot be."
    next_step = "Show the user what is billed, and send what the user has agreed to just now."


class NoticeMissing(Conflict):
    code = "notice_missing"
    message = "The user was not given the notice that this debit needs, or too short a time ago."
    next_step = "Bill it as a renewal: it is announced ahead, and made when the notice was given in time."


class NoticeNotAwaited(Conflict):
    code = "notice_not_awaited"
    message = "No debit of this period is announced that is still to be made."
    next_step = "Read the subscription: `notice` names the debit that was announced."


class NoticeContradicts(PinbillError):
    code = "notice_contradicts"
    message = "The notice is not of the debit that was announced."
    next_step = "Give the notice as `notice` of the subscription says, and report it as it was given."


class ReceiptNotOwed(Conflict):
    code = "receipt_not_owed"
    message = "You owe no receipt for this payment."
    next_step = "Name a paid attempt of the subscription whose `receipt.owed_by` is `partner`."


class ReceiptContradicts(PinbillError):
    code = "receipt_contradicts"
    message = "The receipt was sent at a time that cannot be."
    next_step = "Send the time at which the user was sent it."


class CapReached(PinbillError):
    """Carries the cap: per `charge` or `month`, its amount in minor units, and when a month ends."""

    code = "cap_reached"
    message = "The amount passes a cap of the plan."
    next_step = "Charge less; a cap for a month begins anew at `cap.ends_at`."

    def __init__(self, per: str, minor: int, currency: str, ends_at: datetime | None) -> None:
        super().__init__(f"The amount passes the plan's cap for a {per}.")
        self.per = per
        self.minor = minor
        self.currency = currency
        self.ends_at = ends_at


class CountryNotSold(PinProblem):
    code = "country_not_sold"
    message = "The plan is not sold to numbers of this country."
    next_step = "Let the user give a number of a country that GET /v1/plans lists for the plan."


class NumberRejected(PinProblem):
    code = "number_rejected"
    message = "The mobile operator does not accept this number for billing."
    next_step = "Let the user give another number or another way to pay."


class SlowDown(PinbillError):
    code = "slow_down"
    message = "Too many requests."
    next_step = "Wait for the seconds in Retry-After, then repeat."
    retryable = True

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class PinResendTooSoon(SlowDown):
    code = "pin_resend_too_soon"
    message = "A PIN was sent a moment ago."
    next_step = "Wait for the seconds in Retry-After; the first SMS may still arrive."


class SmsLimited(SlowDown):
    """One for all guards, and the wait is always the same: which of them refused would tell what others have done."""

    code = "sms_limited"
    message = "No PIN is sent for this request now: it looks like more than people ask for."
    next_step = "Let the user wait for the seconds in Retry-After, then repeat; ask the operator if it goes on."
    wait = 600

    def __init__(self) -> None:
        super().__init__(self.wait)


class PinLocked(SlowDown):
    """Likewise one for all locks."""

    code = "pin_locked"
    message = "No PIN of this number is checked now: too many were tried."
    next_step = "Let the user wait for the seconds in Retry-After, then send a new PIN; a lock ends within 24 hours."
    wait = 3600

    def __init__(self) -> None:
        super().__init__(self.wait)


class AllowanceSpent(SlowDown):
    code = "allowance_spent"
    message = "Your allowance of requests is spent for now."
    next_step = "Wait for the seconds in Retry-After, then repeat; if you need more, ask the operator."

    def __init__(self, retry_after: int, spent: str) -> None:
        super().__init__(retry_after)
        self.detail = f"Your allowance of {spent} is spent."


class PinSendsExhausted(Conflict):
    code = "pin_sends_exhausted"
    message = "No more PINs are sent for this subscription."
    next_step = "Cancel the subscription and let the user start again."


class Unavailable(PinbillError):
    """Nothing was taken and nothing is half done; `retry_after` in seconds where it is known."""

    code = "unavailable"
    message = "A part that Pinbill needs did not answer; nothing was taken."
    next_step = "Repeat the same request later."
    retryable = True
    retry_after: int | None = None


class ProviderUnreachable(Unavailable):
    code = "provider_unreachable"
    message = "The payment provider could not be reached; the request was not sent."


class ProviderBusy(Unavailable):
    code = "provider_busy"
    message = "The payment provider asked to slow down; nothing was taken."


class ProviderUnclear(Unavailable):
    code = "provider_unclear"
    message = "The payment provider gave no clear answer to a call that moves no money."


class OutOfTime(Unavailable):
    code = "out_of_time"
    message = "Too little time was left to ask for the payment; nothing was taken."


class StoreUnavailable(Unavailable):
    code = "store_unavailable"
    message = "The store did not answer; no payment was started by this request."
    next_step = "Repeat the same request; an attempt that was already open is named in the subscription."


class BillingStopped(Unavailable):
    code = "billing_stopped"
    message = "Billing is stopped by the operator; nothing was taken."
    next_step = "Repeat the same request later; the operator says when billing goes on."


class Misconfigured(PinbillError):
    code = "misconfigured"
    message = "The installation's configuration does not allow this."
    next_step = "Tell the operator; the log names the setting."


class SettingInvalid(Misconfigured):
    code = "setting_invalid"
    message = "A setting is missing or not valid."


class IdentityUnreadable(Misconfigured):
    code = "identity_unreadable"
    message = "What is stored of this user cannot be read; nothing was taken."
    next_step = "Tell the operator which subscription it is."


class SecretUnreadable(Misconfigured):
    code = "secret_unreadable"
    message = "The providers' credentials could not be read; nothing was sent."
    next_step = "Tell the operator to check the provider secret; then repeat."
    retryable = True


class RedoUnreadable(Misconfigured):
    code = "redo_unreadable"
    message = "A redo line of the log cannot be read; nothing was changed."
    next_step = "Look at the line named in the detail; what it held is found by `reconcile` only."


class ProviderRefused(Misconfigured):
    code = "provider_refused"
    message = "The payment provider refused Pinbill's request; nothing was taken."
    next_step = "Tell the operator: keys, product ids or the service's settings are wrong."
