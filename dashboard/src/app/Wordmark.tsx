/** The name and its sign; where it is compact, phones see the sign alone. */
export function Wordmark({ compact = false }: { compact?: boolean }) {
  return (
    <span className="flex items-center gap-2 text-[0.9375rem] font-semibold tracking-tight">
      <svg viewBox="0 0 20 20" aria-hidden="true" className="size-6 text-accent">
        <rect width="20" height="20" rx="5" fill="currentColor" />
        <path
          d="M5 8.5v3M8.3 5.5v9M11.7 7v6M15 8.5v3"
          stroke="var(--on-accent)"
          strokeWidth="1.8"
          strokeLinecap="round"
        />
      </svg>
      <span className={compact ? "hidden md:inline" : undefined}>MeloTech</span>
    </span>
  );
}
