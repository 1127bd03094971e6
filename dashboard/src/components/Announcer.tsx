/** Says live changes to screen readers, politely. */

import { createContext, use, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { createAnnouncements } from "./announcements";
import type { Announcements } from "./announcements";

const Context = createContext<Announcements>(createAnnouncements());

interface AnnouncerProps {
  announcements?: Announcements;
  children?: ReactNode;
}

/** The region that is read out; once on the page. */
export function Announcer({ announcements, children }: AnnouncerProps) {
  const outer = use(Context);
  const own = announcements ?? outer;
  const text = useSyncExternalStore(own.subscribe, own.getSnapshot);
  return (
    <Context value={own}>
      {children}
      <div aria-live="polite" className="sr-only">
        {text}
      </div>
    </Context>
  );
}

export function useAnnounce(): (text: string) => void {
  return use(Context).announce;
}
