/** Thrown when an argument of a rollout is malformed or out of range. The message is one line. */
export class RolloutArgumentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RolloutArgumentError';
  }
}
