/** The row of `users` that belongs to somebody: whether there is one, or nobody can say. */

import type { SupabaseClient } from "@supabase/supabase-js";
import type { Row } from "@/realtime/types";
import { isPassing } from "./token";

/** In milliseconds. */
const DELAYS = [500, 1_000, 2_000, 5_000, 10_000];
/** So often a token may be refused: it is renewed meanwhile. */
const MOST_REFUSALS = 4;

export interface Question {
  supabase: SupabaseClient;
  authId: string;
  /** Get another token, where that may help. */
  renew: () => Promise<void>;
  /** Whether anybody still waits for the answer, after so many attempts. */
  isWanted: (attempts: number) => boolean;
}

/**
 * The row, null where there is none or it may not be read; "unknown" where that cannot be
 * told: the token is refused again and again, or nobody wants to wait any more.
 */
export async function usersRow({
  supabase,
  authId,
  renew,
  isWanted,
}: Question): Promise<Row | null | "unknown"> {
  let refusals = 0;
  for (let attempt = 0; isWanted(attempt); attempt += 1) {
    const { data, error, status } = await supabase
      .from("users")
      .select("*")
      .eq("authid", authId)
      .limit(1);
    if (!error) return (data[0] as Row | undefined) ?? null;
    if (status === 401) {
      refusals += 1;
      if (refusals === MOST_REFUSALS) return "unknown";
      await renew().catch(() => undefined);
    } else if (!isPassing(status)) return null;
    await pause(DELAYS[Math.min(attempt, DELAYS.length - 1)] ?? 0);
  }
  return "unknown";
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
