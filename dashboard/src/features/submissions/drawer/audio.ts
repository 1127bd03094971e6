/** From a file of a submission to an address that an audio element can play. */

export const SIGNED_FOR_SECONDS = 3_600;

/** An address is renewed a little before its time, as a player asks for parts of a file. */
const MARGIN_MS = 60_000;

/** What of supabase-js' storage is used here. */
export interface Storage {
  from(bucket: string): {
    createSignedUrl(
      path: string,
      seconds: number,
    ): Promise<{ data: { signedUrl: string } | null; error: { message: string } | null }>;
  };
}

export type Source =
  | { kind: "address"; url: string }
  | { kind: "path"; path: string }
  | { kind: "refused"; reason: string };

export interface Playable {
  url: string;
  /** In milliseconds since 1970; null: for good. */
  expiresAt: number | null;
}

/** Where a file is: at an address of its own (https, or the page's host), or in the bucket. */
export function sourceOf(file: string, page: { host: string }): Source {
  if (/^https?:\/\//i.test(file)) {
    const url = URL.canParse(file) ? new URL(file) : null;
    const isSafe = url !== null && (url.protocol === "https:" || url.host === page.host);
    return isSafe
      ? { kind: "address", url: url.href }
      : { kind: "refused", reason: "Its address is not safe to open." };
  }
  if (file === "" || /^[a-z][a-z0-9+.-]*:/i.test(file) || file.startsWith("//"))
    return { kind: "refused", reason: "It has no address that can be opened." };
  return { kind: "path", path: file.replace(/^\/+/, "") };
}

/** The last part of a path or address, for people. */
export function nameOf(file: string): string {
  const path = file.split(/[?#]/, 1)[0] ?? file;
  const last = path.split("/").filter(Boolean).at(-1) ?? file;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** Resolve a file to what can be played; rejects with an Error that says why not. */
export async function playable(
  storage: Storage,
  bucket: string,
  file: string,
  now: () => number = Date.now,
): Promise<Playable> {
  const source = sourceOf(file, window.location);
  if (source.kind === "refused") throw new Error(source.reason);
  if (source.kind === "address") return { url: source.url, expiresAt: null };
  const signedAt = now();
  const { data, error } = await storage
    .from(bucket)
    .createSignedUrl(source.path, SIGNED_FOR_SECONDS);
  if (data === null) throw new Error(error?.message ?? "It cannot be opened.");
  return { url: data.signedUrl, expiresAt: signedAt + SIGNED_FOR_SECONDS * 1_000 };
}

export function isExpired({ expiresAt }: Playable, now: number): boolean {
  return expiresAt !== null && now > expiresAt - MARGIN_MS;
}
