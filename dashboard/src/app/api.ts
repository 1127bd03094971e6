/** Questions to the gateway's own API (docs/openapi.yaml). */

import { useMemo } from "react";
import type { Config } from "@/lib/config";
import { fetchWithin } from "@/lib/deadline";
import { useApp } from "./context";

/** Milliseconds. */
const DEADLINE = 20_000;

export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    /** The answer's status; 0 where there was no answer. */
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail);
  }
}

export interface Api {
  /** The JSON at a path like `/api/stats?minutes=60`; rejects with ApiError. */
  get: <T>(path: string, signal?: AbortSignal) => Promise<T>;
}

type Fetch = typeof fetch;

export function createApi(
  config: Pick<Config, "backendUrl">,
  getToken: () => Promise<string | null>,
  fetcher: Fetch = fetchWithin(DEADLINE),
): Api {
  return {
    async get<T>(path: string, signal?: AbortSignal) {
      const answer = await ask(fetcher, config.backendUrl + path, getToken, signal);
      const body: unknown = await answer.json().catch(() => null);
      if (!answer.ok) throw new ApiError(answer.status, detailOf(answer.status, body));
      if (body === null) throw new ApiError(answer.status, "The answer is not JSON.");
      return body as T;
    },
  };
}

/** The app's own, with the token of who is signed in. */
export function useApi(): Api {
  const { config, session } = useApp();
  return useMemo(() => createApi(config, () => session.getToken()), [config, session]);
}

async function ask(
  fetcher: Fetch,
  url: string,
  getToken: () => Promise<string | null>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    const token = await getToken();
    const headers = { accept: "application/json", authorization: `Bearer ${token ?? ""}` };
    return await fetcher(url, { headers, ...(signal && { signal }) });
  } catch (error) {
    // Who asked has left: that is no failure to tell of.
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server cannot be reached.");
  }
}

/** What a problem document (RFC 9457) says, else what the status means. */
export function detailOf(status: number, body: unknown): string {
  if (typeof body === "object" && body !== null) {
    const { detail, title } = body as Record<string, unknown>;
    if (typeof detail === "string" && detail) return detail;
    if (typeof title === "string" && title) return title;
  }
  if (status === 401) return "Your session has ended. Sign in again.";
  if (status === 403) return "You may not see this.";
  if (status === 429) return "Too many requests. Wait a moment, then try again.";
  return `The server answered ${status}.`;
}
