/** Status, rating and feedback to edit, with what became of the last save. */

import clsx from "clsx";
import { useId, type KeyboardEvent } from "react";
import { Button } from "@/components/Button";
import { controlStyle } from "@/components/Field";
import { lookOf } from "@/components/StatusBadge";
import { STATUSES } from "@/lib/submission";
import { MAX_FEEDBACK } from "../save";
import { Choices, type Choice } from "./Choices";
import { ReviewField } from "./ReviewField";
import type { Review } from "./useReview";

const RATINGS: Choice<number | null>[] = [
  { value: null, label: "None", name: "No rating" },
  ...Array.from({ length: 10 }, (_, index) => ({
    value: index + 1,
    label: String(index + 1),
    name: `${index + 1} of 10`,
  })),
];

interface Props {
  review: Review;
  /** The row is gone: it stays to be read and copied. */
  isGone: boolean;
}

export function ReviewForm({ review, isGone }: Props) {
  const { values, dirty, isSaving } = review;
  const cannotSave = isGone || dirty.length === 0;

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || cannotSave) return;
    event.preventDefault();
    review.submit();
  }

  return (
    // The keys are for whoever types in one of its fields.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      aria-label="Review"
      className="grid gap-5"
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        if (!cannotSave) review.submit();
      }}
    >
      <ReviewField field="status" review={review}>
        <Choices
          choices={statusChoices(values.status)}
          value={values.status}
          disabled={isGone}
          onChange={(status) => review.set("status", status)}
        />
      </ReviewField>
      <ReviewField field="rating" review={review}>
        <Choices
          choices={RATINGS}
          value={values.rating}
          disabled={isGone}
          onChange={(rating) => review.set("rating", rating)}
        />
      </ReviewField>
      <ReviewField field="feedback" review={review}>
        <Feedback
          text={values.feedback ?? ""}
          readOnly={isGone}
          onChange={(text) => review.set("feedback", text)}
        />
      </ReviewField>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          type="submit"
          variant="primary"
          disabled={cannotSave}
          aria-keyshortcuts="Control+Enter"
        >
          Save
        </Button>
        <Button disabled={dirty.length === 0} onClick={review.discard}>
          Discard
        </Button>
        <Outcome review={review} isSaving={isSaving} />
      </div>
    </form>
  );
}

interface FeedbackProps {
  text: string;
  readOnly: boolean;
  onChange: (text: string) => void;
}

function Feedback({ text, readOnly, onChange }: FeedbackProps) {
  const counter = useId();
  const isTooLong = text.length > MAX_FEEDBACK;
  const format = new Intl.NumberFormat();
  return (
    <div>
      <textarea
        aria-label="Feedback"
        aria-describedby={counter}
        aria-invalid={isTooLong || undefined}
        rows={4}
        className={clsx(controlStyle, "field-sizing-content max-h-96 min-h-24 resize-y")}
        value={text}
        readOnly={readOnly}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id={counter} className={clsx("text-xs", isTooLong ? "text-bad" : "text-muted")}>
        {format.format(text.length)} of {format.format(MAX_FEEDBACK)} characters
        {isTooLong && ": too long"}
      </p>
    </div>
  );
}

function Outcome({ review, isSaving }: { review: Review; isSaving: boolean }) {
  const { outcome } = review;
  const reason = outcome?.saved === false ? outcome.reason : null;
  const words = isSaving ? "Saving…" : outcome?.saved ? "✓ Saved" : "";
  return (
    <div className="min-w-0 flex-1 text-sm">
      <span role="status" className="text-muted">
        {words}
      </span>
      <span role="alert" className="text-bad">
        {reason !== null && `✕ Not saved. ${reason}`}
      </span>
    </div>
  );
}

/** The known ones; and the row's own, where it is another. */
function statusChoices(status: string | null): Choice<string | null>[] {
  const known: readonly string[] = STATUSES;
  const values = status === null || known.includes(status) ? known : [status, ...known];
  return values.map((value) => ({ value, label: lookOf(value).word }));
}
