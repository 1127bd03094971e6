/** The files of a submission, each with its player. */

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Button } from "@/components/Button";
import { Skeleton } from "@/components/Skeleton";
import { nameOf, type Storage } from "./audio";
import { createPlayer } from "./player";

/** How many are opened at once: each costs a request. */
const MAX_FILES = 20;

interface Props {
  files: readonly string[];
  storage: Storage;
  bucket: string;
}

export function AudioFiles({ files, storage, bucket }: Props) {
  if (files.length === 0) return <p className="text-sm text-muted">No files.</p>;
  const unique = [...new Set(files)];
  return (
    <ul className="grid gap-3">
      {unique.slice(0, MAX_FILES).map((file) => (
        <li key={file} className="rounded-lg border border-line bg-raised p-3">
          <AudioFile file={file} storage={storage} bucket={bucket} />
        </li>
      ))}
      {unique.length > MAX_FILES && (
        <li className="text-sm text-muted">And {unique.length - MAX_FILES} more files.</li>
      )}
    </ul>
  );
}

function AudioFile({ file, storage, bucket }: { file: string } & Omit<Props, "files">) {
  const [player] = useState(() => createPlayer(storage, bucket, file));
  const state = useSyncExternalStore(player.subscribe, player.getSnapshot);
  const audio = useRef<HTMLAudioElement>(null);
  // Where to go on after the address was renewed.
  const resume = useRef({ at: 0, playing: false });
  const name = nameOf(file);

  useEffect(() => void player.load(), [player]);

  function remember(playing: boolean): void {
    resume.current = { at: audio.current?.currentTime ?? 0, playing };
  }

  function goOn(): void {
    const { at, playing } = resume.current;
    resume.current = { at: 0, playing: false };
    if (audio.current === null) return;
    if (at > 0) audio.current.currentTime = at;
    // A browser may want another click before it plays: the controls are there for it.
    if (playing) audio.current.play().catch(() => undefined);
  }

  return (
    <div className="grid gap-2">
      <p className="truncate text-sm font-medium" title={name}>
        {name}
      </p>
      {state.status === "loading" && (
        <div aria-busy="true">
          <span className="sr-only">Loading {name}</span>
          <Skeleton className="h-10 w-full" />
        </div>
      )}
      {state.status === "ready" && (
        // Music has no words to caption.
        // eslint-disable-next-line jsx-a11y/media-has-caption
        <audio
          ref={audio}
          src={state.url}
          controls
          preload="metadata"
          aria-label={`Play ${name}`}
          className="h-10 w-full"
          onLoadedMetadata={goOn}
          onPlay={() => {
            remember(true);
            player.renew();
          }}
          onError={() => {
            remember(audio.current?.paused === false);
            player.broke();
          }}
        />
      )}
      {state.status === "failed" && (
        <div role="alert" className="flex flex-wrap items-center gap-2 text-sm text-bad">
          <span className="min-w-0 flex-1">
            {name} cannot be opened: {state.reason}
          </span>
          <Button
            size="small"
            onClick={() => void player.load()}
            aria-label={`Try again: ${name}`}
          >
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}
