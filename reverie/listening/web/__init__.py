"""The pages of a listening test, and the server that gives them."""
