"""The drill: kills, lost answers and doubled triggers over the deployed stack; then both ledgers are compared."""
