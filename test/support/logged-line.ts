import type { Deployment } from './deployment.js';

/** A line of a log. */
type LogLine = Readonly<Record<string, unknown>>;

/** Returns the line about an event that the gateway writes, or has written, for a request. */
export async function loggedLine(deployment: Deployment, event: string, requestId: string | null): Promise<LogLine> {
  const find = () =>
    deployment
      .output('gateway')
      .split('\n')
      .slice(0, -1)
      .find((line) => line.includes(`"event":"${event}"`) && line.includes(`"request_id":"${requestId}"`));
  for (;;) {
    // Begins to wait before the search, so that a line that arrives after the search is not missed.
    const more = deployment.says('gateway', /\n/);
    const line = find();
    if (line !== undefined) return JSON.parse(line) as LogLine;
    await more;
  }
}
