/** A room of the gateway: its socket for who is signed in, its messages by their kinds. */

import { useEffect } from "react";
import { useApp, useSession } from "@/app/context";
import { socketUrl } from "@/lib/config";
import type {
  ClientOptions,
  EmailUpdate,
  Message,
  SubmissionUpdate,
} from "@/realtime/types";
import type { HookStatus } from "./connection";
import { noticeOfMail, noticeOfUpdate } from "./notices";
import type { Registry } from "./registry";
import { useConnectionToasts } from "./useConnectionToasts";
import { useWebSocket } from "./useWebSocket";
import type { Socket } from "./useWebSocket";

export interface RoomOptions extends Partial<
  Pick<ClientOptions, "loadSnapshot" | "filter" | "maxRate">
> {
  onSubmissionUpdate?: ((update: SubmissionUpdate) => void) | undefined;
  onEmailUpdate?: ((update: EmailUpdate) => void) | undefined;
  /** Every message, snapshots and errors too. */
  onMessage?: ((message: Message) => void) | undefined;
  onConnectionChange?: ((isConnected: boolean, status: HookStatus) => void) | undefined;
  /** `loadSnapshot` failed, or took too long; it is tried again. */
  onSnapshotFailed?: (() => void) | undefined;
  /** A toast for each update, and for a connection that is lost and found. */
  showToasts?: boolean;
  enabled?: boolean;
  registry?: Registry;
}

export function useRoom(room: string, options: RoomOptions): Socket {
  const { onSubmissionUpdate, onEmailUpdate, showToasts = true, ...rest } = options;
  const { config, session, toasts } = useApp();
  const { userId } = useSession();
  const { enabled = true } = options;

  const onMessage = (message: Message): void => {
    options.onMessage?.(message);
    if (message.type === "submission_update") onSubmissionUpdate?.(message.data);
    if (message.type === "email_update") onEmailUpdate?.(message.data);
    const notice = showToasts ? noticeOf(message) : null;
    if (notice) toasts.show(notice);
  };

  const socket = useWebSocket(socketUrl(config, room), {
    ...rest,
    onMessage,
    getToken: (refused) => session.getToken(refused),
    owner: userId,
    enabled: enabled && userId !== null,
  });
  useConnectionToasts(toasts, socket.isConnected, showToasts);
  const { status, reason } = socket.connection;
  // The gateway asks Supabase now and then who may be where: it knew first.
  const isRefused = status === "closed" && REFUSALS.has(reason?.code ?? 0);
  useEffect(() => {
    if (isRefused) session.lookAgain();
  }, [isRefused, session]);
  return socket;
}

/** Token refused, not your room. */
const REFUSALS = new Set([4001, 4003]);

function noticeOf(message: Message) {
  if (message.type === "submission_update") return noticeOfUpdate(message.data);
  if (message.type === "email_update") return noticeOfMail(message.data);
  return null;
}
