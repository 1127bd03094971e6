"""A stand-in for a Supabase project: Auth, PostgREST, Storage, the signing trigger."""
