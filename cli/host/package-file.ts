/** A file of this package: of the checkout, or as installed, where the code is in other folders than its sources. */
export const packageFile = (path: string): URL => new URL(path, import.meta.resolve("dlc/package.json"));
