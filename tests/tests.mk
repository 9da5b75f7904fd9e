# How the tests run.
