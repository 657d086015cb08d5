import { connect } from '@nats-io/transport-node';
import type { Deployment } from './deployment.js';

/** Counts the guesses that the password service is asked to judge while `work` is done, listening beside it. */
export async function countingAttempts<T>(
  house: Deployment,
  work: () => Promise<T>,
): Promise<{ result: T; judged: number }> {
  const listener = await connect({ servers: house.nats.url });
  let judged = 0;
  const isGuess = ({ response }: { response?: object }) => 'password' in (response ?? {});
  listener.subscribe('stage.password.respond', {
    callback: (_error, message) => void (isGuess(message.json()) && judged++),
  });
  await listener.flush();
  const result = await work();
  await listener.drain();
  return { result, judged };
}
