/** One of a few values, as buttons in a row: native radios, so that arrows move in it. */

import clsx from "clsx";
import { useId } from "react";

export interface Choice<T> {
  value: T;
  label: string;
  /** What is read out, where the label alone does not say it. */
  name?: string;
}

interface Props<T> {
  choices: readonly Choice<T>[];
  value: T;
  disabled: boolean;
  onChange: (value: T) => void;
}

export function Choices<T extends string | number | null>(props: Props<T>) {
  const { choices, value, disabled, onChange } = props;
  const group = useId();
  return (
    <div className="flex flex-wrap gap-1">
      {choices.map((choice) => (
        <label key={String(choice.value)} className="relative">
          <input
            type="radio"
            name={group}
            aria-label={choice.name ?? choice.label}
            className="peer sr-only"
            checked={choice.value === value}
            disabled={disabled}
            onChange={() => onChange(choice.value)}
          />
          <span
            className={clsx(
              "grid h-9 min-w-8 cursor-pointer place-items-center rounded-md border px-2 text-sm",
              "border-line bg-card peer-[:not(:checked)]:hover:bg-raised peer-disabled:cursor-not-allowed",
              "peer-checked:border-accent peer-checked:bg-accent peer-checked:font-bold",
              "peer-checked:text-on-accent peer-checked:underline",
              "peer-disabled:opacity-60 peer-focus-visible:outline-2",
              "peer-focus-visible:outline-offset-2 peer-focus-visible:outline-accent",
            )}
          >
            {choice.label}
          </span>
        </label>
      ))}
    </div>
  );
}
