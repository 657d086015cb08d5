import { CommandError } from '@gatehouse/local';
import type { Command } from './command.js';
import { exportEvents } from './events/export-events.js';
import { saveStream, saveStreamIfSet } from './events/save-stream.js';
import { verifyEndpoint } from './events/verify-endpoint.js';
import { manageWebhookDeliveries } from './events/webhook-deliveries.js';

const USAGE = `usage: npm run events -- stream [--if-set]
                                 creates the JetStream stream EVENTS_STREAM, or changes its limits. With --if-set, does
                                 nothing while EVENTS_STREAM is not set
       npm run events -- export [--since TIME] [--until TIME] [--action ACTION] [--user USERNAME|UUID] [--after ID]
                                 prints the kept events, one CloudEvent in JSON on each line
       npm run events -- webhooks list|retry|remove
                                 manages deliveries to webhook endpoints
       npm run events -- verify NAME
                                 sends a verification event to the webhook endpoint NAME, which gets security events, and
                                 says how it has responded`;

/**
 * `npm run events`: creates the stream that stores events, exports the events that the courier has kept, manages the
 * deliveries to webhook endpoints, and tests receivers of security events.
 */
export const eventsCommand: Command = {
  name: 'events',
  usage: USAGE,
  run: async ([verb, ...args], process) => {
    if (verb === 'stream' && args.length === 0) return saveStream(process.env);
    if (verb === 'stream' && args.length === 1 && args[0] === '--if-set') return saveStreamIfSet(process.env);
    if (verb === 'export') return exportEvents(args, process);
    if (verb === 'webhooks') return manageWebhookDeliveries(args, process.env);
    if (verb === 'verify' && args.length === 1) return verifyEndpoint(args[0]!, process.env);
    throw new CommandError(USAGE);
  },
};
