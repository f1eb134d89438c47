"""The contract of the partners' API: made from the code, kept beside it, compared with what was released."""
