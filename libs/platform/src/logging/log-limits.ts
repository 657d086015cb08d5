/** Default of `LOG_LINE_BYTES`: Docker and Kubernetes split longer lines. */
export const LINE_BYTES = 16 * 1024;

/** Smallest value of `LOG_LINE_BYTES`: the fields of every event fit into it with short texts. */
export const MIN_LINE_BYTES = 4096;

/** Default of `LOG_SECURITY_RATE`. */
export const SECURITY_RATE = 50;
