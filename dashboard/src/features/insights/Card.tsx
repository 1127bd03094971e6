/** A part of the page: its title, what it says in a sentence, and what it shows. */

import clsx from "clsx";
import { useId, type ReactNode } from "react";

interface CardProps {
  title: string;
  summary: string;
  className?: string;
  children: ReactNode;
}

export function Card({ title, summary, className, children }: CardProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={clsx(
        "relative min-w-0 rounded-xl border border-line bg-card p-4 sm:p-5",
        className,
      )}
    >
      <h2 id={id} className="text-sm font-semibold">
        {title}
      </h2>
      <p className="mt-1 mb-4 text-sm text-muted">{summary}</p>
      {children}
    </section>
  );
}
