/** The place in the header for what a page knows: its connection. */

import { createContext, use } from "react";
import type { ReactNode } from "react";
import { createPortal } from "react-dom";

/** The element in the header; null until the header stands. */
export const HeaderSlotContext = createContext<HTMLElement | null>(null);

export function HeaderSlot({ children }: { children: ReactNode }) {
  const place = use(HeaderSlotContext);
  return place && createPortal(children, place);
}
