"""Infomedia, the phone-bill rail."""
