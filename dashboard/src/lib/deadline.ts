/** How long something may take. */

export class DeadlineExceeded extends Error {
  override name = "DeadlineExceeded";
}

/** The promise's outcome, or DeadlineExceeded after so many milliseconds. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DeadlineExceeded(`no answer within ${milliseconds / 1000} s`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A fetch whose every request, body included, ends after so many milliseconds. */
export function fetchWithin(milliseconds: number): typeof fetch {
  return (input, init = {}) => {
    const late = AbortSignal.timeout(milliseconds);
    const signal = init.signal ? AbortSignal.any([init.signal, late]) : late;
    return fetch(input, { ...init, signal });
  };
}
