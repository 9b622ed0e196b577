"""Small worlds and small games, which a lesson can play from beginning to end in seconds."""
