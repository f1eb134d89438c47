"""Runs deployed functions under Amazon's Runtime Interface Emulator, with nothing in reach but what Lambda has.

The standard library only: the local AWS runs this in its own process, in an environment that has nothing else of ours.
"""
