/** One hash at a time in each process, so that a second process adds capacity on a machine with few cores. */
export const ONE_HASH_AT_A_TIME = { PASSWORD_CONCURRENCY: '1' };

/**
 * Settings whose limits are off, or too high to refuse a request of a scenario. Scenarios use them to let requests
 * queue, or to compare a service with and without limits.
 */
export const UNLIMITED = {
  gateway: { ADMISSION_DELAY_MS: '0', IN_FLIGHT_MAX: '100000' },
  password: { ...ONE_HASH_AT_A_TIME, PASSWORD_WAIT_MS: '9000' },
};
