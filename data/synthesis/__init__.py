"""How the built-in region is made from published figures; nothing of it runs in the model."""
