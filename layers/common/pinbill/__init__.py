"""Pinbill: subscriptions paid on the phone bill or by bank mandate, where no money is ever taken twice."""
