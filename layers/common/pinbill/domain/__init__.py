"""What a subscription, a bill, an attempt and a period are. Pure: no clock, no network, no store."""
