/** Format of the kinds of external stages: `x_<vendor>_<name>`. */
export const EXTERNAL_KIND = /^x_[a-z0-9]+_[a-z0-9_]*[a-z0-9]$/;

/** Returns whether a kind is that of an external stage. */
export const isExternalKind = (kind: string): boolean => EXTERNAL_KIND.test(kind);

/** Returns the error for a kind that no external stage can have. */
export const notExternalKind = (kind: string): string => `${kind} is not of the form x_<vendor>_<name>.`;
