"""The open cart of a guest or a customer."""
