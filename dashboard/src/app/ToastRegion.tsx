/** The toasts on the screen: read out politely, gone by themselves, F8 leads to them. */

import clsx from "clsx";
import { Toast } from "radix-ui";
import { useSyncExternalStore } from "react";
import { Icon } from "@/components/Icon";
import type { IconName } from "@/components/Icon";
import { useApp } from "./context";
import type { Toast as Shown, ToastKind } from "./toasts";

/** Milliseconds. */
const DURATION = 6_000;
const DURATION_OF_BAD = 12_000;

const LOOKS: Record<ToastKind, { icon: IconName; colour: string }> = {
  info: { icon: "info", colour: "text-accent" },
  good: { icon: "check", colour: "text-good" },
  bad: { icon: "alert", colour: "text-bad" },
};

export function ToastRegion() {
  const { toasts } = useApp();
  const shown = useSyncExternalStore(toasts.subscribe, toasts.getSnapshot);
  return (
    <Toast.Provider label="Notice" swipeDirection="right">
      {shown.map((toast) => (
        <Notice key={toast.id} toast={toast} onClose={() => toasts.dismiss(toast.id)} />
      ))}
      <Toast.Viewport
        label="Notices ({hotkey})"
        className={clsx(
          "fixed right-0 bottom-14 z-50 flex w-full max-w-96 flex-col gap-2 p-4",
          "sm:bottom-0",
        )}
      />
    </Toast.Provider>
  );
}

function Notice({ toast, onClose }: { toast: Shown; onClose: () => void }) {
  const { icon, colour } = LOOKS[toast.kind];
  return (
    <Toast.Root
      type="background"
      duration={toast.kind === "bad" ? DURATION_OF_BAD : DURATION}
      onOpenChange={(isOpen) => isOpen || onClose()}
      className="flex items-start gap-3 rounded-lg border border-line bg-card p-3 text-sm shadow-lg"
    >
      <Icon name={icon} className={clsx("mt-0.5", colour)} />
      <div className="min-w-0 flex-1">
        <Toast.Title className="font-medium break-words">{toast.title}</Toast.Title>
        {toast.description && (
          <Toast.Description className="text-[0.8125rem] break-words text-muted">
            {toast.description}
          </Toast.Description>
        )}
      </div>
      <Toast.Close
        aria-label="Dismiss"
        className="-m-1 cursor-pointer rounded p-1 text-muted hover:bg-raised hover:text-ink"
      >
        <Icon name="cross" />
      </Toast.Close>
    </Toast.Root>
  );
}
