"""What tests of strategies and of pinejax itself use: a slow reference, contract suites. Never imported by the engine."""
