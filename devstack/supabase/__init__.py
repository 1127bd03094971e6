"""A stand-in for a Supabase project: Auth, PostgREST, the signing webhook trigger."""
