"""Commands of the operator, against a deployed stack or the local world."""
