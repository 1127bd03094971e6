"""Take Supabase's webhooks, verify them, and put each change safely on the bus."""
