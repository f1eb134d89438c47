"""Prepares the local world for the files of events/, so that each gets the same answer whenever it is used by hand."""
