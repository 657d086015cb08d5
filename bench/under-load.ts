/**
 * Returns the result of `measure`, which must end before `load` does. If the load ended first, the result is invalid,
 * so throws with the reason.
 */
export async function underLoad<T>(load: Promise<unknown>, measure: () => Promise<T>): Promise<T> {
  let ended: { readonly cause?: unknown } | undefined;
  load.then(
    () => {
      ended = {};
    },
    (cause: unknown) => {
      ended = { cause };
    },
  );
  const result = await measure();
  if (!ended) return result;
  const { cause } = ended;
  const reason = cause === undefined ? 'it has too few visits' : cause instanceof Error ? cause.message : String(cause);
  throw new Error(`the load ended before the measurement, so the figures are invalid: ${reason}`, ended);
}
