"""What an artist is good for: a studio to play in, and the article's four uses, each a tool with its own check."""
