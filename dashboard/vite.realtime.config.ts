import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { defineConfig, type Plugin } from "vite";

/** Vite leaves white space in libraries, for the tools of others: a third of this one. */
const dense: Plugin = {
  name: "dense",
  async generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === "chunk")
        file.code = (await transform(file.code, { minify: true, format: "esm" })).code;
  },
};

/** The client as a package of its own: one file of ESM without dependencies. */
export default defineConfig({
  publicDir: false,
  plugins: [dense],
  build: {
    outDir: "dist-realtime",
    target: "es2022",
    minify: false,
    lib: {
      entry: fileURLToPath(new URL("./src/realtime/index.ts", import.meta.url)),
      formats: ["es"],
      fileName: () => "index.js",
    },
  },
});
