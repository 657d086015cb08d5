/** One hash at a time in each process, so that a second process adds capacity on a machine with few cores. */
export const ONE_HASH_AT_A_TIME = { PASSWORD_CONCURRENCY: '1' };

/** Settings with which nothing is refused early, for a load that queues, and for comparison. */
export const UNLIMITED = {
  gateway: { ADMISSION_DELAY_MS: '0', IN_FLIGHT_MAX: '100000' },
  password: { ...ONE_HASH_AT_A_TIME, PASSWORD_WAIT_MS: '9000' },
};
