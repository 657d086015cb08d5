/** A mistake of the operator. The message says what to do. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}
