import { dlc } from "dlc/esbuild";

export default { entryPoints: ["main.js"], outdir: "dist", bundle: true, format: "esm", plugins: [dlc()] };
