/** Default of `LOG_LINE_BYTES`, in bytes. Docker and Kubernetes split longer lines. */
export const LINE_BYTES = 16 * 1024;

/**
 * Smallest value of `LOG_LINE_BYTES`, in bytes. The fields of every event fit into such a line if their texts are
 * short.
 */
export const MIN_LINE_BYTES = 4096;

/** Default of `LOG_SECURITY_RATE`: lines per second for each event. */
export const SECURITY_RATE = 50;
