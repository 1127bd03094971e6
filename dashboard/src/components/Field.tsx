/** A control with its label, a hint and what is wrong with it. */

import clsx from "clsx";
import { cloneElement, useId } from "react";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "./Icon";

/** What the field gives its control, unless that has an id of its own. */
interface ControlProps {
  id?: string | undefined;
  "aria-describedby"?: string | undefined;
  "aria-invalid"?: boolean | undefined;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  className?: string;
  /** One input, select or textarea. */
  children: ReactElement<ControlProps>;
}

/** How a text input, a select or a textarea looks. */
export const controlStyle = clsx(
  "w-full rounded-md border border-control bg-card px-3 py-2 text-sm text-ink",
  "placeholder:text-muted aria-invalid:border-bad disabled:opacity-60",
);

export function Field({ label, hint, error, className, children }: FieldProps) {
  const generated = useId();
  const id = children.props.id ?? generated;
  const described = clsx(hint && `${id}-hint`, error && `${id}-error`);
  return (
    <div className={clsx("grid gap-1.5", className)}>
      <label htmlFor={id} className="text-[0.8125rem] font-medium">
        {label}
      </label>
      {cloneElement(children, {
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
      <div role="alert">
        {error && (
          <p
            id={`${id}-error`}
            className="flex items-start gap-1.5 text-[0.8125rem] text-bad"
          >
            <Icon name="alert" className="mt-0.5" />
            {error}
          </p>
        )}
      </div>
    </div>
  );
}
