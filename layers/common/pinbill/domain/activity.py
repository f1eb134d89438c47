"""What Infomedia is told of a subscription: LogActivity and UpdateActivity, owed until they are acknowledged."""

from datetime import datetime, timedelta

from pinbill.domain.change import Change
from pinbill.domain.rails import LEASE, RULES
from pinbill.domain.states import State
from pinbill.domain.subscription import Activity, Subscription, Timer

# What is owed, and what it becomes when the provider acknowledges it.
FOLLOWS = {
    Activity.LOG_DUE: Activity.LOGGED,
    Activity.CLOSE_DUE: Activity.CLOSED,
    Activity.CLOSE_DUE_TWICE: Activity.CLOSE_DUE,
}
OWED = frozenset(FOLLOWS)
# The caller tells the provider at once; the timer is for a process that died in between.
ACTIVITY_GRACE = timedelta(minutes=1)
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=2), timedelta(hours=6)


def owe_close(change: Change, now: datetime) -> Change:
    """Owe UpdateActivity if the provider was, or may have been, told of the subscription."""
    after = change.after
    if not RULES[after.rail].has_activity or after.activity not in (Activity.LOGGED, Activity.LOG_DUE):
        return change
    owed = Activity.CLOSE_DUE if after.activity is Activity.LOGGED else Activity.CLOSE_DUE_TWICE
    return change.set(activity=owed, activity_tries=0).timers({Timer.ACTIVITY: now + ACTIVITY_GRACE})


def owe_log(change: Change, now: datetime) -> Change:
    """LogActivity is owed from now on; written before the call, so that a crash cannot forget it.

    No timer tells it while the subscription is pending: an unconfirmed one is logged by its confirm or not at all.
    """
    after = change.after
    if not RULES[after.rail].has_activity or after.activity not in (Activity.NONE, Activity.LOG_DUE):
        return change
    # What was owed before may have been told without an answer: then log_withdrawn must not forget it.
    tries = after.activity_tries + 1 if after.activity is Activity.LOG_DUE else 0
    owed = change.set(activity=Activity.LOG_DUE, activity_tries=tries)
    return owed if after.state is State.PENDING else owed.timers({Timer.ACTIVITY: now + ACTIVITY_GRACE})


def activity_acknowledged(subscription: Subscription, owed: Activity, now: datetime) -> Change | None:
    """The provider acknowledged the call that was `owed` when it was made; None when that was recorded already."""
    if owed is Activity.LOG_DUE and subscription.activity is Activity.CLOSED:
        # A close overtook this log on its way: the provider has opened again what it had closed.
        reopened = Change.of(subscription).set(activity=Activity.CLOSE_DUE, activity_tries=0)
        return reopened.timers({Timer.ACTIVITY: now + ACTIVITY_GRACE})
    if subscription.activity is not owed:
        return None
    change = Change.of(subscription).set(activity=FOLLOWS[owed], activity_tries=0)
    if owed is Activity.CLOSE_DUE_TWICE:
        # By then, whoever was sending the log when the subscription ended has done so, or died.
        return change.timers({Timer.ACTIVITY: now + LEASE})
    change = change.timers({Timer.ACTIVITY: None})
    return change if subscription.is_live or owed is not Activity.LOG_DUE else owe_close(change, now)


def activity_failed(subscription: Subscription, now: datetime) -> Change | None:
    """Not acknowledged: told again later, ever more slowly and without end; None when nothing is owed any more."""
    if subscription.activity not in OWED:
        return None  # another process was acknowledged meanwhile; nothing would ever stop a timer set now
    tries = subscription.activity_tries + 1
    wait = min(FIRST_RETRY * 2 ** min(tries - 1, 10), LONGEST_RETRY)
    return Change.of(subscription).set(activity_tries=tries).timers({Timer.ACTIVITY: now + wait})


def log_withdrawn(subscription: Subscription) -> Change | None:
    """LogActivity was proved not to have arrived: nothing is owed, and nothing has to be closed later.

    None when it is not owed, or was owed and perhaps told before: then the provider may know of the subscription.
    """
    if subscription.activity is not Activity.LOG_DUE or subscription.activity_tries:
        return None
    return Change.of(subscription).set(activity=Activity.NONE)
