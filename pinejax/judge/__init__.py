"""After a search: every piece of evidence about its best set, and the verdict in words. Each module but the first three is one piece."""
