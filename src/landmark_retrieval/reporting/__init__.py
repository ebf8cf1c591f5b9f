"""Tables, figures and pages for people to read, all of them made from tables of results."""
