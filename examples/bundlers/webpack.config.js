import { dlc } from "dlc/webpack";

export default { entry: "./main.js", plugins: [dlc()] };
