/** What is seen while it is not known yet who is there, or a page is on its way. */

import { Wordmark } from "./Wordmark";

export function Splash() {
  return (
    <div
      role="status"
      className="grid h-dvh place-content-center justify-items-center gap-3 text-sm text-muted"
    >
      <span className="animate-pulse text-ink motion-reduce:animate-none">
        <Wordmark />
      </span>
      Loading …
    </div>
  );
}
