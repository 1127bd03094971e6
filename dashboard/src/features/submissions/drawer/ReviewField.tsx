/** One field of the review: its name, whether it is edited, and a change from elsewhere. */

import { useRef, type ReactNode } from "react";
import { Button } from "@/components/Button";
import { lookOf } from "@/components/StatusBadge";
import type { Field, Value } from "./mergeEdit";
import type { Review } from "./useReview";
import { fieldName, valueWords } from "./words";

interface Props {
  field: Field;
  review: Review;
  children: ReactNode;
}

export function ReviewField({ field, review, children }: Props) {
  const body = useRef<HTMLFieldSetElement>(null);
  const isConflict = field in review.conflicts;

  /** The buttons go away with the conflict, and must not take the focus with them. */
  function settle(how: (field: Field) => void): void {
    how(field);
    body.current?.querySelector<HTMLElement>("input:checked, textarea, input")?.focus();
  }

  return (
    <fieldset ref={body} className="grid min-w-0 gap-2">
      <legend className="mb-2 text-[0.8125rem] font-medium">
        {fieldName(field)}
        {review.dirty.includes(field) && (
          <span className="ml-2 font-normal text-warn">● edited</span>
        )}
      </legend>
      {children}
      <div role="status">
        {isConflict && (
          <div className="flex flex-wrap items-center gap-2 rounded-md border border-warn p-2 text-sm">
            <p className="min-w-0 flex-1 break-words whitespace-pre-wrap">
              Changed to <strong>{shownAs(field, review.conflicts[field])}</strong> by
              somebody else just now
            </p>
            <Button
              size="small"
              aria-label={`Take theirs: ${fieldName(field)}`}
              onClick={() => settle(review.takeTheirs)}
            >
              Take theirs
            </Button>
            <Button
              size="small"
              aria-label={`Keep mine: ${fieldName(field)}`}
              onClick={() => settle(review.keepMine)}
            >
              Keep mine
            </Button>
          </div>
        )}
      </div>
    </fieldset>
  );
}

function shownAs(field: Field, value: Value | undefined): string {
  if (field === "status" && typeof value === "string") return lookOf(value).word;
  // Told in full: it is to be compared with what is typed.
  return typeof value === "string" && value !== "" ? value : valueWords(value);
}
