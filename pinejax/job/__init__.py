"""The parts of one run, from a Config to its files: session, plan, ledger, details, manifest. Library code knows none of them."""
