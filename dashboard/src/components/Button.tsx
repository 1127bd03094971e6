/** A button: what it does is said by its text, or by `aria-label` where it has none. */

import clsx from "clsx";
import type { ComponentProps } from "react";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: ButtonVariant;
  size?: "small" | "medium";
  /** At work: it cannot be pressed again, and stays in the order of focus. */
  busy?: boolean;
}

const VARIANTS: Record<ButtonVariant, string> = {
  primary: "bg-accent text-on-accent hover:brightness-110",
  secondary: "border border-line bg-card text-ink hover:bg-raised",
  quiet: "text-muted hover:bg-raised hover:text-ink",
  danger: "border border-bad text-bad hover:bg-raised",
};

const SIZES = {
  small: "h-8 gap-1.5 px-2.5 text-[0.8125rem]",
  medium: "h-10 gap-2 px-4 text-sm",
};

export function Button({
  variant = "secondary",
  size = "medium",
  busy = false,
  className,
  onClick,
  type = "button",
  ...props
}: ButtonProps) {
  return (
    <button
      {...props}
      type={type}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={clsx(
        "inline-flex items-center justify-center rounded-md font-medium whitespace-nowrap",
        "cursor-pointer transition-colors disabled:cursor-not-allowed disabled:opacity-55",
        "aria-disabled:cursor-progress aria-disabled:opacity-70",
        VARIANTS[variant],
        SIZES[size],
        className,
      )}
    />
  );
}
