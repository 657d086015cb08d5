import { verificationConfig, verifyReceiver } from '@gatehouse/courier';
import { CommandError } from '@gatehouse/local';
import { ConfigError, readConfig } from '@gatehouse/platform';

/** `npm run events -- verify NAME`: sends a verification event to a receiver of security events. */
export async function verifyEndpoint(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const outcome = await verifyReceiver(name, readConfig(verificationConfig, env)).catch((cause: unknown) => {
    throw cause instanceof ConfigError ? new CommandError(cause.message, { cause }) : cause;
  });
  if (outcome.type !== 'accepted')
    throw new CommandError(`${name} has not accepted the verification event: ${outcome.reason}`);
  return `${name} has accepted the verification event`;
}
