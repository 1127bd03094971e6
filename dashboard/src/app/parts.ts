/** Parts of the dashboard that are fetched when they are first wanted. */

/** A part could not be had: no connection, or a new version has taken its place. */
export class PartMissing extends Error {
  override name = "PartMissing";
}

/** The part, else PartMissing. */
export async function fetched<T>(part: () => Promise<T>): Promise<T> {
  try {
    return await part();
  } catch (cause) {
    throw new PartMissing("a part of the page could not be fetched", { cause });
  }
}

/** What an error of a page means to its viewer. */
export function meaningOf(error: unknown, isOnline: boolean): string {
  if (!(error instanceof PartMissing))
    return "It could not be shown. Reload to try again; what was saved is not lost.";
  if (!isOnline)
    return "It could not be fetched without a connection. Reload when it is back.";
  return "It could not be fetched: a new version may have been put in place. Reload to get it; what was saved is not lost.";
}
