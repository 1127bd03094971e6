/** What the package offers. */

export { createClient } from "./client.js";
export { CLOSE_CODES, reconnectOf, type Reconnect } from "./closeCodes.js";
export type * from "./types.js";
