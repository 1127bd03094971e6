export { nameOf, useConnection } from "./connection";
export type { HookStatus } from "./connection";
export { useAdminWebSocket } from "./useAdminWebSocket";
export { useArtistWebSocket } from "./useArtistWebSocket";
export { useWebSocket } from "./useWebSocket";
export type { Socket, WebSocketOptions } from "./useWebSocket";
export type { RoomOptions } from "./useRoom";
