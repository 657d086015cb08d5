/** A mistake of the operator, whose message says what to do. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}
