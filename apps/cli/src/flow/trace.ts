import { parseArgs } from 'node:util';
import { escapeUnprintable } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { z } from 'zod';
import type { CommandProcess } from '../command.js';
import { withSealedFlowDatabase } from '../sealed-flow-database.js';
import { formatTraces, type TraceSubject, tracesToJson } from './flow-trace.js';
import { FlowTraceRepository } from './flow-trace.repository.js';

const USAGE = 'usage: npm run flow -- trace PLAN_OR_REQUEST_ID [--json]   prints what happened in one run of a flow';
/** A value of the response header `x-authentik-id`. */
const REQUEST_ID = /^[0-9a-f]{32}$/;
const OPTIONS = { json: { type: 'boolean', default: false } } as const;

/** Returns what happened in one run of a flow, from its plan, its events and its mails. */
export async function traceFlow(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const { subject, json } = parseArguments(args);
  const found = await withSealedFlowDatabase(env, (source, sealer) =>
    new FlowTraceRepository(source, sealer).find(subject),
  );
  if (found.traces.length === 0) throw new CommandError(nothingFound(subject));
  return json ? tracesToJson(found) : formatTraces(found);
}

function parseArguments(args: readonly string[]): { subject: TraceSubject; json: boolean } {
  const { values, positionals } = readArguments(args);
  const [id = '', ...rest] = positionals;
  if (id === '' || rest.length > 0) throw new CommandError(USAGE);
  return { subject: subjectOf(id), json: values.json };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new CommandError(`${(cause as Error).message}\n${USAGE}`, { cause });
  }
}

function subjectOf(id: string): TraceSubject {
  if (z.uuid().safeParse(id).success) return { type: 'plan', id: id.toLowerCase() };
  if (REQUEST_ID.test(id)) return { type: 'request', id };
  throw new CommandError(
    `${escapeUnprintable(id)} is neither the id of a plan (a UUID) nor of a request (the header x-authentik-id: 32 hexadecimal digits).\n${USAGE}`,
  );
}

const nothingFound = ({ type, id }: TraceSubject) =>
  type === 'plan'
    ? `Nothing is stored about the plan ${id}. Its steps are kept until the plan expires (PLAN_S), its journey record for JOURNEYS_KEPT_S, and its events for EVENTS_KEPT_S.`
    : `No stored event or mail belongs to the request ${id}. Most requests cause none. Search the logs of the gateways for the request id: its line names the plan, and this command takes the id of the plan too.`;
