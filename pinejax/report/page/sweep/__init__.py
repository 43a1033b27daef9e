"""The sections of a sweep's report, one module each. `compared` is what all of them are made of."""
