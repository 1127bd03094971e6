/** Wait for somebody else's promise, but not for ever. */

/**
 * What `task` resolves to; rejects with `fault` where it fails, is aborted by `parent`, or
 * takes longer than so many milliseconds. The task's own words are dropped: they may hold
 * a secret. Its signal is aborted with all of these.
 */
export function within<T>(
  milliseconds: number,
  fault: string,
  parent: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      parent.removeEventListener("abort", fail);
      finish();
    };
    const fail = (): void =>
      settle(() => {
        controller.abort();
        reject(new Error(fault));
      });
    const timer = setTimeout(fail, milliseconds);
    parent.addEventListener("abort", fail);
    // A function, for a task that throws before it has a promise.
    (async () => task(controller.signal))().then(
      (value) => settle(() => resolve(value)),
      fail,
    );
  });
}
