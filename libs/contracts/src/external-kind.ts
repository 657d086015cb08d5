/** Format of the kinds of external stages: `x_<vendor>_<name>`. */
const EXTERNAL_KIND = /^x_[a-z0-9]+_[a-z0-9_]*[a-z0-9]$/;

/** Returns whether a kind is that of an external stage. */
export const isExternalKind = (kind: string): boolean => EXTERNAL_KIND.test(kind);
