"""Signzy, the bank-mandate rail."""
