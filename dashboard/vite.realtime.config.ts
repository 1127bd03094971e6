import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The client as a package of its own: one file of ESM without dependencies. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist-realtime",
    target: "es2022",
    minify: "esbuild",
    lib: {
      entry: fileURLToPath(new URL("./src/realtime/index.ts", import.meta.url)),
      formats: ["es"],
      fileName: () => "index.js",
    },
  },
});
