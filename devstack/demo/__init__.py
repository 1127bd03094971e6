"""A minute in the life of the reviewers, through the Supabase stand-in."""
