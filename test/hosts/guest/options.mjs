/** Of `load`. */
export const options = {};
