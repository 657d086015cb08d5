import { connect } from '@nats-io/transport-node';
import type { Deployment } from './deployment.js';

/**
 * Returns the result of `work`, and the number of passwords that the gateway has sent to the password service meanwhile
 * (`judged`).
 */
export async function countingAttempts<T>(
  deployment: Deployment,
  work: () => Promise<T>,
): Promise<{ result: T; judged: number }> {
  const listener = await connect({ servers: deployment.nats.url });
  let judged = 0;
  const isAttempt = ({ response }: { response?: object }) => 'password' in (response ?? {});
  listener.subscribe('stage.password.respond', {
    callback: (_error, message) => void (isAttempt(message.json()) && judged++),
  });
  await listener.flush();
  const result = await work();
  await listener.drain();
  return { result, judged };
}
