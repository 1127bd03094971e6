/** The panel: where focus goes and returns to, and what is asked before it closes. */

import { Dialog } from "radix-ui";
import { useState, useSyncExternalStore, type ReactNode } from "react";
import { Button } from "@/components/Button";

interface Props {
  isDirty: boolean;
  onDiscard: () => void;
  onClose: () => void;
  /** Contains the panel's Dialog.Title. */
  children: ReactNode;
}

export function DrawerFrame({ isDirty, onDiscard, onClose, children }: Props) {
  const [opener] = useState(() => document.activeElement);
  const [isAsking, setAsking] = useState(false);
  const isNarrow = useSyncExternalStore(onWidth, readWidth);

  function onOpenChange(): void {
    if (isAsking) setAsking(false);
    else if (isDirty) setAsking(true);
    else onClose();
  }

  function returnFocus(event: Event): void {
    event.preventDefault();
    const isElsewhere = document.activeElement !== document.body;
    if (!isElsewhere && opener instanceof HTMLElement)
      opener.focus({ preventScroll: true });
  }

  return (
    // On a phone it covers the page, which then is out of reach; else both can be used.
    <Dialog.Root open modal={isNarrow} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-0 z-40 flex flex-col bg-card shadow-2xl outline-none md:top-13 md:left-auto md:w-[30rem] md:border-l md:border-line 2xl:w-[36rem]"
          onInteractOutside={(event) => event.preventDefault()}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
          }}
          onCloseAutoFocus={returnFocus}
        >
          {children}
          {isAsking && isDirty && (
            <CloseQuestion
              onKeep={() => setAsking(false)}
              onDiscard={() => {
                onDiscard();
                onClose();
              }}
            />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function CloseQuestion({
  onKeep,
  onDiscard,
}: {
  onKeep: () => void;
  onDiscard: () => void;
}) {
  return (
    <div
      role="alertdialog"
      aria-label="There are unsaved changes"
      className="grid gap-3 border-t border-line bg-raised p-4"
    >
      <p className="text-sm">There are unsaved changes. Discard them and close?</p>
      <div className="flex flex-wrap gap-2">
        <Button ref={takeFocus} onClick={onKeep}>
          Keep editing
        </Button>
        <Button variant="danger" onClick={onDiscard}>
          Discard and close
        </Button>
      </div>
    </div>
  );
}

/** The same at every render, for else the focus is taken again with each live change. */
const takeFocus = (button: HTMLButtonElement | null): void => button?.focus();

const NARROW = "(max-width: 767px)";

function onWidth(listener: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

const readWidth = (): boolean => window.matchMedia(NARROW).matches;
