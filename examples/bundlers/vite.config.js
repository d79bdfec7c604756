import { dlc } from "dlc/vite";

export default { plugins: [dlc()] };
