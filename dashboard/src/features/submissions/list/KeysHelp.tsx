/** The keys that the list knows. */

import { Dialog } from "radix-ui";
import { Button } from "@/components/Button";

const KEYS: readonly [string, string][] = [
  ["j or ↓, k or ↑", "Next row, previous row"],
  ["Page Down, Page Up", "Ten rows on, ten rows back"],
  ["Home, End", "First row, last row"],
  ["Enter", "Open the selected row"],
  ["a, r, i, p", "Approve, reject, take in review, back to pending"],
  ["u", "Undo the last of these"],
  ["/", "Search"],
  ["?", "These keys"],
];

export function KeysHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog.Root modal={false} open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content className="fixed top-1/2 left-1/2 z-40 w-[min(28rem,calc(100vw-2rem))] -translate-1/2 rounded-lg border border-line bg-card p-6 shadow-xl">
          <Dialog.Title className="text-base font-semibold">Keys</Dialog.Title>
          <Dialog.Description className="mt-1 text-sm text-muted">
            Those that change a row work while the list has the focus.
          </Dialog.Description>
          <dl className="my-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 text-sm">
            {KEYS.map(([keys, meaning]) => (
              <div key={keys} className="contents">
                <dt className="font-medium">{keys}</dt>
                <dd className="text-muted">{meaning}</dd>
              </div>
            ))}
          </dl>
          <Dialog.Close asChild>
            <Button size="small">Close</Button>
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
