/** What stands around every page: header, ways, notices. */

import { useEffect, useRef, useState } from "react";
import { Link, Outlet, useNavigation } from "react-router";
import { Announcer, useAnnounce } from "@/components/Announcer";
import { AccountMenu } from "./AccountMenu";
import { HeaderSlotContext } from "./HeaderSlot";
import { Navigation } from "./Navigation";
import { ThemeSwitch } from "./ThemeSwitch";
import { ToastRegion } from "./ToastRegion";
import { Wordmark } from "./Wordmark";
import { useSession } from "./context";
import { useDocumentTitle, useTitle } from "./titles";

export default function Shell() {
  const { isAdmin } = useSession();
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  return (
    <Announcer>
      <div className="flex h-dvh flex-col">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          Skip to content
        </a>
        <header className="z-30 flex h-13 shrink-0 items-center gap-3 border-b border-line bg-card px-3 sm:px-4">
          <Link to="/" className="rounded" aria-label="MeloTech, home">
            <Wordmark compact />
          </Link>
          <Navigation isAdmin={isAdmin} />
          <div ref={setSlot} className="ml-auto flex min-w-0 items-center" />
          <ThemeSwitch />
          <AccountMenu />
        </header>
        {/* Scrolls by itself: a page may fill it, and lists keep their place. */}
        <main
          id="main"
          tabIndex={-1}
          className="min-h-0 flex-1 overflow-y-auto pb-14 outline-none sm:pb-0"
        >
          <Progress />
          <HeaderSlotContext value={slot}>
            <Outlet />
          </HeaderSlotContext>
        </main>
        <Arrival />
      </div>
      <ToastRegion />
    </Announcer>
  );
}

/** The page that was asked for is on its way; the one before it stays until then. */
function Progress() {
  const isLoading = useNavigation().state === "loading";
  return (
    <div role="status">
      {isLoading && (
        <span className="fixed inset-x-0 top-13 z-30 h-0.5 animate-pulse bg-accent motion-reduce:animate-none">
          <span className="sr-only">Loading the page</span>
        </span>
      )}
    </div>
  );
}

/** Names the page in the tab, and says its name when one has come from another. */
function Arrival() {
  const announce = useAnnounce();
  const title = useTitle();
  const previous = useRef(title);
  useDocumentTitle(title);
  useEffect(() => {
    if (title !== null && title !== previous.current) announce(title);
    previous.current = title;
  }, [announce, title]);
  return null;
}
