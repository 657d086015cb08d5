/** SQLSTATE of a server that takes no writes: a standby. */
export const READ_ONLY = '25006';

const UNAVAILABLE_CODES = new RegExp(
  `^(08...|57P0[1-5]|57014|40P01|53[1-4]00|55000|${READ_ONLY}|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|` +
    'ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$',
);

const LOST_CONNECTION_CODES = /^(08...|57P0[12]|ECONNRESET|EPIPE)$/;

/**
 * Returns whether the error means that the connection was lost. If the statement was sent before, Postgres may have
 * committed it.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && LOST_CONNECTION_CODES.test(code)) return true;
  return /^Connection terminated|^Query read timeout/.test(error.message);
}

/** Returns whether the error means that Postgres is unavailable, not that the statement is wrong. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && UNAVAILABLE_CODES.test(code)) return true;
  if (
    /Connection terminated|is not queryable|Query read timeout|timeout exceeded when trying to connect|connection timeout/i.test(
      error.message,
    )
  )
    return true;
  return isDatabaseUnavailable((error as { driverError?: unknown }).driverError ?? error.cause);
}
