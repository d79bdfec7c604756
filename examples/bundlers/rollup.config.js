import { dlc } from "dlc/rollup";

export default { input: "main.js", output: { dir: "dist" }, plugins: [dlc()] };
