"""Floor 5, the ledger (核查台账): what was checked, what was done, what is still to be reported."""
