/** Who is signed in, and the way out. */

import { Popover } from "radix-ui";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { useApp, useSession } from "./context";

export function AccountMenu() {
  const { session } = useApp();
  const { email, isAdmin } = useSession();
  const [isLeaving, setLeaving] = useState(false);
  const leave = (): void => {
    setLeaving(true);
    void session.signOut();
  };
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label="Account"
        className="grid size-8 cursor-pointer place-items-center rounded-full border border-line bg-card text-muted hover:text-ink"
      >
        <Icon name="person" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          aria-label="Account"
          className="z-40 w-64 rounded-lg border border-line bg-card p-2 text-sm shadow-lg"
        >
          <div className="px-2 pt-1 pb-2">
            <p className="font-medium break-words">{email ?? "Signed in"}</p>
            <p className="text-xs text-muted">{isAdmin ? "Admin" : "Artist"}</p>
          </div>
          <Button
            variant="quiet"
            size="small"
            busy={isLeaving}
            onClick={leave}
            className="w-full justify-start!"
          >
            <Icon name="leave" />
            Sign out
          </Button>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
