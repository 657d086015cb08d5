/** The minimal service: replies to each message with the same message. */
import { connect } from '@nats-io/transport-node';

const connection = await connect({ servers: process.env['NATS_URL'] ?? '', noAsyncTraces: true });
connection.subscribe('bench.echo', {
  queue: 'echo',
  callback: (_error, message) => void message.respond(message.data),
});
await connection.flush();
process.stdout.write('serving\n');
process.once('SIGTERM', () => void connection.close());
