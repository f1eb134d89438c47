"""The two pages of the handset, as Jinja templates."""

_STYLE = """<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1f; }
.sms { background: #eef1f6; border-radius: .8rem; padding: .6rem .9rem; margin: .6rem 0; }
.pin { font: 600 1.6rem/1.2 ui-monospace, monospace; letter-spacing: .15em; }
.small { color: #5b5f68; font-size: .85rem; }
button { font: inherit; padding: .3rem .9rem; border: 1px solid #a33; border-radius: .5rem; color: #a33; }
td { padding: .15rem .8rem .15rem 0; vertical-align: top; }
</style>"""

INBOX_PAGE = (
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Handset {{ handset.msisdn }}</title>"""
    + _STYLE
    + """</head><body>
<p class="small"><a href="/handset?html=1">All handsets</a></p>
<h1>+{{ handset.msisdn }}</h1>
<p>Balance {{ balance }}{% if handset.barred %}, <strong>barred by the operator</strong>{% endif %}.
<a href="?html=1">Refresh</a></p>
<h2>Messages</h2>
{% for sms in handset.inbox|reverse %}
<div class="sms"><div class="small">{{ sms.kind }}, {{ sms.at[:19]|replace("T", " ") }} UTC</div>
{% if sms.pin %}<div class="pin">{{ sms.pin }}</div>{% endif %}{{ sms.text }}</div>
{% else %}<p>No messages yet.</p>{% endfor %}
<h2>Subscriptions</h2>
{% for subscription in handset.subscriptions %}
<form method="post" action="/handset/{{ handset.msisdn }}/stop">
<input type="hidden" name="productId" value="{{ subscription.productId }}">
Service {{ subscription.productId }}: {{ subscription.status }}
{% if subscription.status == "subscribed" %}<button>Send STOP</button>{% endif %}</form>
{% else %}<p>The provider was told of none.</p>{% endfor %}
</body></html>"""
)

LIST_PAGE = (
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Handsets</title>"""
    + _STYLE
    + """</head><body>
<h1>Handsets</h1>
{% for number in numbers %}<p><a href="/handset/{{ number }}?html=1">+{{ number }}</a></p>
{% else %}<p>No number was used yet.</p>{% endfor %}
<h2>Magic numbers</h2>
<table>{% for entry in magic %}
<tr><td><a href="/handset/{{ entry.key }}?html=1">+{{ entry.key }}</a></td><td>{{ entry.sentence }}</td></tr>
{% endfor %}</table>
</body></html>"""
)
